"""The contract's description of its subscription API, narrowed to what is worth sending, and kept wide for what must be refused.

Law: narrowing is for making requests only. Whether a refusal was promised is asked of the description as it stands, with the catalog.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from hookproof.model.contract import Contract

CREATE, LIST, READ, UPDATE, DELETE = "createWebhook", "listWebhooks", "getWebhook", "updateWebhook", "deleteWebhook"
PUBLISHED = "x-hookproof-as-published"
"""Where a narrowed description keeps what it was."""
_ADDRESS = r"^https?://[^/?#\s]+"
_WHSEC = r"^whsec_([A-Za-z0-9+/]{4}){8,21}$"
"""Secrets as Standard Webhooks has them, of 24 to 63 bytes."""
_STANDARD = "standard-webhooks"

Json = Any  # JSON documents are plain Python values


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an operation is called: path template and method in lower case."""

    path: str
    method: str


def plain(document: Mapping[str, Json]) -> dict[str, Json]:
    """Give a copy made of plain dicts and lists."""
    found: dict[str, Json] = json.loads(json.dumps(document, default=dict))
    return found


def places(document: Mapping[str, Json]) -> Mapping[str, Place]:
    """Give where each operation with an id is called."""
    return {operation["operationId"]: place for place, operation in _operations(document)}


def _operations(document: Mapping[str, Json]) -> Iterator[tuple[Place, Mapping[str, Json]]]:
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items() if isinstance(item, Mapping) else ():
            if isinstance(operation, Mapping) and "operationId" in operation:
                yield Place(path=path, method=method), operation


def key_header(document: Mapping[str, Json]) -> str:
    """Give the header field that carries the key."""
    schemes = document.get("components", {}).get("securitySchemes", {}).values()
    return next((str(each["name"]) for each in schemes if each.get("type") == "apiKey" and each.get("in") == "header"), "X-API-Key")


def known(contract: Contract, name: str) -> bool:
    """Whether a name may stand in a subscription by some reading: an event, a wildcard, or either of them with blanks around it."""
    name = name.strip()
    return not name or name in contract.events or contract.open_catalog or name == "*" or contract.policy.wildcard(name)


def disguises(contract: Contract) -> list[list[str]]:
    """Give lists of names that must be refused, because one of them only looks like a listed one, or because nobody knows it."""
    listed, never = contract.catalog[0], "hookproof.never_listed"
    head, point, _ = listed.rpartition(".")
    alike = [listed.upper(), f"x.{listed}", listed + "s", listed[:-1], *([f"{head}.*"] if point else [])]
    tried = [[never], [never, listed], [listed, never], *([name] for name in alike)]
    return [names for names in tried if not all(known(contract, name) for name in names)]


def _names(contract: Contract) -> dict[str, Json]:
    """Describe the lists of names that must be accepted."""
    listed = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string", "enum": list(contract.catalog)}}
    every = {"type": "array", "minItems": 1, "maxItems": 1, "items": {"type": "string", "enum": ["*"]}}
    return {"anyOf": [listed, every]} if "all" in contract.policy.wildcards else listed


def narrowed(document: MutableMapping[str, Json], contract: Contract) -> None:
    """Let the requests of a description name only events of the catalog, plain addresses, and secrets of the provider's form."""
    signing = contract.policy.signing
    secret = {"type": "string", "pattern": _WHSEC} if signing is not None and _STANDARD in signing.schemes else None
    changes = {
        "events": None if contract.open_catalog else _names(contract),
        "secret": secret,
        "url": {"type": "string", "pattern": _ADDRESS},
    }
    for operation in (CREATE, UPDATE):
        properties = _body(document, operation).get("properties", {})
        for name, schema in changes.items():
            if name in properties and schema is not None:
                properties[name] = {**schema, "description": properties[name].get("description", "")}


def _body(document: Mapping[str, Json], operation_id: str) -> Mapping[str, Json]:
    """Give the schema of an operation's request body, in its place; an empty one if it has none."""
    for _, operation in _operations(document):
        if operation["operationId"] == operation_id:
            schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            while "$ref" in schema:
                schema = _resolved(document, schema["$ref"])
            return schema  # type: ignore[no-any-return] # JSON is untyped
    return {}


def _resolved(document: Mapping[str, Json], reference: str) -> Mapping[str, Json]:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found  # type: ignore[no-any-return] # JSON is untyped


def wellformed(document: Mapping[str, Json], operation: str, body: Json) -> bool:
    """Whether a request body is what the description, as it stands, says it may be; names of events are not looked up."""
    published = document.get(PUBLISHED, document)
    schema = _body(published, operation)
    if not schema:
        return True
    whole = {**schema, "components": published.get("components", {})}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True, offline=True).is_valid(body)
