"""Strict JSON text (RFC 8259): UTF-8, no BOM, no duplicate member names, no NaN, bounded depth.

Law: every way of being ill-formed becomes a sentence, never a crash.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

BOM = b"\xef\xbb\xbf"

MAX_DEPTH = 128
"""Levels of nesting that every JSON reader in wide use takes; deeper bodies are refused, which also bounds our own recursion."""


class JsonFault(ValueError):  # noqa: N818 -- a fault is what the text has, in the words of the house
    """The text is not strict JSON; the message says why."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        known: set[str] = set()
        twice = next(name for name, _ in pairs if name in known or known.add(name))  # type: ignore[func-returns-value] # add gives None
        raise JsonFault(f"the member name {twice!r} occurs twice in one object")
    return members


def _constant(word: str) -> None:
    raise JsonFault(f"{word} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)
_EXACT = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant, parse_float=Decimal)


def parse(raw: bytes, *, exact: bool = False) -> Any:  # noqa: ANN401 -- any JSON value
    """Parse strictly; ``exact`` keeps non-integers as ``Decimal``. Raises ``JsonFault``."""
    if raw.startswith(BOM):
        raise JsonFault("it starts with a byte order mark")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonFault(f"it is not UTF-8: byte {error.start} is 0x{raw[error.start]:02x}") from None
    try:
        value = (_EXACT if exact else _DECODER).decode(text)
    except JsonFault:
        raise
    except RecursionError:
        raise JsonFault("it is nested too deeply") from None
    except ValueError as error:
        raise JsonFault(f"it is not JSON: {error}") from None
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _too_deep(value):
        raise JsonFault("it is nested too deeply")
    return value


def _too_deep(value: Any) -> bool:  # noqa: ANN401 -- any JSON value
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [item for outer in level for item in _items(outer)]
        if not level:
            return False
    return any(isinstance(item, dict | list) for item in level)


def _items(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def may_hold_surrogate(raw: bytes) -> bool:
    """Tell whether JSON text could hold half of a surrogate pair: only an escape can, UTF-8 cannot."""
    return b"\\ud" in raw or b"\\uD" in raw


def has_lone_surrogate(value: Any) -> bool:  # noqa: ANN401 -- any JSON value
    """Tell whether any text in the value holds half of a surrogate pair, which no UTF-8 can carry."""
    if isinstance(value, str):
        return any("\ud800" <= char <= "\udfff" for char in value) if not value.isascii() else False
    if isinstance(value, dict):
        return any(has_lone_surrogate(name) or has_lone_surrogate(item) for name, item in value.items())
    if isinstance(value, list):
        return any(has_lone_surrogate(item) for item in value)
    return False
