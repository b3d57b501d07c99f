"""Small documents of every kind that can be imported, and what is valid against each of their events."""

from __future__ import annotations

from typing import Any

ORDER: dict[str, Any] = {"type": "object", "required": ["order"], "properties": {"order": {"$ref": "#/components/schemas/Id"}}}
IDS: dict[str, Any] = {"Id": {"type": "string", "minLength": 2, "example": "o-1"}}


def body(schema: Any, **more: Any) -> dict[str, Any]:
    """Give an operation whose body is JSON of a schema."""
    return {
        "post": {"requestBody": {"content": {"application/json": {"schema": schema, **more}}}, "responses": {"200": {"description": "ok"}}}
    }


def wrapped(name: str, data: Any, **members: Any) -> dict[str, Any]:
    """Give the schema of a body that names its event under ``type`` and has its payload under ``data``."""
    properties = {"type": {"type": "string", "enum": [name]}, "data": data, **members}
    return {"type": "object", "required": ["type", "data", *members], "properties": properties}


OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "7"},
    "webhooks": {
        "orderPlaced": body(
            {"$ref": "#/components/schemas/Placed"}, examples={"one": {"value": {"type": "order.placed", "data": {"order": "o-7"}}}}
        ),
        "orderPaid": {"$ref": "#/components/pathItems/paid"},
        "formOnly": {"post": {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {}}}}}},
    },
    "components": {
        "schemas": {
            **IDS,
            "Placed": wrapped("order.placed", ORDER),
            "Paid": wrapped("order.paid", {**ORDER, "unevaluatedProperties": False}),
        },
        "pathItems": {"paid": body({"$ref": "#/components/schemas/Paid"})},
    },
}
ADYEN: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Configuration webhooks", "version": "2"},
    "webhooks": {
        f"balancePlatform.accountHolder.{what}": body({
            "type": "object",
            "required": ["environment", "data", "type"],
            "properties": {
                "type": {"type": "string", "enum": [f"balancePlatform.accountHolder.{what}"]},
                "environment": {"type": "string", "enum": ["test", "live"]},
                "timestamp": {"type": "string", "format": "date-time"},
                "data": {"type": "object", "required": ["balancePlatform"], "properties": {"balancePlatform": {"type": "string"}}},
                **extra,
            },
        })
        for what, extra in (("created", {}), ("updated", {"reason": {"type": "string", "maxLength": 3}}))
    },
}  # fmt: skip
CALLBACKS: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Old shop", "version": "1"},
    "paths": {
        "/hooks": {
            "post": {
                "responses": {"201": {"description": "ok"}},
                "callbacks": {"stockChanged": {"{$request.body#/url}": body({"$ref": "#/components/schemas/Stock"})}},
            },
        },
    },
    "components": {
        "schemas": {
            "Stock": {
                "type": "object",
                "required": ["sku", "left"],
                "properties": {
                    "sku": {"type": "string"},
                    "left": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "nullable": True},
                    "parent": {"$ref": "#/components/schemas/Stock"},
                },
            },
        },
    },
}
MARKED: dict[str, Any] = {
    "openapi": "3.0.0",
    "info": {"title": "Payments", "version": "3"},
    "paths": {},
    "components": {
        "schemas": {
            "charge": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer"}}},
            "charge.succeeded": {
                "type": "object", "required": ["object"], "properties": {"object": {"$ref": "#/components/schemas/charge"}},
                "x-stripeEvent": {"type": "charge.succeeded"},
            },
            "charge.failed": {
                "type": "object", "required": ["object"], "properties": {"object": {"$ref": "#/components/schemas/charge"}},
                "x-stripeEvent": {"type": "charge.failed"},
            },
        },
    },
}  # fmt: skip
ASYNCAPI: dict[str, Any] = {
    "asyncapi": "3.0.0",
    "info": {"title": "Streams", "version": "5"},
    "channels": {"hooks": {"messages": {"made": {"$ref": "#/components/messages/made"}, "gone": {"$ref": "#/components/messages/gone"}}}},
    "operations": {
        "send": {"action": "send", "channel": {"$ref": "#/channels/hooks"}},
        "read": {"action": "receive", "channel": {"$ref": "#/channels/hooks"}},
    },
    "components": {
        "schemas": {"pair": {"type": "array", "items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False}},
        "messages": {
            "made": {
                "name": "thing.made",
                "headers": {"type": "object", "required": ["webhook-id"], "properties": {"webhook-id": {"type": "string"}}},
                "payload": wrapped("thing.made", {"type": "object", "properties": {"pair": {"$ref": "#/components/schemas/pair"}}}),
                "examples": [{"payload": {"type": "thing.made", "data": {"pair": ["a", 1]}}}],
            },
            "gone": {
                "name": "thing.gone",
                "traits": [{"headers": {"type": "object", "required": ["webhook-id"], "properties": {"webhook-id": {"type": "string"}}}}],
                "payload": {
                    "schemaFormat": "application/schema+json;version=draft-07",
                    "schema": wrapped("thing.gone", {"type": "object", "required": ["why"]}),
                },
            },
        },
    },
}
