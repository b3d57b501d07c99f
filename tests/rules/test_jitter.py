"""Declared jitter is found absent only where it certainly is, and present only where waits certainly scatter."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.rules.jitter import CROWD
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import START, Recording

JITTER = "declared-jitter-is-there"


def herd(waits: list[float], *, bracket: float = 0.1, **capabilities: Any) -> Recording:
    """Let as many events fail together and come again after these waits, each known up to a bracket on a virtual clock."""
    recording = Recording("herd", **{"jitter_ratio": 0.2, **capabilities})
    recording.subscribe("e1")
    emissions = [recording.emit() for _ in waits]
    for emission in emissions:
        recording.attempt("e1", emission, 500)
    begun = recording.clock()
    for wait, emission in sorted(zip(waits, emissions, strict=True), key=lambda pair: pair[0]):
        if recording.virtual:
            left = START + wait - bracket / 2 - recording.clock()
            recording.elapse(max(left, 0))
            with recording.advancing(bracket + min(left, 0)):
                recording.attempt("e1", emission)
        else:
            recording.elapse(max(wait - (recording.clock() - begun) * capabilities.get("time_scale", 1.0), 0))
            recording.attempt("e1", emission)
    return recording


def scattered(ratio: float, seed: int = 1, count: int = CROWD) -> list[float]:
    """Draw waits around 30 seconds."""
    dice = random.Random(seed)  # noqa: S311 -- reproducible waits, no secret
    return [30 * dice.uniform(1 - ratio, 1 + ratio) for _ in range(count)]


def test_a_herd_on_a_virtual_clock_is_broken() -> None:
    """Events that failed together and come again within one narrow bracket show that there is no jitter."""
    recording = Recording("herd", jitter_ratio=0.2)
    recording.subscribe("e1")
    emissions = [recording.emit() for _ in range(CROWD)]
    for emission in emissions:
        recording.attempt("e1", emission, 500)
    recording.elapse(29.95)
    with recording.advancing(0.1):
        again = [recording.attempt("e1", emission) for emission in emissions]
    broken(recording.judge(JITTER), "32 waits of 'rose.bloomed' scatter by at most", again[0])


def test_a_herd_in_real_time_is_broken_and_scatter_kept() -> None:
    """Gaps that do not scatter hold no jitter; those that scatter as declared are kept."""
    scaled: dict[str, Any] = {"time": "scaled", "time_scale": 10.0}
    broken(herd([30.0] * CROWD, **scaled).judge(JITTER), "scatter by at most")
    kept(herd(scattered(0.2), **scaled).judge(JITTER))


@given(seed=st.integers(0, 10**6), ratio=st.sampled_from([0.1, 0.2, 0.5]))
def test_jitter_that_is_there_is_never_called_absent(seed: int, ratio: float) -> None:
    """Waits drawn evenly from the declared range are kept on a virtual clock."""
    kept(herd(scattered(ratio, seed), bracket=0.01, jitter_ratio=ratio).judge(JITTER))


@pytest.mark.parametrize(
    ("waits", "capabilities"),
    [
        ([30.0] * (CROWD - 1), {}),
        ([30.0] * CROWD, {"jitter_ratio": 0.05}),
        ([30.0] * CROWD, {"time": "scaled", "time_scale": 100.0}),
    ],
    ids=["too few", "too little", "too quick"],
)
def test_what_cannot_be_decided_is_not_observed(waits: list[float], capabilities: dict[str, Any]) -> None:
    """Too few waits, too little declared jitter and waits of less than a real second say nothing."""
    unseen(herd(waits, **capabilities).judge(JITTER))


def test_brackets_that_are_too_wide_decide_nothing() -> None:
    """Where each wait is only known to lie in a range as wide as the jitter, neither presence nor absence is proven."""
    recording = Recording("herd", jitter_ratio=0.2)
    recording.subscribe("e1")
    emissions = [recording.emit() for _ in range(CROWD)]
    for emission in emissions:
        recording.attempt("e1", emission, 500)
    with recording.advancing(40):
        for emission in emissions:
            recording.attempt("e1", emission)
    unseen(recording.judge(JITTER), "not decidable")
