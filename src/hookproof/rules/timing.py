"""How long the target waited, on which clock, and whether that is provably too early or too late.

Law (soundness): the real wait D satisfies D <= G = acc(k+1) - ws(k) at any load, so "too early" is proven iff
G < L * (1 - 0.0005) - r. No other tolerance. On a virtual clock the wait is bracketed by the advances that surround it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import RetryPolicy
from hookproof.model.transcript import Answer, Attempt
from hookproof.rules.rule import Terms
from hookproof.rules.view import Delivery, View

SLEW = 0.0005
"""Largest normal slew of a clock, as a ratio."""

REPEAT_WINDOW = 2.0
"""Seconds after a connection error within which an identical request is a transport repeat, not a scheduled attempt."""

NANO = 1e9

GRACE_SECONDS = 0.25
"""Real seconds by which a busy host may be late."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """The target's wait between two attempts in promised seconds: it lies in [least, most]; most is sound at any load."""

    least: float
    most: float
    before: str
    after: str


def answer_class(answer: Answer) -> str:
    """Name what the target met: ``5xx``, ``2xx``…, ``timeout``, ``closed``, ``reset`` or ``cut`` (body missing)."""
    if answer.mode == "respond":
        return f"{answer.status // 100}xx"
    return {
        "never": "timeout",
        "drip": "timeout",
        "close": "closed",
        "close_in_head": "closed",
        "close_after_head": "cut",
        "reset": "reset",
        "reset_after_head": "reset",
    }[answer.mode]


def scheduled(view: View, terms: Terms, attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
    """Leave out transport repeats: identical requests right after a connection error, on the clock of the schedule."""
    kept: list[Attempt] = []
    for attempt in attempts:
        if kept and _repeats(view, terms, kept[-1], attempt):
            continue
        kept.append(attempt)
    return tuple(kept)


def _repeats(view: View, terms: Terms, first: Attempt, second: Attempt) -> bool:
    return (
        answer_class(first.answer) in ("closed", "reset", "cut")
        and _at_once(view, terms, first, second)
        and first.body == second.body
        and first.headers == second.headers
    )


def _at_once(view: View, terms: Terms, first: Attempt, second: Attempt) -> bool:
    """Whether no promised wait can lie between: a schedule on a faster clock brings identical requests within real seconds too."""
    if (second.accepted_at - first.accepted_at) / NANO * max(terms.capabilities.time_scale, 1.0) > REPEAT_WINDOW:
        return False
    return terms.capabilities.time != "virtual" or view.virtual_window(first) == view.virtual_window(second)


def wait_between(view: View, terms: Terms, first: Attempt, second: Attempt) -> Wait | None:
    """Bracket the wait between two consecutive attempts; None if the clock gives no bracket."""
    if terms.capabilities.time == "virtual":
        one, two = view.virtual_window(first), view.virtual_window(second)
        if one is None or two is None:
            return None
        return Wait(least=two[0] - one[1], most=two[1] - one[0], before=first.id, after=second.id)
    anchor = first.answer_started_at if first.answer_started_at is not None else first.accepted_at
    gap = (second.accepted_at - anchor) / NANO * terms.capabilities.time_scale
    return Wait(least=0.0, most=gap, before=first.id, after=second.id)


def too_early(wait: Wait, delay: float, capabilities: Capabilities) -> bool:
    """Whether the wait is provably shorter than the least that ``delay`` (seconds) allows."""
    least = delay * (1 - capabilities.jitter_ratio)
    resolution = capabilities.scheduler_resolution_seconds * (capabilities.time_scale if capabilities.time == "scaled" else 1)
    return wait.most < least * (1 - SLEW) - resolution


def too_late(wait: Wait, delay: float, capabilities: Capabilities) -> bool:
    """Whether the wait is provably longer than ``delay`` (seconds) allows; only a virtual clock can prove it for one wait."""
    if capabilities.time != "virtual":
        return False
    most = delay * (1 + capabilities.jitter_ratio)
    slack = capabilities.scheduler_resolution_seconds + capabilities.poll_interval_seconds
    return wait.least > most * (1 + SLEW) + slack + 1e-3


def answered_in_time(attempt: Attempt) -> bool:
    """Whether our answer came while even a target that caps its real wait still listened; else it may have met a time-out instead."""
    done = attempt.answer_done_at
    return done is not None and attempt.closed_at is None and done - attempt.accepted_at < GRACE_SECONDS * NANO


def between(view: View, terms: Terms, first: Attempt, second: Attempt) -> float:
    """Give the least promised time, in seconds, that certainly lies between two attempts (for silence)."""
    if terms.capabilities.time == "virtual":
        one, two = view.virtual_window(first), view.virtual_window(second)
        return two[0] - one[1] if one and two else 0.0
    return (second.accepted_at - _ended(first)) / NANO * terms.capabilities.time_scale


def _ended(attempt: Attempt) -> int:
    """Give the moment from which the target knows how an attempt ended, as far as it was seen."""
    return max(attempt.accepted_at, attempt.answer_done_at or 0)


def passed(view: View, terms: Terms, scope: str, at: int, attempt: Attempt) -> float:
    """Give the least promised time, in seconds, that certainly lies between a moment and an attempt."""
    if terms.capabilities.time == "virtual":
        then, now = view.virtual_at(scope, at), view.virtual_window(attempt)
        return now[0] - then[1] if then and now else 0.0
    return (attempt.accepted_at - at) / NANO * terms.capabilities.time_scale


def witness(view: View, terms: Terms, last: Attempt, seconds: float) -> str | None:
    """Find a canary that the same target delivered at least ``seconds`` of promised time after an attempt; give its attempt id.

    Without it, silence after ``last`` proves nothing.
    """
    for delivery in view.canaries.get(view.scope_of(last.endpoint), ()):
        emission, first = delivery.emission, delivery.attempts[0]
        if emission is not None and emission.started_at >= _ended(last) and between(view, terms, last, first) >= seconds:
            return first.id
    return None


def settle_seconds(capabilities: Capabilities, delay: float) -> float:
    """Give how much promised time must pass before silence after ``delay`` means something: its upper bound plus slack."""
    most = delay * (1 + capabilities.jitter_ratio) * (1 + SLEW)
    slack = capabilities.scheduler_resolution_seconds + capabilities.poll_interval_seconds
    if capabilities.time == "virtual":
        return most + slack
    return most * 1.25 + slack + capabilities.time_scale * max(GRACE_SECONDS, 2 * capabilities.poll_interval_seconds)


def legal_policies(terms: Terms, delivery: Delivery) -> tuple[RetryPolicy, ...]:
    """Give the retry policies that the contract allows for a delivery's event."""
    return terms.contract.policy.policies_for(delivery.emission.type) if delivery.emission else ()
