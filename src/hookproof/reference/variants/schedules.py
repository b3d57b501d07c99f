"""Schedules that the contract allows or that the target declares: more sends, other policies, jitter, coarse clocks, pollers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hookproof.model.contract import Contract, PolicyAssignment, RetryPolicy
from hookproof.reference import outcomes
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Variant
from hookproof.reference.outcomes import Outcome
from hookproof.reference.timekeeping import MICROSECONDS, Timekeeping

Retry = Callable[[RetryPolicy | None, int, int, Outcome, Timekeeping], int | None]
MOST_SENDS = {"retries/default-sends": "default: 11 sends", "retries/call-sends": "call: 6 sends"}


def _most_sends(contract: Contract) -> Contract:
    """Take the reading of most sends of every policy."""
    retry = {name: replace(policy, sends=dict(reversed(list(policy.sends.items())))) for name, policy in contract.policy.retry.items()}
    return replace(contract, policy=replace(contract.policy, retry=retry))


def _calls_alike(contract: Contract) -> Contract:
    calls = PolicyAssignment(events=("call.*",), policies=("call",))
    return replace(contract, policy=replace(contract.policy, assignments=(calls, *contract.policy.assignments)))


def retrying(change: Callable[[Retry], Retry], **declared: Any) -> Callable[[Conduct], Conduct]:  # noqa: ANN401 -- capabilities
    """Change when a retry is due, and declare what the contract leaves open."""
    return lambda conduct: replace(conduct, retry_at=change(conduct.retry_at), declared={**conduct.declared, **declared})


def _on_the_grid(seconds: int) -> Callable[[Retry], Retry]:
    """Send only at whole multiples of so many seconds."""
    grid = seconds * MICROSECONDS

    def change(honest: Retry) -> Retry:
        def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, ending: Outcome, timekeeping: Timekeeping) -> int | None:
            due = honest(policy, made, failed_at, ending, timekeeping)
            return None if due is None else -(-due // grid) * grid

        return retry_at

    return change


def _rounded_down(honest: Retry) -> Retry:
    """Keep due moments in whole seconds, without their fraction."""

    def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, ending: Outcome, timekeeping: Timekeeping) -> int | None:
        due = honest(policy, made, failed_at, ending, timekeeping)
        return None if due is None else due // MICROSECONDS * MICROSECONDS

    return retry_at


def _jittered(draw: Callable[[random.Random], float]) -> Callable[[Retry], Retry]:
    """Multiply each wait by what is drawn, but never come back before the receiver asked."""

    def change(honest: Retry) -> Retry:
        dice = random.Random(7)  # noqa: S311 -- reproducible jitter, no secret

        def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, ending: Outcome, timekeeping: Timekeeping) -> int | None:
            due = honest(policy, made, failed_at, ending, timekeeping)
            asked = timekeeping.span(outcomes.asked_delay(ending, failed_at))
            return None if due is None else failed_at + max(asked, round((due - failed_at) * draw(dice)))

        return retry_at

    return change


VARIANTS = (
    Variant(
        id="most-sends",
        title="Takes the first send for none of the promised ones.",
        contract=_most_sends,
        readings=MOST_SENDS,
    ),
    Variant(
        id="calls-alike",
        title="Retries every call event by the schedule of calls.",
        contract=_calls_alike,
        readings={"retries/other-call-schedule": "policy call", "retries/other-call-sends": "call: 5 sends"},
    ),
    Variant(
        id="whole-seconds",
        title="Keeps due moments in whole seconds, cut, and declares that.",
        conduct=retrying(_rounded_down, scheduler_resolution_seconds=1),
    ),
    Variant(
        id="polls-every-second",
        title="Looks for due deliveries once a second.",
        conduct=retrying(_on_the_grid(1), poll_interval_seconds=1),
    ),
    Variant(
        id="polls-every-ten-seconds",
        title="Looks for due deliveries every ten seconds.",
        conduct=retrying(_on_the_grid(10), poll_interval_seconds=10),
    ),
    Variant(
        id="jitters-both-ways",
        title="Varies waits by a fifth in both directions.",
        conduct=retrying(_jittered(lambda dice: dice.uniform(0.8, 1.2)), jitter_ratio=0.2),
    ),
    Variant(
        id="jitters-a-little-by-a-bell-curve",
        title="Varies waits by a twentieth at most, mostly by less.",
        conduct=retrying(_jittered(lambda dice: min(max(dice.gauss(1, 0.02), 0.95), 1.05)), jitter_ratio=0.05),
    ),
    Variant(
        id="jitters-early",
        title="Waits between half as long and as long as promised.",
        conduct=retrying(_jittered(lambda dice: dice.uniform(0.5, 1.0)), jitter_ratio=0.5),
    ),
    Variant(
        id="jitters-late-with-most-sends",
        title="Waits a fifth longer than promised, with the most sends.",
        contract=_most_sends,
        conduct=retrying(_jittered(lambda dice: dice.uniform(1.19, 1.2)), jitter_ratio=0.2),
        readings=MOST_SENDS,
    ),
    Variant(
        id="jitters-and-polls",
        title="Varies waits by a tenth, and looks for due deliveries every five seconds.",
        conduct=lambda conduct: retrying(_on_the_grid(5), poll_interval_seconds=5)(
            retrying(_jittered(lambda dice: dice.uniform(0.9, 1.1)), jitter_ratio=0.1)(conduct)
        ),
    ),
)
