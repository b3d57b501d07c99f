"""Marked payloads: told apart, valid, and with nothing else changed."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import pytest

from hookproof.generate.marks import marked, marks
from hookproof.model.contract import Event
from hookproof.rules.bodies import validator
from hookproof.rules.marks import mark_of
from tests.suites.courtroom import orbit

EVENTS = orbit().events.values()


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_a_marked_example_is_valid_and_differs_in_one_text(event: Event) -> None:
    """Every example stays valid, keeps its members, and differs in the one that bears the mark."""
    for example, mark in zip(event.examples, marks(event.name), strict=False):
        found = marked(event, example, mark)
        assert validator(event.schema).is_valid(found)
        assert mark_of(found) == mark or found is example
        assert len([name for name in found if found[name] != example.get(name)]) == (found is not example)


def test_nearly_every_event_can_be_told_apart() -> None:
    """Each event type has an example that can be marked."""
    blind = [e.name for e in EVENTS if all(mark_of(marked(e, example, next(marks("")))) is None for example in e.examples)]
    assert not blind


def test_marks_never_repeat_and_follow_from_their_seed() -> None:
    """The same seed gives the same marks, all different; another seed gives others."""
    one, other = list(islice(marks("one"), 500)), list(islice(marks("other"), 500))
    assert one == list(islice(marks("one"), 500))
    assert len({*one, *other}) == len(one) + len(other)


@pytest.mark.parametrize("data", [None, [], "text", 7])
def test_what_is_no_object_is_left_alone(data: object) -> None:
    """Only objects have members to mark."""
    assert marked(next(iter(EVENTS)), data, "m") is data


def _own(schema: dict[str, object]) -> Event:
    return replace(next(iter(EVENTS)), name="made.up", schema=schema, examples=(), relations={})


ODD: dict[str, dict[str, object]] = {
    "a member that only a branch names": {"oneOf": [{"properties": {"k": {"const": 1}, "order_id": {"type": "string"}}}, {"type": "null"}]},
    "a member behind a reference": {
        "$ref": "#/$defs/a",
        "$defs": {"a": {"properties": {"order_id": {"$ref": "#/$defs/b"}}}, "b": {"type": "string"}},
    },
    "a member that may be anything": {"properties": {"order_id": True}},
    "a closed object": {"properties": {"order_id": {"type": "string"}}, "additionalProperties": False},
}


@pytest.mark.parametrize("name", ODD)
def test_members_are_marked_wherever_the_schema_names_them(name: str) -> None:
    """A text is marked that may be any text, whether the schema names it itself, in a branch, by a reference or by `true`."""
    data = {"order_id": "o1"}
    found = marked(_own(ODD[name]), data, next(marks("")))
    assert mark_of(found) is not None
    assert found["order_id"].startswith("o1")
    assert validator(ODD[name]).is_valid(found)


@pytest.mark.parametrize("needed", [False, True])
@pytest.mark.parametrize(
    "part", [{"type": "string", "maxLength": 3}, {"const": "o1"}, {"type": "string", "format": "uuid"}, {"pattern": "^o"}]
)
def test_a_mark_never_spoils_a_payload(part: dict[str, object], *, needed: bool) -> None:
    """A bound text is left alone where any mark would break it, even if a mark is needed and the object is closed."""
    schema: dict[str, object] = {"properties": {"order_id": part}, "additionalProperties": False}
    data = {"order_id": "123e4567-e89b-42d3-a456-426614174000" if "format" in part else "o1"}
    assert validator(schema).is_valid(marked(_own(schema), data, next(marks("")), needed=needed))
