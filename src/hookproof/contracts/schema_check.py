"""Checks the JSON Schemas that a contract brings along.

Law: only keywords of draft 2020-12 (or ``x-…``), only references inside the same schema, only patterns that RE2 can run in linear
time; so a schema can neither fetch, nor hang, nor silently say nothing.
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


def check_schema(document: Document, path: Path, schema: Any) -> jsonschema_rs.Draft202012Validator:  # noqa: ANN401 -- JSON
    """Refuse a schema that breaks the law above; give the compiled one."""
    nodes = dict(_nodes((), schema))
    for place, node in nodes.items():
        _check_words(document, (*path, *place), node, top=not place)
        _check_references(document, (*path, *place), node, nodes)
        _check_patterns(document, (*path, *place), node)
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
    nodes = dict(_nodes((), schema))
    todo: list[Path] = [()]
    seen: set[Path] = set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        node = nodes.get(path, {})
        found.update(node.get("properties", ()))
        if "$ref" in node:
            todo.append(_pointed(node["$ref"], nodes) or path)
        depth = len(path)
        todo.extend(other for other in nodes if depth < len(other) <= depth + 2 and other[:depth] == path and other[depth] in _IN_PLACE)
    return frozenset(found)


def _nodes(path: Path, schema: Any) -> Iterator[tuple[Path, dict[str, Any]]]:  # noqa: ANN401 -- JSON that may be no schema yet
    """Give every schema inside a schema that is an object, with its path."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for word, part in schema.items():
        if word in _SINGLES:
            yield from _nodes((*path, word), part)
        elif word in _MAPS and isinstance(part, dict):
            for name, item in part.items():
                yield from _nodes((*path, word, name), item)
        elif word in _LISTS and isinstance(part, list):
            for position, item in enumerate(part):
                yield from _nodes((*path, word, position), item)


def _check_words(document: Document, path: Path, node: dict[str, Any], *, top: bool) -> None:
    for word in node:
        if word not in _KEYWORDS and not word.startswith("x-"):
            raise document.fault((*path, word), f"the JSON Schema keyword {word!r} is unknown", did_you_mean(word, _KEYWORDS))
    if node.get("$schema", DIALECT) != DIALECT:
        raise document.fault((*path, "$schema"), "contracts are written in JSON Schema 2020-12", f"Write {DIALECT} or leave it out.")
    if "$id" in node and not top:
        raise document.fault((*path, "$id"), "a schema inside a schema has an $id of its own", "Remove it; refer with #/$defs/….")


def _check_references(document: Document, path: Path, node: dict[str, Any], nodes: Mapping[Path, Any]) -> None:
    for word in ("$ref", "$dynamicRef"):
        target = node.get(word, "#")
        if isinstance(target, str) and not target.startswith("#"):
            cause = f"the reference {target!r} leads outside the contract"
            raise document.fault((*path, word), cause, "Refer only to parts of the same schema: #/$defs/….")
        if isinstance(target, str) and target.startswith("#/") and _pointed(target, nodes) is None:
            known = [f"#/$defs/{place[1]}" for place in nodes if len(place) == 2 and place[0] == "$defs"]  # noqa: PLR2004 -- $defs, name
            raise document.fault((*path, word), f"the reference {target!r} leads to no schema", did_you_mean(target, known))


def _pointed(target: str, nodes: Mapping[Path, Any]) -> Path | None:
    """Give the path of the schema that a reference means, None if there is none."""
    if not target.startswith("#/"):
        return next((path for path, node in nodes.items() if node.get("$anchor") == target[1:]), ())
    steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in unquote(target[2:]).split("/"))
    return next((path for path in nodes if tuple(map(str, path)) == steps), None)


def _check_patterns(document: Document, path: Path, node: dict[str, Any]) -> None:
    keys = node.get("patternProperties")
    named = keys if isinstance(keys, dict) else ()
    for where, pattern in [("pattern", node.get("pattern")), *(("patternProperties", key) for key in named)]:
        fault = _pattern_fault(pattern) if isinstance(pattern, str) else None
        if fault is not None:
            raise _unfit(document, (*path, where), pattern, fault)


def _unfit(document: Document, path: Path, pattern: Any, fault: str) -> IllFormedError:  # noqa: ANN401 -- shown only
    remedy = (
        "Write it without look-around, back-references and huge repetitions, and [0-9] instead of classes that engines read differently."
    )
    return document.fault(path, f"RE2 cannot run the pattern {pattern!r}: {fault}", remedy)


@lru_cache(maxsize=1024)
def _pattern_fault(pattern: str) -> str | None:
    """Tell why RE2 refuses a pattern, None if it does not."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_BYTES
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    return None
