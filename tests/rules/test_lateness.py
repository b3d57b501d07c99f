"""Lateness in scaled time: two crowds, their medians, and what a busy host, jitter, polls and a slow target take off."""

from __future__ import annotations

from typing import Any

import pytest

from hookproof.model.transcript import Attempt
from tests.rules.contract_value import SLOW
from tests.rules.outcomes import broken, kept
from tests.rules.recording import Recording
from tests.rules.test_schedule import WAITS, crowd


def late_crowd(wait: float, *, jitter: float = 0.0, poll: float = 0.0, size: int = 8, second: float = 60.0, busy: float = 0.0) -> Recording:
    """Two crowds at a scale of 10 whose first wait is so long, in promised seconds, and the second as promised or as told."""
    recording = Recording(time="scaled", time_scale=10.0, jitter_ratio=jitter, poll_interval_seconds=poll)
    recording.tick = 1000
    for number in range(2):
        recording.subscribe(f"e{number}")
    emissions = [recording.emit() for _ in range(size)]
    for pause in (0.0, wait, second):
        recording.elapse(pause)
        for emission in emissions:
            for number in range(2):
                recording.attempt(f"e{number}", emission, 500)
    recording.note("canary-lateness", seconds=busy)
    return recording


@pytest.mark.parametrize(
    ("more", "limit"),
    [({}, 40.0), ({"jitter": 0.2}, 47.5), ({"poll": 0.2}, 41.5), ({"poll": 0.1}, 40.0)],
    ids=["plain", "jitter", "poll", "short poll"],
)
def test_a_median_is_late_by_a_quarter_and_the_grace_of_the_host(more: dict[str, Any], limit: float) -> None:
    """Late is what exceeds the promise with its jitter by a quarter and, in real time, a quarter of a second or two polls."""
    assert kept(late_crowd(limit - 0.01, **more).judge(WAITS)).reading == "policy slow"
    broken(late_crowd(limit + 0.01, **more).judge(WAITS), "the median of wait 1 of 'slow'")


def test_a_late_wait_in_the_middle_is_shown_by_its_own_sends() -> None:
    """The sends around the late wait of the first delivery of the first crowd are the evidence."""
    recording = late_crowd(30.0, second=500.0, size=9)
    first = next(r for r in recording.records if isinstance(r, Attempt))
    sends = [r for r in recording.records if isinstance(r, Attempt) and (r.endpoint, r.body) == (first.endpoint, first.body)]
    judgement = broken(recording.judge(WAITS), "the median of wait 2 of 'slow' is 50")
    assert judgement.evidence == (sends[1].id, sends[2].id)
    assert "over 9 events, twice; promised 60 s" in judgement.reason


def test_lateness_is_our_own_beyond_half_the_grace() -> None:
    """An eighth of a second of our own lateness leaves the matter open, less does not; other notes tell nothing of it."""
    broken(late_crowd(500.0, busy=0.12).judge(WAITS), "the median")
    assert "not decidable" in kept(late_crowd(500.0, busy=0.125).judge(WAITS)).reading
    recording = late_crowd(500.0)
    recording.note("seen", seconds=7.0)
    broken(recording.judge(WAITS), "the median")


def test_three_crowds_are_as_good_as_two() -> None:
    """More endpoints do not hide lateness."""
    broken(crowd(tuple(10 * wait for wait in SLOW), kind="rose.bloomed", endpoints=3).judge(WAITS), "the median")


def test_a_target_that_is_slow_throughout_is_not_late() -> None:
    """What even the first sends needed is taken off, the slowest of them; one that was not ours tells nothing."""
    recording = Recording(time="scaled", time_scale=10.0)
    recording.tick = 1000
    for number in range(2):
        recording.subscribe(f"e{number}")
    emissions = [recording.emit() for _ in range(8)]
    recording.wait(3)
    for pause in (0.0, 65.0):
        recording.elapse(pause)
        for emission in emissions:
            for number in range(2):
                recording.attempt(f"e{number}", emission, 500)
    recording.note("canary-lateness", seconds=0.0)
    kept(recording.judge(WAITS))
    quick = late_crowd(65.0)
    broken(quick.judge(WAITS), "the median")
