"""Every variant, by id: the folder is scanned, nothing registers itself."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module

import hookproof.reference.variants as room
from hookproof.reference.departures import Variant


def _scanned() -> Mapping[str, Variant]:
    found: dict[str, Variant] = {}
    for module in sorted(pkgutil.iter_modules(room.__path__), key=lambda module: module.name):
        for each in getattr(import_module(f"{room.__name__}.{module.name}"), "VARIANTS", ()) if module.name != "catalogue" else ():
            if each.id in found:
                message = f"two {Variant.__name__} values are called {each.id}"
                raise ValueError(message)
            found[each.id] = each
    return found


VARIANTS: Mapping[str, Variant] = _scanned()
"""Variants by id, in order of module and place."""
