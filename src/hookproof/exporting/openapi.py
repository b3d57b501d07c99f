"""OpenAPI 3.1: one entry under ``webhooks`` for each event, delivery headers as parameters, the whole body as request body.

Law: every schema is referred to under ``components``; what OpenAPI has no word for stands under ``x-hookproof``.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hookproof.exporting.deliveries import ADDED, Shelf, facts_of, told, unsaid
from hookproof.exporting.document import Exported, json_text
from hookproof.exporting.fields import MEDIA_TYPE, Field, fields_of
from hookproof.exporting.keys import keys
from hookproof.exporting.prose import about, answers, remarks, schedules
from hookproof.exporting.samples import samples
from hookproof.model.contract import Contract, Event

Json = Any  # JSON documents are plain Python values


def openapi(contract: Contract) -> Exported:
    """Write the contract as an OpenAPI 3.1 document."""
    shelf = Shelf(contract, "#/components/schemas")
    events = [event for _, event in sorted(contract.events.items())]
    document = {
        "openapi": "3.1.0",
        "info": {"title": contract.title, "version": contract.revision, "description": about(contract)},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "tags": [{"name": group, "description": f"{count} events."} for group, count in sorted(Counter(e.group for e in events).items())],
        "security": [],
        "webhooks": {event.name: {"post": _operation(contract, event, shelf)} for event in events},
        "components": {"schemas": shelf.definitions(), "parameters": _shared(contract)},
        ADDED: facts_of(contract),
    }
    return Exported(text=json_text(document), unsaid=unsaid(contract))


def _operation(contract: Contract, event: Event, shelf: Shelf) -> dict[str, Json]:
    key = shelf.keys[event.name]
    shown = samples(contract, event)
    media: dict[str, Json] = {"schema": shelf.ref(shelf.delivery(event.name))}
    if shown:
        media["examples"] = {f"example-{number}": {"value": body} for number, body in enumerate(shown, start=1)}
    return {
        "operationId": key,
        "summary": event.title,
        "description": "\n\n".join([event.description, *remarks(event), *schedules(contract, event)]),
        "tags": [event.group],
        **({"deprecated": True} if event.deprecated is not None else {}),
        "parameters": [
            _parameter(field) if field.of_event else {"$ref": f"#/components/parameters/{_key(field)}"}
            for field in fields_of(contract, event)
        ],
        "requestBody": {"required": True, "content": {MEDIA_TYPE: media}},
        "responses": {status: {"description": words} for status, words in answers(contract).items()},
        ADDED: told(event),
    }


def _shared(contract: Contract) -> dict[str, Json]:
    """Give the parameters that are the same for every event, by key."""
    found = {_key(field): field for event in contract.events.values() for field in fields_of(contract, event) if not field.of_event}
    return {key: _parameter(found[key]) for key in sorted(found)}


def _key(field: Field) -> str:
    return keys([field.name])[field.name]


def _parameter(field: Field) -> dict[str, Json]:
    return {"name": field.name, "in": "header", "required": field.required, "description": field.description, "schema": field.schema}
