"""Payloads that are told apart: each gets a mark of its own in a text that may be any text.

Law: a marked payload is as valid as the unmarked one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count
from typing import Any

from hookproof.model.contract import Event
from hookproof.rules.marks import mark

_FREE = frozenset({"type", "title", "description", "examples", "minLength"})
_LIKELY = ("id", "keyword", "triggered_by", "name", "title")
"""Ends of the names of members that may be any text, most likely first."""


def marks(seed: str) -> Iterator[str]:
    """Give marks without end, other ones for another seed."""
    return (mark(hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()) for number in count())


def marked(event: Event, data: Any, mark: str, *, needed: bool = False) -> Any:  # noqa: ANN401 -- any JSON value
    """Put a mark behind the most fitting text of a payload; unchanged if none may be any text and none is ``needed``.

    A payload of which the contract names no member gets the mark as a member of its own.
    """
    if not isinstance(data, dict):
        return data
    known = event.schema.get("properties", {})
    free = [name for name, value in data.items() if isinstance(value, str) and set(known.get(name, {})) <= _FREE]
    last = "x_mark" if needed or not known else None
    chosen = next((name for end in (*_LIKELY, *(free if needed else ())) for name in free if name.endswith(end)), last)
    return data if chosen is None else {**data, chosen: data.get(chosen, "") + mark}
