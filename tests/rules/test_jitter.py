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


def bracketed(*groups: tuple[float, float, int], **capabilities: Any) -> Recording:
    """Let events fail together and come again in groups: after at least so many virtual seconds, in a bracket so wide, so many."""
    recording = Recording("herd", **{"jitter_ratio": 0.2, **capabilities})
    recording.subscribe("e1")
    emissions = [recording.emit() for _ in range(sum(count for *_, count in groups))]
    for emission in emissions:
        recording.attempt("e1", emission, 500)
    for least, width, count in groups:
        recording.elapse(START + least - recording.clock())
        with recording.advancing(width):
            for _ in range(count):
                recording.attempt("e1", emissions.pop(0))
    return recording


@pytest.mark.parametrize(
    ("width", "ratio", "absent"), [(1.70, 0.2, True), (1.74, 0.2, False), (1.13, 0.1, True), (1.18, 0.1, False), (1.70, 0.5, True)]
)
def test_what_values_inside_a_bracket_may_scatter_is_counted(width: float, ratio: float, *, absent: bool) -> None:
    """32 waits in one bracket deviate by up to half of it times sqrt(32/31): absent below a fifth of the jitter, three per cent at most."""
    judgement = bracketed((30 - width / 2, width, CROWD), jitter_ratio=ratio).judge(JITTER)
    broken(judgement, "scatter by at most") if absent else unseen(judgement, "not decidable")


@pytest.mark.parametrize(("apart", "outcome"), [(0.880, broken), (0.886, unseen), (0.897, kept), (5.0, kept)])
def test_scatter_that_was_seen_is_weighed_with_its_brackets(apart: float, outcome: Any) -> None:
    """Two groups so far from 30 s: their deviation less the bracket shows jitter, with the bracket its absence, between them neither."""
    judgement = bracketed((30 - apart - 0.005, 0.01, CROWD // 2), (30 + apart - 0.005, 0.01, CROWD // 2)).judge(JITTER)
    outcome(judgement, *(["scatter"] if outcome is broken else []))


def test_brackets_below_nothing_prove_no_absence() -> None:
    """Repeats inside one advance may have waited not at all, so that nothing is said, however little the middles scatter."""
    recording = Recording("herd", jitter_ratio=0.2)
    recording.subscribe("e1")
    emissions = [recording.emit() for _ in range(CROWD)]
    with recording.advancing(40):
        for emission in emissions[: CROWD // 2] * 2:
            recording.attempt("e1", emission, 500)
    for emission in emissions[CROWD // 2 :]:
        recording.attempt("e1", emission, 500)
    recording.elapse(30)
    for emission in emissions[CROWD // 2 :]:
        recording.attempt("e1", emission)
    unseen(recording.judge(JITTER), "not decidable")


def test_repeats_without_any_wait_decide_nothing() -> None:
    """Where no virtual time passed at all there is nothing to scatter."""
    recording = Recording("herd", jitter_ratio=0.2)
    recording.subscribe("e1")
    recording.elapse(1)
    emissions = [recording.emit() for _ in range(CROWD)]
    for emission in emissions * 2:
        recording.attempt("e1", emission, 500)
    unseen(recording.judge(JITTER), "not decidable")


@pytest.mark.parametrize(("scale", "decided"), [(25.0, True), (20.0, True), (40.0, False)])
def test_waits_are_short_by_real_seconds(scale: float, *, decided: bool) -> None:
    """On a scaled clock 30 s are long enough as long as they take a real second, and the reason says so if they do not."""
    judgement = herd([30.0] * CROWD, time="scaled", time_scale=scale).judge(JITTER)
    broken(judgement, "scatter by at most") if decided else unseen(judgement, "not decidable")


def test_a_wait_of_hardly_a_second_is_decided() -> None:
    """Brackets around one second on a virtual clock prove absence as well as longer ones."""
    broken(bracketed((0.985, 0.035, CROWD)).judge(JITTER), "scatter by at most")


def test_a_herd_is_told_by_its_first_eight_sends() -> None:
    """More than enough waits, further sends, and events that were never sent again before them change nothing."""
    recording = Recording("herd", jitter_ratio=0.2)
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), 500)
    emissions = [recording.emit() for _ in range(CROWD + 8)]
    first = [recording.attempt("e1", emission, 500) for emission in emissions]
    recording.elapse(30)
    again = [recording.attempt("e1", emission, 500) for emission in emissions]
    recording.elapse(60)
    for emission in emissions:
        recording.attempt("e1", emission)
    told = tuple(attempt.id for pair in zip(first[:4], again[:4], strict=True) for attempt in pair)
    assert broken(recording.judge(JITTER), "40 waits").findings[0].evidence == told
