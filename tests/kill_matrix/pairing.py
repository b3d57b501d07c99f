"""Two flaws in one platform: which clauses tell them apart, and which of them were still found.

Law: a right clause of a flaw is one that it breaks and that the other flaw alone neither breaks nor implies.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from hookproof.model.contract import Role
from hookproof.model.errors import HookproofError
from hookproof.reference.departures import Departures, Flaw
from hookproof.reference.flaws.catalogue import FLAWS
from tests.kill_matrix.cases import CASES
from tests.kill_matrix.trial import tried
from tests.suites.courtroom import orbit


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two flaws that work at once."""

    first: Flaw
    second: Flaw

    def __str__(self) -> str:
        """Name both."""
        return f"{self.first.id}+{self.second.id}"

    @cached_property
    def right(self) -> tuple[frozenset[str], frozenset[str]]:
        """The right clauses of each."""
        return _apart(self.first, self.second), _apart(self.second, self.first)

    @property
    def distinct(self) -> bool:
        """Whether each flaw has a right clause, so that both can be found."""
        return all(self.right)


def _apart(flaw: Flaw, other: Flaw) -> frozenset[str]:
    return frozenset(flaw.breaks) - {*other.breaks, *other.implies}


@dataclass(frozen=True, kw_only=True)
class Met:
    """What the judge said of a pair: every broken clause, and the right clauses of either flaw among them.

    ``error``: the target was so broken that a situation could not be staged.
    """

    pair: str
    distinct: bool
    broken: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    second: tuple[str, ...] = ()
    error: str = ""

    @property
    def found(self) -> int:
        """How many of the two flaws were found by a right clause."""
        return bool(self.first) + bool(self.second)


def eligible() -> tuple[Flaw, ...]:
    """Give the platform's flaws that Orbit itself forbids, in a stable order."""
    known = (FLAWS[name] for name in sorted(FLAWS.keys() & CASES.keys()))
    return tuple(flaw for flaw in known if flaw.role is Role.PLATFORM and CASES[flaw.id].judged_by(orbit()) is orbit())


def drawn(seed: int) -> Iterator[Pair]:
    """Give every pair of eligible flaws once, in an order that follows from the seed."""
    pairs = [Pair(first=first, second=second) for first, second in combinations(eligible(), 2)]
    random.Random(seed).shuffle(pairs)  # noqa: S311 -- a sample, no secret
    yield from pairs


def sample(count: int, seed: int) -> tuple[Pair, ...]:
    """Give ``count`` pairs that can be told apart, and among them, in the order drawn, those that cannot."""
    chosen: list[Pair] = []
    for pair in drawn(seed):
        if sum(each.distinct for each in chosen) == count:
            break
        chosen.append(pair)
    return tuple(chosen)


def met(pair: Pair) -> Met:
    """Put a platform with both flaws before the whole judge."""
    try:
        broken = tried(Departures(flaws=(pair.first.id, pair.second.id))).broken.keys()
    except HookproofError as error:
        return Met(pair=str(pair), distinct=pair.distinct, error=str(error))
    first, second = (tuple(sorted(right & broken)) for right in pair.right)
    if not pair.distinct:  # whatever either breaks is all that can be asked for
        first = tuple(sorted({*pair.first.breaks, *pair.second.breaks} & broken))
    return Met(pair=str(pair), distinct=pair.distinct, broken=tuple(sorted(broken)), first=first, second=second)
