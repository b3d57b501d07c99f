"""Two flaws at once do not hide each other: forty random pairs here, hundreds by ``benchmarks/masking.py``."""

from __future__ import annotations

from functools import cache

import pytest

from tests.kill_matrix.pairing import Met, Pair, met, sample

pytestmark = pytest.mark.xdist_group("masking")  # each pair is met once
SEED, COUNT, BOTH = 20_260, 40, 0.95
PAIRS = tuple(pair for pair in sample(COUNT, SEED) if pair.distinct)


@cache
def _met(pair: Pair) -> Met:
    return met(pair)


@pytest.mark.parametrize("pair", PAIRS, ids=map(str, PAIRS))
def test_at_least_one_of_two_flaws_is_found(pair: Pair) -> None:
    """Whatever two flaws do to each other, a clause that is right for one of them is broken."""
    seen = _met(pair)
    assert seen.found, seen


def test_nearly_always_both_flaws_are_found() -> None:
    """In 95 % of the pairs that can be told apart each flaw breaks a clause of its own."""
    masking = [seen for seen in map(_met, PAIRS) if seen.found < 2]
    assert len(PAIRS) == COUNT
    assert len(masking) <= (1 - BOTH) * COUNT, masking
