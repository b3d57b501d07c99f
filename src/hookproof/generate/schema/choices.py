"""Who decides when a value is made: dice of a seed, or whatever else gives whole numbers, such as Hypothesis.

Law: makers take every decision from here, 0 being the simplest, so that the same decisions make the same value.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

DEEPEST = 10
"""Levels below the top at which optional members are still made."""
ENOUGH = 4000
"""Members after which a value is brought to its end."""

_DIGIT = 1 << 32
_LOW = 1 << 96
"""What is left of a number when another is needed, so that every decision is as good as even."""


class Choices:
    """The decisions for one value.

    ``below(n)`` gives a whole number from 0 to n - 1, ``between(a, b)`` one from a to b. ``presence`` decides for all optional members at
    once, None lets each be decided. ``left`` counts down the members that may still be made, ``depth`` is how deep one is.
    """

    __slots__ = ("below", "between", "depth", "left", "presence")

    def __init__(
        self, below: Callable[[int], int], between: Callable[[int, int], int], *, presence: bool | None = None, left: int = ENOUGH
    ) -> None:
        self.below = below
        self.between = between
        self.presence = presence
        self.left = left
        self.depth = 0

    @property
    def ending(self) -> bool:
        """Whether only what must be is still made."""
        return self.presence is False or self.depth >= DEEPEST or self.left <= 0

    @property
    def deep(self) -> bool:
        """Whether the lowest branch is taken, so that a value comes to its end."""
        return self.depth >= DEEPEST or self.left <= 0


def diced(seed: str, *, presence: bool | None = None) -> Choices:
    """Give decisions that follow from a seed alone."""
    state = turn = 0
    own = seed.encode()

    def below(count: int) -> int:
        nonlocal state, turn
        if state < _LOW:
            turn += 1
            state = int.from_bytes(blake2b(own, salt=turn.to_bytes(8, "big")).digest(), "big")
        state, found = divmod(state, count)
        return found

    return Choices(below, spanning(below), presence=presence)


def spanning(below: Callable[[int], int]) -> Callable[[int, int], int]:
    """Give what decides within any range, from what decides within a small one."""

    def between(least: int, most: int) -> int:
        count, found, reach = most - least + 1, 0, 1
        while reach < count:
            found, reach = found * _DIGIT + below(_DIGIT), reach * _DIGIT
        return least + found % count

    return between
