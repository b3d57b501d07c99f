"""The reference's three kinds of time: virtual, scaled and real, in integer microseconds since the epoch.

Law: a virtual clock moves only when told; scaled time shortens promised spans and nothing else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
VIRTUAL, SCALED, REAL = "virtual", "scaled", "real"


class Clocked(Protocol):
    """Whatever has a virtual clock of its own."""

    clock: int


@dataclass(frozen=True, kw_only=True)
class Timekeeping:
    """How time passes. ``scale`` divides promised spans when scaled; ``timeout_cap`` bounds the real wait unless time is real."""

    mode: str = VIRTUAL
    scale: float = 1.0
    timeout_cap: float = 1.0

    @property
    def virtual(self) -> bool:
        """Whether clocks move only by ``advance``."""
        return self.mode == VIRTUAL

    def now(self, scope: Clocked) -> int:
        """Give a scope's present moment."""
        return scope.clock if self.virtual else wall()

    def span(self, seconds: float) -> int:
        """Turn a promised span into the one that passes here."""
        return round(seconds * MICROSECONDS / (self.scale if self.mode == SCALED else 1.0))

    def wait_for(self, timeout: float) -> float:
        """Give the real seconds to wait for an answer that is promised ``timeout`` seconds."""
        return timeout if self.mode == REAL else min(timeout, self.timeout_cap)

    def failure_moment(self, scope: Clocked, sent_at: int, timeout: float, *, timed_out: bool) -> int:
        """Say when an attempt failed: after the whole time-out on a virtual clock, otherwise now."""
        if self.virtual and timed_out:
            return sent_at + self.span(timeout)
        return self.now(scope)


def wall() -> int:
    """Give the wall clock."""
    return time.time_ns() // 1000


def rfc3339(moment: int) -> str:
    """Write a moment in UTC with microseconds and ``Z``."""
    stamp = _EPOCH + timedelta(microseconds=moment)
    return stamp.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment_of(stamp: datetime) -> int:
    """Turn an aware datetime into a moment."""
    return (stamp - _EPOCH) // timedelta(microseconds=1)
