"""How a defect gets into the judge: a piece of its source is replaced, and every function that changed runs the new code.

Law: the seed fails loudly where its place is gone, so that no defect is ever "caught" because it was never there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from hookproof.rules.rule import Rule


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a seed or a law may need: a patch that ends with the test, and a folder."""

    patch: pytest.MonkeyPatch
    folder: Path


Seed = Callable[[Surroundings], None]
Law = Callable[[Surroundings], None]


@dataclass(frozen=True, kw_only=True)
class Defect:
    """A defect of judges, seeded in one way, and the laws of our own tests of which each must notice it.

    ``noticed``: how the laws fail; a crash that is not named here does not count.
    """

    id: str
    name: str
    seed: Seed
    laws: tuple[Law, ...]
    noticed: tuple[type[BaseException], ...] = (AssertionError, pytest.fail.Exception)


def source(module: ModuleType, old: str, new: str) -> Seed:
    """Replace a piece of a module's source that stands there exactly once."""

    def seed(around: Surroundings) -> None:
        path = Path(module.__file__ or "")
        text = path.read_text()
        assert text.count(old) == 1, f"{path.name} holds {old!r} {text.count(old)} times: mend the seed"
        fresh: dict[str, Any] = {"__name__": module.__name__, "__file__": str(path)}
        exec(compile(text.replace(old, new), str(path), "exec"), fresh)  # noqa: S102 -- our own source with one change
        changed = dict(_functions(fresh, module.__name__))
        swapped = 0
        for name, function in _functions(vars(module), module.__name__):
            if function.__code__ != changed[name].__code__:
                around.patch.setattr(function, "__code__", changed[name].__code__)
                swapped += 1
        assert swapped, f"{old!r} is in no function of {path.name}"

    return seed


def _functions(names: Mapping[str, Any], module: str) -> Iterator[tuple[str, FunctionType]]:
    for name, value in names.items():
        if isinstance(value, type) and value.__module__ == module:
            yield from ((f"{name}.{inner}", function) for inner, function in _functions(vars(value), module))
            continue
        found = _bare(value)
        if isinstance(found, FunctionType) and found.__module__ == module:
            yield name, found


def _bare(value: object) -> object:
    """Take the function out of what a decorator made of it."""
    if isinstance(value, Rule):
        return value.judge
    if isinstance(value, property):
        return value.fget
    if isinstance(value, cached_property):
        return value.func
    if isinstance(value, staticmethod | classmethod):
        return value.__func__
    return value


def value(place: object, name: str, new: object) -> Seed:
    """Replace an attribute."""
    return lambda around: around.patch.setattr(place, name, new)


def law(check: Callable[..., object], *told: object, **more: object) -> Law:
    """Make a law of one of our tests, with these arguments; what Hypothesis would draw is given too."""
    hypothesis = getattr(check, "hypothesis", None)
    plain = check if hypothesis is None else hypothesis.inner_test

    def ask(_around: Surroundings) -> None:
        plain(*told, **more)

    ask.__name__ = getattr(check, "__name__", "law")
    return ask
