"""How a receiver answers: right things accepted, faulty ones refused between accepted controls, effects counted once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Exchange
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen, void
from tests.rules.recording import SECOND, Recording

ACCEPTED, VARIED, REFUSED = "every-event-is-accepted", "correct-deliveries-are-accepted", "faulty-deliveries-are-refused"
UNACCEPTED, CLIENT_ERRORS = "faulty-deliveries-are-not-accepted", "refusals-are-client-errors"
OTHER = "other-methods-do-nothing"
HARMLESS, OPEN, ONCE = "hostile-deliveries-do-no-harm", "acceptable-deliveries-are-reported", "events-take-effect-once"
LARGE, FAILING = "large-bodies-are-not-accepted", "failures-inside-are-told"
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


@pytest.mark.parametrize("name", [REFUSED, UNACCEPTED, OPEN])
def test_what_the_scheme_cannot_have_is_no_promise(name: str) -> None:
    """Only if every named fault was noted as impossible is the promise void; one that was sent is judged all the same."""
    recording = Recording("verification", **SIGNED)
    recording.note("unmakeable", kind="stale")
    faults = ["stale", FAULT]
    void(recording.judge(name, faults=["stale"]))
    unseen(recording.judge(name, faults=faults))
    unseen(recording.judge(name, faults=[FAULT]))
    deliver(recording)
    sent = deliver(recording, 401, "", fault=FAULT)
    deliver(recording)
    kept(recording.judge(name, faults=faults), sent)
    recording.note("unmakeable", kind=FAULT)
    kept(recording.judge(name, faults=faults), sent)


def test_an_oddity_that_the_scheme_cannot_have_is_no_promise() -> None:
    """The same holds of correct deliveries: a scheme without lists has none with several tags."""
    recording = Recording("verification", **SIGNED)
    recording.note("unmakeable", kind="several-tags")
    void(recording.judge(VARIED, purposes=["several-tags"]))
    unseen(recording.judge(VARIED, purposes=["several-tags", "variation"]))


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


UNKNOWN = "what is not signed was refused, and without the receiver's secret nothing can be signed"


@pytest.mark.parametrize(("status", "outcome"), [(400, unseen), (450, unseen), (499, unseen), (399, broken), (500, broken), (202, kept)])
def test_who_may_not_sign_learns_nothing_of_a_refusal(status: int, outcome: Any) -> None:
    """Where the secret is not ours and deliveries are signed, any 4xx may be about the signature; everything else still counts."""
    for rule, event, purpose in ((ACCEPTED, "rose.bloomed", "event"), (VARIED, None, "variation")):
        recording = Recording("events")
        deliver(recording, status, purpose, case="")
        judgement = outcome(recording.judge(rule, event), *([f"got status {status}"] if outcome is broken else []))
        assert outcome is not unseen or judgement.reason == UNKNOWN
        unsigned = Recording("events", contract=replace(CONTRACT, policy=replace(CONTRACT.policy, signing=None)))
        deliver(unsigned, status, purpose, case="")
        assert (unsigned.judge(rule, event).outcome == "kept") is (status == 202)


def test_what_was_spoiled_hides_nothing() -> None:
    """A delivery whose controls failed does not end the search, for any rule that looks between controls."""
    for rule, bad, reason in ((VARIED, 400, "got status 400"), (REFUSED, 500, "got status 500"), (CLIENT_ERRORS, 500, "promised 4xx")):
        fault: dict[str, Any] = {"purpose": "variation"} if rule == VARIED else {"purpose": "", "fault": FAULT}
        recording = Recording("verification", **SIGNED)
        deliver(recording, bad, case="lonely", **fault)
        deliver(recording, 202, case="c1")
        culprit = deliver(recording, bad, case="c1", **fault)
        deliver(recording, 202, case="c1")
        broken(recording.judge(rule), reason, culprit)


def test_the_nearest_controls_are_the_evidence() -> None:
    """Of several controls on each side the last before and the first after are shown."""
    recording = Recording("verification", **SIGNED)
    deliver(recording)
    before = deliver(recording)
    culprit = deliver(recording, 500, "", fault=FAULT)
    after = deliver(recording)
    deliver(recording)
    assert broken(recording.judge(REFUSED), "promised 4xx").evidence == (culprit.id, before.id, after.id)


@pytest.mark.parametrize("failure", ["closed", "reset", "timeout", ""])
@pytest.mark.parametrize("may_close", [True, False])
def test_hanging_up_is_an_answer_where_it_may_be(failure: str, *, may_close: bool) -> None:
    """Closing and resetting are legal where the clause says so; silence never is."""
    recording, sent = around(0, failure=failure)
    fine = may_close and failure in ("closed", "reset")
    judgement = recording.judge(HARMLESS, may_close=may_close)
    kept(judgement, sent[1]) if fine else broken(judgement, "promised an answer below 500", sent[1])


@pytest.mark.parametrize(("status", "fine"), [(99, False), (100, True)])
def test_no_status_below_100_is_an_answer(status: int, *, fine: bool) -> None:
    """HTTP begins with 100."""
    recording, sent = around(status)
    kept(recording.judge(HARMLESS), sent[1]) if fine else broken(recording.judge(HARMLESS), f"got status {status}", sent[1])


@pytest.mark.parametrize(("took", "fine"), [(30 * SECOND, True), (30 * SECOND + 1000, False)])
def test_a_hostile_delivery_is_answered_in_time(took: int, *, fine: bool) -> None:
    """Exactly at the time-out is in time; where the end of sending was not seen nothing is said of time."""
    recording, sent = around(400)
    recording.records[1] = replace(sent[1], sent_at=sent[1].done_at - took)
    kept(recording.judge(HARMLESS)) if fine else broken(recording.judge(HARMLESS), "was answered after 30.000 s", sent[1])
    hasty = replace(CONTRACT, policy=replace(CONTRACT.policy, timeout_seconds=0.5))
    unseen_end = Recording("verification", contract=hasty)
    unseen_end.records = [*recording.records[:1], replace(sent[1], sent_at=0), *recording.records[2:]]
    kept(unseen_end.judge(HARMLESS))


def large(status: int, before: int | None = 202, fault: str = "too-large") -> tuple[Recording, Exchange]:
    """Send a body far beyond any event after a control."""
    recording = Recording("hostile")
    if before is not None:
        deliver(recording, before)
    return recording, deliver(recording, status, "", fault=fault)


@pytest.mark.parametrize("status", [0, 400, 413, 500])
def test_a_large_body_is_refused_or_hung_up_on(status: int) -> None:
    """Anything but 2xx refuses it; 2xx is broken; without an accepted control before it nothing is said."""
    recording, sent = large(status)
    kept(recording.judge(LARGE), sent)
    recording, sent = large(202)
    broken(recording.judge(LARGE), "a body far beyond any event got status 202", sent)
    for before, fault in ((None, "too-large"), (500, "too-large"), (202, FAULT)):
        unseen(large(202, before, fault)[0].judge(LARGE), "no large body was sent")


@pytest.mark.parametrize(("method", "fine"), [("PUT", False), ("PATCH", False), ("DELETE", False), ("GET", True), ("HEAD", True)])
def test_unsafe_methods_are_not_accepted(method: str, *, fine: bool) -> None:
    """A 2xx to PUT, PATCH or DELETE says that something was done; one to a reading method does not."""
    recording, sent = around(200, fault="other-method", method=method)
    judgement = recording.judge(OTHER)
    kept(judgement, sent[1]) if fine else broken(judgement, f"a delivery by {method} got status 200", sent[1])
    unseen(around(200, fault=FAULT, method=method)[0].judge(OTHER), "no other method was tried")
    unseen(around(200, after=500, fault="other-method", method=method)[0].judge(OTHER))


def failing(status: int, control: int = 202, **more: Any) -> tuple[Recording, Exchange]:
    """Accept one event, then let one fail inside."""
    recording = Recording("failures", faults=True)
    deliver(recording, control, **more)
    return recording, deliver(recording, status, "failing")


@pytest.mark.parametrize(("status", "fine"), [(500, True), (503, True), (0, True), (99, True), (100, False), (202, False), (499, False)])
def test_a_failure_inside_is_told(status: int, *, fine: bool) -> None:
    """5xx and silence have the event sent again; any other answer lets it be forgotten."""
    recording, sent = failing(status)
    kept(recording.judge(FAILING), sent) if fine else broken(recording.judge(FAILING), f"got status {status}, promised 5xx", sent)


@pytest.mark.parametrize("more", [{"control": 500}, {"purpose": "event"}, {"situation": "events"}])
def test_a_failure_inside_is_told_apart_from_failing_always(more: dict[str, Any]) -> None:
    """Without a control that was accepted in this very situation nothing is said."""
    unseen(failing(202, **more)[0].judge(FAILING), "after an accepted one")
    recording, _ = failing(202)
    recording.records[1] = replace(recording.records[1], purpose="event")  # type: ignore[call-arg] # it is an exchange
    unseen(recording.judge(FAILING))


@pytest.mark.parametrize("status", [400, 499])
def test_the_first_and_the_last_4xx_are_client_errors(status: int) -> None:
    """Both ends of the class refuse."""
    recording, sent = around(status)
    kept(recording.judge(CLIENT_ERRORS), sent[1])


def test_a_lonely_hostile_delivery_hides_no_harm() -> None:
    """One without controls is passed over."""
    recording = Recording("hostile")
    deliver(recording, 500, "", fault=FAULT, case="lonely")
    deliver(recording)
    culprit = deliver(recording, 500, "", fault=FAULT)
    deliver(recording)
    broken(recording.judge(HARMLESS), "promised an answer below 500", culprit)


@pytest.mark.parametrize(("waited", "told"), [(0.5, "0.5"), (2.25, "2.2")])
def test_the_last_look_at_the_effects_of_other_methods_is_told(waited: float, told: str) -> None:
    """The reading says how long after a delivery somebody looked last, at the least of all deliveries."""
    recording = Recording("http")
    recording.effect(UNSENT, 0)
    for event_id, more in (("evt_1", 0.0), ("evt_2", 5.0)):
        deliver(recording)
        sent = deliver(recording, 404, "", fault="other-method", event_id=event_id, method="PUT")
        deliver(recording)
        looks = [recording.effect(event_id, 0) for _ in range(2)]
        recording.records[-1] = replace(looks[-1], at=sent.done_at + round((waited + more) * SECOND))
    assert kept(recording.judge(OTHER)).reading == f"effects seen by control, last looked at {told} s after the last delivery"
