"""Every expected case by flaw: the folder of reasons is scanned."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module

import tests.kill_matrix.reasons as room
from tests.kill_matrix.reason import Case


def _scanned() -> Mapping[str, Case]:
    found: dict[str, Case] = {}
    for module in sorted(pkgutil.iter_modules(room.__path__), key=lambda module: module.name):
        cases: Mapping[str, Case] = import_module(f"{room.__name__}.{module.name}").CASES
        assert not found.keys() & cases.keys(), module.name
        found |= cases
    return found


CASES: Mapping[str, Case] = _scanned()
