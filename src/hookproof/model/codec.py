"""Transcript lines: every record and the run header as JSON objects and back, without loss.

Law: the fields of the dataclasses are the format, so a new field needs no line here; bytes become base64 under
``<field>_base64``. Write the objects as JSON text with ``ensure_ascii=True``, so that lone surrogates survive.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, get_type_hints

from hookproof.model.transcript import (
    Advance,
    Answer,
    Attempt,
    Effect,
    Emission,
    Exchange,
    HeaderPairs,
    Note,
    Record,
    RunHeader,
    Subscription,
)

FORMAT = "hookproof.transcript/1"
KINDS: Mapping[str, type[Record]] = {
    record.__name__.lower(): record for record in (Subscription, Emission, Attempt, Exchange, Advance, Effect, Note)
}
"""Record class by the ``kind`` of its line."""


def record_to_json(record: Record) -> dict[str, Any]:
    """Give a record as a JSON object led by its ``kind``."""
    return {"kind": type(record).__name__.lower(), **_written(record)}


def record_from_json(line: Mapping[str, Any]) -> Record:
    """Read a record; raise ``ValueError`` naming the member at fault."""
    kind = line.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is none of {', '.join(KINDS)}")
    record: Record = _read(KINDS[kind], {name: value for name, value in line.items() if name != "kind"}, "")
    return record


def header_to_json(header: RunHeader) -> dict[str, Any]:
    """Give the first line of a transcript."""
    return {"kind": "header", "format": FORMAT, **_written(header)}


def header_from_json(line: Mapping[str, Any]) -> RunHeader:
    """Read the first line of a transcript; raise ``ValueError`` naming the member at fault."""
    for name, wanted in (("kind", "header"), ("format", FORMAT)):
        if line.get(name) != wanted:
            raise ValueError(f"{name}: {line.get(name)!r} is not {wanted!r}")
    header: RunHeader = _read(RunHeader, {name: value for name, value in line.items() if name not in ("kind", "format")}, "")
    return header


@dataclass(frozen=True, kw_only=True)
class _Form:
    """How values of one type are written and read; ``read`` gives None for what it refuses; ``expects`` names the type."""

    expects: str
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class _Member:
    """One field of a dataclass: ``key`` is its name in JSON."""

    name: str
    key: str
    form: _Form
    required: bool


_REFUSED = object()


def _same(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    return value


def _typed(*types: type) -> Callable[[Any], Any]:
    """Read values of exactly these JSON types: true is no integer."""
    return lambda value: value if type(value) in types else _REFUSED


def _pairs(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    whole = isinstance(value, list) and all(isinstance(pair, list) and list(map(type, pair)) == [str, str] for pair in value)
    return tuple((name, text) for name, text in value) if whole else _REFUSED


def _texts(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    return tuple(value) if isinstance(value, list) and all(isinstance(text, str) for text in value) else _REFUSED


def _bytes(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else _REFUSED
    except (binascii.Error, ValueError):
        return _REFUSED


def _number(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    try:
        return float(value) if type(value) in (int, float) else _REFUSED
    except OverflowError:
        return _REFUSED


def _written(noun: Any) -> dict[str, Any]:  # noqa: ANN401 -- any of our dataclasses
    return {member.key: member.form.write(getattr(noun, member.name)) for member in _members(noun.__class__)}


_FORMS: Mapping[Any, _Form] = {
    str: _Form(expects="a string", write=_same, read=_typed(str)),
    str | None: _Form(expects="a string or null", write=_same, read=_typed(str, type(None))),
    int: _Form(expects="an integer", write=_same, read=_typed(int)),
    int | None: _Form(expects="an integer or null", write=_same, read=_typed(int, type(None))),
    bool | None: _Form(expects="true, false or null", write=_same, read=_typed(bool, type(None))),
    float: _Form(expects="a number", write=_same, read=_number),
    bytes: _Form(expects="base64", write=lambda raw: base64.b64encode(raw).decode(), read=_bytes),
    tuple[str, ...]: _Form(expects="a list of strings", write=list, read=_texts),
    HeaderPairs: _Form(expects="a list of [name, value]", write=lambda pairs: [list(pair) for pair in pairs], read=_pairs),
    Mapping[str, Any]: _Form(expects="an object", write=dict, read=_typed(dict)),
    Any: _Form(expects="a value", write=_same, read=_same),
    Answer: _Form(expects="an object", write=_written, read=_typed(dict)),
}


@cache
def _members(noun: Any) -> tuple[_Member, ...]:  # noqa: ANN401 -- any of our dataclasses
    hints = get_type_hints(noun)
    return tuple(
        _Member(
            name=item.name,
            key=f"{item.name}_base64" if hints[item.name] is bytes else item.name,
            form=_FORMS[hints[item.name]],
            required=item.default is MISSING and item.default_factory is MISSING,
        )
        for item in fields(noun)
    )


def _read(noun: type, line: Mapping[str, Any], place: str) -> Any:  # noqa: ANN401 -- an instance of ``noun``
    members = _members(noun)
    unknown = sorted(line.keys() - {member.key for member in members})
    if unknown:
        raise ValueError(f"{place}{unknown[0]}: unknown member")
    facts: dict[str, Any] = {}
    for member in members:
        if member.key in line:
            facts[member.name] = _read_member(member, line[member.key], place)
        elif member.required:
            raise ValueError(f"{place}{member.key}: missing")
    return noun(**facts)


def _read_member(member: _Member, value: Any, place: str) -> Any:  # noqa: ANN401 -- a value of the field's type
    found = member.form.read(value)
    if found is _REFUSED:
        raise ValueError(f"{place}{member.key}: expected {member.form.expects}, found {type(value).__name__}")
    return _read(Answer, found, f"{place}{member.key}.") if member.form is _FORMS[Answer] else found
