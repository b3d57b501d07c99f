"""How long the target waited, on which clock, and whether that is provably too early or too late.

Law (soundness): the real wait D satisfies D <= G = acc(k+1) - ws(k) at any load, so "too early" is proven iff
G < L * (1 - 0.0005) - r. No other tolerance. On a virtual clock the wait is bracketed by the advances that surround it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, RetryPolicy
from hookproof.model.transcript import Answer, Attempt, Emission
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
        and not _promised_at_once(view, terms, first)
    )


def _promised_at_once(view: View, terms: Terms, attempt: Attempt) -> bool:
    """Whether a legal schedule itself holds a wait so short that a send of it looks like a repeat."""
    policies = terms.contract.policy.policies_for(view.body(attempt).type or "")
    return any(delay <= REPEAT_WINDOW for policy in policies for delay in policy.delays)


def _at_once(view: View, terms: Terms, first: Attempt, second: Attempt) -> bool:
    """Whether no promised wait can lie between: a schedule on a faster clock brings identical requests within real seconds too."""
    if (second.accepted_at - first.accepted_at) / NANO * max(terms.capabilities.time_scale, 1.0) > REPEAT_WINDOW:
        return False
    return terms.capabilities.time != "virtual" or view.virtual_window(first) == view.virtual_window(second)


def wait_between(view: View, terms: Terms, first: Attempt, second: Attempt) -> Wait | None:
    """Bracket the wait between two consecutive attempts; None if the clock gives no bracket, or the first gave up before our answer."""
    if terms.capabilities.time == "virtual":
        one, two = view.virtual_window(first), view.virtual_window(second)
        if one is None or two is None:
            return None
        return Wait(least=two[0] - one[1], most=two[1] - one[0], before=first.id, after=second.id)
    if first.answer.completes and (first.closed_at is not None or first.answer_done_at is None):
        return None  # it waits since a moment of its own, before our answer
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


def answer_limit(contract: Contract, capabilities: Capabilities) -> float:
    """Give the real seconds that a send waits for its answer: as the target declares for this environment, else as promised."""
    return capabilities.answer_timeout_seconds or contract.policy.timeout_seconds


def endless_after(contract: Contract, capabilities: Capabilities) -> float:
    """Give the real seconds after which a wait for an answer is no time-out any more; without a declared one many are legal."""
    declared = capabilities.answer_timeout_seconds
    return 2 * declared + 2.0 if declared else 10 * contract.policy.timeout_seconds


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


def first_reached(view: View, terms: Terms, emission: Emission, endpoint: str) -> float | None:
    """Give within how many promised seconds an event first reaches an endpoint that refused connections until it was ``reopened``.

    None: so much time passed before that every promised send may have been refused.
    """
    opened = max((note.at for note in view.notes if note.name == "reopened" and note.facts.get("endpoint") == endpoint), default=0)
    shut = _most_passed(view, terms, emission, opened) if opened > emission.done_at else 0.0
    least, slack = 1 - terms.capabilities.jitter_ratio, settle_seconds(terms.capabilities, 0.0)
    latest = 0.0
    for policy in terms.contract.policy.policies_for(emission.type):
        due = list(accumulate(policy.delays[: min(policy.sends.values()) - 1]))
        number = next((number for number, moment in enumerate(due) if moment * least > shut), None)
        if number is None:
            return None
        latest = max(latest, settle_seconds(terms.capabilities, due[number]) + number * slack)
    return latest


def _most_passed(view: View, terms: Terms, emission: Emission, at: int) -> float:
    """Give the most promised time that can lie between an emission and a later moment."""
    if terms.capabilities.time == "virtual":
        then, now = view.virtual_at(emission.scope, emission.started_at), view.virtual_at(emission.scope, at)
        return now[1] - then[0] if then and now else 0.0
    return (at - emission.started_at) / NANO * terms.capabilities.time_scale
