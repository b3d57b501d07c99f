"""Laws of the receiver's clock: it is read before anything is sent and after every restart, never taken to be ours."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.capabilities import Capabilities
from hookproof.model.errors import CapabilityError
from hookproof.staging.delivering import Delivering, Mailroom

WEEKS = 4_000_000.0


class Clock:
    """A receiver's clock that runs ``apart`` seconds from ours; it counts how often it was asked, and loses all at a restart."""

    url = "http://127.0.0.1:1/in"

    def __init__(self, apart: float, *, whole: bool = False) -> None:
        self.apart = apart
        self.whole = whole
        self.moved: list[float] = []

    def advance(self, seconds: float) -> str:
        """Move it and tell it."""
        self.moved.append(seconds)
        now = datetime.fromtimestamp(time.time() + self.apart, UTC)
        return now.isoformat(timespec="seconds" if self.whole else "auto")

    def lifecycle(self, action: str) -> None:
        """Set it back."""
        del action
        self.apart = 0.0


def room(receiver: object, mode: str = "virtual") -> Mailroom:
    """As much of a mailroom as is looked at."""
    found = SimpleNamespace(receiver=receiver, capabilities=Capabilities(roles=("receiver",), time=mode), ahead=0.0)
    found.read_clock = lambda: Mailroom.read_clock(cast("Mailroom", found))
    return cast("Mailroom", found)


@given(apart=st.floats(-WEEKS, WEEKS), whole=st.booleans())
def test_a_clock_that_was_moved_before_is_followed(apart: float, *, whole: bool) -> None:
    """What is sent is signed by the receiver's present, wherever an earlier run has left it; asking does not move it."""
    clock = Clock(apart, whole=whole)
    tools = room(clock)
    before = time.monotonic()
    tools.read_clock()
    assert abs(tools.ahead - apart) <= 2.0 + time.monotonic() - before
    assert clock.moved == [0]


def test_a_clock_that_is_ours_stays_ours() -> None:
    """Nothing is added for the way of an answer or for whole seconds, and a receiver without such a clock is not asked."""
    tools = room(Clock(0.0, whole=True))
    tools.read_clock()
    assert tools.ahead == 0
    real = Clock(WEEKS)
    room(real, "real").read_clock()
    assert real.moved == []


def test_a_restart_may_set_the_clock_back() -> None:
    """After a restart deliveries are signed by the time that the receiver has then."""
    tools = room(Clock(WEEKS))
    tools.read_clock()
    assert tools.ahead > WEEKS / 2
    stage = cast("Delivering", SimpleNamespace(tools=tools, note=lambda _name: None))
    Delivering.lifecycle(stage, "restart")
    assert tools.ahead == 0


@pytest.mark.parametrize("told", ["", "soon", "2026-11-21T12:00:00"])
def test_a_clock_that_is_not_told_is_an_error(told: str) -> None:
    """It names what was told, and no delivery is signed by a guess."""
    with pytest.raises(CapabilityError, match=r"tells its time as"):
        room(SimpleNamespace(url=Clock.url, advance=lambda _seconds: told)).read_clock()
