"""What holds of every answer of a receiver, and that one who accepts nothing shows nothing by it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Exchange
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import SECOND, Recording
from tests.rules.test_receiving import deliver

STATUS, TIME, LEAKS, MARKUP = "no-answer-has-status", "answers-come-in-time", "answers-leak-nothing", "answers-reflect-no-markup"
UNMET = "no correct delivery was accepted, so nothing else that was answered says anything"
SCRIPT = b"<script>alert('hookproof')</script>"


def met(*, accepting: bool = True) -> Recording:
    """A receiver that accepted one correct delivery, or refused it."""
    recording = Recording("verification")
    deliver(recording, 202 if accepting else 401, "event", sent_at=0)
    return recording


@pytest.mark.parametrize(("statuses", "status"), [([410], 410), (["3xx"], 302), ([410, "3xx"], 399), (["3xx", 410], 410)])
def test_a_named_status_or_class_is_broken_wherever_it_comes(statuses: list[Any], status: int) -> None:
    """One number or one whole class is enough; other answers are kept once something was accepted, and told of it before that."""
    recording = met()
    fine = deliver(recording, 404, "", fault="wrong-key")
    kept(recording.judge(STATUS, statuses=statuses), fine)
    culprit = deliver(recording, status, "", fault="wrong-key")
    broken(recording.judge(STATUS, statuses=statuses), f"a delivery (wrong-key) got status {status}", culprit)
    recording = met(accepting=False)
    assert unseen(recording.judge(STATUS, statuses=statuses)).reason == UNMET
    culprit = deliver(recording, status, "order", fault="")
    broken(recording.judge(STATUS, statuses=statuses), "a delivery (order)", culprit)


def test_a_delivery_without_fault_and_purpose_is_named_by_its_event() -> None:
    """A finding says which delivery it was about: by fault, else by purpose, else by event."""
    recording = met()
    deliver(recording, 410, "", fault="")
    broken(recording.judge(STATUS), "a delivery (rose.bloomed) got status 410")


def timed(took: int, status: int = 202, **more: Any) -> tuple[Recording, Exchange]:
    """Answer a delivery so many nanoseconds after its last byte was sent."""
    recording = met()
    sent = deliver(recording, status, "event", **more)
    recording.records[-1] = replace(sent, sent_at=sent.started_at, done_at=sent.started_at + took)
    return recording, sent


@pytest.mark.parametrize(("status", "failure"), [(202, ""), (500, ""), (0, "timeout")])
def test_a_correct_delivery_is_answered_within_the_time_out(status: int, failure: str) -> None:
    """Exactly at the promised time-out is in time and a nanosecond more is not, by any answer and by waiting in vain."""
    limit = round(CONTRACT.policy.timeout_seconds * SECOND)
    recording, sent = timed(limit, status, failure=failure)
    assert kept(recording.judge(TIME), sent).grade == "real"
    recording, sent = timed(limit + 1000, status, failure=failure)
    broken(recording.judge(TIME), "was answered after 30.000 s", sent)


@pytest.mark.parametrize("more", [{"fault": "stale"}, {"failure": "reset", "status": 0}])
def test_time_is_taken_of_correct_deliveries_that_were_answered(more: dict[str, Any]) -> None:
    """Faulty deliveries, those that were hung up on and those whose end was not seen are judged elsewhere."""
    recording, _ = timed(10**12, **more)
    assert unseen(recording.judge(TIME)).reason == UNMET
    recording = met()
    deliver(recording, 202, "event", sent_at=0, done_at=10**15)
    unseen(recording.judge(TIME))


def test_a_late_answer_is_broken_also_where_nothing_was_accepted() -> None:
    """Who accepts nothing shows nothing by being quick, and is late all the same."""
    recording, _ = timed(SECOND, 500)
    del recording.records[0]
    unseen(recording.judge(TIME))
    recording, sent = timed(10**12, 500)
    del recording.records[0]
    broken(recording.judge(TIME), "promised within 30 s", sent)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b'{"expected": "{{secret of e1}}"}', " shows a secret"),
        (b"Traceback (most recent call last):\n  File", " shows a stack trace (Traceback (most recent call last)…)"),
        (b"Error\n    at Server.on (/srv/app.js:12:7)", " shows a stack trace"),
        (b"goroutine 17 [running]:", " shows a stack trace"),
        (b"panicked at src/main.rs", " shows a stack trace"),
        (b"com.example.Hook(Hook.java:42)", " shows a stack trace"),
    ],
)
def test_a_refusal_that_shows_what_should_stay_inside_is_broken(body: bytes, what: str) -> None:
    """Secrets and stack traces are broken in a refusal, with the answer as excerpt; an acceptance is not looked at here."""
    recording = met()
    culprit = deliver(recording, 401, "", fault="wrong-key", response_body=body)
    judgement = broken(recording.judge(LEAKS), f"(wrong-key){what}", culprit)
    assert judgement.findings[0].excerpt == body
    recording = met()
    deliver(recording, 202, response_body=body)
    unseen(recording.judge(LEAKS), "no delivery was refused while others were accepted")


def test_a_leak_that_was_noted_is_broken_at_its_exchange_alone() -> None:
    """What the recorder saw and hid is told by its note; other notes about an exchange are no leaks."""
    recording = met()
    culprit, other = (deliver(recording, 401, "", fault="wrong-key") for _ in range(2))
    recording.note("seen", exchange=other.id, what="a cat")
    kept(recording.judge(LEAKS), culprit, other)
    recording.note("leak", exchange=culprit.id, what="the expected signature")
    judgement = broken(recording.judge(LEAKS), "shows the expected signature", culprit)
    assert len(judgement.findings) == 1


def reflected(media: str | None, body: bytes = SCRIPT, fault: str = "markup", *, accepting: bool = True) -> tuple[Recording, Exchange]:
    """Answer a delivery that holds markup with this body."""
    recording = met(accepting=accepting)
    fields = () if media is None else (("Content-Type", media),)
    return recording, deliver(recording, 400, "", fault=fault, response_body=b"no: " + body, response_headers=fields)


@pytest.mark.parametrize(
    ("media", "shown"), [("text/html", "text/html"), ("TEXT/HTML; a=b", "TEXT/HTML; a=b"), (None, "an untyped answer")]
)
@pytest.mark.parametrize("accepting", [True, False])
def test_markup_that_comes_back_as_html_is_broken(media: str | None, shown: str, *, accepting: bool) -> None:
    """As HTML, and where nothing says that it is none; whoever accepts nothing is not excused."""
    recording, culprit = reflected(media, accepting=accepting)
    broken(recording.judge(MARKUP), f"markup came back as {shown}", culprit)


@pytest.mark.parametrize(("media", "body"), [("text/plain", SCRIPT), ("application/json", SCRIPT), ("text/html", b"&lt;script&gt;")])
def test_markup_that_is_no_html_is_harmless(media: str, body: bytes) -> None:
    """Another media type and escaped markup are kept, if the receiver accepts anything at all; other faults say nothing."""
    recording, sent = reflected(media, body)
    kept(recording.judge(MARKUP), sent)
    for more in ({"accepting": False}, {"fault": "wrong-key"}):
        unseen(reflected(media, body, **more)[0].judge(MARKUP), "no delivery with markup")
