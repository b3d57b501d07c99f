"""Checks a document against the JSON Schema of its format, in words that tell what to write instead."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from hookproof.contracts.document import Document, Path, did_you_mean
from hookproof.contracts.places import schema_path
from hookproof.model.errors import IllFormedError


@cache
def load_format_schema(name: str) -> dict[str, Any]:
    """Give the JSON Schema of one of our formats: ``provider``, ``policy``, ``clauses``, ``event``, ``results``, ``transcript``…."""
    schema: dict[str, Any] = json.loads(schema_path(name).read_text("utf-8"))
    return schema


@cache
def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_format_schema(name), offline=True, validate_formats=True)


def check_format(document: Document, name: str) -> None:
    """Refuse a document that is not of the named format."""
    fault = next(format_faults(document, name), None)
    if fault is not None:
        raise fault


def format_faults(document: Document, name: str) -> Iterator[IllFormedError]:
    """Give everything in which a document is not of the named format."""
    for error in _validator(name).iter_errors(document.value):
        yield _explained(document, (), load_format_schema(name), error)


def value_faults(document: Document, path: Path, value: Any, schema: Mapping[str, Any]) -> Iterator[IllFormedError]:  # noqa: ANN401 -- JSON
    """Give everything in which a value, which stands at a path of a document, is not what a schema of ours says; what is missing last."""
    errors = jsonschema_rs.Draft202012Validator(dict(schema)).iter_errors(value)
    for error in sorted(errors, key=lambda each: each.kind.name == "required"):
        yield _explained(document, path, schema, error)


def _explained(document: Document, base: Path, schema: Mapping[str, Any], error: jsonschema_rs.ValidationError) -> IllFormedError:
    path = (*base, *error.instance_path)
    facts = error.kind.as_dict()
    node = _node(schema, error.schema_path[:-1])
    meaning = f"{node.get('title', 'It')}: {node.get('description', 'see contracts/README.md')}"
    if error.kind.name == "additionalProperties":
        key = min(facts["unexpected"])
        return document.fault((*path, key), f"the key {key!r} is unknown", did_you_mean(key, node.get("properties", ())))
    if error.kind.name in ("required", "dependentRequired"):
        return _missing(document, path, node, error)
    if error.kind.name == "enum" and isinstance(error.instance, str):
        words = [word for word in facts["options"] if isinstance(word, str)]
        return document.fault(path, f"{error.instance!r} is not one of {', '.join(words)}", did_you_mean(error.instance, words))
    return document.fault(path, error.message, meaning)


def _missing(document: Document, path: Path, node: dict[str, Any], error: jsonschema_rs.ValidationError) -> IllFormedError:
    present = error.instance if isinstance(error.instance, dict) else {}
    wanted = list(node.get("required", ())) + [
        key for given, keys in node.get("dependentRequired", {}).items() if present.get(given) is not None for key in keys
    ]
    key = next((key for key in wanted if key not in present), "key")
    meaning = node.get("properties", {}).get(key, {}).get("description", "see contracts/README.md")
    return document.fault(path, f"the key {key!r} is missing", f"Add {key}: {meaning}")


def _node(schema: Mapping[str, Any], steps: list[str | int]) -> dict[str, Any]:
    """Give the part of a schema at a path."""
    node: Any = schema
    for step in steps:
        node = node[step]
    return node if isinstance(node, dict) else {}
