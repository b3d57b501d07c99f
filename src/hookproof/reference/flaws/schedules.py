"""Flaws of schedules: waits of the wrong length, jitter where none is or too much of it, and a wrong number of sends."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from hookproof.model.contract import Contract, PolicyAssignment, RetryPolicy
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.outcomes import Outcome
from hookproof.reference.records import Delivery
from hookproof.reference.timekeeping import Timekeeping

Delays = tuple[float, ...]


def _by_another_policy(change: Callable[[RetryPolicy], RetryPolicy]) -> Callable[[Conduct], Conduct]:
    def conducted(conduct: Conduct) -> Conduct:
        def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, outcome: Outcome, timekeeping: Timekeeping) -> int | None:
            return conduct.retry_at(policy and change(policy), made, failed_at, outcome, timekeeping)

        return replace(conduct, retry_at=retry_at)

    return conducted


def _waiting(change: Callable[[Delays], Delays]) -> Callable[[Conduct], Conduct]:
    return _by_another_policy(lambda policy: replace(policy, delays=change(policy.delays)) if policy.delays else policy)


def _sending(count: Callable[[RetryPolicy], int]) -> Callable[[Conduct], Conduct]:
    return _by_another_policy(lambda policy: replace(policy, sends={"": count(policy)}))


def _jittered(jitter: Callable[[random.Random, float], float], **declared: float) -> Callable[[Conduct], Conduct]:
    """Make every wait of the schedule what ``jitter`` makes of it, in seconds."""

    def change(conduct: Conduct) -> Conduct:
        dice = random.Random(7)  # noqa: S311 -- reproducible jitter, no secret

        def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, outcome: Outcome, timekeeping: Timekeeping) -> int | None:
            due = conduct.retry_at(policy, made, failed_at, outcome, timekeeping)
            if due is None or outcome.retry_after:
                return due
            return failed_at + timekeeping.span(jitter(dice, (due - failed_at) / timekeeping.span(1)))

        return replace(conduct, retry_at=retry_at, declared={**conduct.declared, **declared})

    return change


def _one_policy_for_all(contract: Contract) -> Contract:
    first = next(iter(contract.policy.retry))
    return replace(contract, policy=replace(contract.policy, assignments=(PolicyAssignment(events=("*",), policies=(first,)),)))


class _Undecided(Dispatcher):
    """Takes another of the legal schedules for each delivery of a type."""

    def _policy(self, delivery: Delivery) -> RetryPolicy | None:
        legal = self._contract.policy.policies_for(delivery.event.type)
        self._chosen = getattr(self, "_chosen", {})
        turns = self._chosen.setdefault(delivery.event.type, {})
        turn = turns.setdefault(delivery.id, len(turns))
        return legal[turn % len(legal)] if legal else None


def _or_else(policy: RetryPolicy) -> RetryPolicy:
    """Read an empty list of delays as one that was not given."""
    return policy if policy.delays else replace(policy, delays=(5.0, 300.0, 1800.0), sends={"": 4})


_SCHEDULES = ("retries/default-schedule", "retries/call-schedule", "retries/other-call-schedule")
_COUNTS = ("retries/default-sends", "retries/call-sends", "retries/other-call-sends")
_SHORTER = ("durability/waits-kept", "durability/sends-counted")
"""What a wait that is too short breaks across a restart too."""

FLAWS = (
    Flaw(
        id="the-schedule-is-shifted-by-one",
        row="P063",
        title="The first wait is the second of the list.",
        conduct=_waiting(lambda delays: (*delays[1:], delays[-1])),
        breaks=_SCHEDULES,
    ),
    Flaw(
        id="the-first-wait-comes-twice",
        row="P063",
        title="Attempts are counted from 0, so that the list of waits begins twice.",
        conduct=_waiting(lambda delays: (delays[0], *delays)),
        breaks=_SCHEDULES,
    ),
    Flaw(
        id="waits-are-a-second-short",
        row="P063",
        title="Due moments are rounded down, so that every wait is up to a second short.",
        conduct=_waiting(lambda delays: tuple(max(delay - 1, 0.0) for delay in delays)),
        breaks=_SCHEDULES,
    ),
    Flaw(
        id="all-waits-are-alike",
        row="P063",
        title="Every wait is the first of the list.",
        conduct=_waiting(lambda delays: (delays[0],)),
        breaks=_SCHEDULES,
        implies=_SHORTER,
    ),
    Flaw(
        id="waits-grow-by-addition",
        row="P063",
        title="The back-off is linear.",
        conduct=_waiting(lambda delays: tuple(delays[0] * number for number, _ in enumerate(delays, start=1))),
        breaks=_SCHEDULES,
    ),
    Flaw(
        id="waits-are-three-times-as-long",
        row="P063",
        title="The back-off multiplies by another base.",
        conduct=_waiting(lambda delays: tuple(3 * delay for delay in delays)),
        breaks=_SCHEDULES,
        implies=("durability/power-cut",),
    ),
    Flaw(
        id="waits-are-capped",
        row="P063",
        title="No wait is longer than five minutes, because the queue allows no more.",
        conduct=_waiting(lambda delays: tuple(min(delay, 300.0) for delay in delays)),
        breaks=_SCHEDULES,
    ),
    Flaw(
        id="calls-ride-the-default-schedule",
        row="P063",
        title="There is one retry policy for all event types.",
        contract=_one_policy_for_all,
        breaks=("retries/call-schedule", "retries/call-sends"),
    ),
    Flaw(
        id="one-type-mixes-two-schedules",
        row="P063",
        title="Which of two workers takes an event decides its schedule.",
        conduct=lambda conduct: replace(conduct, parts=(_Undecided, *conduct.parts)),
        breaks=("retries/other-call-schedule",),
    ),
    Flaw(
        id="one-send-too-few",
        row="P064",
        title="The last attempt is compared with the limit before it is made.",
        conduct=_sending(lambda policy: min(policy.sends.values()) - 1),
        breaks=_COUNTS,
        implies=("durability/sends-counted",),
    ),
    Flaw(
        id="one-send-too-many",
        row="P064",
        title="Retries are counted from 0, and the last one is made in any case.",
        conduct=_sending(lambda policy: max(policy.sends.values()) + 1),
        breaks=_COUNTS,
        implies=("durability/sends-counted",),
    ),
    Flaw(
        id="declared-jitter-is-absent",
        row="P065",
        title="Jitter is documented and never applied: everything that failed together comes again together.",
        conduct=lambda conduct: replace(conduct, declared={**conduct.declared, "jitter_ratio": 0.2}),
        breaks=("retries/jitter",),
        needs=("jitter",),
    ),
    Flaw(
        id="jitter-takes-up-to-half-away",
        row="P066",
        title="A wait is anything between half of what was promised and all of it, and nobody says so.",
        conduct=_jittered(lambda dice, wait: dice.uniform(wait / 2, wait)),
        breaks=_SCHEDULES,
        implies=("durability/waits-kept",),
    ),
    Flaw(
        id="jitter-goes-below-its-floor",
        row="P066",
        title="Ten per cent of jitter are declared, waits lose up to sixty.",
        conduct=_jittered(lambda dice, wait: wait * dice.uniform(0.4, 0.8), jitter_ratio=0.1),
        breaks=_SCHEDULES,
        implies=("durability/waits-kept",),
    ),
    Flaw(
        id="jitter-turns-waits-negative",
        row="P066",
        title="Up to a minute is subtracted from every wait, also from shorter ones, so that retries are due in the past.",
        conduct=_jittered(lambda dice, wait: wait - dice.uniform(2, 60)),
        breaks=_SCHEDULES,
        implies=("durability/waits-kept",),
    ),
    Flaw(
        id="an-empty-schedule-means-the-built-in-one",
        row="P068",
        title="A policy without retries is falsy, so that the built-in policy applies.",
        conduct=_by_another_policy(_or_else),
        breaks=("retries/call-sends",),
    ),
    Flaw(
        id="a-wait-of-zero-means-the-built-in-one",
        row="P068",
        title="A wait of zero seconds is falsy, so that the built-in wait applies.",
        conduct=_waiting(lambda delays: tuple(delay or 5.0 for delay in delays)),
        breaks=("retries/call-schedule",),
    ),
    Flaw(
        id="a-wait-of-zero-ends-the-schedule",
        row="P068",
        title="Zero marks the end of the list of waits.",
        conduct=_by_another_policy(lambda policy: replace(policy, sends={"": 1}) if policy.delays[:1] == (0,) else policy),
        breaks=("retries/call-sends",),
        implies=("retries/server-errors",),
    ),
)
