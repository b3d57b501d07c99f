"""How long an answer is awaited: too short is proven from outside, too long on a virtual clock alone, and never twice at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.transcript import Answer, Attempt, Emission, Subscription
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


def test_a_request_that_is_still_open_says_nothing() -> None:
    """What was not given up while we looked was not given up too early."""
    recording, held = unanswered(1.0, time="real")
    recording.records[-1] = replace(held, closed_at=None)
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


def clocked(after_error: float, after_silence: float, *, width: float = 0.1, **capabilities: Any) -> tuple[Recording, Attempt]:
    """Let an event come again so many seconds after an error, and at another endpoint after a request that was never answered.

    ``width``: seconds within which the moment of a send is known.
    """
    recording = Recording(**capabilities)
    for endpoint in ("e1", "e2"):
        recording.subscribe(endpoint)
    emission = recording.emit()
    recording.attempt("e1", emission, 500)
    held = recording.attempt("e2", emission, mode="never")
    for moment, endpoint in sorted(((after_error, "e1"), (after_silence, "e2"))):
        recording.elapse(START + moment - width / 2 - recording.clock())
        with recording.advancing(width):
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


@pytest.mark.parametrize(("excess", "legal"), [(0.0145, True), (0.0155, True), (0.0175, False)])
def test_clocks_may_differ_by_half_a_thousandth_and_a_millisecond(excess: float, legal: bool) -> None:  # noqa: FBT001 -- a table
    """A time-out may be wrong by what two good clocks may differ in its course and by one tick, either way, and by no more."""
    for sign in (1, -1):
        judgement = clocked(SLOW[0], TIMEOUT + SLOW[0] + sign * excess, width=2e-4)[0].judge(LENGTH)
        kept(judgement) if legal else broken(judgement, "the time-out is")


def test_only_the_first_wait_of_an_unanswered_event_counts() -> None:
    """What comes after the second send tells nothing; where that came while the first was still open, nothing does."""
    for again in (0.0, 400.0):
        recording, held = clocked(SLOW[0], TIMEOUT + SLOW[0])
        emission = next(record for record in recording.records if isinstance(record, Emission))
        second = next(a for a in recording.records if isinstance(a, Attempt) and a.endpoint == "e2" and a is not held)
        recording.elapse(again)
        third = recording.attempt("e2", emission)
        assert {held.id, second.id} < set(kept(recording.judge(LENGTH)).evidence) - {third.id}
        place = recording.records.index(held)
        recording.records[place] = replace(held, closed_at=second.accepted_at + 1)
        unseen(recording.judge(LENGTH))


@pytest.mark.parametrize("answer", [Answer(status=500, delay=0.5), Answer(status=500, headers=(("Retry-After", "30"),))], ids=str)
def test_only_plain_failures_are_compared_with(answer: Answer) -> None:
    """After a late answer, or one that gives advice, the wait measures something else."""
    recording, _ = clocked(SLOW[0], TIMEOUT + SLOW[0])
    first = next(record for record in recording.records if isinstance(record, Attempt))
    recording.records[recording.records.index(first)] = replace(first, answer=answer)
    unseen(recording.judge(LENGTH))


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
    for answered, again in ((40, 31), (18, None), (40, 29.99)):
        unseen(late(answered, again)[0].judge(OVERLAP))


def test_a_late_answer_is_one_with_any_delay() -> None:
    """Half a second is a delay; a send in it is broken, one after it kept; others are looked at all the same."""
    for again, legal in ((0.25, False), (0.75, True)):
        recording, slow = late(0.5, again)
        second = recording.records[-1]
        emission = next(record for record in recording.records if isinstance(record, Emission))
        recording.attempt("e1", emission, accepted_at=slow.accepted_at + 31 * SECOND)
        first, *_ = recording.records
        assert isinstance(first, Subscription)
        recording.records[:0] = [replace(first, id="s0", endpoint="e0", endpoint_id="id-e0")]
        assert isinstance(second, Attempt)
        judgement = recording.judge(OVERLAP)
        assert judgement.evidence == (slow.id, second.id)
        kept(judgement) if legal else broken(judgement, "while its first send still waited")


def test_a_send_before_the_answer_of_one_never_answered_is_broken() -> None:
    """An answer that never began cannot have been waited for."""
    recording, slow = late(18, 10)
    recording.records[-2] = replace(slow, answer_started_at=None, answer_done_at=None)
    broken(recording.judge(OVERLAP), "while its first send still waited", slow)


def test_an_attempt_that_was_given_up_is_not_overlapped() -> None:
    """A target that closed its connection before it sent again gave up too soon, but not two at once."""
    recording, slow = late(18, 10)
    recording.records[-2] = replace(slow, closed_at=slow.accepted_at + SECOND, answer_started_at=None, answer_done_at=None)
    unseen(recording.judge(OVERLAP))


def test_only_the_second_send_overlaps() -> None:
    """A connection that was closed after the second send had waited when it came; a second send after the time-out never overlaps."""
    recording, slow = late(18, 10)
    emission = next(record for record in recording.records if isinstance(record, Emission))
    recording.records[-2] = replace(slow, closed_at=slow.accepted_at + 11 * SECOND, answer_started_at=None, answer_done_at=None)
    recording.attempt("e1", emission, accepted_at=slow.accepted_at + 12 * SECOND)
    broken(recording.judge(OVERLAP), "while its first send still waited", slow)
    recording, slow = late(40, 31)
    recording.attempt("e1", emission, accepted_at=slow.accepted_at + 45 * SECOND)
    unseen(recording.judge(OVERLAP))
