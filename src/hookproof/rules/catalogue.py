"""Every rule by name, found by scanning this folder."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import hookproof.rules
from hookproof.rules.parameters import parameters_schema
from hookproof.rules.rule import Rule


def _scan() -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for info in sorted(pkgutil.iter_modules(hookproof.rules.__path__), key=lambda info: info.name):
        if info.name == "catalogue":
            continue
        module = import_module(f"{hookproof.rules.__name__}.{info.name}")
        for value in vars(module).values():
            if isinstance(value, Rule):
                found[value.name] = value
    return found


RULES: Mapping[str, Rule] = _scan()
"""Rule by name."""

RULE_PARAMETERS: Mapping[str, Mapping[str, Any]] = {n: parameters_schema(rule.parameters, rule.optional) for n, rule in RULES.items()}
"""By rule: the JSON Schema of what a clause may tell it, for the contract loader."""
