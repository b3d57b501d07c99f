"""Bodies that differ from given ones in one place: a member less or more, a value of another type, at a bound, or of another text."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

_OTHERS: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**12,
    "",
    "text",
    "2027-01-01T00:00:00Z",
    "https://example.test/",
    [],
    {},
    ["x"],
    {"x": 1},
)


def mutated(body: Any, seed: str, count: int) -> Iterator[Any]:
    """Give ``count`` bodies, each with one place of ``body`` changed, the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 -- reproducible data, no secret
    places = list(_places(body))
    for _ in range(count if places else 0):
        holder_steps, key = dice.choice(places)
        changed = copy.deepcopy(body)
        holder: Any = changed
        for step in holder_steps:
            holder = holder[step]
        turn = dice.randrange(4)
        if turn == 0 and isinstance(holder, dict):
            del holder[key]
        elif turn == 1 and isinstance(holder, dict):
            holder[f"{key}x"] = holder[key]
        else:
            holder[key] = dice.choice(_OTHERS)
        yield changed


def _places(value: Any, steps: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        yield steps, key
        yield from _places(part, (*steps, key))
