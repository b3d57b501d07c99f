"""Payloads that are told apart: each gets a mark of its own in a text that may be any text.

Law: a marked payload is as valid as the unmarked one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from hookproof.generate.schema.whole import Part, Valid, Whole
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
    known = _known(event)
    free = [name for name, value in data.items() if isinstance(value, str) and all(map(_is_free, known.members.get(name, ())))]
    likely = [name for end in (*_LIKELY, *(free if needed else ())) for name in free if name.endswith(end)]
    last = ["x_mark"] if needed or not known.members else []
    for chosen in dict.fromkeys([*likely, *last]):
        found = {**data, chosen: data.get(chosen, "") + mark}
        if known.is_valid(found) or not known.is_valid(data):
            return found
    return data


@dataclass(frozen=True, kw_only=True, eq=False)
class _Known:
    """What a schema says of the members of a payload, wherever it says it, and what tells valid payloads."""

    schema: Any
    members: Mapping[str, tuple[Part, ...]]
    is_valid: Valid


_SEEN: dict[int, _Known] = {}


def _known(event: Event) -> _Known:
    found = _SEEN.get(id(event.schema))
    if found is None or found.schema is not event.schema:
        whole = Whole(event.schema)
        members: dict[str, tuple[Part, ...]] = {}
        for node in _in_place(whole, whole.root):
            for name, part in node.get("properties", {}).items():
                members[name] = (*members.get(name, ()), *_all_of(whole, part))
        found = _SEEN[id(event.schema)] = _Known(schema=event.schema, members=members, is_valid=whole.valid(whole.root))
    return found


def _in_place(whole: Whole, schema: Part) -> Iterator[Mapping[str, Any]]:
    """Give every schema object that may apply to the payload itself, each once."""
    todo, seen = [schema], set[int]()
    while todo:
        node = todo.pop(0)
        if not isinstance(node, dict) or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        todo += [whole.led_to(node[word]) for word in ("$ref", "$dynamicRef") if word in node]
        todo += [part for word in ("allOf", "anyOf", "oneOf") for part in node.get(word, ())]
        todo += [node[word] for word in ("if", "then", "else") if word in node]
        todo += node.get("dependentSchemas", {}).values()


def _all_of(whole: Whole, part: Part) -> tuple[Part, ...]:
    """Give a member's schema as it is, its references followed."""
    if isinstance(part, dict) and "$ref" in part:
        rest = {word: told for word, told in part.items() if word != "$ref"}
        return (whole.led_to(part["$ref"]), rest)
    return (part,)


def _is_free(part: Part) -> bool:
    return part is True or (isinstance(part, dict) and set(part) <= _FREE)
