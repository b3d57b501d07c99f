"""JSON values told apart as JSON Schema does: 1 is 1.0 and is not true."""

from __future__ import annotations

import json

from hookproof.model.contract import Json


def same_key(value: Json) -> str:
    """Give a text that two values share exactly when they are equal."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
