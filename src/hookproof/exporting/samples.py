"""Whole deliveries for people to look at: the examples of an event, each in its envelope.

Law: a sample is a body that the contract accepts; where none can be made, none is shown.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from hookproof.judge import check_body
from hookproof.model.contract import Contract, Event

CREATED_AT = "2027-01-31T12:00:00Z"

Json = Any  # JSON documents are plain Python values


def samples(contract: Contract, event: Event) -> tuple[Json, ...]:
    """Give the bodies of deliveries that carry the event's examples."""
    bodies = (_body(contract, event, example) for example in event.examples)
    return tuple(body for body in bodies if not check_body(contract, json.dumps(body).encode())[1])


def _body(contract: Contract, event: Event, data: Json) -> Json:
    if event.bare or not isinstance(data, dict):
        return data
    shape = contract.envelope
    known: Mapping[str, Json] = shape.schema.get("properties", {})
    filled = {
        shape.id_member: f"evt_{hashlib.sha256(event.name.encode()).hexdigest()[:16]}",
        shape.type_member: event.name,
        shape.created_member: CREATED_AT,
    }
    own = {name: _first(known.get(name, {}), value) if name != shape.type_member else value for name, value in filled.items() if name}
    return {
        **(data if shape.data_member is None else {}),
        **own,
        **({shape.data_member: data} if shape.data_member else {}),
        **shape.constants,
    }


def _first(schema: Json, value: Json) -> Json:
    """Give the first example of a member's schema, or a value of our own."""
    return schema["examples"][0] if isinstance(schema, dict) and schema.get("examples") else value
