"""The file for Svix has the form that Svix documents for its import of event types.

Law: what Svix makes of it, by its own description of an event type, is the event as the contract tells it.
"""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from hookproof.exporting import FORMATS
from tests.exporting.corpus import NAMES, contract

NAME = r"^[a-zA-Z0-9\-_.]+\Z"
"""How event types may be called: Svix documentation, Event Types, Event Type Format."""
OPERATION = {
    "type": "object",
    "required": ["operationId", "description", "requestBody"],
    "properties": {
        "operationId": {"type": "string", "pattern": NAME},
        "description": {"type": "string", "minLength": 1},
        "deprecated": {"type": "boolean"},
        "x-svix-group-name": {"type": "string", "minLength": 1},
        "x-svix-feature-flags": {"type": "array", "items": {"type": "string"}},
        "requestBody": {
            "type": "object",
            "required": ["content"],
            "properties": {
                "content": {
                    "type": "object",
                    "required": ["application/json"],
                    "properties": {
                        "application/json": {"type": "object", "required": ["schema"], "properties": {"schema": {"type": "object"}}}
                    },
                },
            },
        },
    },
}
IMPORT = {
    "type": "object",
    "required": ["openapi", "info", "webhooks"],
    "properties": {
        "openapi": {"type": "string", "pattern": r"^3\.1\.[0-9]+\Z"},
        "info": {"type": "object", "required": ["title", "version"]},
        "webhooks": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": NAME},
            "additionalProperties": {"type": "object", "required": ["post"], "properties": {"post": OPERATION}},
        },
    },
}
"""What is sent as `spec` to POST /api/v1/event-type/import/openapi: Svix documentation, Event Types, Import event types from an OpenAPI
specification, and the models EventTypeImportOpenApiIn and EventTypeFromOpenApi of its libraries (read in svix 2.9.1 from PyPI)."""
EVENT_TYPE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "description", "deprecated"],
    "properties": {
        "name": {"type": "string", "pattern": NAME},
        "description": {"type": "string"},
        "deprecated": {"type": "boolean"},
        "groupName": {"type": ["string", "null"]},
        "featureFlags": {"type": ["array", "null"]},
        "schemas": {"type": ["object", "null"]},
    },
}
"""EventTypeFromOpenApi."""


@pytest.mark.parametrize("name", NAMES)
def test_the_file_has_the_documented_form(name: str) -> None:
    """Every event is one event type with name, description, group, deprecation and a schema that stands alone in draft-07."""
    promised = contract(name)
    document = json.loads(FORMATS["svix"](promised).text)
    jsonschema.validate(document, IMPORT)
    assert len(document["webhooks"]) == len(promised.events)
    told = {(event.group, event.deprecated is not None) for event in promised.events.values()}
    found = set()
    for key, webhook in document["webhooks"].items():
        made = as_event_type(key, webhook["post"])
        jsonschema.validate(made, EVENT_TYPE)
        jsonschema.Draft7Validator.check_schema(made["schemas"]["1"])
        assert "$ref" not in json.dumps(made["schemas"]) or "components" in document
        found.add((made["groupName"], made["deprecated"]))
    assert found == told


def as_event_type(name: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Give the event type that an operation describes."""
    assert operation["operationId"] == name
    return {
        "name": name,
        "description": operation["description"],
        "deprecated": operation.get("deprecated", False),
        "groupName": operation["x-svix-group-name"],
        "schemas": {"1": operation["requestBody"]["content"]["application/json"]["schema"]},
    }


@pytest.mark.parametrize("spoil", ["name", "schema", "post", "empty"])
def test_the_form_can_be_missed(spoil: str) -> None:
    """A file with a name of other letters, without a schema, without an operation or without event types has not that form."""
    document = json.loads(FORMATS["svix"](contract("standard_webhooks")).text)
    webhooks = document["webhooks"]
    first = next(iter(webhooks))
    if spoil == "name":
        webhooks["contact:created"] = webhooks[first]
    elif spoil == "schema":
        del webhooks[first]["post"]["requestBody"]["content"]["application/json"]["schema"]
    elif spoil == "post":
        webhooks[first] = {"put": webhooks[first]["post"]}
    else:
        webhooks.clear()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, IMPORT)
