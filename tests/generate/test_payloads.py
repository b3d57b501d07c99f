"""Generated payloads: valid for two independent validators, the same for ever, and refused where they would be guessed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hookproof.generate.payloads import Payloads, payloads
from hookproof.generate.schema.choices import DEEPEST
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


DEFS: dict[str, Any] = {
    "a": {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
    "tree": {
        "type": "object",
        "required": ["v"],
        "properties": {
            "v": {"type": "integer"},
            "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
            "l": {"$ref": "#/$defs/tree"},
        },
    },
    "list": {"type": "object", "required": ["next"], "properties": {"next": {"oneOf": [{"$ref": "#/$defs/list"}, {"type": "null"}]}}},
    "endless": {"type": "object", "required": ["n"], "properties": {"n": {"$ref": "#/$defs/endless"}}},
}
CHAIN = [{"if": {"properties": {"t": {"const": t}}, "required": ["t"]}, "then": {"required": [f"of_{t}"]}} for t in "abcdefgh"]
TAGGED = [{"properties": {"k": {"const": k}, f"of_{k}": {}}, "required": ["k"]} for k in "abc"]
HARD: dict[str, Any] = {
    "pattern": {"type": "string", "pattern": "^a+$"},
    "pattern without some letters": {"type": "string", "pattern": "^[^/]{3,9}$"},
    "pattern and lengths": {"type": "string", "pattern": "^[a-z]+$", "minLength": 12, "maxLength": 40},
    "pattern and format": {"type": "string", "format": "date-time", "pattern": "Z$"},
    "format": {"type": "string", "format": "ipv4"},
    "format and length": {"type": "string", "format": "email", "maxLength": 20},
    "multipleOf": {"type": "integer", "multipleOf": 7, "minimum": 10, "maximum": 50},
    "multipleOf a fraction": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 99.99},
    "exclusiveMinimum": {"type": "integer", "exclusiveMinimum": 0},
    "exclusiveMaximum": {"type": "number", "exclusiveMaximum": 0},
    "uniqueItems": {"type": "array", "uniqueItems": True, "minItems": 3, "items": {"enum": [1, 2, 3, 4]}},
    "contains": {"type": "array", "contains": {"const": 3}},
    "minContains": {
        "type": "array",
        "contains": {"const": 3},
        "minContains": 2,
        "maxContains": 2,
        "items": {"type": "integer", "maximum": 9},
    },
    "prefixItems": {"type": "array", "prefixItems": [{"const": 1}, {"type": "string"}], "items": False},
    "$ref": {"$ref": "#/$defs/a"},
    "a tree": {"$ref": "#/$defs/tree"},
    "a list": {"$ref": "#/$defs/list"},
    "oneOf": {"oneOf": [{"type": "integer"}, {"type": "null"}]},
    "oneOf that overlap": {"oneOf": [{"type": "integer", "multipleOf": 3}, {"type": "integer", "multipleOf": 5}]},
    "oneOf by constants": {"type": "object", "oneOf": TAGGED, "unevaluatedProperties": False},
    "anyOf": {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    "allOf": {"allOf": [{"$ref": "#/$defs/a"}], "properties": {"o": {"type": "integer"}}, "unevaluatedProperties": False},
    "not a value": {"type": "string", "not": {"const": "a"}},
    "not a pattern": {"type": "string", "not": {"pattern": "a"}},
    "not both": {"type": "object", "not": {"required": ["a", "b"]}, "properties": {"a": {}, "b": {}}},
    "if a type": {
        "type": "object",
        "properties": {"a": {"type": ["string", "integer"]}},
        "required": ["a"],
        "if": {"properties": {"a": {"type": "string"}}},
        "then": {"required": ["b"]},
        "else": {"required": ["c"]},
    },
    "many ifs": {"type": "object", "required": ["t"], "properties": {"t": {"enum": [*"abcdefghij"]}}, "allOf": CHAIN},
    "minProperties": {"type": "object", "minProperties": 3, "properties": {"a": {"type": "string"}}},
    "maxProperties": {"type": "object", "maxProperties": 1, "properties": {"a": {"type": "string"}, "b": {}, "c": {}}},
    "patternProperties": {"type": "object", "patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False},
    "propertyNames": {"type": "object", "propertyNames": {"pattern": "^[a-z]{2}$"}, "minProperties": 2},
    "dependentRequired": {"type": "object", "properties": {"a": {"type": "string"}}, "dependentRequired": {"a": ["b"], "b": ["c"]}},
    "dependentSchemas": {"type": "object", "properties": {"a": {}}, "dependentSchemas": {"a": {"required": ["z"]}}},
    "nullable enum": {"type": ["string", "null"], "enum": ["x", None]},
    "an object that is constant": {"const": {"a": [1, 2]}},
    "beyond 2^60": {"type": "integer", "minimum": 2**60},
    "true": True,
    "nothing": {},
}


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("wide", [False, True], ids=["portable", "wide"])
def test_whatever_the_contract_may_say_is_obeyed(name: str, *, wide: bool) -> None:
    """Payloads of every keyword are valid for both validators, several different ones, and the same when they are made anew."""
    schema = {"$defs": DEFS, "type": "object", "properties": {"member": HARD[name]}, "required": ["member"]}
    found = payloads(made_up(schema), 120, 0, wide=wide)
    second = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert [each for each in found if schema_faults(validator(schema), each)] == []
    assert [each for each in found if not second.is_valid(each)] == []
    assert len({json.dumps(each) for each in found}) > (name != "an object that is constant")
    assert found == Payloads(made_up(schema), wide=wide).some(120, 0)


IMPOSSIBLE: dict[str, tuple[Any, str, str]] = {
    "an empty range": ({"type": "integer", "minimum": 5, "maximum": 4}, "maximum", "/properties/member"),
    "two constants": ({"allOf": [{"const": 1}, {"const": 2}]}, "const", "/properties/member/allOf/1"),
    "two types": ({"allOf": [{"type": "object"}, {"type": "null"}]}, "type", "/properties/member/allOf/1"),
    "too few values": (
        {"type": "array", "uniqueItems": True, "minItems": 5, "items": {"type": "boolean"}},
        "uniqueItems",
        "/properties/member",
    ),
    "not anything": ({"not": {}}, "not", "/properties/member"),
    "a pattern that is too short": ({"type": "string", "pattern": "^a$", "minLength": 5}, "pattern", "/properties/member"),
    "two branches alike": ({"oneOf": [{"type": "integer"}, {"type": "integer"}]}, "oneOf", "/properties/member"),
    "endless": ({"$ref": "#/$defs/endless"}, "$ref", "the whole schema"),
    "false": (False, "false", "the whole schema"),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_made_is_refused_by_name(name: str) -> None:
    """A schema that has no value is an error that names the event, the place and the keyword; nothing is given instead."""
    schema, keyword, place = IMPOSSIBLE[name]
    whole = {"$defs": DEFS, "type": "object", "properties": {"member": schema}, "required": ["member"]}
    with pytest.raises(IllFormedError) as caught:
        payloads(made_up(whole), COUNT, 0)
    assert (caught.value.subject, caught.value.place) == ("made.up", place)
    assert f"`{keyword}`" in caught.value.cause


def test_what_cannot_be_made_is_left_out_where_it_may_be() -> None:
    """An optional member and a branch of which no value is known cost nothing but themselves."""
    schema = {"type": "object", "properties": {"never": False, "or": {"oneOf": [{"const": 1}, {"allOf": [{"const": 2}, {"const": 3}]}]}}}
    assert {json.dumps(each) for each in payloads(made_up(schema), COUNT, 0)} == {'{"or": 1}', "{}"}


def _reached(schema: Mapping[str, Any], count: int = 400) -> list[Any]:
    whole = {"$defs": DEFS, "type": "object", "properties": {"m": schema}}
    return [each.get("m", ...) for each in payloads(made_up(whole), count, 0, wide=True)]


def test_the_edges_of_lengths_are_reached() -> None:
    """Within 400 payloads a text has its least and greatest length, one more and one less, in characters of one to four bytes."""
    texts = [text for text in _reached({"type": "string", "minLength": 2, "maxLength": 9}) if text is not ...]
    assert {2, 3, 8, 9} <= set(map(len, texts))
    assert {1, 2, 3, 4} <= {len(letter.encode()) for text in texts for letter in text}
    for byte in ("x", "é", "漢", "😀"):
        assert {byte * 2, byte * 9} <= set(texts)
    free = [text for text in _reached({"type": "string"}) if text is not ...]
    assert {0, 1, 300, 2000} <= set(map(len, free))


def test_the_edges_of_ranges_are_reached() -> None:
    """Within 400 payloads a number is at its bounds and beside them; a free integer is beside 2^53, 2^63, and beyond 64 bits."""
    assert {3, 4, 98, 99} <= set(_reached({"type": "integer", "minimum": 3, "maximum": 99}))
    assert {1, 2} <= set(_reached({"type": "integer", "exclusiveMinimum": 0}))
    assert {2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 0, -1} <= set(_reached({"type": "integer"}))
    assert {0.25, 0.75} <= set(_reached({"type": "number", "minimum": 0.25, "maximum": 0.75}))
    lists = [each for each in _reached({"type": "array", "items": {"type": "integer"}, "maxItems": 5}) if each is not ...]
    assert {0, 1, 5} <= set(map(len, lists))


def test_careful_receivers_are_spared() -> None:
    """Payloads for targets hold no integer beyond 2^53 - 1, no NUL and no text beyond 300 characters, unless the schema asks for it."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "t": {"type": "string"}}, "required": ["n", "t"]}
    for each in payloads(made_up(schema), 400, 0):
        assert abs(each["n"]) < 2**53
        assert len(each["t"]) <= 300
        assert "\0" not in each["t"]


def test_every_branch_is_reached() -> None:
    """Within 400 payloads every optional member is there and is not, and every branch of oneOf, anyOf, if and else is taken."""
    assert ... in _reached({"type": "null"})
    assert None in _reached({"type": "null"})
    assert {(each is ...) or each["k"] for each in _reached(HARD["oneOf by constants"])} == {True, *"abc"}
    assert {frozenset(each) for each in _reached(HARD["anyOf"]) if each is not ...} == {frozenset("a"), frozenset("b")}
    branches = {(type(each["a"]).__name__, *(each.keys() - "a")) for each in _reached(HARD["if a type"]) if each is not ...}
    assert branches == {("str", "b"), ("int", "c")}
    assert {each["t"] for each in _reached(HARD["many ifs"]) if each is not ...} == {*"abcdefghij"}
    assert {type(each) for each in _reached({"type": ["string", "integer", "null", "array", "boolean", "object"]})} == {
        str, int, type(None), list, bool, dict, type(...),
    }  # fmt: skip


def test_a_branch_among_many_is_as_likely_as_another() -> None:
    """Conditions in a row are decided together: the last of ten kinds comes about as often as the first."""
    seen = Counter(each["t"] for each in _reached(HARD["many ifs"], 2000) if each is not ...)
    assert min(seen.values()) * 4 > max(seen.values())


def test_recursion_ends() -> None:
    """A schema that holds itself gives values of several depths, none beyond the bound."""
    depths = Counter(json.dumps(each).count("next") for each in _reached(HARD["a list"], 2000) if each is not ...)
    assert {1, 2, 3} <= set(depths)
    assert max(depths) <= DEEPEST + 2
    assert max(len(json.dumps(each)) for each in _reached(HARD["a tree"]) if each is not ...) < 2_000_000


def test_other_processes_make_the_same() -> None:
    """The same payloads come out of a process with another order of hashing."""
    code = (
        "from tests.generate.test_payloads import HARD, DEFS, made_up, payloads\n"
        "whole = {'$defs': DEFS, 'type': 'object', 'properties': {k: v for k, v in HARD.items()}}\n"
        "print(hashlib.sha256(json.dumps(payloads(made_up(whole), 5, 0)).encode()).hexdigest())"
    )
    root = str(Path(__file__).resolve().parents[2])
    said = []
    for order in ("1", "2"):
        environment = {**os.environ, "PYTHONPATH": f"{root}/src:{root}", "PYTHONHASHSEED": order}
        command = [sys.executable, "-c", f"import hashlib, json\n{code}"]
        said.append(subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout)
    assert said[0] == said[1] != ""
