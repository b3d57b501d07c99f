"""The nouns that rules and judge pass about are values."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

from hookproof import rules

NOUNS = sorted(
    {
        noun
        for module in map(import_module, ["hookproof.judge", *(f"hookproof.rules.{info.name}" for info in iter_modules(rules.__path__))])
        for noun in vars(module).values()
        if is_dataclass(noun) and isinstance(noun, type) and noun.__module__ == module.__name__
    },
    key=lambda noun: noun.__qualname__,
)


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: str(noun.__qualname__))
def test_what_rules_pass_about_is_frozen_and_made_by_name(noun: Any) -> None:
    """Nothing that judging passes about can be changed under a rule, and its parts are named where it is made."""
    assert noun.__dataclass_params__.frozen
    assert all(found.kw_only for found in fields(noun))
