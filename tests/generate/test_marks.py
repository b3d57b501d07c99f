"""Marked payloads: told apart, valid, and with nothing else changed."""

from __future__ import annotations

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
