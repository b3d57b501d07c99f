"""The schedule that the trials promise, and every way of not keeping it.

Law: a wrong schedule is a platform that believes in another contract or jitters more than it says; nothing else about it is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from hookproof.model.contract import Contract, PolicyAssignment, RetryPolicy
from hookproof.reference import outcomes
from hookproof.reference.conduct import Conduct
from hookproof.reference.outcomes import Outcome
from hookproof.reference.timekeeping import Timekeeping
from hookproof.staging.session import read_contract

SCALE = 1000.0
"""Divisor of promised seconds in scaled time: a promised second is a real millisecond."""

DOUBLING = (50.0, 100.0, 200.0, 400.0, 800.0)
"""Promised seconds between sends, for the trials of wrong schedules."""

Delays = tuple[float, ...]


@cache
def promising(delays: Delays) -> Contract:
    """Give the contract under which every event that fails is sent again after these seconds, and then no more."""
    orbit = read_contract("orbit")
    retry = {"default": RetryPolicy(name="default", delays=delays, sends={"all waits used": len(delays) + 1})}
    everything = (PolicyAssignment(events=("*",), policies=("default",)),)
    return replace(orbit, policy=replace(orbit.policy, retry=retry, assignments=everything))


def uneven(count: int, shortest: int = 50, longest: int = 400) -> Delays:
    """Give ``count`` waits between two bounds in promised seconds, in an order without pattern; always the same ones."""
    dice = random.Random(count)  # noqa: S311 -- reproducible waits, no secret
    return tuple(float(dice.randint(shortest, longest)) for _ in range(count))


@dataclass(frozen=True, kw_only=True)
class Jittered:
    """Waits that are the promised ones times something between ``low`` and ``high``; travels to other processes by its members."""

    low: float
    high: float
    dice: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 -- reproducible jitter, no secret

    def __call__(self, policy: RetryPolicy | None, made: int, failed_at: int, ending: Outcome, timekeeping: Timekeeping) -> int | None:
        """Say when to try again."""
        due = outcomes.retry_at(policy, made, failed_at, ending, timekeeping)
        return None if due is None else failed_at + round((due - failed_at) * self.dice.uniform(self.low, self.high))


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How a platform waits: ``followed`` for what is promised, times ``jitter``; ``declared`` is the jitter ratio that it admits.

    ``fault``: None if it is right, ``early`` if some wait is too short, ``late`` if all that is wrong is too long.
    """

    name: str
    fault: str | None
    followed: Callable[[Delays], Delays] = lambda delays: delays
    jitter: tuple[float, float] = (1.0, 1.0)
    declared: float = 0.0

    @property
    def conduct(self) -> Conduct:
        """Give how such a platform behaves."""
        return Conduct() if self.jitter == (1.0, 1.0) else Conduct(retry_at=Jittered(low=self.jitter[0], high=self.jitter[1]))


def _linear(delays: Delays) -> Delays:
    return tuple(delays[0] * number for number, _ in enumerate(delays, start=1))


SCHEDULES = {
    schedule.name: schedule
    for schedule in (
        Schedule(name="right", fault=None),
        Schedule(name="right-with-jitter", fault=None, jitter=(0.8, 1.2), declared=0.2),
        Schedule(name="constant", fault="early", followed=lambda delays: delays[:1] * len(delays)),
        Schedule(name="linear", fault="early", followed=_linear),
        Schedule(name="shifted-back", fault="early", followed=lambda delays: (delays[0], *delays[:-1])),
        Schedule(name="shifted-on", fault="late", followed=lambda delays: (*delays[1:], 2 * delays[-1])),
        Schedule(name="threefold", fault="late", followed=lambda delays: tuple(3 * delay for delay in delays)),
        Schedule(name="capped", fault="early", followed=lambda delays: tuple(min(delay, 400.0) for delay in delays)),
        Schedule(name="jitter-below-its-floor", fault="early", jitter=(0.6, 1.2), declared=0.2),
        Schedule(name="jitter-undeclared", fault="early", jitter=(0.8, 1.2)),
    )
}
"""Right and wrong schedules by name."""
