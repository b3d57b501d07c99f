"""How long an answer is awaited: too short is proven from outside, too long on a virtual clock alone, and never twice at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.transcript import Answer, Attempt
from tests.rules.contract_value import CONTRACT, SLOW
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import SECOND, START, Recording

LENGTH, OVERLAP = "answers-are-awaited-as-long-as-promised", "attempts-do-not-overlap"
TIMEOUT = CONTRACT.policy.timeout_seconds


def unanswered(seconds: float, **capabilities: Any) -> tuple[Recording, Attempt]:
    """Leave a request unanswered until the target closes it so many real seconds after its emission began."""
    recording = Recording(**capabilities)
    recording.subscribe("e1")
    emission = recording.emit()
    held = recording.attempt("e1", emission, mode="never", closed_at=emission.started_at + round(seconds * SECOND))
    return recording, held


@pytest.mark.parametrize("capabilities", [{"time": "real"}, {"time": "virtual", "answer_timeout_seconds": 30}], ids=str)
def test_a_connection_is_held_as_long_as_declared(capabilities: dict[str, Any]) -> None:
    """Closing provably before the time-out is broken, at it and later is kept."""
    recording, held = unanswered(29.9, **capabilities)
    broken(recording.judge(LENGTH), "given up after at most 29.900 s", held)
    for seconds in (29.99, 30.0, 90.0):
        recording, held = unanswered(seconds, **capabilities)
        kept(recording.judge(LENGTH), held)


def test_a_real_wait_that_nobody_declared_is_not_judged() -> None:
    """A target that may cap its real wait and does not say where is not too quick."""
    recording, _ = unanswered(0.1, time="virtual")
    unseen(recording.judge(LENGTH))


@given(late=st.floats(0, 100), held=st.floats(30, 300))
def test_whoever_waits_as_long_as_declared_is_never_too_quick(late: float, held: float) -> None:
    """However late we accept the connection, a target that held it for its time-out is not blamed."""
    recording = Recording(time="real")
    recording.subscribe("e1")
    emission = recording.emit()
    begun = emission.started_at + round(late * SECOND)
    recording.attempt("e1", emission, mode="never", accepted_at=begun, closed_at=begun + round(held * SECOND))
    kept(recording.judge(LENGTH))


def clocked(after_error: float, after_silence: float, **capabilities: Any) -> tuple[Recording, Attempt]:
    """Let an event come again so many seconds after an error, and at another endpoint after a request that was never answered."""
    recording = Recording(**capabilities)
    for endpoint in ("e1", "e2"):
        recording.subscribe(endpoint)
    emission = recording.emit()
    recording.attempt("e1", emission, 500)
    held = recording.attempt("e2", emission, mode="never")
    for moment, endpoint in sorted(((after_error, "e1"), (after_silence, "e2"))):
        recording.elapse(START + moment - 0.05 - recording.clock())
        with recording.advancing(0.1):
            recording.attempt(endpoint, emission)
    return recording, held


@pytest.mark.parametrize("delay", [SLOW[0], 10.0, 300.0])
def test_a_virtual_time_out_is_the_difference_of_two_waits(delay: float) -> None:
    """Whatever the schedule is, a time-out as promised is kept, a shorter and a longer one are broken."""
    recording, held = clocked(delay, TIMEOUT + delay)
    kept(recording.judge(LENGTH), held)
    recording, held = clocked(delay, 10 + delay)
    broken(recording.judge(LENGTH), "the time-out is at most 10.", held)
    recording, held = clocked(delay, 90 + delay)
    broken(recording.judge(LENGTH), "the time-out is at least 89.", held)


@pytest.mark.parametrize("slack", ["scheduler_resolution_seconds", "poll_interval_seconds"])
def test_what_the_target_declares_excuses_it(slack: str) -> None:
    """A coarse scheduler, a poller and jitter may make the difference as wrong as they are."""
    for wait in (TIMEOUT + SLOW[0] - 9, TIMEOUT + SLOW[0] + 9):
        kept(clocked(SLOW[0], wait, **{slack: 10})[0].judge(LENGTH))
        broken(clocked(SLOW[0], wait, **{slack: 8})[0].judge(LENGTH), "the time-out is")
        kept(clocked(SLOW[0], wait, jitter_ratio=0.1)[0].judge(LENGTH))


def test_waits_that_scatter_measure_nothing() -> None:
    """Where waits after errors differ although no jitter is declared, the time-out cannot be told from them."""
    recording, _ = clocked(30, 40)
    recording.subscribe("e3")
    other = recording.emit()
    recording.attempt("e3", other, 500)
    with recording.advancing(1):
        recording.attempt("e3", other)
    unseen(recording.judge(LENGTH))


def late(answered: float, again: float | None, **capabilities: Any) -> tuple[Recording, Attempt]:
    """Answer 503 after so many real seconds, and let the event come again after so many others."""
    recording = Recording(**{"time": "real", **capabilities})
    recording.subscribe("e1")
    emission = recording.emit()
    begun = recording.now
    answer = Answer(status=503, delay=answered)
    done = begun + round(answered * SECOND)
    slow = recording.attempt("e1", emission, answer=answer, accepted_at=begun, answer_started_at=done, answer_done_at=done)
    if again is not None:
        recording.attempt("e1", emission, accepted_at=begun + round(again * SECOND))
    return recording, slow


def test_what_waits_for_its_answer_is_not_sent_again() -> None:
    """A second send before a late answer, and before the time-out, is broken; after either of them it is not."""
    recording, slow = late(18, 10)
    broken(recording.judge(OVERLAP), "while its first send still waited", slow, recording.records[-1])
    recording, slow = late(18, 48)
    kept(recording.judge(OVERLAP), slow, recording.records[-1])
    for answered, again in ((40, 31), (18, None)):
        unseen(late(answered, again)[0].judge(OVERLAP))


def test_an_attempt_that_was_given_up_is_not_overlapped() -> None:
    """A target that closed its connection before it sent again gave up too soon, but not two at once."""
    recording, slow = late(18, 10)
    recording.records[-2] = replace(slow, closed_at=slow.accepted_at + SECOND, answer_started_at=None, answer_done_at=None)
    unseen(recording.judge(OVERLAP))
