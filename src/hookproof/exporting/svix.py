"""A file that Svix reads event types from: an OpenAPI document whose ``webhooks`` become event types.

Law: each event type's schema stands alone, in words of draft-07; names keep to Svix's letters, and a name that had to change is listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookproof.exporting.deliveries import ADDED, Shelf, unsaid
from hookproof.exporting.document import Exported, json_text, one_line
from hookproof.exporting.draft07 import Older
from hookproof.exporting.fields import MEDIA_TYPE
from hookproof.exporting.grafting import mapped
from hookproof.exporting.prose import about
from hookproof.exporting.samples import samples
from hookproof.model.contract import Contract, Event

Json = Any  # JSON documents are plain Python values

_ROOT = "#/components/schemas"


def svix(contract: Contract) -> Exported:
    """Write the contract as the OpenAPI document that Svix's import of event types takes."""
    shelf = Shelf(contract, _ROOT)
    events = [event for _, event in sorted(contract.events.items())]
    older = Older(tuples=False)
    schemas = {name: older.translated(name, schema) for name, schema in shelf.definitions().items()}
    lasting = _lasting(schemas)
    renamed = [f"{event.name}: its event type is named {key}." for event in events if (key := shelf.keys[event.name]) != event.name]
    kept = {name: _inlined(schemas[name], schemas, lasting) for name in sorted(lasting)}
    document = {
        "openapi": "3.1.0",
        "info": {"title": contract.title, "version": contract.revision, "description": about(contract)},
        "security": [],
        "webhooks": {
            key: {
                "post": {
                    "operationId": key,
                    **_operation(contract, event, _inlined(schemas[shelf.delivery(event.name)], schemas, lasting)),
                }
            }
            for event in events
            for key in (shelf.keys[event.name],)
        },
        **({"components": {"schemas": kept}} if kept else {}),
    }
    return Exported(text=json_text(document), unsaid=(*unsaid(contract), *older.unsaid(), *renamed))


def _operation(contract: Contract, event: Event, schema: Json) -> dict[str, Json]:
    shown = samples(contract, event)
    return {
        "summary": one_line(event.title),
        "description": one_line(event.description),
        "tags": [event.group],
        "x-svix-group-name": event.group,
        **({"deprecated": True} if event.deprecated is not None else {}),
        "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {**schema, "examples": list(shown)} if shown else schema}}},
        "responses": {"2XX": {"description": "Taken."}},
    }


def _named(node: dict[str, Json]) -> str | None:
    """Give the name of the definition that a node refers to as a whole, None if it refers to none or to a part of one."""
    target = node.get("$ref", "")
    name = target.removeprefix(f"{_ROOT}/")
    return name if target.startswith(f"{_ROOT}/") and "/" not in name else None


def _lasting(schemas: Mapping[str, Json]) -> frozenset[str]:
    """Give the definitions that must stay definitions: a part of them is referred to, or they lead back to themselves."""
    whole: dict[str, set[str]] = {name: set() for name in schemas}
    found: set[str] = set()
    for name, schema in schemas.items():
        for target in _targets(schema):
            first, *steps = target.removeprefix(f"{_ROOT}/").split("/")
            whole[name].add(first)
            if steps:
                found.add(first)
    return frozenset(found | {name for name in schemas if name in _reached(name, whole)})


def _targets(schema: Json) -> list[str]:
    found: list[str] = []

    def look(node: dict[str, Json]) -> Json:
        found.extend([node["$ref"]] if "$ref" in node else [])
        return node

    mapped(schema, look)
    return found


def _reached(name: str, whole: Mapping[str, set[str]]) -> set[str]:
    """Give every definition that one leads to, by way of others too."""
    reached: set[str] = set()
    todo = set(whole[name])
    while todo:
        reached |= todo
        todo = {further for each in todo for further in whole[each]} - reached
    return reached


def _inlined(schema: Json, schemas: Mapping[str, Json], lasting: frozenset[str]) -> Json:
    """Give a schema in which each reference to a definition is the definition, without what only we say."""

    def change(node: dict[str, Json]) -> Json:
        name = _named(node)
        if name is None or name in lasting:
            return {word: part for word, part in node.items() if word not in (ADDED, "examples")}
        return _inlined(schemas[name], schemas, lasting)

    return mapped(schema, change)
