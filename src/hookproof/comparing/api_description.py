"""What an OpenAPI document says of each operation, with its references followed, as far as it can be read.

Law: nothing outside the document is read; what cannot be followed is unclear, never guessed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from hookproof.contracts.document import Document
from hookproof.contracts.schema_check import check_schema, schema_nodes
from hookproof.model.errors import IllFormedError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_COMPONENTS = "#/components/schemas/"
_REMARKS = ("example", "xml", "externalDocs", "discriminator")
_FORMATS = frozenset({"int32", "int64", "float", "double", "password", "binary", "byte"})
"""Formats of OpenAPI that decide nothing about a value."""
_MOST_STEPS = 20
_READ = ("parameters", "requestBody", "responses", "security", "deprecated")
_TEMPLATE = re.compile(r"\{[^{}]*\}")


class UnclearError(Exception):
    """A part of a description that cannot be followed or has not its form."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation. ``parameters`` by where they stand and their name, in a path by their number; ``rest`` is what else is said.

    ``security``: the ways to be let in, any of which serves.
    """

    path: str
    method: str
    parameters: Mapping[tuple[str, str], dict[str, Any]]
    body: dict[str, Any] | None
    responses: Mapping[str, dict[str, Any]]
    security: frozenset[frozenset[tuple[str, tuple[str, ...]]]]
    rest: dict[str, Any]


class Description:
    """An OpenAPI document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def names(self) -> dict[str, tuple[str, str]]:
        """Give path and method of each operation by its name."""
        paths = self.document.get("paths")
        return {
            str(operation.get("operationId", f"{method} {_TEMPLATE.sub('{}', path)}")): (path, method)
            for path, item in (paths.items() if isinstance(paths, dict) else ())
            if isinstance(item, dict)
            for method, operation in item.items()
            if isinstance(operation, dict) and method in METHODS
        }

    def operation(self, path: str, method: str) -> Operation:
        """Read one operation; raise ``UnclearError`` if a part of it cannot be read."""
        item = self.document["paths"][path]
        said = item[method]
        places = [part[1:-1] for part in _TEMPLATE.findall(path)]
        parameters = dict(self._parameters(item, places)) | dict(self._parameters(said, places))
        responses = {str(status).upper(): self.followed(part) for status, part in _mapping(said.get("responses", {})).items()}
        return Operation(
            path=_TEMPLATE.sub("{}", path),
            method=method,
            parameters=parameters,
            body=self.followed(said["requestBody"]) if "requestBody" in said else None,
            responses={status.replace("DEFAULT", "default"): part for status, part in responses.items()},
            security=_security(said.get("security", self.document.get("security", []))),
            rest={word: part for word, part in {**item, **said}.items() if word not in (*METHODS, *_READ)},
        )

    def _parameters(self, holder: Mapping[str, Any], places: Sequence[str]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
        for part in _listing(holder.get("parameters", [])):
            found = self.followed(part)
            place, name = str(found.get("in")), str(found.get("name"))
            if place == "path" and name in places:  # callers see where it stands, not what it is called
                name = f"{places.index(name) + 1}"
            yield (place, name.lower() if place == "header" else name), found

    def followed(self, part: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
        """Give the object that a part means, by way of references inside the document."""
        for _ in range(_MOST_STEPS):
            if not isinstance(part, dict):
                raise UnclearError
            if not isinstance(part.get("$ref"), str):
                return part
            part = self._pointed(part["$ref"])
        raise UnclearError

    def _pointed(self, reference: str) -> Any:  # noqa: ANN401 -- JSON
        if not reference.startswith("#/"):
            raise UnclearError
        node: Any = self.document
        for step in unquote(reference[2:]).split("/"):
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or name not in node:
                raise UnclearError
            node = node[name]
        return node

    def schema(self, part: Any) -> Any:  # noqa: ANN401 -- JSON
        """Give a schema that stands alone, with the components that it needs; raise ``UnclearError`` for what nobody can compare."""
        components = _mapping(_mapping(self.document.get("components", {})).get("schemas", {}))
        made, needed, todo = _plain(part), dict[str, Any](), [part]
        while todo:
            for name in _named(todo.pop()):
                if name not in needed:
                    if name not in components:
                        raise UnclearError
                    needed[name] = _plain(components[name])
                    todo.append(components[name])
        if needed:
            made = {**made, "$defs": {name: needed[name] for name in sorted(needed)}}
        try:
            check_schema(Document(subject="", value=made), (), made)
        except IllFormedError:
            raise UnclearError from None
        return made


def _mapping(part: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    if not isinstance(part, dict):
        raise UnclearError
    return part


def _listing(part: Any) -> list[Any]:  # noqa: ANN401 -- JSON
    if not isinstance(part, list):
        raise UnclearError
    return part


def _security(part: Any) -> frozenset[frozenset[tuple[str, tuple[str, ...]]]]:  # noqa: ANN401 -- JSON
    """Give the ways to be let in; none at all is one that asks for nothing."""
    ways = [_mapping(way) for way in _listing(part)] or [{}]
    return frozenset(frozenset((name, tuple(sorted(map(str, _listing(scopes))))) for name, scopes in way.items()) for way in ways)


def _plain(schema: Any) -> Any:  # noqa: ANN401 -- JSON
    """Give a schema without words that only OpenAPI has, its references led to where its definitions will stand."""
    found = copy.deepcopy(schema)
    for _, node in list(schema_nodes(found)):
        for word in [word for word in _REMARKS if word in node]:
            del node[word]
        if node.get("format") in _FORMATS:
            del node["format"]
        if isinstance(node.get("$ref"), str):
            node["$ref"] = node["$ref"].replace(_COMPONENTS, "#/$defs/", 1)
    return found


def _named(schema: Any) -> list[str]:  # noqa: ANN401 -- JSON
    """Give the names of the components that a schema refers to."""
    references = [node["$ref"] for _, node in schema_nodes(schema) if isinstance(node.get("$ref"), str)]
    inside = [reference.removeprefix(_COMPONENTS).split("/")[0] for reference in references if reference.startswith(_COMPONENTS)]
    return [unquote(name).replace("~1", "/").replace("~0", "~") for name in inside]
