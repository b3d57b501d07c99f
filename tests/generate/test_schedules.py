"""Schedules are the same after being written and read, name what is wrong with them, and only ever become shorter."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from hookproof.generate.machine import explore
from hookproof.generate.schedules import (
    ENDS,
    FORMS,
    SPANS,
    TENANTS,
    Delete,
    Emit,
    Palette,
    Pass,
    Schedule,
    Subscribe,
    Switch,
    Turn,
    shorter,
)
from hookproof.model.errors import IllFormedError

FULL = Palette(
    events=("order.placed", "order.paid"),
    everything=("*",),
    falls=("restart", "kill"),
    spans=SPANS,
    ends=ENDS,
    forms=FORMS,
    tenants=TENANTS,
    changes=True,
    deletes=True,
    reads=True,
    watches=True,
    holds=True,
)


class Listing:
    """An oracle to whom nothing is broken."""

    def __init__(self) -> None:
        self.seen: list[Schedule] = []

    def judged(self, schedule: Schedule) -> None:
        """Keep a schedule."""
        self.seen.append(schedule)


@cache
def drawn() -> tuple[Schedule, ...]:
    """Give schedules of every kind of step."""
    oracle = Listing()
    explore(FULL, oracle, examples=25, steps=12, seed=7)
    return tuple(oracle.seen)


def test_what_is_written_is_read_again() -> None:
    """Every schedule is the same value after a way through JSON text."""
    schedules = drawn()
    assert len({type(step) for schedule in schedules for step in schedule.steps}) == 12
    for schedule in schedules:
        assert Schedule.from_json(json.loads(json.dumps(schedule.to_json())), subject="file") == schedule


def test_shorter_schedules_weigh_less_and_hang_together() -> None:
    """Whatever is left out of a schedule, the rest is a schedule and weighs less."""
    for schedule in drawn():
        for less in shorter(schedule):
            assert less.weight < schedule.weight
            assert Schedule.from_json(less.to_json(), subject="file") == less


def test_an_endpoint_leaves_with_all_that_refers_to_it() -> None:
    """Without an endpoint nothing is done to it, and the others keep their meaning."""
    first, second = Subscribe(events=("a",)), Subscribe(events=("b",))
    whole = Schedule(steps=(first, second, Delete(endpoint=0), Switch(endpoint=1, active=False)))
    assert Schedule(steps=(second, Switch(endpoint=0, active=False))) in list(shorter(whole))


def test_two_steps_become_one() -> None:
    """What an endpoint answers later it may answer from the beginning, and a span may pass at the end instead."""
    opened, event = Subscribe(events=("a",)), Emit(event="a")
    turned = Schedule(steps=(opened, Turn(endpoint=0, answer="error"), event))
    assert Schedule(steps=(Subscribe(events=("a",), answer="error"), event)) in list(shorter(turned))
    assert Schedule(steps=(opened, event), end="retry") in list(shorter(Schedule(steps=(opened, event, Pass(span="retry")))))


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([], ""),
        ({"steps": 1}, ""),
        ({"steps": [], "end": "never"}, "end"),
        ({"steps": [{}]}, "steps/0"),
        ({"steps": [{"do": "explode"}]}, "steps/0"),
        ({"steps": [{"do": "delete", "endpoint": 0}]}, "steps/0/endpoint"),
        ({"steps": [{"do": "delete", "endpoint": True}]}, "steps/0/endpoint"),
        ({"steps": [{"do": "subscribe"}]}, "steps/0"),
        ({"steps": [{"do": "subscribe", "events": "a"}]}, "steps/0/events"),
        ({"steps": [{"do": "subscribe", "events": [], "answer": "maybe"}]}, "steps/0/answer"),
        ({"steps": [{"do": "subscribe", "events": [], "answer": []}]}, "steps/0/answer"),
        ({"steps": [{"do": "emit", "event": 3}]}, "steps/0/event"),
        ({"steps": [{"do": "fall", "action": "power-cut"}]}, "steps/0/action"),
        ({"steps": [{"do": "watch", "colour": 1}]}, "steps/0"),
        ({"steps": [{"do": "subscribe", "events": []}, {"do": "turn", "endpoint": 0, "answer": "ok", "times": -1}]}, "steps/1/times"),
        ({"steps": [{"do": "subscribe", "events": []}, {"do": "switch", "endpoint": 0, "active": 1}]}, "steps/1/active"),
    ],
)
def test_what_is_no_schedule_is_told_where(document: Any, place: str) -> None:
    """A document that is no schedule is refused with the place of its fault."""
    with pytest.raises(IllFormedError) as refusal:
        Schedule.from_json(document, subject="file")
    assert refusal.value.place == place
