"""What it means that a schema does not hold: the ways in which a value can break it, each a schema.

Law: every value of one of the ways breaks the schema, or the way is marked as a guess that must be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hookproof.generate.schema.whole import Part, Whole

EXCLUDED = "x-hookproof-excluded"
"""A keyword of ours: values that are not wanted."""
KINDS = ("null", "boolean", "integer", "number", "string", "array", "object")

Ways = Iterator[dict[str, Any]]


def _bound(kind: str, word: str, shift: int = 0) -> Callable[[Whole, Any, Mapping[str, Any]], Ways]:
    def ways(_whole: Whole, bound: Any, _schema: Mapping[str, Any]) -> Ways:  # noqa: ANN401 -- a number of the schema
        if bound + shift >= 0 or kind == "number":
            yield {"type": kind, word: bound + shift}

    return ways


def _kinds(_whole: Whole, told: Any, _schema: Mapping[str, Any]) -> Ways:  # noqa: ANN401 -- a word or a list of words
    named = {told} if isinstance(told, str) else set(told)
    own = named | ({"integer"} if "number" in named else set())
    others = [kind for kind in KINDS if kind not in own and not (kind == "number" and "integer" in own)]
    if others:
        yield {"type": others}


def _members(whole: Whole, told: Any, _schema: Mapping[str, Any]) -> Ways:  # noqa: ANN401 -- schemas by name
    for name, part in told.items():
        for way in broken(whole, part):
            yield {"type": "object", "required": [name], "properties": {name: way}}


def _all_of(whole: Whole, told: Any, _schema: Mapping[str, Any]) -> Ways:  # noqa: ANN401 -- schemas
    for part in told:
        yield from broken(whole, part)


_WAYS: Mapping[str, Callable[[Whole, Any, Mapping[str, Any]], Ways]] = {
    "$ref": lambda whole, told, _: broken(whole, whole.led_to(told)),
    "const": lambda _whole, told, _schema: iter([{EXCLUDED: [told]}]),
    "enum": lambda _whole, told, _schema: iter([{EXCLUDED: told}]),
    "type": _kinds,
    "required": lambda _whole, told, _schema: ({"type": "object", "properties": {name: False}} for name in told),
    "properties": _members,
    "allOf": _all_of,
    "anyOf": lambda _whole, told, _schema: iter([{"allOf": [{"not": part} for part in told]}]),
    "oneOf": lambda _whole, told, _schema: iter([{"allOf": [{"not": part} for part in told]}]),
    "not": lambda _whole, told, _schema: iter([{"allOf": [told]}]),
    "minimum": _bound("number", "exclusiveMaximum"),
    "maximum": _bound("number", "exclusiveMinimum"),
    "exclusiveMinimum": _bound("number", "maximum"),
    "exclusiveMaximum": _bound("number", "minimum"),
    "minLength": _bound("string", "maxLength", -1),
    "maxLength": _bound("string", "minLength", 1),
    "minItems": _bound("array", "maxItems", -1),
    "maxItems": _bound("array", "minItems", 1),
    "minProperties": _bound("object", "maxProperties", -1),
    "maxProperties": _bound("object", "minProperties", 1),
}
_REMARKS = frozenset({
    "$schema", "$id", "$comment", "$defs", "$anchor", "$dynamicAnchor", "title", "description", "examples", "default", "then", "else",
    "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema",
})  # fmt: skip


def broken(whole: Whole, schema: Part) -> Ways:
    """Give the ways in which a value can break a schema; none if none can."""
    if schema is False:
        yield {}
    if not isinstance(schema, dict):
        return
    for word, told in schema.items():
        if word in _WAYS:
            yield from _WAYS[word](whole, told, schema)
        elif word not in _REMARKS and not word.startswith("x-"):
            yield {}  # a guess


def certain(whole: Whole, schema: Part, depth: int = 0) -> bool:
    """Whether every value of one of the ways is sure to break the schema."""
    if not isinstance(schema, dict) or depth > len(KINDS):
        return not isinstance(schema, dict)
    inner = [*schema.get("allOf", ()), *schema.get("properties", {}).values()]
    inner += [whole.led_to(schema["$ref"])] if "$ref" in schema else []
    known = all(word in _WAYS or word in _REMARKS or word.startswith("x-") for word in schema)
    return known and all(certain(whole, part, depth + 1) for part in inner)
