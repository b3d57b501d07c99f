"""Generated payloads: valid for two independent validators, the same for ever, and refused where they would be guessed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from hookproof.generate.payloads import payloads
from hookproof.model.contract import Event
from hookproof.model.errors import IllFormedError
from hookproof.rules.bodies import schema_faults, validator
from tests.suites.courtroom import orbit

COUNT = 30
EVENTS = [event for _, event in sorted(orbit().events.items())]


def made_up(schema: Mapping[str, Any], **more: Any) -> Event:
    """Give an event of our own with a schema."""
    return replace(EVENTS[0], name="made.up", schema=schema, examples=(), **{"relations": {}, **more})


def test_every_event_gets_valid_payloads() -> None:
    """Thirty payloads of every event are valid under jsonschema-rs and under jsonschema, formats included."""
    for event in EVENTS:
        first = validator(event.schema)
        second = jsonschema.Draft202012Validator(event.schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        for number, payload in enumerate(payloads(event, COUNT, seed=7)):
            assert schema_faults(first, payload) == [], f"{event.name} {number}"
            assert [error.message for error in second.iter_errors(payload)] == [], f"{event.name} {number}"


def test_the_same_seed_gives_the_same_payloads() -> None:
    """Event, seed and number decide a payload: asking again, or for fewer, changes nothing; another seed does."""
    assert [payloads(event, COUNT, 3) for event in EVENTS] == [payloads(event, COUNT, 3) for event in EVENTS]
    assert all(payloads(event, 2, 3) == payloads(event, COUNT, 3)[:2] for event in EVENTS)
    assert [payloads(event, COUNT, 3) for event in EVENTS] != [payloads(event, COUNT, 4) for event in EVENTS]


def test_the_first_has_every_member_and_the_second_only_required_ones() -> None:
    """The first payload carries every property that its schema names, the second none that is optional."""
    for event in EVENTS:
        whole, bare = payloads(event, 2, 0)
        named = set(event.schema.get("properties", ()))
        assert named <= set(whole), event.name
        plain = not ({"anyOf", "allOf", "if"} & set(event.schema)) and named
        if plain:
            assert set(bare) == set(event.schema.get("required", ())) | set(_related(event)), event.name


def _related(event: Event) -> set[str]:
    return {name for total, parts in event.relations.items() for name in (total, *parts)}


def test_promised_sums_hold() -> None:
    """Where an event promises that one member is the sum of others, it is."""
    related = [event for event in EVENTS if event.relations]
    assert related
    for event in related:
        for payload in payloads(event, COUNT, 1):
            for total, parts in event.relations.items():
                assert payload[total] == sum(payload[part] for part in parts)


NESTED = {"type": "object", "properties": {"deep": {"type": "array", "minItems": 2, "items": {"type": "integer", "minimum": 5}}}}
MADE = [
    {"type": "object", "properties": {"a": {"const": 1}, "b": {"enum": ["x", "y"]}}, "required": ["a"]},
    {"type": "object", "properties": {"a": {"type": ["string", "null"], "maxLength": 3}}, "required": ["a", "b"]},
    {"type": "object", "properties": {"n": {"type": "number", "minimum": 3, "maximum": 4}, "i": {"type": "integer", "maximum": -7}}},
    {"type": "object", "properties": {"t": {"type": "string", "minLength": 40}, "f": {"type": "string", "format": "uuid"}}},
    NESTED,
    {"type": "object", "properties": {"nested": NESTED}, "required": ["nested"]},
    {"type": "object"},
]


@pytest.mark.parametrize("schema", MADE, ids=range(len(MADE)))
def test_the_constraints_that_it_knows_are_kept(schema: dict[str, Any]) -> None:
    """Constants, choices, bounds, lengths, formats and nesting hold in every payload."""
    compiled = validator(schema)
    for payload in payloads(made_up(schema), COUNT, 0):
        assert schema_faults(compiled, payload) == []


UNKNOWN: dict[str, dict[str, Any]] = {
    "pattern": {"type": "string", "pattern": "^a+$"},
    "format": {"type": "string", "format": "ipv4"},
    "multipleOf": {"type": "integer", "multipleOf": 7},
    "exclusiveMinimum": {"type": "integer", "exclusiveMinimum": 0},
    "exclusiveMaximum": {"type": "number", "exclusiveMaximum": 0},
    "uniqueItems": {"type": "array", "uniqueItems": True, "minItems": 3, "items": {"enum": [1, 2, 3, 4]}},
    "contains": {"type": "array", "contains": {"const": 3}},
    "prefixItems": {"type": "array", "prefixItems": [{"const": 1}]},
    "$ref": {"$ref": "#/$defs/a"},
    "oneOf": {"oneOf": [{"type": "integer"}, {"type": "null"}]},
    "not": {"type": "string", "not": {"const": "a"}},
    "minProperties": {"type": "object", "minProperties": 3, "properties": {"a": {"type": "string"}}},
    "patternProperties": {"type": "object", "patternProperties": {"^x": {"type": "integer"}}},
    "propertyNames": {"type": "object", "propertyNames": {"maxLength": 1}},
    "dependentRequired": {"type": "object", "properties": {"a": {"type": "string"}}, "dependentRequired": {"a": ["b"]}},
    "an unsatisfiable range": {"type": "integer", "minimum": 5, "maximum": 4},
    "an if that is no constant": {"type": "object", "if": {"properties": {"a": {"type": "string"}}}, "then": {"required": ["b"]}},
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_constraints_that_it_does_not_know_are_refused(name: str) -> None:
    """A schema that constrains values in a way that the generator cannot make is refused by name, not guessed at."""
    schema = {"type": "object", "properties": {"member": UNKNOWN[name]}, "required": ["member"]}
    with pytest.raises(IllFormedError) as caught:
        payloads(made_up(schema), COUNT, 0)
    assert caught.value.subject == "made.up"
