"""A schema that stood alone is put into a larger document.

Law: what it accepts stays the same; its references, which led from its own top, lead from where it stands now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

MAPS = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
"""Keywords that hold schemas by name."""
LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords that hold schemas in order."""
SINGLES = frozenset({
    "items", "contains", "additionalProperties", "propertyNames", "if", "then", "else", "not",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
})  # fmt: skip
"""Keywords that hold one schema."""
_NAMES = ("$schema", "$id", "$anchor", "$dynamicAnchor")

Json = Any  # JSON documents are plain Python values


def mapped(schema: Json, change: Callable[[dict[str, Json]], Json]) -> Json:
    """Give a copy of a schema in which each schema that is an object, the innermost first, was replaced by what ``change`` makes of it."""
    if not isinstance(schema, dict):
        return schema
    copied: dict[str, Json] = {}
    for word, part in schema.items():
        if word in SINGLES:
            copied[word] = mapped(part, change)
        elif word in MAPS and isinstance(part, Mapping):
            copied[word] = {name: mapped(item, change) for name, item in part.items()}
        elif word in LISTS and isinstance(part, list):
            copied[word] = [mapped(item, change) for item in part]
        else:
            copied[word] = part
    return change(copied)


def grafted(schema: Json, at: str) -> Json:
    """Give a schema as it stands at a place of a larger document, for example ``#/components/schemas/order.paid``."""
    anchors = dict(_anchors(schema, ""))

    def change(node: dict[str, Json]) -> Json:
        moved = {word: part for word, part in node.items() if word not in (*_NAMES, "$ref", "$dynamicRef")}
        refs = [_moved(node[word], at, anchors) for word in ("$ref", "$dynamicRef") if word in node]
        if len(refs) == 1:
            return {"$ref": refs[0], **moved}
        return {**moved, "allOf": [*moved.get("allOf", ()), *({"$ref": ref} for ref in refs)]} if refs else moved

    return mapped(schema, change)


def _moved(target: str, at: str, anchors: Mapping[str, str]) -> str:
    inside = unquote(target.removeprefix("#"))
    if not inside.startswith("/"):
        return at + anchors.get(inside, "")
    return at + "".join(f"/{escaped(step.replace('~1', '/').replace('~0', '~'))}" for step in inside.split("/")[1:])


def _anchors(schema: Json, at: str) -> Iterator[tuple[str, str]]:
    """Give each anchor with the JSON Pointer of its schema."""
    if not isinstance(schema, dict):
        return
    yield from ((schema[word], at) for word in ("$anchor", "$dynamicAnchor") if word in schema)
    for word, part in schema.items():
        if word in SINGLES:
            yield from _anchors(part, f"{at}/{word}")
        elif word in MAPS and isinstance(part, Mapping):
            for name, item in part.items():
                yield from _anchors(item, f"{at}/{word}/{escaped(name)}")
        elif word in LISTS and isinstance(part, list):
            for position, item in enumerate(part):
                yield from _anchors(item, f"{at}/{word}/{position}")


def escaped(name: str) -> str:
    """Write a name as a step of a JSON Pointer inside a reference."""
    text = name.replace("~", "~0").replace("/", "~1")
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-._~$") else _percent(letter) for letter in text)


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogatepass"))
