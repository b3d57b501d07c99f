"""The target's own account: what was kept of large answers, and whether events that were given up are still in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hookproof.model.transcript import Answer, Attempt, Emission, Exchange, Note
from tests.rules.contract_value import SLOW
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


@example(1 << 20)
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


@pytest.mark.parametrize(("repeat", "large"), [(1 << 20, True), ((4 << 20) // 3, False)])
def test_four_mebibytes_are_a_large_answer(repeat: int, large: bool) -> None:  # noqa: FBT001 -- a table
    """An answer of four mebibytes is large, one of a byte less is not."""
    recording, attempt = answered({"response_bytes": 2 << 20}, Answer(status=200, body=b"xxxx" if large else b"xxx", body_repeat=repeat))
    judgement = recording.judge(BOUNDED)
    broken(judgement, f"answer of {4 << 20} were kept", attempt) if large else unseen(judgement)


def test_each_entry_of_an_account_is_read() -> None:
    """An entry without the size hides nothing of those that follow, and the first large answer is named."""
    recording, attempt = answered({})
    recording.attempt("e1", recording.emit(), answer=LARGE)
    for size in (1, 5 << 20):
        told = recording.note("attempts", event_id="evt", endpoint="e1", attempts=[{}, {"response_bytes": size}])
        judgement = recording.judge(BOUNDED)
        assert judgement.evidence == (attempt.id, told.id)
    broken(judgement, f"{5 << 20} bytes")


def given_up(
    *, logged: bool | None, told: bool | None, canary_shown: bool | None = True, waits: tuple[float, ...] = (30, 60), silence: float = 1_000
) -> tuple[Recording, Attempt]:
    """Let an event fail to its end, and show it in the accounts or not; None: there is no such account."""
    recording = Recording("retries")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500)
    for wait in waits:
        recording.elapse(wait)
        last = recording.attempt("e1", emission, 500)
    recording.elapse(silence)
    canary = recording.canary()
    arrived = next(record for record in reversed(recording.records) if isinstance(record, Emission))
    for endpoint, event_id, shown in (("e1", emission.event_id, logged), ("perch-main", arrived.event_id, canary_shown)):
        if logged is not None and shown is not None:
            entries = [{"event_id": event_id}] if shown else []
            recording.exchange("listDeliveries", 200, answer={"data": entries}, path=f"/hooks/id-{endpoint}/deliveries")
    for endpoint, event_id, shown in (("e1", emission.event_id, told), ("perch-main", arrived.event_id, canary_shown)):
        if told is not None and shown is not None:
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
    found = recording.judge(ACCOUNTED)
    broken(found, "was given up after 3 sends", last)
    assert ("delivery log" in found.reason, "list of attempts" in found.reason) == (logged is not None, told is not None)


@pytest.mark.parametrize("silence", [250, 239])
def test_twice_the_longest_wait_of_silence_is_an_end(silence: float) -> None:
    """An event is given up when a canary comes twice the longest promised wait after its last send, and not before."""
    recording, last = given_up(logged=False, told=None, waits=(30, 300), silence=silence)
    broken(recording.judge(ACCOUNTED), "given up", last) if silence > 2 * max(SLOW) else unseen(recording.judge(ACCOUNTED))


@pytest.mark.parametrize("moment", ["before the last send", "of another event", "of another endpoint"])
def test_what_was_told_of_something_else_accounts_for_nothing(moment: str) -> None:
    """An account counts for one event at one endpoint from its last send on."""
    recording, last = given_up(logged=False, told=False)
    emission = next(record for record in recording.records if isinstance(record, Emission))
    shown = recording.note("attempts", event_id=emission.event_id, endpoint="e1", attempts=[{}])
    asked = recording.exchange(
        "listDeliveries", 200, answer={"data": [{"event_id": emission.event_id}]}, path="/hooks/id-perch-main/deliveries"
    )
    if moment == "before the last send":
        earlier = last.at - 1
        asked = replace(asked, started_at=earlier, path="/hooks/id-e1/deliveries")
        recording.records[-2:] = [replace(shown, at=earlier), asked]
    elif moment == "of another event":
        recording.records[-2] = replace(shown, facts={**shown.facts, "event_id": "evt_other"})
    else:
        recording.records[-2] = replace(shown, facts={**shown.facts, "endpoint": "perch-main"})
    broken(recording.judge(ACCOUNTED), "given up", last)


def test_what_was_shown_once_stays_shown() -> None:
    """A later account that is silent takes nothing back."""
    recording, last = given_up(logged=True, told=True)
    silent, _ = given_up(logged=False, told=False)
    later = [record for record in silent.records[-4:] if getattr(record, "path", "/hooks/id-e1/deliveries") == "/hooks/id-e1/deliveries"]
    for kind in (Exchange, Note):
        again = Recording()
        again.contract, again.capabilities = recording.contract, recording.capabilities
        seen = [r for r in recording.records if not isinstance(r, Exchange if kind is Note else Note)]
        again.records = [*seen, *(replace(r, id=f"again-{r.id}") for r in later if isinstance(r, kind))]
        kept(again.judge(ACCOUNTED), last)


@pytest.mark.parametrize(("logged", "told"), [(False, None), (None, False)])
def test_an_account_that_was_never_asked_for_the_canary_proves_nothing(logged: bool | None, told: bool | None) -> None:  # noqa: FBT001 -- a table
    """Only an account that showed a canary can be missed by an event."""
    recording, _ = given_up(logged=logged, told=told, canary_shown=None)
    unseen(recording.judge(ACCOUNTED))


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
