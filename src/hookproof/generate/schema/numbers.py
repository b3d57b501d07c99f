"""Numbers: at the edges of their range, beside 2^53, beyond 64 bits, of a step.

Law: each pool is sorted from the simplest, which is the nearest to zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from hookproof.model.contract import Json

SAFE = 2**53 - 1
"""The largest integer that every JSON reader keeps (RFC 7493)."""
_PLAIN = (0, 1, -1, 255, 65_536, 2_147_483_648, SAFE, -SAFE)
_HARD = (2**53, 2**53 + 1, -(2**53), -(2**53) - 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, -(10**30))
_FRACTIONS = (0.5, -0.25, 1e-7, 123456.789, 1e15, 0.1)
_HARD_FRACTIONS = (5e-324, 1e300, -1e300, 1e21, 1.5, 2.0**53)


@dataclass(frozen=True, kw_only=True)
class Span:
    """Which numbers are allowed: bounds, None where there is none, and the step that all are multiples of."""

    least: Fraction | None = None
    most: Fraction | None = None
    above: Fraction | None = None
    below: Fraction | None = None
    step: Fraction | None = None

    def has(self, value: float) -> bool:
        """Whether a number lies inside."""
        own = exact(value)
        return (
            (self.least is None or own >= self.least)
            and (self.most is None or own <= self.most)
            and (self.above is None or own > self.above)
            and (self.below is None or own < self.below)
            and (self.step is None or _stepped(value, self.step))
        )

    @property
    def low(self) -> Fraction | None:
        """The lower bound, whether it is inside or not."""
        return max((bound for bound in (self.least, self.above) if bound is not None), default=None)

    @property
    def high(self) -> Fraction | None:
        """The upper bound, whether it is inside or not."""
        return min((bound for bound in (self.most, self.below) if bound is not None), default=None)


def exact(number: float) -> Fraction:
    """Read a number of a schema as it is written."""
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _stepped(value: float, step: Fraction) -> bool:
    """Whether a number is a multiple, as written and as floating point sees it, so that every validator agrees."""
    if (exact(value) / step).denominator != 1:
        return False
    own = value / float(step) if isinstance(value, float) or step.denominator != 1 else 0.0
    return own == int(own)


def span(nodes: Sequence[Mapping[str, Json]]) -> Span:
    """Join the ranges of several schemas."""

    def told(word: str) -> list[Fraction]:
        return [exact(node[word]) for node in nodes if isinstance(node.get(word), int | float) and not isinstance(node[word], bool)]

    step: Fraction | None = None
    for each in told("multipleOf"):
        step = each if step is None else Fraction(math.lcm(step.numerator, each.numerator), math.gcd(step.denominator, each.denominator))
    return Span(
        least=max(told("minimum"), default=None),
        most=min(told("maximum"), default=None),
        above=max(told("exclusiveMinimum"), default=None),
        below=min(told("exclusiveMaximum"), default=None),
        step=step,
    )


def integers(allowed: Span, *, wide: bool) -> tuple[int, ...]:
    """Give the integers that are worth trying, the nearest to zero first."""
    step = 1 if allowed.step is None else allowed.step.numerator
    wanted = {*_PLAIN, *(_HARD if wide else ())}
    for bound in (allowed.low, allowed.high):
        if bound is not None:
            base = math.floor(bound)
            wanted |= {base - 1, base, base + 1, base + 2}
    near = {multiple for number in wanted for multiple in ((number // step) * step, -((-number) // step) * step)}
    return tuple(sorted((n for n in near if allowed.has(n)), key=lambda n: (abs(n), n < 0)))


def numbers(allowed: Span, *, wide: bool) -> tuple[float, ...]:
    """Give the numbers that are worth trying, integers among them."""
    found: dict[float, None] = dict.fromkeys(integers(allowed, wide=wide))
    found.update(dict.fromkeys(number for number in _fractions(allowed, wide=wide) if math.isfinite(number) and allowed.has(number)))
    return tuple(sorted(found, key=lambda n: (abs(n), n < 0)))


def _fractions(allowed: Span, *, wide: bool) -> Iterator[float]:
    low, high = allowed.low, allowed.high
    if allowed.step is not None:
        starts = [bound / allowed.step for bound in (low, high) if bound is not None] or [Fraction(0)]
        for start in starts:
            yield from (float((math.floor(start) + offset) * allowed.step) for offset in (-1, 0, 1, 2, 3, 7, 50))
        return
    yield from (*_FRACTIONS, *(_HARD_FRACTIONS if wide else ()))
    for bound in (low, high):
        if bound is not None:
            own = float(bound)
            yield from (own, math.nextafter(own, math.inf), math.nextafter(own, -math.inf), own + 0.5, own - 0.5)
    if low is not None and high is not None:
        yield float((low + high) / 2)
