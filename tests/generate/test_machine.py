"""The state machine draws the same schedules for the same seed everywhere, offers only what the palette holds, and shrinks."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from hookproof.generate.machine import Enough, explore
from hookproof.generate.schedules import Fall, Palette, Rotate, Schedule, Subscribe, Turn
from tests.generate.test_schedules import FULL, Listing

_DIGEST = "from tests.generate.test_machine import digest; print(digest(5))"


def digest(seed: int) -> str:
    """Give a digest of all schedules of a seed."""
    oracle = Listing()
    explore(FULL, oracle, examples=8, steps=6, seed=seed)
    return hashlib.sha256(json.dumps([schedule.to_json() for schedule in oracle.seen]).encode()).hexdigest()


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_seed_means_the_same_everywhere(ci: str) -> None:
    """The schedules of a seed do not depend on whether CI is set."""
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | ({"CI": ci} if ci else {})
    path = os.pathsep.join(filter(None, sys.path))
    told = subprocess.run(
        [sys.executable, "-c", _DIGEST], env={**environment, "PYTHONPATH": path}, capture_output=True, text=True, check=True, timeout=120
    )
    assert told.stdout.strip() == digest(5)
    assert digest(6) != digest(5)


def test_only_what_is_offered_is_done() -> None:
    """A palette without falls, spans, changes and the like gives schedules without them."""
    oracle = Listing()
    explore(Palette(events=("a",), everything=("*",)), oracle, examples=10, steps=8, seed=1)
    assert {type(step).__name__ for schedule in oracle.seen for step in schedule.steps} == {"Subscribe", "Emit", "Turn"}
    assert all(getattr(step, "answer", "") != "hang" for schedule in oracle.seen for step in schedule.steps)


SMALL = Palette(events=("a",), everything=("*",), falls=("restart", "kill"), changes=True)


class Hunting:
    """An oracle to whom it is broken to rotate the secret of an endpoint and to kill the platform."""

    def __init__(self) -> None:
        self.broken: list[Schedule] = []
        self.left = 150

    def judged(self, schedule: Schedule) -> str | None:
        """Say whether it is broken."""
        killed = Fall(action="kill") in schedule.steps
        self.left -= bool(self.broken)
        if not self.left:
            raise Enough
        if killed and any(isinstance(step, Rotate) for step in schedule.steps):
            self.broken.append(schedule)
            return "rotated and killed"
        return None


def test_it_shrinks() -> None:
    """Of a broken schedule hardly more than the steps remain that break it; ``Search`` leaves out the rest."""
    oracle = Hunting()
    explore(SMALL, oracle, examples=60, steps=6, seed=1)
    shortest = min(oracle.broken, key=lambda schedule: schedule.weight)
    assert {type(step) for step in shortest.steps} >= {Subscribe, Rotate, Fall}
    assert len(shortest.steps) <= 4


def test_an_oracle_ends_the_search() -> None:
    """Who has seen enough sees no more."""

    class Weary(Listing):
        def judged(self, schedule: Schedule) -> None:
            super().judged(schedule)
            raise Enough

    oracle = Weary()
    explore(FULL, oracle, examples=50, steps=5, seed=1)
    assert len(oracle.seen) == 1


def test_a_secret_is_rotated_once_and_an_answer_held_back_once() -> None:
    """No schedule leaves it open which of three secrets sign, or costs more than one time-out."""
    oracle = Listing()
    explore(FULL, oracle, examples=15, steps=14, seed=3)
    for schedule in oracle.seen:
        rotated = [step.endpoint for step in schedule.steps if isinstance(step, Rotate)]
        assert len(rotated) == len(set(rotated))
        assert sum(isinstance(step, Turn) and step.answer == "hang" for step in schedule.steps) <= 1
