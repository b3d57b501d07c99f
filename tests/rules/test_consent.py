"""Consent of receivers: asked before anything is sent, found in the answer's fields alone, and kept to its rate."""

from __future__ import annotations

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
