"""Where a schema speaks of a value: every schema object that holds for every place of a valid value.

Law: of branches only those are entered that hold, so whatever is found here really binds its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hookproof.generate.schema.members import name_fits
from hookproof.generate.schema.whole import Part, Whole
from hookproof.model.contract import Json

Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Site:
    """One schema object and the place of the value that it binds."""

    node: Mapping[str, Any]
    path: Path
    value: Json


def sites(whole: Whole, value: Json) -> Iterator[Site]:
    """Give all that a schema says of a valid value, the outermost first, each once."""
    todo: list[tuple[Part, Path, Json]] = [(whole.root, (), value)]
    seen: set[tuple[int, Path]] = set()
    while todo:
        part, path, found = todo.pop(0)
        if not isinstance(part, dict) or (id(part), path) in seen:
            continue
        seen.add((id(part), path))
        yield Site(node=part, path=path, value=found)
        todo += [(each, path, found) for each in _in_place(whole, part, found)]
        todo += [(each, (*path, step), found[step]) for each, step in _inside(part, found)]


def _in_place(whole: Whole, node: Mapping[str, Any], value: Json) -> Iterator[Part]:
    yield from (whole.led_to(node[word]) for word in ("$ref", "$dynamicRef") if word in node)
    yield from node.get("allOf", ())
    for word in ("oneOf", "anyOf"):
        yield from (part for part in node.get(word, ()) if whole.valid(part)(value))
    if "if" in node:
        yield node.get("then" if whole.valid(node["if"])(value) else "else", True)
    if isinstance(value, dict):
        yield from (part for name, part in node.get("dependentSchemas", {}).items() if name in value)


def _inside(node: Mapping[str, Any], value: Json) -> Iterator[tuple[Part, Any]]:
    if isinstance(value, dict):
        for name in value:
            own = [node["properties"][name]] if name in node.get("properties", ()) else []
            own += [part for pattern, part in node.get("patternProperties", {}).items() if name_fits(pattern, name)]
            yield from ((part, name) for part in own)
            if not own:
                yield from ((node[word], name) for word in ("additionalProperties", "unevaluatedProperties") if word in node)
    if isinstance(value, list):
        first = node.get("prefixItems", ())
        for index in range(len(value)):
            if index < len(first):
                yield first[index], index
            elif "items" in node:
                yield node["items"], index
