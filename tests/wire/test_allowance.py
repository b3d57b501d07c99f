"""Laws of the caps: whatever is asked for, in any order and at any moment, no more goes out than was allowed."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.errors import IllFormedError
from hookproof.wire.allowance import RESERVED, Allowance
from hookproof.wire.destination import FOREIGN, LOCAL, Caps

PAUSES = st.lists(st.floats(0, 2), min_size=1, max_size=60)


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Read it."""
        return self.now


@given(PAUSES, st.floats(0.5, 50))
def test_no_span_holds_more_requests_than_its_rate(pauses: list[float], rate: float) -> None:
    """However unevenly requests are asked for, any span of T seconds sees at most rate times T and one of them begin."""
    clock, begun = Clock(), list[float]()
    allowance = Allowance(Caps(requests_per_second=rate), clock=clock)
    for pause in pauses:
        clock.now += pause
        begun.append(clock.now + allowance.turn())
    for first, start in enumerate(begun):
        for last in range(first, len(begun)):
            assert last - first <= rate * (begun[last] - start) + 1e-6


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 65_536)), min_size=1, max_size=60), st.floats(1e3, 1e6))
def test_no_span_holds_more_bytes_than_its_rate(slices: list[tuple[float, int]], rate: float) -> None:
    """Any span of T seconds sees at most rate times T bytes and one slice written."""
    clock, begun = Clock(), list[float]()
    allowance = Allowance(Caps(bytes_per_second=rate), clock=clock)
    for pause, size in slices:
        clock.now += pause
        begun.append(clock.now + allowance.passage(size))
    sums = [0, *accumulate(size for _, size in slices)]
    for first, start in enumerate(begun):
        for last in range(first, len(begun)):
            assert sums[last] - sums[first] <= rate * (begun[last] - start) + 1e-3


@given(st.lists(st.integers(1, 9), max_size=40), st.integers(1, 60))
def test_the_total_is_never_passed(batches: list[int], most: int) -> None:
    """A batch that would pass the total is refused whole, and everything before it was counted."""
    allowance = Allowance(Caps(requests=most))
    taken = 0
    for count in batches:
        if taken + count <= most:
            allowance.take(count)
            taken += count
        else:
            with pytest.raises(IllFormedError, match="the cap on requests"):
                allowance.take(count)
            assert allowance.spent
        assert allowance.sent == taken <= most


@given(st.integers(1, 100))
def test_deliveries_leave_connections_for_questions(wanted: int) -> None:
    """At a foreign host so few deliveries are in flight that questions and plain HTTP fit into the cap too; here as many as asked for."""
    assert Allowance(FOREIGN).abreast(wanted) + RESERVED <= FOREIGN.connections
    assert Allowance(LOCAL).abreast(wanted) == wanted


def test_this_machine_is_not_slowed() -> None:
    """On loopback nothing waits."""
    allowance = Allowance(clock=Clock())
    assert [allowance.turn() + allowance.passage(1 << 20) for _ in range(100)] == [0.0] * 100


@given(st.floats(0.1, 1e4), st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_nothing_is_begun_after_the_last_second(seconds: float, pauses: list[float]) -> None:
    """Whoever asks before the deadline may send, whoever asks at it or later may not, and nothing of that is counted."""
    clock = Clock()
    allowance = Allowance(Caps(seconds=seconds), clock=clock)
    for pause in pauses:
        clock.now += pause
        sent = allowance.sent
        if clock.now < seconds:
            allowance.take(1)
            assert (allowance.sent, allowance.spent) == (sent + 1, False)
        else:
            with pytest.raises(IllFormedError, match=r"1 more were due.*--deadline"):
                allowance.take(1)
            assert (allowance.sent, allowance.spent) == (sent, True)


@given(st.sampled_from([LOCAL, FOREIGN]), st.floats(0, 1e3), st.floats(0, 1e5))
def test_a_wish_only_tightens_the_rate(caps: Caps, rate: float, seconds: float) -> None:
    """A wished rate never lifts the one that binds; no wish changes nothing."""
    found = caps.within(rate, seconds)
    assert caps.within(0, 0) == caps
    assert not caps.requests_per_second or found.requests_per_second <= caps.requests_per_second
    assert not rate or 0 < found.requests_per_second <= rate
    assert found.seconds == (seconds or caps.seconds)
    assert (found.requests, found.connections, found.bytes_per_second) == (caps.requests, caps.connections, caps.bytes_per_second)
