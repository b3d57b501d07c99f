"""Correct deliveries from a platform that has moved on: more members, new values, longer texts, events that nobody knew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from hookproof.generate.deliveries import Crafted
from hookproof.generate.payloads import payloads
from hookproof.model.contract import Event
from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation

UNKNOWN = "hookproof.event_of_tomorrow"
LONG = "x" * 4000
LARGE = 1 << 40
_MEDIA_TYPES = ("application/json; charset=utf-8", "application/json;charset=UTF-8")
"""Spellings of one media type with its charset (RFC 9110, section 8.3.1); the one that is not usual here is tried."""
_FEW = 3


@situation()
def variations(stage: Delivering) -> None:
    """Deliver what a receiver that was built for today's contract must also take."""
    kinds = stage.kinds(500)
    changes: dict[str, Callable[[Event], Iterator[Any]]] = {
        "extra-members": _more,
        "new-value": _new_values,
        "null-member": _nulls,
        "long-text": lambda event: _replaced(event, str, LONG),
        "large-number": lambda event: _replaced(event, int, LARGE),
        "minimal": lambda event: (data for data in payloads(event, 2, stage.tools.seed)[1:] if event.examples[0].keys() - data.keys()),
    }
    for purpose, change in changes.items():
        pairs = [(event.name, data) for event in kinds for data in list(change(event))[:1]][:_FEW]
        stage.odd_all(purpose, [stage.event(name, data) for name, data in pairs])
    stage.odd_all("extra-members", [_envelope_more(stage)])
    if stage.contract.envelope.type_member is not None:
        stage.odd_all("unknown-event", [stage.event(UNKNOWN, {"x_new": True})])
    plain = stage.event()
    other = next(text for text in _MEDIA_TYPES if ("Content-Type", text) not in plain.fields)
    stage.odd_all("media-type-parameter", [plain.having(("Content-Type", other))])
    stage.odd_all("chunked", [_chunked(stage.event())])


def _more(event: Event) -> Iterator[Any]:
    """Add members at every level."""

    def grown(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
        if isinstance(value, dict):
            return {**{name: grown(inner) for name, inner in value.items()}, "x_added_later": {"deep": [1, None, {}]}}
        return [grown(inner) for inner in value] if isinstance(value, list) else value

    yield grown(event.examples[0])


def _new_values(event: Event) -> Iterator[Any]:
    for name, schema in event.schema.get("properties", {}).items():
        if isinstance(schema, dict) and "enum" in schema and name in event.examples[0]:
            yield {**event.examples[0], name: "a_value_of_tomorrow"}


def _nulls(event: Event) -> Iterator[Any]:
    optional = set(event.schema.get("properties", {})) - set(event.schema.get("required", ()))
    yield {**event.examples[0], **dict.fromkeys(optional), "x_added_later": None}


def _replaced(event: Event, kind: type, value: object) -> Iterator[Any]:
    """Replace the first free member of a type: one that neither a format, a pattern, a range nor an enumeration binds."""
    binding = {"enum", "const", "format", "pattern", "maxLength", "maximum"}
    for name, found in event.examples[0].items():
        schema = event.schema.get("properties", {}).get(name, {})
        bound = isinstance(schema, dict) and binding & schema.keys()
        if type(found) is kind and not bound and not any(name in (total, *parts) for total, parts in event.relations.items()):
            yield {**event.examples[0], name: value}
            return


def _envelope_more(stage: Delivering) -> Crafted:
    plain = stage.event()
    body = plain.body[:-1] + b',"x_added_later":{"deep":[1,null,{}]},"x_version":2}'
    return stage.crafted(plain.event_id, plain.event_type, body)


def _chunked(plain: Crafted) -> Crafted:
    """Send the same bytes in chunks; what is signed is the content."""
    half = len(plain.body) // 2
    parts = b"".join(b"%X\r\n%s\r\n" % (len(part), part) for part in (plain.body[:half], plain.body[half:]) if part)
    return replace(plain.having(("Transfer-Encoding", "chunked")), body=parts + b"0\r\n\r\n", length=-1)
