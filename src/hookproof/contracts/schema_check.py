"""Checks the JSON Schemas that a contract brings along.

Law: only keywords of draft 2020-12 (or ``x-…``), only references inside the same schema, only patterns that RE2 can run in linear
time, no more than a stated number of steps for one value; so a schema can neither fetch, nor hang, nor silently say nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

import jsonschema_rs
import re2

from hookproof.contracts.document import Document, Path, did_you_mean
from hookproof.model.errors import IllFormedError

Marks = dict[str | tuple[str, ...], Path]
"""The path of each schema inside a schema by the references that lead to it: ``#``, anchors, and the steps of pointers."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MAPS = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLES = frozenset({
    "items", "contains", "additionalProperties", "propertyNames", "if", "then", "else", "not",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
})  # fmt: skip
_IN_PLACE = frozenset({"allOf", "anyOf", "oneOf", "dependentSchemas", "if", "then", "else"})
_OTHERS = frozenset({
    "$schema", "$id", "$ref", "$anchor", "$dynamicRef", "$dynamicAnchor", "$comment",
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength",
    "pattern", "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties",
    "required", "dependentRequired", "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples",
    "format", "contentEncoding", "contentMediaType",
})  # fmt: skip
_KEYWORDS = _MAPS | _LISTS | _SINGLES | _OTHERS
_PATTERN_BYTES = 1 << 20
MOST_STEPS = 10_000
"""How many schemas may be applied to one value."""
MOST_PATTERN_STEPS = 500_000
"""How many steps the compiled patterns of one schema may have in all."""


def check_schema(document: Document, path: Path, schema: Any) -> jsonschema_rs.Draft202012Validator:  # noqa: ANN401 -- JSON
    """Refuse a schema that breaks the law above; give the compiled one."""
    nodes = dict(schema_nodes(schema))
    marks = _marks(nodes)
    left = MOST_PATTERN_STEPS
    for place, node in nodes.items():
        _check_words(document, (*path, *place), node, top=not place)
        _check_references(document, (*path, *place), node, marks)
        left -= _check_patterns(document, (*path, *place), node)
        if left < 0:
            raise document.fault((*path, *place), "the patterns of the schema are too large in all", "Shorten them, or use fewer.")
    _check_steps(document, path, nodes, marks)
    try:
        return jsonschema_rs.Draft202012Validator(
            schema, offline=True, validate_formats=True, ignore_unknown_formats=False, pattern_options=jsonschema_rs.RegexOptions()
        )
    except jsonschema_rs.ValidationError as error:
        where = (*path, *error.instance_path)
        raise document.fault(where, f"it is not JSON Schema 2020-12: {error.message}", "Mend the schema.") from None
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        raise document.fault(path, f"it is not JSON Schema 2020-12: {error}", "Mend the schema.") from None


def check_instance(document: Document, path: Path, validator: jsonschema_rs.Draft202012Validator, value: Any) -> None:  # noqa: ANN401 -- any JSON value
    """Refuse an example that its schema refuses."""
    error = next(iter(validator.iter_errors(value)), None)
    if error is not None:
        where = (*path, *error.instance_path)
        raise document.fault(where, f"the example is not valid: {error.message}", "Mend the example or the schema.")


def members(schema: Mapping[str, Any]) -> frozenset[str]:
    """Give the names of all members that a schema describes at its top level, also by way of references inside it."""
    found: set[str] = set()
    nodes = dict(schema_nodes(schema))
    marks = _marks(nodes)
    todo: list[Path] = [()]
    seen: set[Path] = set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        found.update(nodes.get(path, {}).get("properties", ()))
        todo.extend(_in_place(path, nodes, marks))
    return frozenset(found)


def schema_nodes(schema: Any) -> Iterator[tuple[Path, dict[str, Any]]]:  # noqa: ANN401 -- JSON that may be no schema yet
    """Give every schema inside a schema that is an object, with its path, the whole one first."""
    yield from _nodes((), schema)


def _nodes(path: Path, schema: Any) -> Iterator[tuple[Path, dict[str, Any]]]:  # noqa: ANN401 -- JSON that may be no schema yet
    if not isinstance(schema, dict):
        return
    yield path, schema
    for word, part in schema.items():
        for steps, inner in _parts(word, part):
            yield from _nodes((*path, *steps), inner)


def _parts(word: str, part: Any) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401 -- JSON that may be no schema yet
    """Give the schemas right below a keyword, with their steps from the schema that holds it."""
    if word in _SINGLES:
        yield (word,), part
    elif word in _MAPS and isinstance(part, dict):
        for name, item in part.items():
            yield (word, name), item
    elif word in _LISTS and isinstance(part, list):
        for position, item in enumerate(part):
            yield (word, position), item


def _marks(nodes: Mapping[Path, Any]) -> Marks:
    """Give the path of every schema by what leads to it."""
    marks: Marks = {"#": ()}
    for path, node in nodes.items():
        marks.setdefault(tuple(map(str, path)), path)
        marks.update({f"#{node[word]}": path for word in ("$anchor", "$dynamicAnchor") if isinstance(node.get(word), str)})
    return marks


def _in_place(path: Path, nodes: Mapping[Path, Any], marks: Marks, *, more: str = "") -> list[Path]:
    """Give the schemas that a schema applies to the very value that it is applied to; ``more``: a further keyword that does."""
    node = nodes.get(path, {})
    inner = [(*path, *steps) for word, part in node.items() if word in _IN_PLACE or word == more for steps, _ in _parts(word, part)]
    led = [_pointed(node[word], marks) for word in ("$ref", "$dynamicRef") if isinstance(node.get(word), str)]
    return [each for each in (*inner, *led) if each is not None]


def _check_steps(document: Document, path: Path, nodes: Mapping[Path, Any], marks: Marks) -> None:
    """Refuse references in a circle, and references that multiply into more than ``MOST_STEPS`` for one value."""
    if len(nodes) <= MOST_STEPS and not any("$ref" in node or "$dynamicRef" in node for node in nodes.values()):
        return  # a tree applies each of its schemas once
    steps: dict[Path, int | None] = {}
    todo = list(nodes)
    while todo:
        place = todo[-1]
        if steps.get(place) is not None:
            todo.pop()
            continue
        parts = _in_place(place, nodes, marks, more="not")
        if place not in steps:
            steps[place] = None  # begun
            circle = next((part for part in parts if part in steps and steps[part] is None), None)
            if circle is not None:
                cause = "the reference leads back to the schema that it stands in, without a step into the value"
                raise document.fault((*path, *place), cause, "Refer to another schema, or remove the reference.")
            todo.extend(part for part in parts if part not in steps)
            continue
        steps[place] = total = 1 + sum(steps.get(part) or 0 for part in parts)
        if total > MOST_STEPS:
            cause = f"its references multiply: one value is looked at more than {MOST_STEPS} times"
            raise document.fault((*path, *place), cause, "Refer to a schema once.")


def _check_words(document: Document, path: Path, node: dict[str, Any], *, top: bool) -> None:
    for word in node:
        if word not in _KEYWORDS and not word.startswith("x-"):
            raise document.fault((*path, word), f"the JSON Schema keyword {word!r} is unknown", did_you_mean(word, _KEYWORDS))
    if node.get("$schema", DIALECT) != DIALECT:
        raise document.fault((*path, "$schema"), "contracts are written in JSON Schema 2020-12", f"Write {DIALECT} or leave it out.")
    if "$id" in node and not top:
        raise document.fault((*path, "$id"), "a schema inside a schema has an $id of its own", "Remove it; refer with #/$defs/….")


def _check_references(document: Document, path: Path, node: dict[str, Any], marks: Marks) -> None:
    for word in ("$ref", "$dynamicRef"):
        target = node.get(word, "#")
        if isinstance(target, str) and not target.startswith("#"):
            cause = f"the reference {target!r} leads outside the contract"
            raise document.fault((*path, word), cause, "Refer only to parts of the same schema: #/$defs/….")
        if isinstance(target, str) and target.startswith("#/") and _pointed(target, marks) is None:
            known = [f"#/$defs/{place[1]}" for place in marks.values() if len(place) == 2 and place[0] == "$defs"]  # noqa: PLR2004 -- $defs, name
            raise document.fault((*path, word), f"the reference {target!r} leads to no schema", did_you_mean(target, known))


def _pointed(target: str, marks: Marks) -> Path | None:
    """Give the path of the schema that a reference means, None if there is none."""
    if not target.startswith("#/"):
        return marks.get(target)
    return marks.get(tuple(step.replace("~1", "/").replace("~0", "~") for step in unquote(target[2:]).split("/")))


def _check_patterns(document: Document, path: Path, node: dict[str, Any]) -> int:
    """Refuse patterns that RE2 cannot run; give the number of steps of the others."""
    keys = node.get("patternProperties")
    named = keys if isinstance(keys, dict) else ()
    total = 0
    for where, pattern in [("pattern", node.get("pattern")), *(("patternProperties", key) for key in named)]:
        fault, steps = _compiled(pattern) if isinstance(pattern, str) else (None, 0)
        if fault is not None:
            raise _unfit(document, (*path, where), pattern, fault)
        total += steps
    return total


def _unfit(document: Document, path: Path, pattern: Any, fault: str) -> IllFormedError:  # noqa: ANN401 -- shown only
    remedy = (
        "Write it without look-around, back-references and huge repetitions, and [0-9] instead of classes that engines read differently."
    )
    return document.fault(path, f"RE2 cannot run the pattern {pattern!r}: {fault}", remedy)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> tuple[str | None, int]:
    """Tell why RE2 refuses a pattern, None if it does not, and how many steps the compiled one has."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_BYTES
    try:
        return None, int(re2.compile(pattern, options).programsize)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason), 0
