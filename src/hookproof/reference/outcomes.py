"""What an attempt's outcome means: delivered, gone or failed, and when to try again.

Law: pure. Delays count from the moment of failure; a receiver may ask for a longer wait, never for a shorter one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from hookproof.model.contract import RetryPolicy
from hookproof.reference.timekeeping import MICROSECONDS, Timekeeping, moment_of

TIMED_OUT, REFUSED, RESET, CLOSED, MALFORMED = "timeout", "refused", "reset", "closed", "malformed"
_GONE = 410
_ASKING = (429, 503)  # statuses whose Retry-After is heeded
_LONGEST_ASKED = 86_400


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended: an HTTP ``status``, or the name of a ``failure`` if no whole answer came.

    ``location``: where a redirect pointed. ``fields``: the answer's header fields by lower-case name. ``response_bytes``: how many bytes
    of the answer's body were read, and ``excerpt`` the first of them.
    """

    status: int | None = None
    failure: str | None = None
    retry_after: str | None = None
    location: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    response_bytes: int = 0
    excerpt: bytes = b""


def succeeded(outcome: Outcome) -> bool:
    """Whether the receiver took the event: any 2xx."""
    return outcome.status is not None and 200 <= outcome.status <= 299  # noqa: PLR2004 -- RFC 9110 section 15.3


def gone(outcome: Outcome) -> bool:
    """Whether the receiver asks never to be called again."""
    return outcome.status == _GONE


def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, outcome: Outcome, timekeeping: Timekeeping) -> int | None:
    """Say when to try again after ``made`` attempts, or None if the policy is exhausted."""
    if policy is None or made >= next(iter(policy.sends.values())):
        return None
    delay = policy.delays[min(made, len(policy.delays)) - 1] if policy.delays else 0.0
    return failed_at + timekeeping.span(max(delay, asked_delay(outcome, failed_at)))


def asked_delay(outcome: Outcome, failed_at: int) -> float:
    """Give the seconds that the receiver asked for; 0 if it did not, or not sensibly."""
    text = (outcome.retry_after or "").strip()
    if outcome.status not in _ASKING or not text:
        return 0.0
    if re.fullmatch(r"[0-9]{1,9}", text):
        seconds = float(text)
    elif text.endswith("GMT"):
        try:
            seconds = (moment_of(parsedate_to_datetime(text)) - failed_at) / MICROSECONDS
        except (ValueError, TypeError, OverflowError):
            return 0.0
    else:
        return 0.0
    return seconds if 0 <= seconds <= _LONGEST_ASKED else 0.0
