"""Which header fields may come twice, which statuses mean what, and where the bounds of Retry-After and of large answers lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Answer, Attempt
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

FORM, FOLLOWED, FAILED = "requests-are-well-formed", "redirects-are-not-followed", "redirects-count-as-failures"
GONE, BOUND, ODD, LARGE = (
    "gone-stops-deliveries",
    "retry-after-is-a-lower-bound",
    "odd-retry-after-does-not-stop-retries",
    "large-answers-do-no-harm",
)
ONCE = [
    *("Host", "Content-Type", "Content-Length", "Content-Location", "Content-Range", "Date", "From", "Max-Forwards", "Referer"),
    *("User-Agent", "Authorization", "Proxy-Authorization", "Traceparent", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"),
    *("X-Any-Id", "X-Any-Timestamp", "X-Any-Signature"),
]


def told(answer: Answer, *, rest: float = 0.0, canary: bool = True, **capabilities: Any) -> tuple[Recording, Attempt]:
    """Answer an endpoint's first delivery so, let time pass, and let a canary sing."""
    recording = Recording("http", **capabilities)
    recording.subscribe("e1")
    first = recording.attempt("e1", recording.emit(), answer=answer)
    recording.elapse(rest)
    if canary:
        recording.canary()
    return recording, first


def advice(value: str, status: int = 503) -> Answer:
    """Ask for patience."""
    return Answer(status=status, headers=(("Retry-After", value),))


@pytest.mark.parametrize("name", ONCE)
def test_what_a_request_says_once_is_not_said_twice(name: str) -> None:
    """Each field that is no list breaks the form when it comes twice, whatever its case; a list may."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    attempt = recording.attempt("e1", recording.emit(), headers=[("Accept", "a"), (name, "a"), (name.upper(), "a"), ("Accept", "b")])
    broken(recording.judge(FORM), f"'{name.lower()}' is sent twice", attempt)


@pytest.mark.parametrize("status", [299, 300, 304, 399, 400])
def test_every_3xx_is_a_failed_delivery(status: int) -> None:
    """From 300 to 399 a status leads to another send; 299 and 400 are no redirects."""
    recording, first = told(Answer(status=status), rest=100)
    judgement = recording.judge(FAILED)
    broken(judgement, f"after {status}", first) if 300 <= status <= 399 else unseen(judgement)


def test_an_undecided_redirect_is_counted_and_hides_no_loss() -> None:
    """Redirects whose time has not come leave it open, all of them are counted, and one that is lost is told all the same."""
    recording = Recording("http")
    for endpoint in ("e1", "e2"):
        recording.subscribe(endpoint)
    emission = recording.emit()
    for endpoint in ("e1", "e2"):
        recording.attempt(endpoint, emission, 302)
    unseen(recording.judge(FAILED), "after 2 redirects")
    again = recording.attempt("e1", emission)
    unseen(recording.judge(FAILED), "after 1 redirects")
    recording.records.remove(again)
    recording.elapse(100)
    recording.canary()
    recording.subscribe("e3")
    recording.attempt("e3", recording.emit(), 302)
    broken(recording.judge(FAILED), "after 302")


def test_only_a_trap_of_its_own_shows_who_follows() -> None:
    """An endpoint without a trap hides no other that has one, and the first request caught is shown."""
    recording = Recording("http")
    for endpoint in ("e0", "e1"):
        recording.subscribe(endpoint)
    recording.note("trap", endpoint="e1", trap="t1")
    emission = recording.emit()
    recording.attempt("e0", emission, 302)
    first = recording.attempt("e1", emission, 302)
    caught = replace(recording.attempt("t1", emission, method="GET", body=b"", headers={}), head=b"GET /")
    recording.records[-1] = caught
    recording.attempt("t1", emission, method="POST", body=b"", headers={})
    judgement = broken(recording.judge(FOLLOWED), "followed by GET")
    assert (judgement.evidence, judgement.findings[0].excerpt) == ((first.id, caught.id), b"GET /")


@pytest.mark.parametrize(
    ("value", "usable"), [("86400", True), ("86401", False), ("00100", True), ("000100", False), ("0", True), ("٣", False)]
)
def test_a_day_is_the_longest_wait_that_binds(value: str, usable: bool) -> None:  # noqa: FBT001 -- a table
    """Up to a day, in at most five ASCII digits, Retry-After is a bound; anything else is odd."""
    recording, _ = told(advice(value), rest=200_000)
    broken(recording.judge(BOUND if usable else ODD), "never came again" if usable else "within a day")
    unseen(recording.judge(ODD if usable else BOUND))


def test_an_odd_value_is_given_a_day() -> None:
    """Nothing is lost until a canary came a day after it."""
    for rest, lost in ((86_300, False), (86_500, True)):
        recording, first = told(advice("soon"), rest=rest)
        judgement = recording.judge(ODD)
        broken(judgement, "after Retry-After: soon", first) if lost else unseen(judgement, "after 1 odd values")


def test_every_delivery_that_was_asked_for_patience_is_judged() -> None:
    """A plain 503, or one that never came again for good reasons, hides no other; the first two sends are the evidence."""
    recording = Recording("http")
    for endpoint in ("e0", "e1", "e2"):
        recording.subscribe(endpoint)
    emission = recording.emit()
    recording.attempt("e0", emission, 503)
    recording.attempt("e1", emission, answer=advice("60"))
    first = recording.attempt("e2", emission, answer=advice("60"))
    recording.elapse(60)
    second = recording.attempt("e2", emission, 503)
    recording.elapse(60)
    recording.attempt("e2", emission)
    assert kept(recording.judge(BOUND)).evidence == (first.id, second.id)


@pytest.mark.parametrize("status", [429, 503])
def test_a_client_error_need_not_be_sent_again(status: int) -> None:
    """After a usable Retry-After only a 503 must come again."""
    recording, first = told(advice("60", status), rest=1_000)
    judgement = recording.judge(BOUND)
    broken(judgement, "never came again", first) if status != 429 else unseen(judgement)


@pytest.mark.parametrize(("size", "large"), [((1 << 20) - 1, False), (1 << 20, True)])
def test_a_mebibyte_is_a_large_answer(size: int, large: bool) -> None:  # noqa: FBT001 -- a table
    """An answer of a mebibyte is large, one of a byte less is not."""
    recording, first = told(Answer(status=200, body=b"x" * (16 if large else 15), body_repeat=size // (16 if large else 15)), rest=100)
    judgement = recording.judge(LARGE)
    kept(judgement, first) if large else unseen(judgement)


def test_a_later_event_must_be_witnessed_after_gone() -> None:
    """The canary has to come after the last event that was due, and the first request after 410 is shown."""
    recording, first = told(Answer(status=410), rest=100)
    asked = [recording.emit() for _ in range(2)]
    canary = recording.canary()
    assert kept(recording.judge(GONE)).evidence == (first.id, asked[-1].id, canary.id)
    recording.emit()
    unseen(recording.judge(GONE))
    late = [recording.attempt("e1", each) for each in asked]
    assert broken(recording.judge(GONE), "got 2 more").evidence == (first.id, late[0].id)


def test_an_endpoint_that_did_not_say_gone_hides_none_that_did() -> None:
    """Each endpoint is judged by its own first answer; one that was cut short said nothing."""
    recording = Recording("http")
    for endpoint in ("e0", "e1", "e2"):
        recording.subscribe(endpoint)
    emission = recording.emit()
    recording.attempt("e0", emission, 200)
    recording.attempt("e1", emission, 410)
    recording.attempt("e2", emission, answer=Answer(status=410, mode="close"))
    recording.elapse(100)
    culprit = recording.attempt("e1", emission)
    recording.attempt("e2", emission)
    assert broken(recording.judge(GONE), "endpoint e1 answered 410 and got 1 more").evidence[-1] == culprit.id
