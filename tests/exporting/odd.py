"""Contracts that none of ours is like, made of models, for what exports must also carry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hookproof.model.contract import Contract, Envelope, Event, Provenance
from tests.exporting.corpus import contract

DEFINED: dict[str, Any] = {
    "type": "object",
    "required": ["total", "tree"],
    "properties": {
        "total": {"$ref": "#/$defs/amount~1of~0all%20parts", "minimum": 1},
        "tree": {"$ref": "#/$defs/tree"},
        "again": {"$ref": "#/properties/total"},
        "named": {"$ref": "#short"},
        "pair": {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        "largest": {"type": "array", "contains": {"const": 1}, "minContains": 2},
        "free": {"contains": {"const": 1}, "minContains": 0},
    },
    "dependentRequired": {"again": ["named"]},
    "dependentSchemas": {"pair": {"required": ["named"]}},
    "$defs": {
        "amount/of~all parts": {"type": "integer", "minimum": 0},
        "tree": {"type": "object", "properties": {"left": {"$ref": "#/$defs/tree"}, "leaf": {"$dynamicRef": "#leaf"}}},
        "short": {"$anchor": "short", "type": "string", "maxLength": 3},
        "leaf": {"$dynamicAnchor": "leaf", "enum": [1, "a", None]},
    },
}
"""A schema with every way to refer to a part of itself, and words that only 2020-12 has."""

SHOWN: dict[str, Any] = {"total": 3, "tree": {"left": {"leaf": 1}}}
PAYLOADS: list[Any] = [
    SHOWN,
    {**SHOWN, "total": 0},
    {**SHOWN, "total": "3"},
    {**SHOWN, "tree": {"left": {"left": {"leaf": "b"}}}},
    {**SHOWN, "tree": {"left": {"left": {"leaf": None}}}},
    {**SHOWN, "tree": []},
    {**SHOWN, "again": 4},
    {**SHOWN, "again": 4, "named": "abc"},
    {**SHOWN, "again": -1, "named": "abc"},
    {**SHOWN, "named": "abcd"},
    {**SHOWN, "free": [], "largest": [1, 1]},
    {**SHOWN, "pair": ["a", 1], "named": ""},
    {**SHOWN, "pair": ["a", 1]},
    {**SHOWN, "pair": ["a", "b"], "named": ""},
    {**SHOWN, "pair": ["a", 1, 2], "named": ""},
    {},
]

HOSTILE = "</script><img src=x onerror=alert(1)> `x|y` ``` [a](javascript:b) {{c}} *d* _e_ &lt; \\| \u202e \x00 \U000e0041 | ~~f~~ $g$"
"""A text that means something to HTML, to Markdown, or to whoever reads it."""


def event(name: str, schema: dict[str, Any], example: Any, **more: Any) -> Event:
    """Give an event of a schema."""
    told = {"title": name, "description": f"{name} happened.", "group": "odd", "provenance": Provenance.SAMPLE}
    return Event(name=name, schema=schema, examples=(example,), **{**told, **more})


def envelope(**more: Any) -> Envelope:
    """Give an envelope of a type and data."""
    names = {"id_member": None, "type_member": "type", "created_member": None, "data_member": "data", "truncated_member": None}
    schema = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}}
    return Envelope(**{**names, "schema": schema, "truncated_schema": None, **more})


def odd(events: list[Event], shape: Envelope, **more: Any) -> Contract:
    """Give a contract of these events in this envelope, with nothing of any provider."""
    whole = contract("standard_webhooks")
    named = {each.name: each for each in events}
    return replace(whole, name="odd", title="Odd", events=named, envelope=shape, clauses=(), **{"open_catalog": False, **more})


def contracts() -> dict[str, Contract]:
    """Give odd contracts by what is odd about them."""
    defined, plain = event("order/paid", DEFINED, SHOWN), event("order.paid", {"type": ["object", "null"]}, {"a": 1})
    bare = [
        event("b", {"type": "object", "properties": {"b": {"maximum": 1}}}, {"a": 1, "b": 1}, bare=("a", "b")),
        event("a", {"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": 1}, bare=("a",)),
        event("d", {"type": "object", "properties": {"c": {"type": "integer"}}}, {"c": 1}, bare=("c",)),
        event("c", {"type": "object", "properties": {"c": {"type": "string"}}}, {"c": ""}, bare=("c",)),
    ]
    cut = envelope(truncated_member="cut", truncated_schema={"required": ["size"], "properties": {"size": {"type": "integer"}}})
    return {
        "parts": odd([defined, plain], envelope()),
        "open": odd([defined, plain], envelope(), open_catalog=True),
        "bare": odd([*bare, plain], envelope(created_member="at")),
        "bare and cut": odd([*bare, plain], cut),
        "cut": odd([defined, plain], cut),
        "cut alike": odd([defined, plain], envelope(truncated_member="cut")),
        "unnamed": odd([defined, plain], envelope(type_member=None, schema={"type": "object"})),
        "any body": odd([defined, plain], envelope(schema={})),
    }
