"""Definitions inside definitions move up beside them, so that every format and draft finds them in the same place.

Law: what each definition accepts stays the same; only names of what was inside are new.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookproof.exporting.grafting import escaped, mapped
from hookproof.exporting.keys import free, keys

Json = Any  # JSON documents are plain Python values


def hoisted(definitions: Mapping[str, Json], root: str) -> dict[str, Json]:
    """Give the definitions that stand at ``root`` with the ``$defs`` at the top of each as definitions of their own."""
    taken = set(definitions)
    found: dict[str, Json] = {}
    moves: dict[str, str] = {}
    for name, schema in definitions.items():
        inner = schema.get("$defs", {})
        for part, key in keys(inner).items():
            moved = free(f"{name}.{key}", taken)
            taken.add(moved)
            moves[f"{root}/{name}/$defs/{escaped(part)}"] = f"{root}/{moved}"
            found[moved] = inner[part]
        found[name] = {word: said for word, said in schema.items() if word != "$defs"}
    return {name: mapped(schema, lambda node: _led(node, moves)) for name, schema in found.items()} if moves else found


def _led(node: dict[str, Json], moves: Mapping[str, str]) -> dict[str, Json]:
    target = node.get("$ref", "")
    steps = target.split("/")
    for end in range(len(steps), 0, -1):
        new = moves.get("/".join(steps[:end]))
        if new is not None:
            return {**node, "$ref": "/".join([new, *steps[end:]])}
    return node
