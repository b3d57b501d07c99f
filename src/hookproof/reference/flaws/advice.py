"""Flaws of heeding what an answer asks for: never to come again, or when to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hookproof.model.contract import RetryPolicy
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.outcomes import Outcome
from hookproof.reference.timekeeping import Timekeeping

ASKING = (429, 503)
GONE = 410
_UNSIGNED = 1 << 32


def _hearing(heard: Callable[[Outcome], str | None]) -> Callable[[Conduct], Conduct]:
    """Let the platform understand something else than what it was asked."""

    def change(conduct: Conduct) -> Conduct:
        def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, outcome: Outcome, timekeeping: Timekeeping) -> int | None:
            return conduct.retry_at(policy, made, failed_at, replace(outcome, retry_after=heard(outcome)), timekeeping)

        return replace(conduct, retry_at=retry_at)

    return change


def _waiting(asked: Callable[[str], float | None]) -> Callable[[Conduct], Conduct]:
    """Let what was asked replace the schedule, whatever it is."""

    def change(conduct: Conduct) -> Conduct:
        def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, outcome: Outcome, timekeeping: Timekeeping) -> int | None:
            due = conduct.retry_at(policy, made, failed_at, outcome, timekeeping)
            seconds = asked(outcome.retry_after) if outcome.retry_after and outcome.status in ASKING else None
            return due if due is None or seconds is None else failed_at + timekeeping.span(seconds)

        return replace(conduct, retry_at=retry_at)

    return change


def _milliseconds(outcome: Outcome) -> str | None:
    text = outcome.retry_after or ""
    return str(int(text) // 1000) if text.isdigit() else outcome.retry_after


def _of_unavailable(outcome: Outcome) -> str | None:
    return outcome.retry_after if outcome.status == ASKING[-1] else None


def _undated(outcome: Outcome) -> str | None:
    text = outcome.retry_after or ""
    return None if text.endswith("GMT") else outcome.retry_after


def _number(text: str) -> float | None:
    return int(text) if text.lstrip("-").isdigit() else None


def _signed(text: str) -> float | None:
    number = _number(text)
    return number if number is not None and number < 86_400 else None  # noqa: PLR2004 -- a day


def _ended_by_gone(conduct: Conduct) -> Conduct:
    return replace(conduct, succeeded=lambda outcome: outcome.status == GONE or conduct.succeeded(outcome))


FLAWS = (
    Flaw(
        id="gone-is-a-failure-like-any-other",
        row="P057",
        title="410 is retried to the end, and later events are sent as well.",
        conduct=lambda conduct: replace(conduct, gone=lambda _outcome: False),
        breaks=("http/gone",),
    ),
    Flaw(
        id="gone-ends-one-event-only",
        row="P057",
        title="After 410 the event is dropped, but the endpoint stays enabled.",
        conduct=_ended_by_gone,
        breaks=("http/gone",),
    ),
    Flaw(
        id="retry-after-is-ignored",
        row="P058",
        title="The schedule knows no Retry-After.",
        conduct=_hearing(lambda _outcome: None),
        breaks=("http/retry-after",),
    ),
    Flaw(
        id="retry-after-of-429-is-ignored",
        row="P058",
        title="Only the Retry-After of 503 is read.",
        conduct=_hearing(_of_unavailable),
        breaks=("http/retry-after",),
    ),
    Flaw(
        id="retry-after-is-taken-for-milliseconds",
        row="P058",
        title="The seconds of a Retry-After go into a timer that counts milliseconds.",
        conduct=_hearing(_milliseconds),
        breaks=("http/retry-after",),
    ),
    Flaw(
        id="retry-after-dates-are-ignored",
        row="P059",
        title="Only the form in seconds is read.",
        conduct=_hearing(_undated),
        breaks=("http/retry-after",),
    ),
    Flaw(
        id="retry-after-must-be-a-number",
        row="P059",
        title="Reading a date or a word as a number raises, and the worker loses the delivery.",
        conduct=_waiting(int),
        breaks=("http/retry-after", "http/odd-retry-after"),
    ),
    Flaw(
        id="negative-retry-after-hastens",
        row="P059",
        title="A negative Retry-After is a moment in the past, so that the event is sent again at once.",
        conduct=_waiting(_signed),
        breaks=("http/odd-retry-after",),
    ),
    Flaw(
        id="negative-retry-after-is-for-ever",
        row="P059",
        title="Minus five seconds become 136 years in an unsigned number.",
        conduct=_waiting(lambda text: (_number(text) or 0) % _UNSIGNED if text.startswith("-") else None),
        breaks=("http/odd-retry-after",),
    ),
    Flaw(
        id="huge-retry-after-is-believed",
        row="P059",
        title="No wait is too long if a receiver asks for it.",
        conduct=_waiting(lambda text: _number(text) if not text.startswith("-") else None),
        breaks=("http/odd-retry-after",),
    ),
)
