"""Patterns of documents, which are JavaScript's, as contracts may have them: those that run in linear time."""

from __future__ import annotations

import re
from functools import lru_cache

import jsonschema_rs
import re2

_UNIT = re.compile(r"(?<!\\)((?:\\\\)*)\\u([0-9A-Fa-f]{4})")
_BYTES = 1 << 20


def portable(pattern: str) -> str:
    """Write a pattern so that RE2 reads it alike: a code unit as a code point."""
    return _UNIT.sub(lambda found: f"{found[1]}\\x{{{found[2]}}}", pattern)


@lru_cache(maxsize=4096)
def runs(pattern: str) -> bool:
    """Tell whether RE2 and the validator's linear engine can both run a pattern."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _BYTES
    try:
        re2.compile(pattern, options)
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
    except (re2.error, jsonschema_rs.ValidationError, ValueError):
        return False
    return True
