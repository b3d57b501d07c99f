"""Two validators on the same instances: every payload of a contract, right ones and each with one thing wrong.

Law: an instance on which they differ is told with both answers; the same seed gives the same instances.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jsonschema

from hookproof.generate.payloads import payloads
from hookproof.model.contract import Contract, Event
from hookproof.rules.bodies import validator

WRONG: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    0.5,
    1e300,
    "",
    "text",
    "0",
    "2027-02-30T12:00:00Z",
    "2027-01-31T12:00:00",
    [],
    [{}],
    {},
    {"x": 1},
)
"""What takes the place of a value; each is right somewhere."""


@dataclass(kw_only=True)
class Tally:
    """What two validators said: how many instances both accepted and both refused, and each on which they differ."""

    accepted: int = 0
    refused: int = 0
    differences: list[tuple[str, str, Any]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many instances both looked at."""
        return self.accepted + self.refused + len(self.differences)


def instances(event: Event, count: int, seed: int) -> Iterator[Any]:
    """Give payloads of an event: the first half right, the second half with one thing wrong."""
    right = payloads(event, count - count // 2, seed)
    yield from right
    dice = random.Random(f"{seed}/{event.name}")  # noqa: S311 -- reproducible instances, no secret
    for number in range(count // 2):
        yield _spoilt(right[number % len(right)], dice)


def _spoilt(value: Any, dice: random.Random) -> Any:
    """Give a copy with one value, at any depth, replaced or removed."""
    places = list(_places(value))
    if not places:
        return dice.choice(WRONG)
    *before, last = dice.choice(places)
    changed = copy.deepcopy(value)
    node = changed
    for step in before:
        node = node[step]
    if dice.random() < 0.2:
        del node[last]
    else:
        node[last] = copy.deepcopy(dice.choice(WRONG))
    return changed


def _places(value: Any) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in pairs:
        yield (step,)
        yield from ((step, *rest) for rest in _places(part))


def agreement(promised: Contract, count: int, seed: int) -> Tally:
    """Ask jsonschema-rs, as the judge compiles it, and jsonschema about ``count`` payloads of every event."""
    found, said = Tally(), Counter[bool]()
    for name, event in sorted(promised.events.items()):
        first = validator(event.schema)
        second = jsonschema.Draft202012Validator(dict(event.schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        for instance in instances(event, count, seed):
            answer = first.is_valid(instance)
            if answer is second.is_valid(instance):
                said[answer] += 1
            else:
                found.differences.append((name, f"jsonschema-rs {'accepts' if answer else 'refuses'}", instance))
    found.accepted, found.refused = said[True], said[False]
    return found
