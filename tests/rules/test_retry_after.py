"""Advice on when to come back: how a Retry-After is read, what it binds, and that an odd one neither stops nor hastens."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from hookproof.model.transcript import Answer
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import START, Recording
from tests.rules.test_http_form import BOUND, ODD, again, answered, asked, hastened


def test_retry_after_is_read_among_other_fields() -> None:
    """Fields before it are not taken for it."""
    fields = (("Content-Type", "text/plain"), ("X-Wait", "7200"), ("Retry-After", "3600"))
    recording = answered(Answer(status=503, headers=fields))
    recording.elapse(3700)
    again(recording)
    kept(recording.judge(BOUND))


@pytest.mark.parametrize(("value", "fine"), [("86400", False), ("86401", True), ("99999", True), ("100000", True)])
def test_a_retry_after_of_up_to_a_day_binds(value: str, *, fine: bool) -> None:
    """A day is a bound, a second more may be clamped."""
    recording = asked(value, 30)
    unseen(recording.judge(BOUND)) if fine else broken(recording.judge(BOUND), f"asked for {value} s")


@pytest.mark.parametrize("time", ["virtual", "real"])
def test_a_date_is_told_by_the_note_of_its_endpoint(time: str) -> None:
    """Notes of other names and of other endpoints give no date; on each clock it counts from the answer."""
    moment = datetime.fromtimestamp(START + 3600, UTC)
    recording = Recording("http", time=time)
    early = datetime.fromtimestamp(START + 1, UTC).isoformat()
    recording.note("retry-after-date", endpoint="e2", moment=early)
    recording.note("seen", endpoint="e1", moment=early)
    recording.note("retry-after-date", endpoint="e1", moment=moment.isoformat())
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, answer=Answer(status=503, headers=(("Retry-After", format_datetime(moment, usegmt=True)),)))
    recording.elapse(3000)
    recording.attempt("e1", emission)
    broken(recording.judge(BOUND), "asked for 3600 s")


def test_a_date_counts_from_the_latest_moment_of_its_answer() -> None:
    """Inside an advance of the clock the answer may have come at its end, from which the least was left to wait."""
    moment = datetime.fromtimestamp(START + 200, UTC)
    recording = Recording("http")
    recording.note("retry-after-date", endpoint="e1", moment=moment.isoformat())
    recording.subscribe("e1")
    emission = recording.emit()
    with recording.advancing(100):
        recording.attempt("e1", emission, answer=Answer(status=503, headers=(("Retry-After", format_datetime(moment, usegmt=True)),)))
    recording.elapse(50)
    recording.attempt("e1", emission)
    kept(recording.judge(BOUND))


def test_what_never_came_again_is_told_of_its_first_send_with_the_canary() -> None:
    """A transport repeat of the same request is no second send; the first one is the evidence."""
    recording = Recording("http")
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, answer=Answer(status=503, headers=(("Retry-After", "60"),)))
    recording.elapse(7200)
    canary = recording.canary()
    assert broken(recording.judge(BOUND), "never came again").evidence == (first.id, canary.id)


@pytest.mark.parametrize(("seconds", "lost"), [(86_400, True), (86_399, False)])
def test_an_odd_retry_after_is_given_a_day(seconds: float, *, lost: bool) -> None:
    """Not less, and not a second more."""
    recording = answered(Answer(status=503, headers=(("Retry-After", "soon"),)))
    recording.elapse(seconds)
    recording.canary()
    broken(recording.judge(ODD), "within a day") if lost else unseen(recording.judge(ODD))


@pytest.mark.parametrize(
    ("wait", "ratio", "hastens"),
    [(10.0, 0.0, True), (29.9, 0.0, True), (20.0, 0.2, False), (17.0, 0.2, True), (14.0, 0.25, True), (16.0, 0.25, False)],
)
def test_jitter_excuses_twice_itself(wait: float, ratio: float, *, hastens: bool) -> None:
    """A send is hastened only if it came sooner than the usual one by more than both may scatter."""
    recording = Recording("http", jitter_ratio=ratio)
    judged = hastened(wait)[0]
    recording.records = judged.records
    judgement = recording.judge(ODD)
    broken(judgement, "promised 30 s") if hastens else kept(judgement)


@pytest.mark.parametrize(("resolution", "poll", "hastens"), [(5.0, 0.0, True), (5.0, 4.0, True), (11.0, 0.0, False), (5.0, 6.0, False)])
def test_a_coarse_scheduler_excuses_by_its_grain_and_its_poll(resolution: float, poll: float, *, hastens: bool) -> None:
    """Ten seconds sooner than usual are told only where scheduler and poll together cannot make them."""
    recording = Recording("http", scheduler_resolution_seconds=resolution, poll_interval_seconds=poll)
    recording.records = hastened(20, usual=30)[0].records
    judgement = recording.judge(ODD)
    broken(judgement, "promised 30 s") if hastens else kept(judgement)


@pytest.mark.parametrize("capabilities", [{"time": "virtual"}, {"time": "scaled", "time_scale": 10.0}], ids=lambda c: str(c["time"]))
def test_what_is_usual_is_bracketed_on_each_clock(capabilities: dict[str, Any]) -> None:
    """On a virtual clock the usual wait is the least that it can be; on others the one that was seen."""
    recording = Recording("http", **capabilities)
    for endpoint in ("e1", "e2"):
        recording.subscribe(endpoint)
    emission = recording.emit()
    recording.attempt("e1", emission, answer=Answer(status=503, headers=(("Retry-After", "-5"),)))
    recording.attempt("e2", emission, 503)
    recording.elapse(10)
    recording.attempt("e1", emission)
    if recording.virtual:
        with recording.advancing(20):
            recording.attempt("e2", emission)
        kept(recording.judge(ODD))
    else:
        recording.elapse(20)
        recording.attempt("e2", emission)
        broken(recording.judge(ODD), "promised 30 s")
