"""Every flaw, by id: the folder is scanned, nothing registers itself."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module

import hookproof.reference.flaws as room
from hookproof.reference.departures import Flaw


def _scanned() -> Mapping[str, Flaw]:
    found: dict[str, Flaw] = {}
    for module in sorted(pkgutil.iter_modules(room.__path__), key=lambda module: module.name):
        for each in getattr(import_module(f"{room.__name__}.{module.name}"), "FLAWS", ()) if module.name != "catalogue" else ():
            if each.id in found:
                message = f"two {Flaw.__name__} values are called {each.id}"
                raise ValueError(message)
            found[each.id] = each
    return found


FLAWS: Mapping[str, Flaw] = _scanned()
"""Flaws by id, in order of module and place."""
