"""How much work it is to validate, told before any validator begins: schemas of a few lines can keep one busy for years.

Law: the count is exact for the value at hand and is itself bounded; schemas that cannot become expensive are not counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hookproof.importing.dialects import LISTS, MAPS, SINGLES

MOST_STEPS = 2_000_000
_MOST_PLACES = 400_000
_DEFS = "#/$defs/"
_IN_PLACE = ("allOf", "anyOf", "oneOf")
_HERE = ("not", "if", "then", "else")


def harmless(schema: dict[str, Any]) -> bool:
    """Tell whether a schema is small even if every reference is written out, so that no value makes it expensive."""
    sizes: dict[str, int] = {}
    return _size(schema, schema.get("$defs", {}), sizes, set()) <= MOST_STEPS // 10


def _size(node: Any, defs: dict[str, Any], sizes: dict[str, int], open_names: set[str]) -> int:  # noqa: ANN401 -- a schema
    total, stack = 0, [node]
    while stack:
        item = stack.pop()
        total += 1
        for word, part in item.items() if isinstance(item, dict) else ():
            if word == "$ref":
                total += _size_of(part.removeprefix(_DEFS), defs, sizes, open_names)
            elif word in MAPS:
                stack.extend(part.values())
            elif word in LISTS:
                stack.extend(part)
            elif word in SINGLES:
                stack.append(part)
        if total > MOST_STEPS:
            break
    return total


def _size_of(name: str, defs: dict[str, Any], sizes: dict[str, int], open_names: set[str]) -> int:
    if name in open_names or len(open_names) > 200:  # noqa: PLR2004 -- it refers to itself, or the chain is longer than anybody writes
        return MOST_STEPS
    if name not in sizes:
        open_names.add(name)
        sizes[name] = _size(defs.get(name), defs, sizes, open_names)
        open_names.discard(name)
    return sizes[name]


class Scales:
    """Counts the steps of validating one value."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self.defs = schema.get("$defs", {})

    def steps(self, value: Any) -> int:  # noqa: ANN401 -- any JSON value
        """Give the number of schemas that are applied to parts of a value, at most a little more than the bound."""
        known: dict[tuple[int, int], int] = {}
        stack: list[tuple[Any, Any, bool]] = [(self.schema, value, False)]
        while stack:
            node, part, done = stack.pop()
            key = (id(node), id(part))
            if not isinstance(node, dict) or (key in known and not done):
                known.setdefault(key, 1)
                continue
            further = list(self._applied(node, part))
            if not done:
                known[key] = 1  # what leads back here in place counts once
                stack.append((node, part, True))
                stack.extend((other, inner, False) for other, inner in further)
            else:
                known[key] = min(1 + sum(known.get((id(other), id(inner)), 1) for other, inner in further), MOST_STEPS + 1)
            if len(known) > _MOST_PLACES:
                return MOST_STEPS + 1
        return known[id(self.schema), id(value)]

    def _applied(self, node: dict[str, Any], value: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 -- any JSON value
        """Give every schema that a schema applies, with the part of the value that it is applied to."""
        if "$ref" in node:
            yield self.defs.get(node["$ref"].removeprefix(_DEFS)), value
        for word in _IN_PLACE:
            yield from ((part, value) for part in node.get(word, ()))
        yield from ((node[word], value) for word in _HERE if word in node)
        yield from ((part, value) for part in node.get("dependentSchemas", {}).values())
        if isinstance(value, dict):
            own = node.get("properties", {})
            yield from ((own[name], part) for name, part in value.items() if name in own)
            for word in ("additionalProperties", "unevaluatedProperties"):
                if isinstance(node.get(word), dict):
                    yield from ((node[word], part) for part in value.values())
            for inner in node.get("patternProperties", {}).values():
                yield from ((inner, part) for part in value.values())
        elif isinstance(value, list):
            for word in ("items", "contains", "unevaluatedItems"):
                if isinstance(node.get(word), dict):
                    yield from ((node[word], part) for part in value)
            yield from zip(node.get("prefixItems", ()), value, strict=False)
