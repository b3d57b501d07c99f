"""What is wrong with one body on its own: strict JSON, envelope, type, time, payload.

Law: the live judge and ``hookproof validate`` read a body through this one function.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import jsonschema_rs

from hookproof.model.contract import Contract, Event
from hookproof.rules.view import Body


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One fault of a body: the ``rule`` that it breaks, a JSON Pointer and a sentence."""

    rule: str
    pointer: str
    message: str


def validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Compile a schema for judging: formats asserted, nothing fetched, values masked out of messages, linear-time patterns."""
    return jsonschema_rs.Draft202012Validator(
        dict(schema), validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )


class Validators:
    """The compiled schemas of one contract, each compiled at first use."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._events: dict[str, jsonschema_rs.Draft202012Validator] = {}

    @cached_property
    def envelope(self) -> jsonschema_rs.Draft202012Validator:
        """The plain envelope."""
        return validator(self.contract.envelope.schema)

    @cached_property
    def truncated(self) -> jsonschema_rs.Draft202012Validator:
        """The truncated envelope; the plain one where the provider has none."""
        return validator(self.contract.envelope.truncated_schema or self.contract.envelope.schema)

    def event(self, event: Event) -> jsonschema_rs.Draft202012Validator:
        """The payload of one event type."""
        found = self._events.get(event.name)
        if found is None:
            found = self._events[event.name] = validator(event.schema)
        return found


_KNOWN: dict[int, Validators] = {}


def validators_of(contract: Contract) -> Validators:
    """Give the compiled schemas of a contract, shared by all rules in the process."""
    found = _KNOWN.get(id(contract))
    if found is None or found.contract is not contract:
        found = _KNOWN[id(contract)] = Validators(contract)
    return found


def pointer_of(path: Iterable[str | int]) -> str:
    """Write a path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def schema_faults(compiled: jsonschema_rs.Draft202012Validator, value: Any, *, at: str = "") -> list[tuple[str, str]]:  # noqa: ANN401 -- JSON
    """Give (pointer, message) for each violation, none if the value is valid."""
    try:
        if compiled.is_valid(value):
            return []
        return [(at + pointer_of(error.instance_path), _worded(error)) for error in compiled.iter_errors(value)]
    except ValueError as error:  # half a surrogate pair, or nested beyond what the validator walks
        return [(at, f"no validator can read it: {type(error).__name__}")]


def _worded(error: jsonschema_rs.ValidationError) -> str:
    """Give a violation's message with the plain value that was seen, where the message leaves it out and it fits a line."""
    message = error.message[:300]
    if isinstance(error.instance, dict | list):
        return message
    seen = json.dumps(error.instance)
    return message if seen in message or len(seen) > 80 else f"{message}, {seen} was seen"  # noqa: PLR2004 -- a line's worth


def json_faults(body: Body) -> list[Violation]:
    """Give the faults of the body as JSON text."""
    if body.fault is not None:
        return [Violation(rule="bodies-are-strict-json", pointer="", message=f"the body is refused: {body.fault}")]
    if body.lone_surrogate:
        message = "a text holds half of a surrogate pair, which is no Unicode text"
        return [Violation(rule="bodies-are-strict-json", pointer="", message=message)]
    return []


def envelope_faults(body: Body, contract: Contract) -> list[Violation]:
    """Give the faults of the envelope's shape, plain or truncated; what comes without one is known by its members."""
    if body.shapes:
        return []
    compiled = validators_of(contract).truncated if body.truncated else validators_of(contract).envelope
    return [Violation(rule="envelopes-have-their-shape", pointer=p, message=m) for p, m in schema_faults(compiled, body.value)]


def type_faults(body: Body, contract: Contract) -> list[Violation]:
    """Give the fault of naming a type that the contract does not know."""
    if body.type is None or body.type in contract.events or contract.open_catalog:
        return []
    pointer = pointer_of([contract.envelope.type_member or ""])
    return [Violation(rule="types-are-known", pointer=pointer, message=f"the contract knows no event {body.type!r}")]


def time_faults(body: Body, contract: Contract) -> list[Violation]:
    """Give the fault of a creation time that is not ISO 8601 with a zone."""
    name = contract.envelope.created_member
    text = body.value.get(name) if isinstance(body.value, dict) and name else None
    if not isinstance(text, str):
        return []
    try:
        zoned = datetime.fromisoformat(text.upper()).tzinfo is not None and "T" in text.upper()  # RFC 3339 allows t and z
    except ValueError:
        zoned = False
    if zoned:
        return []
    message = f"{text!r} is not an ISO 8601 date and time with a zone"
    return [Violation(rule="creation-times-have-a-zone", pointer=pointer_of([name or ""]), message=message)]


def data_pointer(body: Body, contract: Contract) -> str:
    """Give the JSON Pointer of a body's payload: that of the whole body where no member holds it."""
    member = contract.envelope.data_member
    return "" if body.shapes or member is None else pointer_of([member])


def payload_faults(body: Body, contract: Contract) -> list[Violation]:
    """Give the faults of ``data`` against its event's schema and the sums it promises; truncated data has none.

    What comes without an envelope and may be one of several events has none if one of them has none, else those of the nearest.
    """
    if body.truncated or not isinstance(body.value, dict):
        return []
    names = body.shapes if body.type is None else (body.type,)
    known = [event for name in names if (event := contract.events.get(name)) is not None]
    return min((_event_faults(body, event, contract) for event in known), key=len, default=[])


def _event_faults(body: Body, event: Event, contract: Contract) -> list[Violation]:
    at = data_pointer(body, contract)
    found = schema_faults(validators_of(contract).event(event), body.data, at=at)
    return [Violation(rule="payloads-match-their-schema", pointer=p, message=m) for p, m in found] + sum_faults(body, event, at)


def sum_faults(body: Body, event: Event, at: str) -> list[Violation]:
    """Give the faults of promised sums."""
    found = []
    for total, parts in event.relations.items():
        values = [body.data.get(name) for name in (total, *parts)] if isinstance(body.data, dict) else []
        numbers = [v for v in values if isinstance(v, int) and not isinstance(v, bool)]
        if values and len(numbers) == len(values) and numbers[0] != sum(numbers[1:]):
            message = f"{total} is {numbers[0]}, the sum of {', '.join(parts)} is {sum(numbers[1:])}"
            found.append(Violation(rule="sums-add-up", pointer=f"{at}/{total}", message=message))
    return found


def violations(raw: bytes, contract: Contract) -> tuple[Body, list[Violation]]:
    """Read one body and give everything that is wrong with it on its own."""
    body = Body(raw, contract)
    found = json_faults(body)
    if not found:
        found = envelope_faults(body, contract) + type_faults(body, contract) + time_faults(body, contract)
        found += payload_faults(body, contract)
    return body, found
