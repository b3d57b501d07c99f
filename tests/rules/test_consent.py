"""Consent of receivers: asked before anything is sent, found in the answer's fields alone, and kept to its rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Attempt, Emission
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

ASKED, RATE = "consent-is-asked", "granted-rate-is-kept"
ORIGIN = {"WebHook-Request-Origin": "sender.test"}


def opened(kind: str = "granted", rate: int = 0, *, events: int = 1, **capabilities: Any) -> Recording:
    """Open an endpoint that answers in this way, with so many events due."""
    recording = Recording("consent", **capabilities)
    recording.subscribe("e1")
    recording.note("consent", endpoint="e1", kind=kind, rate=rate)
    for _ in range(events):
        recording.emit()
    return recording


def ask(recording: Recording, **headers: str) -> Attempt:
    """Let the sender ask for consent."""
    return recording.attempt("e1", recording.emit(refused=422), body=b"", headers=headers or ORIGIN, method="OPTIONS")


def send(recording: Recording, count: int = 1, origin: str = "sender.test") -> list[Attempt]:
    """Let so many of the due events arrive, in this origin's name."""
    due = [record for record in recording.records if isinstance(record, Emission) and record.event_id is not None][-count:]
    named = {"WebHook-Request-Origin": origin}
    return [recording.attempt("e1", each, headers={**recording.signed("e1", each, b""), **named}) for each in due]


def test_who_was_asked_and_consented_may_be_sent_to() -> None:
    """Question first, then deliveries with the same origin, are kept, on both kinds of clock."""
    for time in ("virtual", "real"):
        recording = opened(time=time)
        question, (sent,) = ask(recording), send(recording)
        kept(recording.judge(ASKED), question, sent)


def test_a_delivery_without_or_before_the_question_is_broken() -> None:
    """Nobody asked, or asked too late."""
    recording = opened()
    (sent,) = send(recording)
    broken(recording.judge(ASKED), "before consent was asked for", sent)
    ask(recording)
    broken(recording.judge(ASKED), "before consent was asked for", sent)


def test_the_origin_is_named_in_the_question_and_on_every_delivery() -> None:
    """A question without origin asks nothing; a delivery with another origin was not consented to."""
    recording = opened()
    question = ask(recording, Accept="*/*")
    broken(recording.judge(ASKED), "names no WebHook-Request-Origin", question)
    recording = opened()
    ask(recording)
    (sent,) = send(recording, origin="another.test")
    broken(recording.judge(ASKED), "does not name the origin", sent)


@pytest.mark.parametrize(("kind", "words"), [("bare", "allows no origin"), ("foreign", "names another origin")])
def test_an_answer_that_is_no_consent_is_none(kind: str, words: str) -> None:
    """More than a very low rate to who did not consent is broken; silence, with a canary as witness, is kept, and a trickle legal."""
    recording = opened(kind, events=10)
    question = ask(recording)
    unseen(recording.judge(ASKED))
    canary = recording.canary()
    kept(recording.judge(ASKED), question, canary)
    few = send(recording, 3)
    kept(recording.judge(ASKED), question)
    send(recording, 10)
    broken(recording.judge(ASKED), words, question, few[0])


def spread(recording: Recording, *minutes: int) -> None:
    """Deliver in bursts of these sizes, one a minute."""
    ask(recording)
    for count in minutes:
        send(recording, count)
        recording.elapse(60)


@pytest.mark.parametrize("time", ["virtual", "real"])
@pytest.mark.parametrize(("minutes", "legal"), [((6, 6, 6), True), ((12, 6), True), ((13,), False), ((6, 20), False)])
def test_no_more_comes_within_a_minute_than_any_way_of_counting_allows(*, time: str, minutes: tuple[int, ...], legal: bool) -> None:
    """Twice the rate may meet at the turn of a minute; one more is broken."""
    recording = opened("little", 6, events=40, time=time)
    spread(recording, *minutes)
    recording.canary()
    if legal:
        kept(recording.judge(RATE))
    else:
        broken(recording.judge(RATE), "6 a minute were granted")


def test_a_rate_is_seen_only_where_more_was_due() -> None:
    """Too few events, no canary, no limit or a clock of its own speed leave it open."""
    few, silent, unlimited = opened("little", 6, events=12), opened("little", 6, events=40), opened(events=40)
    for recording in (few, silent, unlimited):
        spread(recording, 6)
    few.canary()
    unlimited.canary()
    scaled = opened("little", 6, events=40, time="scaled", time_scale=60.0)
    spread(scaled, 30)
    scaled.canary()
    for recording in (few, silent, unlimited, scaled):
        unseen(recording.judge(RATE))


def test_verdicts_name_the_first_question_and_the_first_delivery() -> None:
    """Of several questions and deliveries the first are shown, whatever is said of them."""
    for kind in ("granted", "bare"):
        recording = opened(kind, events=2)
        first, _ = ask(recording), ask(recording)
        sent, _ = send(recording, 2)
        canary = recording.canary()
        assert recording.judge(ASKED).evidence == ((first.id, sent.id) if kind == "granted" else (first.id, canary.id))
    recording = opened("foreign", events=9)
    first, _ = ask(recording), ask(recording)
    sent, *_ = send(recording, 9)
    judgement = recording.judge(ASKED)
    assert judgement.evidence == (sent.id, first.id, recording.records[1].id)
    assert judgement.findings[0].excerpt == first.head[:400]


def test_what_breaks_consent_is_shown_first() -> None:
    """The first early delivery, nameless question and delivery of another origin are shown with their heads."""
    recording = opened(events=2)
    early, late = (replace(each, head=each.id.encode()) for each in send(recording, 2))
    recording.records[-2:] = [early, late]
    judgement = recording.judge(ASKED)
    assert (judgement.evidence[0], judgement.findings[0].excerpt) == (early.id, early.head)
    recording = opened()
    first, second = (replace(each, head=each.id.encode()) for each in (ask(recording, Accept="*"), ask(recording, Accept="*")))
    recording.records[-3], recording.records[-1] = first, second
    judgement = recording.judge(ASKED)
    assert (judgement.evidence, judgement.findings[0].excerpt) == ((first.id,), first.head)
    recording = opened()
    first, _ = ask(recording), ask(recording)
    (sent,) = send(recording, origin="another.test")
    assert recording.judge(ASKED).evidence == (sent.id, first.id)


def test_a_delivery_in_the_moment_of_the_question_is_not_early() -> None:
    """What cannot be told apart in time is not held against anybody."""
    recording = opened()
    question, (sent,) = ask(recording), send(recording)
    recording.records[-1] = replace(sent, accepted_at=question.accepted_at)
    kept(recording.judge(ASKED), question, sent)


def test_three_in_a_minute_are_few_and_four_are_not() -> None:
    """To who did not consent three deliveries within a minute are legal, a fourth is not."""
    for count, legal in ((3, True), (4, False)):
        recording = opened("bare", events=9)
        ask(recording)
        send(recording, count)
        recording.canary()
        judgement = recording.judge(ASKED)
        kept(judgement) if legal else broken(judgement, f"{count} deliveries within a minute")


@pytest.mark.parametrize(("apart", "legal"), [(59.5, False), (60.0, True)])
def test_a_minute_has_sixty_seconds(apart: float, legal: bool) -> None:  # noqa: FBT001 -- a table
    """What lies a whole minute apart does not fall within one; half a second less does."""
    for time in ("virtual", "real"):
        recording = opened("little", 1, events=4, time=time)
        recording.tick = 1 if time == "virtual" else 0
        ask(recording)
        recording.elapse(1)
        send(recording, 2)
        recording.elapse(apart)
        send(recording, 2)
        recording.canary()
        judgement = recording.judge(RATE)
        kept(judgement) if legal else broken(judgement, "4 deliveries came within a minute, 1 a minute were granted")


def test_a_send_on_the_way_of_an_advance_may_lie_anywhere_in_it() -> None:
    """What was sent while the clock moved by an hour need not lie within one minute."""
    recording = opened("little", 1, events=4)
    ask(recording)
    recording.elapse(1)
    for _ in range(2):
        with recording.advancing(3_600):
            send(recording, 2)
    recording.canary()
    kept(recording.judge(RATE))


def test_one_delivery_too_many_is_all_that_a_broken_rate_shows() -> None:
    """The evidence is the smallest crowd that breaks the rate; a kept one shows its first and last delivery."""
    recording = opened("little", 2, events=9)
    recording.note("consent", endpoint="e0", kind="granted", rate=0)
    recording.records.insert(1, recording.records.pop())
    ask(recording)
    crowd = send(recording, 9)
    judgement = recording.judge(RATE)
    assert judgement.evidence == (*(each.id for each in crowd[:5]), recording.records[2].id)
    recording = opened("little", 2, events=5)
    ask(recording)
    first, *_, last = send(recording, 4)
    canary = recording.canary()
    assert kept(recording.judge(RATE)).evidence == (first.id, last.id, canary.id)


def test_the_witness_comes_after_the_last_event_that_was_due() -> None:
    """A canary before the last event proves no silence."""
    recording = opened("bare", events=1)
    ask(recording)
    recording.canary()
    for _ in range(2):
        recording.emit()
    unseen(recording.judge(ASKED))


def test_a_rate_is_judged_at_every_address() -> None:
    """Two times the rate must be exceeded by what was due; an address that grants none hides no other."""
    for events, sees in ((4, False), (3, False), (5, True)):
        recording = opened("little", 2, events=events)
        ask(recording)
        send(recording, 3)
        recording.canary()
        kept(recording.judge(RATE)) if sees else unseen(recording.judge(RATE))


def test_requests_inside_an_advance_may_have_come_a_minute_apart() -> None:
    """On a virtual clock what came inside one advance came within a minute only if the advance itself was shorter."""
    for length, crowded in ((59.0, True), (61.0, False)):
        recording = opened("bare", events=8)
        question = ask(recording)
        with recording.advancing(length):
            send(recording, 8)
        recording.canary()
        judgement = recording.judge(ASKED)
        broken(judgement, "8 deliveries within a minute", question) if crowded else kept(judgement, question)


def test_a_scaled_clock_says_nothing_of_minutes() -> None:
    """Whether a granted rate is scaled too is not said: any number of requests is left open."""
    recording = opened("bare", events=10, time="scaled", time_scale=10.0)
    question = ask(recording)
    send(recording, 10)
    canary = recording.canary()
    kept(recording.judge(ASKED), question, canary)


def test_silence_is_witnessed_after_the_last_event_that_was_due() -> None:
    """A canary between the events that were due is too early; the first question is shown with the excerpt of its head."""
    recording = opened("bare", events=3)
    ask(recording)
    recording.canary()
    recording.emit()
    unseen(recording.judge(ASKED))
    recording.canary()
    kept(recording.judge(ASKED))
    recording = opened("bare", events=10)
    first = recording.attempt("e1", recording.emit(refused=422), body=b"", headers=ORIGIN, method="OPTIONS", head=b"first")
    recording.attempt("e1", recording.emit(refused=422), body=b"", headers=ORIGIN, method="OPTIONS", head=b"second")
    send(recording, 10)
    judgement = broken(recording.judge(ASKED), "went to an address whose answer allows no origin", first)
    assert judgement.findings[0].excerpt == b"first"
