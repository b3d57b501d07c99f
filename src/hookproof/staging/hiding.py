"""Puts names in place of secrets in bytes that are about to be recorded.

Law: bytes stay exactly as they crossed the wire unless a secret stands in them, plainly or behind JSON escapes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_ESCAPE = re.compile(rb"\\(\\|/|u00[2-7][0-9A-Fa-f])")
_MEANT = (b'"', b"\\")


def hidden(raw: bytes, secrets: Mapping[str, str]) -> bytes:
    """Replace every secret (name → value) by ``{{name}}``; JSON escapes are resolved only where they hide one."""
    if b"\\" in raw:
        plain = unescaped(raw)
        if any(value.encode() in plain for value in secrets.values()):
            raw = plain
    for name, value in secrets.items():
        raw = raw.replace(value.encode(), b"{{" + name.encode() + b"}}")
    return raw


def unescaped(raw: bytes) -> bytes:
    """Resolve the escapes that JSON does not need; the text means the same."""
    return _ESCAPE.sub(_resolved, raw)


def _resolved(escape: re.Match[bytes]) -> bytes:
    """Give the character that an escape stands for, unless JSON needs it escaped."""
    told = escape[1]
    char = bytes([int(told[1:], 16)]) if told.startswith(b"u") else told
    return escape[0] if char in _MEANT else char
