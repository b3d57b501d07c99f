"""A small well-formed contract, and ways to spoil it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

TOLERANT = {
    "title": "Parameters",
    "properties": {"tolerance": {"type": "number", "description": "seconds"}, "schema": {"type": "object"}},
    "required": ["tolerance"],
    "additionalProperties": False,
}
RULES: dict[str, dict[str, Any]] = {
    "retries-follow-the-schedule": TOLERANT,
    "ids-are-unique": {**TOLERANT, "properties": {}, "required": []},
}
ENVELOPE: dict[str, Any] = {
    "id_member": "id",
    "type_member": "type",
    "created_member": None,
    "data_member": "data",
    "truncated_member": None,
    "schema": {"type": "object", "properties": {"id": {"type": "string"}, "data": {"type": "object"}}},
    "truncated_schema": None,
}
PROVIDER: dict[str, Any] = {
    "name": "acme",
    "title": "Acme",
    "revision": "2026-01-31",
    "sources": [{"document": "Acme guide"}],
    "naming": {"separator": ":"},
    "envelope": ENVELOPE,
}
POLICY: dict[str, Any] = {
    "retry": {"default": {"delays": [30, 60.5], "sends": {"3 sends": 3}}},
    "assignments": [{"events": ["order:*"], "policies": ["default"]}],
    "timeout_seconds": 10,
    "success": ["2xx"],
    "failure": ["5xx", "timeout"],
    "truncation": {
        "limits": [1000],
        "measured_on": ["data"],
        "flag_member": "_cut",
        "size_member": "_size",
        "identifiers": ["id"],
    },
    "signing": None,
    "explicit_only": ["order:paid"],
    "companions": {"order:paid": "order:made"},
}
CLAUSE: dict[str, Any] = {
    "id": "acme/retries/schedule",
    "level": "MUST",
    "roles": ["platform"],
    "promise": "Retries follow the schedule.",
    "source": {"document": "Acme guide", "section": "Retries"},
    "rule": "retries-follow-the-schedule",
    "parameters": {"tolerance": 1},
}
EXCLUDED: dict[str, Any] = {
    **{key: CLAUSE[key] for key in ("roles", "promise", "source")},
    "id": "acme/retries/kindness",
    "level": "MAY",
    "excluded": "Nobody can measure kindness.",
}
EVENT: dict[str, Any] = {
    "title": "Order paid",
    "description": "An order was paid.",
    "type": "object",
    "required": ["total"],
    "properties": {
        "total": {"$ref": "#/$defs/amount"},
        "net": {"$ref": "#/$defs/amount"},
        "tax": {"type": "integer"},
        "code": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
    },
    "$defs": {"amount": {"type": "integer", "minimum": 0}},
    "examples": [{"total": 3, "net": 2, "tax": 1, "code": "AB1"}],
    "x-hookproof": {"group": "orders", "provenance": "documented", "relations": {"total": ["net", "tax"]}},
}
MADE: dict[str, Any] = {
    "title": "Order made",
    "description": "An order was made.",
    "examples": [{}],
    "x-hookproof": {"group": "orders", "provenance": "catalog-only", "catalog": False, "alias_of": "order:paid"},
}
API = "openapi: 3.1.0\ninfo: {title: Acme, version: 1.0.0}\npaths:\n  /webhooks:\n    post:\n      responses: {200: {description: ok}}\n"

Spoil = Callable[[Path], None]


def make(folder: Path) -> Path:
    """Write the contract into a folder."""
    (folder / "events").mkdir(parents=True)
    for name, value in (("provider", PROVIDER), ("policy", POLICY), ("clauses", {"clauses": [CLAUSE, EXCLUDED]})):
        put(folder / f"{name}.yaml", dump(value))
    put(folder / "events" / "order.paid.json", json.dumps(EVENT, indent=1))
    put(folder / "events" / "order.made.json", json.dumps(MADE))
    put(folder / "subscription-api.openapi.yaml", API)
    return folder


def put(path: Path, text: str | bytes) -> None:
    """Write one file."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)


def dump(value: Any) -> str:
    """Write YAML without anchors for what our tables share."""
    return yaml.safe_dump(json.loads(json.dumps(value)), sort_keys=False)


def write(name: str, text: str | bytes) -> Spoil:
    """Replace a file by another text."""
    return lambda folder: put(folder / name, text)


def more(name: str, text: str) -> Spoil:
    """Add a text at the end of a file."""
    return lambda folder: put(folder / name, (folder / name).read_text() + text)


def changed_at(whole: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """Give a copy of a document with one value changed, or removed if the new value is ``...``."""
    changed: dict[str, Any] = json.loads(json.dumps(whole))
    node: Any = changed
    for step in path[:-1]:
        node = node[step]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return changed


def _yaml(name: str, whole: dict[str, Any], path: tuple[str | int, ...], value: Any) -> Spoil:
    return write(f"{name}.yaml", dump(changed_at(whole, path, value)))


def provider(*path: str | int, to: Any) -> Spoil:
    """Change one value of provider.yaml."""
    return _yaml("provider", PROVIDER, path, to)


def policy(*path: str | int, to: Any) -> Spoil:
    """Change one value of policy.yaml."""
    return _yaml("policy", POLICY, path, to)


def clause(*path: str | int, to: Any) -> Spoil:
    """Change one value of the first clause."""
    return _yaml("clauses", {"clauses": [CLAUSE, EXCLUDED]}, ("clauses", 0, *path), to)


def event(*path: str | int, to: Any) -> Spoil:
    """Change one value of the event order:paid."""
    return write(PAID, json.dumps(changed_at(EVENT, path, to)))


def paths(value: Any) -> list[tuple[str | int, ...]]:
    """Give the path of every value inside a document."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, part in pairs for path in ((key,), *((key, *rest) for rest in paths(part)))]


PAID = "events/order.paid.json"
BOMB = "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20))
