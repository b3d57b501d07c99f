"""How waits are measured: what is a repeat of the transport, what a wait, and when silence means something."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.capabilities import Capabilities
from hookproof.rules.rule import Terms
from hookproof.rules.timing import scheduled, settle_seconds, wait_between
from hookproof.rules.view import View
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import EVERYTHING, SECOND, Recording

RETRIED = "failures-are-retried"


@pytest.mark.parametrize(("gap", "repeat"), [(0.5, True), (1.5, True), (1.99, True), (2.01, False), (2.5, False)])
@pytest.mark.parametrize(("mode", "kind"), [("close", "closed"), ("close_after_head", "cut"), ("reset", "reset")])
def test_a_transport_repeat_comes_within_two_seconds(mode: str, kind: str, gap: float, *, repeat: bool) -> None:
    """An identical request later than that is a send of the schedule, whatever broke the connection."""
    recording = Recording(time="real")
    recording.subscribe("e1")
    emission = recording.emit()
    headers = recording.signed("e1", emission, recording.body(emission))
    first = recording.attempt("e1", emission, mode=mode, headers=headers)
    again = recording.attempt("e1", emission, mode=mode, headers=headers, accepted_at=first.accepted_at + round(gap * SECOND))
    recording.wait(100)
    recording.canary()
    judgement = recording.judge(RETRIED, classes=[kind])
    broken(judgement, "never sent again", first) if repeat else kept(judgement, first, again)


def test_many_transport_repeats_are_told_from_the_send_before_them() -> None:
    """Each repeat is compared with the last send that counted: after a whole answer in between nothing repeats the first."""
    recording = Recording(time="real")
    recording.subscribe("e1")
    emission = recording.emit()
    headers = recording.signed("e1", emission, recording.body(emission))
    first = recording.attempt("e1", emission, mode="reset", headers=headers)
    second = recording.attempt("e1", emission, 500, headers={**headers, "x-again": "1"})
    third = recording.attempt("e1", emission, 500, headers=headers)
    view = View(recording.transcript(), CONTRACT)
    terms = Terms(contract=CONTRACT, parameters={}, capabilities=Capabilities())
    assert scheduled(view, terms, (first, second, third)) == (first, second, third)


@pytest.mark.parametrize(
    ("answered", "closed", "known"), [(True, False, True), (False, False, False), (True, True, False), (False, True, False)]
)
def test_a_wait_is_known_where_the_whole_answer_was_given(answered: bool, closed: bool, known: bool) -> None:  # noqa: FBT001 -- a table
    """Whoever hung up on our answer, and whoever did not get its end, waits since a moment of its own."""
    recording = Recording(time="real")
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, 500)
    first = replace(first, answer_done_at=first.answer_done_at if answered else None, closed_at=recording.now if closed else None)
    second = recording.attempt("e1", emission)
    view = View(recording.transcript(), CONTRACT)
    terms = Terms(contract=CONTRACT, parameters={}, capabilities=Capabilities())
    assert (wait_between(view, terms, first, second) is not None) is known


@pytest.mark.parametrize(
    ("capabilities", "seconds"),
    [
        ({"time": "virtual"}, 30 * 1.0005),
        ({"time": "virtual", "jitter_ratio": 0.1, "scheduler_resolution_seconds": 2.0, "poll_interval_seconds": 1.0}, 33 * 1.0005 + 3),
        ({"time": "real"}, 30 * 1.0005 * 1.25 + 0.25),
        ({"time": "real", "scheduler_resolution_seconds": 2.0, "poll_interval_seconds": 1.0}, 30 * 1.0005 * 1.25 + 3 + 2),
        ({"time": "scaled", "time_scale": 10.0, "poll_interval_seconds": 0.2}, 30 * 1.0005 * 1.25 + 0.2 + 4),
    ],
    ids=["virtual", "virtual and coarse", "real", "real and coarse", "scaled"],
)
def test_silence_means_something_after_the_upper_bound_and_slack(capabilities: dict[str, Any], seconds: float) -> None:
    """Jitter, slew, the scheduler's grain, its polls, and off the virtual clock a quarter more and the grace of a busy host."""
    told = Capabilities.from_json({**EVERYTHING, **capabilities}, subject="test")
    assert settle_seconds(told, 30.0) == pytest.approx(seconds)


@pytest.mark.parametrize(("slow", "judged"), [(0.0, True), (0.24, True), (0.26, False), (5.0, False)])
def test_a_wait_after_a_slow_answer_is_never_too_long(slow: float, judged: bool) -> None:  # noqa: FBT001 -- a table
    """Where our own answer took a quarter of a second the target may have met a time-out, and waits for that as long as it likes."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, 500)
    recording.records[-1] = replace(first, answer_done_at=first.accepted_at + round(slow * SECOND))
    recording.wait(10)
    recording.elapse(100)
    recording.attempt("e1", emission, 500)
    judgement = recording.judge("waits-follow-the-schedule")
    broken(judgement, "was at least 100.000 s, promised 30 s") if judged else kept(judgement)


@pytest.mark.parametrize(
    ("shut", "jitter", "reopened", "lost"),
    [
        (25.0, 0.1, "e1", True),
        (85.0, 0.1, "e1", False),
        (80.0, 0.1, "e1", True),
        (1000.0, 0.0, "e2", True),
        (1000.0, 0.0, "e1", False),
    ],
)
def test_a_port_is_open_by_its_own_note_and_by_the_least_that_jitter_leaves(
    shut: float, jitter: float, reopened: str, *, lost: bool
) -> None:
    """Another endpoint's note opens nothing here; sends may have come sooner than promised by the declared jitter, while it was shut."""
    recording = Recording(jitter_ratio=jitter)
    recording.subscribe("e1")
    recording.note("refused", endpoint="e1")
    emission = recording.emit()
    recording.elapse(shut)
    recording.note("reopened", endpoint=reopened)
    recording.elapse(1000)
    recording.canary()
    judgement = recording.judge(RETRIED, classes=["refused"])
    broken(judgement, "connections were refused", emission) if lost else unseen(judgement)
