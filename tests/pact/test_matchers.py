"""Matchers refuse nothing that the schema allows, and whatever they let pass that it refuses is listed as lost.

Law: Pact's own verifier is asked, never a matcher of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookproof.contracts import known_contracts
from hookproof.generate.payloads import payloads
from hookproof.model.contract import Event
from hookproof.pact.matchers import Matched, matched
from hookproof.pact.typical import typical
from hookproof.staging.pacts import spread
from hookproof.staging.session import read_contract
from tests.pact.matching import refused

OTHER = "of another kind"
SAID: Mapping[str, tuple[dict[str, Any], tuple[Any, ...], tuple[Any, ...]]] = {
    "const": ({"const": "a.b"}, ("a.b",), ("axb", 1, None)),
    "constant numbers": ({"const": 3}, (3, 3.0), (4, "3", 30)),
    "enum": ({"enum": ["x", "x.y"]}, ("x", "x.y"), ("xzy", "xx", 1)),
    "enum of digits": ({"enum": ["1", "2"]}, ("1",), (1, "12")),
    "enum of numbers": ({"enum": [1, 10]}, (1, 10, 10.0), (2, 100, "1")),
    "enum with null": ({"enum": ["x", None]}, ("x", None), ("y", "xx", True)),
    "pattern that searches": ({"type": "string", "pattern": "[0-9]"}, ("a1b", "line\n1\n"), ("ab", 1)),
    "pattern that is anchored": ({"type": "string", "pattern": "^[a-z]+$"}, ("abc",), ("a1", "1a", "")),
    "pattern of alternatives": ({"type": "string", "pattern": "^a|b$"}, ("ax", "xb"), ("xa", "bx")),
    "lengths": ({"type": "string", "minLength": 1, "maxLength": 3}, ("é", "日本語"), ("", "abcd")),
    "date-time": (
        {"type": "string", "format": "date-time"},
        ("2027-02-28t23:59:60.5z", "2027-01-01T00:00:00-08:00"),
        ("2027-02-28", "soon", 5),
    ),
    "integer": ({"type": "integer"}, (0, -7, 3.0, 2**70), (1.5, "1", True, None)),
    "number": ({"type": "number"}, (0, 1.5, 1e300), ("1", False)),
    "boolean": ({"type": "boolean"}, (True, False), ("true", 0)),
    "null": ({"type": "null"}, (None,), ("null", 0)),
    "nullable text": ({"type": ["string", "null"]}, ("a", "", None), (1, True, [])),
    "nullable number": ({"type": ["number", "null"]}, (1.5, None), ("1",)),
    "list": ({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2}, ([1], [1, 2]), ([], ["1"], [1, 2, 3], {})),
    "list of anything": ({"type": "array"}, ([], [1, "a", {}]), ({}, "a", None)),
    "object": (
        {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
        ({"a": "x"}, {"a": "", "b": 1}),
        ({}, {"a": 1}, []),
    ),
    "free object": ({"type": "object"}, ({}, {"a": 1}), ([], "a", None)),
    "map": ({"type": "object", "additionalProperties": {"type": "integer"}}, ({}, {"x": 1, "y": 2}), ({"x": "1"},)),
    "odd name": (
        {"type": "object", "required": ["a b.c"], "properties": {"a b.c": {"type": "string"}}},
        ({"a b.c": "x"},),
        ({}, {"a b.c": 1}),
    ),
    "reference": ({"$ref": "#/$defs/x", "$defs": {"x": {"type": "string", "pattern": "^x"}}}, ("xy",), ("y", 1)),
    "all of": ({"type": "object", "allOf": [{"required": ["a"], "properties": {"a": {"type": "integer"}}}]}, ({"a": 1},), ({}, {"a": "1"})),
}
"""What the matchers say in full: schema, values that are right, values that are wrong."""
LOST: Mapping[str, tuple[dict[str, Any], str, tuple[Any, ...], Any]] = {
    "minimum": ({"type": "integer", "minimum": 1}, "minimum", (1,), 0),
    "multipleOf": ({"type": "number", "multipleOf": 2}, "multipleOf", (4,), 3),
    "uniqueItems": ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, "uniqueItems", ([1, 2],), [1, 1]),
    "contains": ({"type": "array", "items": {}, "contains": {"const": 1}}, "contains", ([1],), [2]),
    "closed": ({"type": "object", "properties": {}, "additionalProperties": False}, "additionalProperties", ({},), {"x": 1}),
    "several types": ({"type": ["string", "integer"]}, "type", ("a", 1), True),
    "nullable list": ({"type": ["array", "null"]}, "type", ([], None, [1]), "a"),
    "nullable integer": ({"type": ["integer", "null"]}, "type", (1, None), 1.5),
    "branches": ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "oneOf", ("a", 1), True),
    "condition": ({"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}}, "then", ({}, {"a": 1, "b": 1}), {"a": 1}),
    "unknown format": ({"type": "string", "format": "hostname"}, "format", ("a.test",), "-"),
    "format by shape": ({"type": "string", "format": "date"}, "format", ("2027-02-28",), "2027-02-30"),
    "long text": ({"type": "string", "minLength": 2000}, "minLength", ("x" * 2000,), "x" * 1500),
    "optional member": ({"type": "object", "properties": {"a": {"type": "string"}}}, "optional", ({}, {"a": "x"}), {"a": 1}),
    "mixed enum": ({"enum": ["a", 1]}, "enum", ("a", 1), "b"),
    "said twice": ({"allOf": [{"type": "string", "pattern": "a"}, {"pattern": "b"}]}, "pattern", ("ab",), "a"),
    "number among texts": ({"type": ["string", "null"], "pattern": "^[0-9]+$"}, "type", ("1", None), 1),
}
"""What the matchers cannot say: schema, the keyword that is listed, values that are right, and a wrong one that passes."""


def said(schema: dict[str, Any], example: Any) -> Matched:
    """Derive matchers from a schema with an example of it."""
    return matched(schema, example)


def test_what_can_be_said_is_said() -> None:
    """Every right value passes, every wrong one is refused, and nothing is listed as lost but the calendar of a format."""
    rows = [
        (name, said(schema, good[0]), value, wrong)
        for name, (schema, good, bad) in SAID.items()
        for wrong, values in ((False, good), (True, bad))
        for value in values
    ]
    told = refused([(each, value) for _, each, value, _ in rows])
    assert [(name, value) for (name, _, value, wrong), found in zip(rows, told, strict=True) if found is not wrong] == []
    losses = {name: [loss.keyword for loss in said(schema, good[0]).losses] for name, (schema, good, _) in SAID.items()}
    assert {name: found for name, found in losses.items() if found} == {"date-time": ["format"], "enum with null": ["enum"]}


def test_what_cannot_be_said_is_listed() -> None:
    """Every right value passes; the wrong one passes too, and the keyword that it breaks is among the losses."""
    rows = [(name, said(schema, good[0]), value) for name, (schema, _, good, bad) in LOST.items() for value in (*good, bad)]
    told = refused([(each, value) for _, each, value in rows])
    assert [(name, value) for (name, _, value), found in zip(rows, told, strict=True) if found] == []
    assert {
        name for name, (schema, word, good, _) in LOST.items() if word not in {loss.keyword for loss in said(schema, good[0]).losses}
    } == set()
    for schema, _, good, bad in LOST.values():
        compiled = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        assert (all(map(compiled.is_valid, good)), compiled.is_valid(bad)) == (True, False), schema


def events() -> Iterator[tuple[str, Event]]:
    """Give events of every contract, a spread of those of a large one."""
    for name in known_contracts():
        contract = read_contract(name)
        chosen = spread(contract, 60)
        yield from ((name, contract.events[event]) for event in sorted(chosen))


def broken_forms(event: Event, example: Any) -> Iterator[tuple[str, Any]]:
    """Give payloads with one fault each, at a known pointer: a required member left out, a member of another type."""
    for name, part in event.schema.get("properties", {}).items():
        if name in event.schema.get("required", ()):
            yield f"/{name}", {key: value for key, value in example.items() if key != name}
        if name in example and "type" in part:
            other: Any = [OTHER] if part["type"] not in ("array", "object") else OTHER
            yield f"/{name}", {**deepcopy(example), name: other}


def test_valid_payloads_pass_and_faults_are_refused_or_listed() -> None:
    """Of every contract: examples and generated payloads pass their own matchers; a faulty one is refused, or its place is listed."""
    rows: list[tuple[str, Matched, Any, str | None]] = []
    for name, event in events():
        example = event.examples[0]
        each = matched(event.schema, example)
        rows += [(f"{name}/{event.name}", each, value, None) for value in (*event.examples[:1], *payloads(event, 2, 7))]
        rows += [(f"{name}/{event.name}", each, value, pointer) for pointer, value in [*broken_forms(event, example)][:3]]
    assert len(rows) > 400
    told = refused([(each, value) for _, each, value, _ in rows])
    found = list(zip(rows, told, strict=True))
    assert [(name, value) for (name, _, value, pointer), no in found if pointer is None and no] == []
    passed = [
        (name, pointer)
        for (name, each, _, pointer), no in found
        if pointer and not no and pointer not in {loss.pointer for loss in each.losses}
    ]
    assert passed == []


TEXTS = st.sampled_from(["", "a", "1", "x.y", "2027-02-28T00:00:00Z", "日本"])
LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda value: {"const": value}, st.one_of(TEXTS, st.integers(-3, 3), st.booleans(), st.none())),
    st.builds(
        lambda values: {"enum": values}, st.lists(st.one_of(TEXTS, st.integers(-3, 3), st.none()), min_size=1, max_size=3, unique=True)
    ),
    st.builds(
        lambda kind, extra: {"type": kind, **extra},
        st.sampled_from(["string", ["string", "null"]]),
        st.sampled_from([{}, {"pattern": "^[a-z]*$"}, {"pattern": "1"}, {"minLength": 1}, {"maxLength": 2}, {"format": "date-time"}]),
    ),
    st.builds(
        lambda kind, extra: {"type": kind, **extra},
        st.sampled_from(["integer", "number", ["integer", "null"], ["number", "null"]]),
        st.sampled_from([{}, {"minimum": 0}, {"maximum": 2}]),
    ),
    st.sampled_from([{}, {"type": "boolean"}, {"type": "null"}, {"type": ["string", "integer", "null"]}]),
)


def grown(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Put schemas into lists, maps and objects."""
    names = st.dictionaries(st.sampled_from(["a", "b c", "d"]), inner, max_size=3)
    return st.one_of(
        st.builds(
            lambda part, extra: {"type": "array", "items": part, **extra}, inner, st.sampled_from([{}, {"minItems": 1}, {"maxItems": 2}])
        ),
        st.builds(lambda part: {"type": "object", "additionalProperties": part}, inner),
        st.builds(lambda known: {"type": "object", "properties": known, "required": sorted(known)[:2]}, names),
        st.builds(lambda part: {"allOf": [part, {"description": "nothing more"}]}, inner),
    )


VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(-3, 3), st.sampled_from([1.5, 2.0, True, False, None])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b c", "d"]), inner, max_size=3)),
    max_leaves=6,
)


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.lists(st.tuples(st.recursive(LEAVES, grown, max_leaves=4), st.lists(VALUES, min_size=1, max_size=6)), min_size=12, max_size=24))
def test_of_any_schema_nothing_valid_is_refused_and_nothing_else_is_lost_in_silence(batch: list[tuple[dict[str, Any], list[Any]]]) -> None:
    """Whatever the schema: a valid value passes; an invalid one is refused, or something is listed as lost."""
    rows: list[tuple[dict[str, Any], Matched, Any, bool]] = []
    for schema, values in batch:
        compiled = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        example = typical(schema, schema)
        if compiled.is_valid(example):
            each = matched(schema, example)
            rows += [(schema, each, value, compiled.is_valid(value)) for value in (example, *values)]
    told = refused([(each, value) for _, each, value, _ in rows]) if rows else []
    wrong = [
        (schema, each.losses, value, valid)
        for (schema, each, value, valid), no in zip(rows, told, strict=True)
        if (no if valid else not (no or each.losses))
    ]
    assert wrong == []


@pytest.mark.parametrize("reads", [("/a",), ("/b/c",), (), ("/a", "/b")])
def test_only_what_is_read_is_demanded(reads: tuple[str, ...]) -> None:
    """The example holds the members that are read, with what is required below each, and nothing else; the rest is listed as not read."""
    inner = {"type": "object", "required": ["c", "d"], "properties": {"c": {"type": "string"}, "d": {"type": "string"}}}
    schema = {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": inner}}
    found = matched(schema, {"a": "x", "b": {"c": "y", "d": "z"}}, reads)
    expected: dict[tuple[str, ...], Any] = {
        ("/a",): {"a": "x"},
        ("/b/c",): {"b": {"c": "y"}},
        (): {},
        ("/a", "/b"): {"a": "x", "b": {"c": "y", "d": "z"}},
    }
    assert found.example == expected[reads]
    left = {("/a",): {"/b"}, ("/b/c",): {"/a", "/b/d"}, (): {"/a", "/b"}, ("/a", "/b"): set()}
    assert {loss.pointer for loss in found.losses} == left[reads]
