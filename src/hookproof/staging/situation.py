"""What a situation is: a name, what it needs, and a function that stages it.

Law: the decorator returns a value and registers nothing; the suites' folder is scanned. A situation may ``yield`` once, where
only the target's own time-out is awaited: other situations are staged meanwhile.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol, TypeVar


class Scene(Protocol):
    """What every stage can do, whichever role is judged."""

    def note(self, name: str, **facts: Any) -> None:  # noqa: ANN401 -- small JSON values
        """Record a fact that judging must know."""

    def leave(self) -> None:
        """Let go of what this situation holds open."""


S = TypeVar("S", bound=Scene)


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Something to put a target through. Without the capabilities in ``needs`` it is not staged at all; ``act`` takes the role's stage."""

    name: str
    needs: tuple[str, ...]
    act: Callable[[Any], Iterator[None] | None]


def situation(*, needs: tuple[str, ...] = ()) -> Callable[[Callable[[S], Iterator[None] | None]], Situation]:
    """Turn a function into a ``Situation`` named like it."""

    def make(function: Callable[[S], Iterator[None] | None]) -> Situation:
        return Situation(name=function.__name__, needs=needs, act=function)

    return make


def scan(package: ModuleType) -> Mapping[str, Situation]:
    """Find every situation in a package's modules, by name."""
    found: dict[str, Situation] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        for value in vars(import_module(f"{package.__name__}.{info.name}")).values():
            if isinstance(value, Situation):
                found[value.name] = value
    return found
