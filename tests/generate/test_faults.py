"""Payloads with one named fault: invalid for that reason alone, and one for every keyword that constrains anything."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from hookproof.contracts import known_contracts
from hookproof.generate.faults import constraining, faulty
from hookproof.generate.payloads import payloads
from hookproof.model.contract import Event
from hookproof.rules.bodies import schema_faults, validator
from hookproof.staging.session import read_contract
from tests.generate.test_payloads import DEFS, HARD, made_up

IMPLIED = {
    "not both": {"/properties/member/type"},
    "not a pattern": {"/properties/member/type"},
    "oneOf by constants": {"/properties/member/type"},
}
"""Keywords that cannot be broken alone, because whatever breaks them breaks a neighbour."""


def _schema(name: str) -> dict[str, Any]:
    return {"$defs": DEFS, "type": "object", "properties": {"member": HARD[name]}, "required": ["member"]}


def _at(value: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


@pytest.mark.parametrize("name", known_contracts())
def test_every_keyword_of_every_event_is_broken_once(name: str) -> None:
    """For every keyword that constrains anything in any event of the contract there is a payload that breaks it."""
    for event in read_contract(name).events.values():
        assert constraining(event).keys() == {each.fault.schema for each in faulty(event, 0)}, event.name
        assert constraining(event), event.name


@pytest.mark.parametrize("name", known_contracts())
def test_a_fault_is_the_only_one_and_where_it_is_said_to_be(name: str) -> None:
    """Two validators find every such payload invalid; the judge's finds nothing but at its place, or at the choice that it spoils."""
    for event in read_contract(name).events.values():
        first, second = validator(event.schema), jsonschema.Draft202012Validator(dict(event.schema))
        for each in faulty(event, 3):
            found = {pointer for pointer, _ in schema_faults(first, each.payload)}
            assert found, each
            assert all(each.fault.pointer.startswith(pointer) for pointer in found), each
            assert each.fault.pointer in found or "Of/" in each.fault.schema, each
            assert each.fault.keyword == "format" or not second.is_valid(each.payload), each
            assert _at(event.schema, each.fault.schema) is not None


@pytest.mark.parametrize("name", HARD)
def test_every_keyword_that_a_contract_may_have_is_broken(name: str) -> None:
    """Of every keyword of JSON Schema that constrains, alone and beside others, there is a faulty payload that both validators refuse."""
    event = made_up(_schema(name))
    found = faulty(event, 0)
    assert constraining(event).keys() - {each.fault.schema for each in found} <= IMPLIED.get(name, set())
    second = jsonschema.Draft202012Validator(_schema(name), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    lenient = {"date-time", "hostname"}  # what jsonschema alone does not check
    for each in found:
        formed = each.fault.keyword == "format" and _at(_schema(name), each.fault.schema) in lenient
        assert formed or not second.is_valid(each.payload), each


def test_one_thing_is_changed() -> None:
    """A faulty payload differs from the valid one that it was made of in one member."""
    event = made_up({"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "integer", "minimum": 3}}})
    base = payloads(event, 1, 0)[0]
    found = faulty(event, 0)
    assert {(each.fault.keyword, each.fault.pointer) for each in found} == {
        ("type", ""), ("required", ""), ("type", "/a"), ("type", "/b"), ("minimum", "/b"),
    }  # fmt: skip
    for each in found:
        names = base.keys() | (each.payload.keys() if isinstance(each.payload, dict) else set())
        changed = [name for name in names if not isinstance(each.payload, dict) or each.payload.get(name, ...) != base.get(name, ...)]
        assert len(changed) == 1 or each.fault.pointer == ""


def test_the_same_seed_gives_the_same_faults() -> None:
    """Event and seed decide the faulty payloads; another seed gives others with the same faults."""
    event: Event = made_up(_schema("if a type"))
    assert faulty(event, 1) == faulty(event, 1)
    one, other = faulty(event, 1), faulty(event, 2)
    assert [each.fault.schema for each in one] == [each.fault.schema for each in other]
    assert json.dumps([each.payload for each in one]) != json.dumps([each.payload for each in other])


def test_names_that_look_like_numbers_are_places_too() -> None:
    """A member called +1, which the validator reports as the number 1, is named as it is written."""
    event = made_up({"type": "object", "properties": {"+1": {"type": "integer"}}, "required": ["+1"]})
    assert "/+1" in {each.fault.pointer for each in faulty(event, 0)}
