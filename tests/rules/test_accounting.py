"""The target's own account: what was kept of large answers, and whether events that were given up are still in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.transcript import Answer, Attempt, Emission
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

LARGE = Answer(status=200, body=b"x" * 65_536, body_repeat=160)
BOUNDED, ACCOUNTED = "large-answers-are-not-kept-whole", "given-up-events-are-accounted-for"


def answered(entry: Any, answer: Answer = LARGE) -> tuple[Recording, Attempt]:
    """Answer an event, and let the target tell of it."""
    recording = Recording("large_answers")
    recording.subscribe("e1")
    emission = recording.emit()
    attempt = recording.attempt("e1", emission, answer=answer)
    recording.note("attempts", event_id=emission.event_id, endpoint="e1", attempts=[entry])
    return recording, attempt


@given(st.integers(min_value=0, max_value=1 << 40))
def test_more_than_a_mebibyte_of_a_large_answer_is_too_much(size: int) -> None:
    """What was kept of ten megabytes is judged by its size alone."""
    recording, attempt = answered({"response_bytes": size})
    judgement = recording.judge(BOUNDED)
    broken(judgement, f"{size} bytes", attempt) if size > 1 << 20 else kept(judgement, attempt)


@pytest.mark.parametrize("entry", [{}, {"response_bytes": None}, {"response_bytes": True}, {"response_bytes": "9"}, "odd"], ids=str)
def test_an_account_without_the_size_says_nothing(entry: Any) -> None:
    """A missing or unusable member is no proof of anything."""
    unseen(answered(entry)[0].judge(BOUNDED), "response_bytes")


def test_an_answer_that_was_not_large_says_nothing() -> None:
    """Nobody can keep too much of little."""
    unseen(answered({"response_bytes": 5 << 20}, Answer(status=200, body=b"ok"))[0].judge(BOUNDED))


def given_up(*, logged: bool | None, told: bool | None, canary_shown: bool = True) -> tuple[Recording, Attempt]:
    """Let an event fail to its end, and show it in the accounts or not; None: there is no such account."""
    recording = Recording("retries")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500)
    for wait in (30, 60):
        recording.elapse(wait)
        last = recording.attempt("e1", emission, 500)
    recording.elapse(1_000)
    canary = recording.canary()
    arrived = next(record for record in reversed(recording.records) if isinstance(record, Emission))
    for endpoint, event_id, shown in (("e1", emission.event_id, logged), ("perch-main", arrived.event_id, canary_shown)):
        if logged is not None:
            entries = [{"event_id": event_id}] if shown else []
            recording.exchange("listDeliveries", 200, answer={"data": entries}, path=f"/hooks/id-{endpoint}/deliveries")
    for endpoint, event_id, shown in (("e1", emission.event_id, told), ("perch-main", arrived.event_id, canary_shown)):
        if told is not None:
            recording.note("attempts", event_id=event_id, endpoint=endpoint, attempts=[{"attempt": 1}] if shown else [])
    assert canary.endpoint == "perch-main"
    return recording, last


@pytest.mark.parametrize(("logged", "told"), [(True, None), (None, True), (True, False), (False, True), (True, True)])
def test_one_account_that_shows_the_event_is_enough(logged: bool | None, told: bool | None) -> None:  # noqa: FBT001 -- a table
    """It may be in the public log or be told from inside."""
    recording, last = given_up(logged=logged, told=told)
    kept(recording.judge(ACCOUNTED), last)


@pytest.mark.parametrize(("logged", "told"), [(False, None), (None, False), (False, False)])
def test_an_event_in_no_account_has_vanished(logged: bool | None, told: bool | None) -> None:  # noqa: FBT001 -- a table
    """Accounts that show the canary but not the event prove that it is forgotten."""
    recording, last = given_up(logged=logged, told=told)
    broken(recording.judge(ACCOUNTED), "was given up after 3 sends", last)


@pytest.mark.parametrize(("logged", "told"), [(False, None), (None, False), (None, None)])
def test_accounts_that_show_nothing_at_all_prove_nothing(logged: bool | None, told: bool | None) -> None:  # noqa: FBT001 -- a table
    """Without the canary in it an account may simply be told in another form."""
    recording, _ = given_up(logged=logged, told=told, canary_shown=False)
    unseen(recording.judge(ACCOUNTED))


def test_an_event_that_may_still_be_sent_is_not_given_up() -> None:
    """Only a canary long after the last send makes silence an end."""
    recording, _ = given_up(logged=False, told=None)
    hasty = Recording("retries")
    hasty.records = [r for r in recording.records if getattr(r, "seconds", 0) < 1_000]
    unseen(hasty.judge(ACCOUNTED))
