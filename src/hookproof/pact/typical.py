"""A plain value of a JSON Schema, for places of which the contract shows no example.

Law: it is there to be looked at; where a schema asks for more than these words say, the value need not satisfy it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = Any
_TEXTS: Mapping[str, str] = {
    "date-time": "2027-03-01T09:30:00Z",
    "date": "2027-03-01",
    "time": "09:30:00Z",
    "uuid": "123e4567-e89b-42d3-a456-426614174000",
    "email": "ada@example.test",
    "uri": "https://example.test/",
    "uri-reference": "https://example.test/",
    "hostname": "example.test",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_DEEPEST = 16


def typical(schema: Json, root: Mapping[str, Json], depth: int = 0) -> Json:
    """Give a value of a schema, whose references lead into ``root``; an object has its required members only."""
    if isinstance(schema, bool) or depth > _DEEPEST:
        return "text"
    if "$ref" in schema:
        return typical(pointed(root, schema["$ref"]), root, depth + 1)
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    for word in ("examples", "enum"):
        if schema.get(word):
            return next((each for each in schema[word] if each is not None), None)
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())[:1], *schema.get("anyOf", ())[:1]):
        if "type" not in schema and "properties" not in schema:
            return typical(part, root, depth + 1)
    return _of_kind(kind_of(schema), schema, root, depth)


def _of_kind(kind: str, schema: Mapping[str, Json], root: Mapping[str, Json], depth: int) -> Json:
    if kind == "object":
        known = schema.get("properties", {})
        return {name: typical(known.get(name, True), root, depth + 1) for name in schema.get("required", ())}
    if kind == "array":
        return [typical(schema.get("items", True), root, depth + 1)] * max(1, schema.get("minItems", 1))
    if kind == "string":
        text = _TEXTS.get(schema.get("format", ""), "text")
        return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
    number = schema.get("minimum", min(schema.get("maximum", 1), 1))
    return {"integer": number, "number": number, "boolean": True}.get(kind)


def kind_of(schema: Mapping[str, Json]) -> str:
    """Give the first type of a schema that is not null; ``string`` where none is named."""
    named = schema.get("type", "object" if "properties" in schema else "array" if "items" in schema else "string")
    kinds = named if isinstance(named, list) else [named]
    return str(next((kind for kind in kinds if kind != "null"), "null"))


def pointed(root: Mapping[str, Json], reference: str) -> Mapping[str, Json]:
    """Follow a reference inside a document; an empty schema if it leads nowhere or outside."""
    found: Json = root
    for step in filter(None, reference.removeprefix("#").split("/")):
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) and reference.startswith("#") else {}
