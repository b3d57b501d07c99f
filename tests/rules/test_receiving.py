"""How a receiver answers: right things accepted, faulty ones refused between accepted controls, effects counted once."""

from __future__ import annotations

from typing import Any

import pytest

from hookproof.model.transcript import Exchange
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

ACCEPTED, VARIED, REFUSED = "every-event-is-accepted", "correct-deliveries-are-accepted", "faulty-deliveries-are-refused"
UNACCEPTED, CLIENT_ERRORS = "faulty-deliveries-are-not-accepted", "refusals-are-client-errors"
OTHER = "other-methods-do-nothing"
HARMLESS, OPEN, ONCE = "hostile-deliveries-do-no-harm", "acceptable-deliveries-are-reported", "events-take-effect-once"
FAULT, UNSENT = "wrong-key", "evt_never_sent"
SIGNED: dict[str, Any] = {"signing": {"profile": "standard-webhooks"}}


def deliver(recording: Recording, status: int = 202, purpose: str = "control", **more: Any) -> Exchange:
    """Send one request to the receiver and get this answer; 0 means none."""
    failure = "" if status else "reset"
    facts = {"case": "c1", "event_id": "evt_1", "event_type": "rose.bloomed", "failure": failure, **more}
    return recording.exchange("deliver", status, purpose=purpose, **facts)


def around(status: int, before: int | None = 202, after: int | None = 202, **more: Any) -> tuple[Recording, list[Exchange]]:
    """Send a delivery, faulty unless told otherwise, between its controls; None leaves a control out."""
    recording = Recording("verification", **SIGNED)
    sent = [deliver(recording, before)] if before is not None else []
    sent.append(deliver(recording, status, **{"purpose": "", "fault": FAULT, **more}))
    return recording, [*sent, *([deliver(recording, after)] if after is not None else [])]


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_a_correct_event_is_accepted(status: int) -> None:
    """Any 2xx accepts an event of the type that is judged; another type's answer says nothing of it."""
    recording = Recording("events", **SIGNED)
    sent = deliver(recording, status, "event")
    kept(recording.judge(ACCEPTED, "rose.bloomed"), sent)
    unseen(recording.judge(ACCEPTED, "rose.faded"))


@pytest.mark.parametrize("status", [199, 300, 400, 500, 0])
def test_a_correct_event_that_is_not_accepted_is_broken(status: int) -> None:
    """Anything but 2xx, and no answer at all, breaks the promise, whatever other deliveries got."""
    recording = Recording("events", **SIGNED)
    deliver(recording, 202, "event")
    culprit = deliver(recording, status, "event")
    broken(recording.judge(ACCEPTED, "rose.bloomed"), f"status {status}" if status else "no answer (reset)", culprit)


@pytest.mark.parametrize("more", [{"fault": FAULT}, {"purpose": "variation"}])
def test_only_correct_plain_deliveries_say_that_events_are_accepted(more: dict[str, Any]) -> None:
    """Faulty deliveries and variations are judged elsewhere."""
    recording = Recording("events", **SIGNED)
    deliver(recording, 400, **{"purpose": "event", **more})
    unseen(recording.judge(ACCEPTED, "rose.bloomed"))


def test_a_variation_is_accepted_unless_its_controls_are_not() -> None:
    """A refused variation is broken with its controls as evidence; if even the controls are refused nothing is said."""
    fine: dict[str, Any] = {"purpose": "variation", "fault": ""}
    recording, sent = around(202, **fine)
    kept(recording.judge(VARIED), sent[1])
    recording, sent = around(400, **fine)
    broken(recording.judge(VARIED), "got status 400", *sent)
    recording, _ = around(400, before=400, **fine)
    unseen(recording.judge(VARIED), "a correct control got status 400")
    recording, _ = around(400, after=None, **fine)
    unseen(recording.judge(VARIED), "a control is missing")
    recording, sent = around(400, None, None, case="", **fine)
    broken(recording.judge(VARIED), "got status 400", *sent)


@pytest.mark.parametrize("status", [400, 401, 403, 422, 499])
def test_a_faulty_delivery_is_refused_between_controls(status: int) -> None:
    """Any 4xx refuses it."""
    recording, sent = around(status)
    kept(recording.judge(REFUSED), sent[1])


@pytest.mark.parametrize("status", [200, 204, 302, 399, 500, 503, 0])
def test_not_every_failure_is_a_refusal(status: int) -> None:
    """Accepted, redirected, crashed or unanswered: none of them refuses, and the controls are the evidence too."""
    recording, sent = around(status)
    broken(recording.judge(REFUSED), f"a delivery with {FAULT} got", *sent)


@pytest.mark.parametrize("status", [200, 204, 299, 199, 302, 401, 500, 0])
def test_what_is_not_accepted_and_how_it_is_answered_are_two_promises(status: int) -> None:
    """Only 2xx accepts a faulty delivery; one that was not accepted is answered 4xx, one that was says nothing of refusals."""
    recording, sent = around(status)
    if 200 <= status <= 299:
        broken(recording.judge(UNACCEPTED), f"got status {status}, promised a refusal", *sent)
        unseen(recording.judge(CLIENT_ERRORS), "no delivery that fails verification was refused")
        return
    kept(recording.judge(UNACCEPTED), sent[1])
    if status == 401:
        kept(recording.judge(CLIENT_ERRORS), sent[1])
    else:
        broken(recording.judge(CLIENT_ERRORS), "promised 4xx", *sent)


def test_refusals_of_other_faults_are_no_refusals() -> None:
    """Both promises look at the named faults alone."""
    recording, _ = around(500, fault="stale")
    unseen(recording.judge(UNACCEPTED), f"no delivery with the fault {FAULT}")
    unseen(recording.judge(CLIENT_ERRORS))


@pytest.mark.parametrize("status", [202, 400, 500])
@pytest.mark.parametrize(
    ("before", "after", "why"),
    [(None, 202, "missing"), (202, None, "missing"), (401, 202, "status 401"), (202, 500, "status 500"), (0, 202, "no answer")],
)
def test_who_refuses_everything_or_is_down_proves_nothing(status: int, before: int | None, after: int | None, why: str) -> None:
    """Without an accepted control on both sides neither refusal nor acceptance counts, and the verdict says what was wrong."""
    recording, _ = around(status, before, after)
    unseen(recording.judge(REFUSED), why)
    unseen(recording.judge(UNACCEPTED), why)
    unseen(recording.judge(CLIENT_ERRORS))
    unseen(recording.judge(OPEN))


def test_controls_belong_to_their_case() -> None:
    """Controls of another case, and deliveries that are no controls, spoil and save nothing."""
    recording, sent = around(401)
    deliver(recording, 500, case="c2")
    deliver(recording, 500, purpose="variation")
    kept(recording.judge(REFUSED), sent[1])
    recording, _ = around(401, None, None)
    deliver(recording, 202, case="c2")
    unseen(recording.judge(REFUSED))
    recording, _ = around(401, case="")
    unseen(recording.judge(REFUSED))


def test_other_faults_are_judged_by_other_clauses() -> None:
    """Only the named faults count; without any name every fault does."""
    recording, sent = around(401, fault="stale")
    unseen(recording.judge(REFUSED), f"no delivery with the fault {FAULT}")
    kept(recording.judge(REFUSED, faults=[FAULT, "stale"]), sent[1])
    kept(recording.judge(REFUSED, faults=[]), sent[1])


@pytest.mark.parametrize(("status", "fine"), [(100, True), (202, True), (404, True), (499, True), (500, False), (503, False), (0, False)])
def test_a_hostile_delivery_may_be_answered_anyhow_below_500(status: int, *, fine: bool) -> None:
    """No crash and no silence; whether it is accepted is another question."""
    recording, sent = around(status)
    if fine:
        kept(recording.judge(HARMLESS), sent[1])
    else:
        broken(recording.judge(HARMLESS), "promised an answer below 500", sent[1])


def test_harm_that_comes_after_a_hostile_delivery_is_broken() -> None:
    """A receiver that accepted a correct delivery before and not after was harmed; one that never did proves nothing."""
    recording, sent = around(400, after=500)
    broken(recording.judge(HARMLESS), "a correct one got status 500", sent[1], sent[2])
    for before, after in ((500, 500), (None, 202), (202, None)):
        recording, _ = around(500, before, after)
        unseen(recording.judge(HARMLESS), "after an accepted control")


@pytest.mark.parametrize("status", [202, 400, 500])
def test_where_libraries_differ_the_answer_is_reported_and_never_blamed(status: int) -> None:
    """Any answer is kept, and the reading tells it."""
    recording, sent = around(status)
    assert kept(recording.judge(OPEN), sent[1]).reading == f"{FAULT} 1: status {status}"


@pytest.mark.parametrize(("told", "outcome"), [(1, kept), (0, broken), (2, broken), (None, unseen)])
def test_an_event_takes_effect_once(told: int | None, outcome: Any) -> None:
    """However often it was delivered; who cannot tell says nothing, and the last word counts."""
    recording = Recording("duplicates")
    for _ in range(3):
        deliver(recording, 202, "repeated")
    recording.effect(UNSENT, 0)
    if told is not None:
        recording.effect("evt_1", 7)
    recording.effect("evt_1", told)
    judgement = outcome(recording.judge(ONCE), *([] if outcome is unseen else [""] if outcome is broken else []))
    if told is not None:
        assert judgement.reading == "effects seen by control, last looked at 0.0 s after the last delivery"
        assert len(judgement.evidence) == 4


@pytest.mark.parametrize(
    ("unsent", "why"), [((), "never sent that it took no effect"), ((None,), "never sent that"), ((1,), "took effect 1 times")]
)
@pytest.mark.parametrize("told", [0, 1, 2])
def test_who_tells_of_effects_is_believed_only_with_a_control(unsent: tuple[int | None, ...], why: str, told: int) -> None:
    """Nothing is said of effects, good or bad, unless it was told that an event that was never sent took none."""
    recording = Recording("duplicates")
    deliver(recording, 202, "repeated")
    recording.effect("evt_1", told)
    for count in unsent:
        recording.effect(UNSENT, count)
    unseen(recording.judge(ONCE), why)


def test_one_wrong_word_discredits_all_others() -> None:
    """Zero for one event that was never sent does not outweigh an effect of another."""
    recording = Recording("duplicates")
    deliver(recording, 202, "repeated")
    for event_id, count in (("evt_1", 1), (UNSENT, 0), ("evt_never_sent_2", 1)):
        recording.effect(event_id, count)
    unseen(recording.judge(ONCE), "(control) said that an event that was never sent took effect 1 times")


@pytest.mark.parametrize(("count", "outcome"), [(0, kept), (1, broken)])
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_another_method_has_no_effect(method: str, count: int, outcome: Any) -> None:
    """Whatever it is answered below 500, and the reading says whether anybody looked; without a control nobody did."""
    recording, sent = around(404, fault="other-method", event_id="evt_1", method=method)
    told = recording.effect("evt_1", count)
    assert kept(recording.judge(OTHER), sent[1]).reading == "effects not seen, judged by answers only"
    recording.effect(UNSENT, 0)
    judgement = outcome(recording.judge(OTHER), *(["took effect", sent[1], told] if outcome is broken else [sent[1], told]))
    assert judgement.reading.startswith("effects seen by control")


def test_what_was_never_accepted_has_no_effect_to_count() -> None:
    """An event that was refused every time, and effects of events that were not repeated, say nothing."""
    recording = Recording("duplicates")
    recording.effect(UNSENT, 0)
    deliver(recording, 400, "repeated")
    recording.effect("evt_1", 0)
    unseen(recording.judge(ONCE))
    deliver(recording, 202, "event", event_id="evt_2")
    recording.effect("evt_2", 5)
    unseen(recording.judge(ONCE))
