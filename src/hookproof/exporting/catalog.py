"""What a catalog for people shows, whatever it is written in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hookproof.exporting.keys import keys
from hookproof.exporting.prose import remarks, schedules
from hookproof.exporting.samples import samples
from hookproof.model.contract import Clause, Contract, Event

Json = Any  # JSON documents are plain Python values

_QUOTED = re.compile(r"`([^`]+)`|[^`]+|`")
_BOUNDS = {
    "format": "{}",
    "pattern": "matches {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member of a payload: its path, what it may be in words, whether it must be there, and what it means."""

    path: str
    kind: str
    required: bool
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event of the catalog; ``key`` is its anchor, ``marks`` are short words beside its name, ``remarks`` sentences below it."""

    event: Event
    key: str
    marks: tuple[str, ...]
    remarks: tuple[str, ...]
    members: tuple[Member, ...]
    samples: tuple[str, ...]


def entries(contract: Contract) -> Mapping[str, list[Entry]]:
    """Give the events of a contract by group, both sorted by name."""
    anchors = keys(contract.events)
    found: dict[str, list[Entry]] = {group: [] for group in sorted({event.group for event in contract.events.values()})}
    for name, event in sorted(contract.events.items()):
        found[event.group].append(_entry(contract, event, anchors[name]))
    return found


def _entry(contract: Contract, event: Event, key: str) -> Entry:
    return Entry(
        event=event,
        key=key,
        marks=tuple(_marks(event)),
        remarks=(*remarks(event), *schedules(contract, event)),
        members=tuple(_members(event.schema, "", levels=3)),
        samples=tuple(shown_json(body) for body in samples(contract, event)[:1]),
    )


def _marks(event: Event) -> Iterator[str]:
    yield event.provenance.value
    if event.deprecated is not None:
        yield "deprecated"
    if event.alias_of is not None:
        yield "alias"
    if not event.catalog:
        yield "unlisted"


def _members(schema: Json, at: str, *, levels: int) -> Iterator[Member]:
    if not isinstance(schema, Mapping) or not levels:
        return
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        path = f"{at}{name}"
        words = part if isinstance(part, Mapping) else {}
        yield Member(path=path, kind=_kind(words), required=name in required, meaning=words.get("description", ""))
        yield from _members(words, f"{path}.", levels=levels - 1)
        yield from _members(words.get("items"), f"{path}[].", levels=levels - 1)


def _kind(schema: Mapping[str, Json]) -> str:
    if "const" in schema:
        return f"always {json.dumps(schema['const'], ensure_ascii=False)}"
    if "enum" in schema:
        return f"one of {', '.join(json.dumps(value, ensure_ascii=False) for value in schema['enum'])}"
    kinds = schema.get("type", [])
    named = " or ".join([kinds] if isinstance(kinds, str) else kinds) or "any value"
    return ", ".join([named, *(form.format(schema[word]) for word, form in _BOUNDS.items() if word in schema)])


def shown_json(value: Json) -> str:
    """Write JSON for reading, with every character that cannot be seen as its escape."""
    return visible(json.dumps(value, ensure_ascii=False, indent=2))


def visible(text: str) -> str:
    """Replace every character that cannot be seen, line feeds apart, by its escape."""
    return "".join(letter if letter.isprintable() or letter == "\n" else _escape(ord(letter)) for letter in text)


def _escape(code: int) -> str:
    if code > 0xFFFF:  # noqa: PLR2004 -- beyond one UTF-16 unit, JSON writes two
        return _escape(0xD800 + ((code - 0x10000) >> 10)) + _escape(0xDC00 + (code & 0x3FF))
    return f"\\u{code:04x}"


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Split a text at its backticks: each piece with whether it is quoted code. A backtick that is not closed is text."""
    for match in _QUOTED.finditer(text):
        quoted = match[1] is not None
        yield quoted, match[1] if quoted else match[0]


def judged(clause: Clause) -> str:
    """Say by which rule a clause is judged, or why it is not."""
    return f"judged by {clause.rule}" if clause.rule is not None else f"not judged: {clause.excluded}"
