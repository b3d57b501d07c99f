"""Looks for an instance that one schema accepts and another refuses.

Law: what is given is such an instance, judged by the validator; none given proves nothing. The search is bounded and the same every time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from hookproof.contracts.schema_check import schema_nodes

Judge = Callable[[Any], bool]
MOST_TRIED = 3000
_SAMPLES: tuple[Any, ...] = ("x", 1, None, True, 0, -1, 1.5, "", [], {}, [1], {"x": 1})


def find_witness(
    schemas: Sequence[Any], examples: Sequence[Any], accepts: Judge, refuses: Judge, *, changed: Sequence[Any] = ()
) -> tuple[Any, ...]:
    """Give the first instance that ``accepts`` takes and ``refuses`` does not, in a tuple of one; an empty tuple if none was found.

    ``changed``: parts of the schemas that differ; values at their edges and members that they name are tried first.
    """
    starts = [*examples, *_made(schemas)]
    for parts in (changed, schemas):
        values, names = _values(parts), _names(parts)
        for candidate in islice(_near([*starts, *values], values, names), MOST_TRIED):
            if accepts(candidate) and not refuses(candidate):
                return (candidate,)
    return ()


def _near(starts: Sequence[Any], values: Sequence[Any], names: Sequence[str]) -> Iterator[Any]:
    """Give the starts, then each of them with one place changed."""
    yield from starts
    for start in starts:
        yield from _altered(start, values, names)


def _altered(value: Any, values: Sequence[Any], names: Sequence[str]) -> Iterator[Any]:  # noqa: ANN401 -- JSON
    if isinstance(value, dict):
        for key in value:
            yield {other: part for other, part in value.items() if other != key}
        for key, part in value.items():
            yield from ({**value, key: inner} for inner in _altered(part, values, names))
        yield from ({**value, name: other} for name in names if name not in value for other in values)
    elif isinstance(value, list):
        yield from (value[:position] + value[position + 1 :] for position in range(len(value)))
        yield from ([*value, *value[-1:]], [*value, *value])
        for position, part in enumerate(value):
            yield from ([*value[:position], inner, *value[position + 1 :]] for inner in _altered(part, values, names))
    yield from values


def _values(schemas: Sequence[Any]) -> list[Any]:
    """Give values at the edges of what the schemas name, each once."""
    found = [value for schema in schemas for _, node in schema_nodes(schema) for value in _edges(node)]
    unique = {json.dumps(value, sort_keys=True): value for value in (*found, *_SAMPLES)}
    return list(unique.values())


def _edges(node: dict[str, Any]) -> Iterator[Any]:
    yield from node.get("enum", ())
    yield from [node["const"]] if "const" in node else []
    for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        if word in node:
            yield from (node[word], node[word] - 1, node[word] + 1)
    for word in ("minLength", "maxLength"):
        yield from ("x" * length for length in _around(node.get(word)))
    for word in ("minItems", "maxItems"):
        yield from ([0] * length for length in _around(node.get(word)))
        yield from (list(range(length)) for length in _around(node.get(word)))


def _around(size: Any) -> tuple[int, ...]:  # noqa: ANN401 -- JSON
    return tuple(range(max(int(size) - 1, 0), int(size) + 2)) if isinstance(size, int | float) and size <= 1000 else ()  # noqa: PLR2004 -- bounded


def _names(schemas: Sequence[Any]) -> list[str]:
    found = [
        name for schema in schemas for _, node in schema_nodes(schema) for name in (*node.get("properties", ()), *node.get("required", ()))
    ]
    return list(dict.fromkeys((*found, "x-unheard-of")))


def _made(schemas: Sequence[Any]) -> Iterator[Any]:
    """Give objects with all that a schema requires, as far as one look at it tells."""
    for schema in schemas:
        yield _instance(schema, schema, 0)


def _instance(node: Any, root: Any, depth: int) -> Any:  # noqa: ANN401 -- JSON
    if not isinstance(node, dict) or depth > 8:  # noqa: PLR2004 -- deeper ones are not made
        return "x"
    if isinstance(reference := node.get("$ref"), str):
        found = root
        for step in reference.removeprefix("#").split("/")[1:]:
            found = found.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
        return _instance(found, root, depth + 1)
    if "const" in node or node.get("enum"):
        return node["const"] if "const" in node else node["enum"][0]
    kinds = node.get("type", "object" if "properties" in node else "string")
    kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
    if kind == "object":
        known = node.get("properties", {})
        return {name: _instance(known.get(name, {}), root, depth + 1) for name in dict.fromkeys((*node.get("required", ()), *known))}
    if kind == "array":
        return [_instance(node.get("items", {}), root, depth + 1)] * int(node.get("minItems", 1))
    plain = {"integer": node.get("minimum", 1), "number": node.get("minimum", 1), "boolean": True, "null": None}
    return plain.get(kind, "x" * int(node.get("minLength", 1)))
