"""Ways of writing the same JSON: escapes, spaces, orders and times that are odd but legal, and what is measured before a cut."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hookproof.model.contract import Contract
from hookproof.reference import envelope
from hookproof.reference.conduct import Conduct
from hookproof.reference.jsontext import compact
from hookproof.reference.timekeeping import rfc3339

Body = dict[str, Any]
Dump = Callable[[Any], bytes]
MIB, KB = 262_144, 256_000
"""The two readings of 256 KB."""


def _dump(**how: Any) -> Dump:  # noqa: ANN401 -- the arguments of json.dumps
    return lambda value: json.dumps(value, **how).encode("utf-8", "backslashreplace")


_TIGHT = (",", ":")
SPACED, SPACED_ASCII = _dump(ensure_ascii=False), _dump(ensure_ascii=True)
ASCII = _dump(ensure_ascii=True, separators=_TIGHT)
UTF8 = _dump(ensure_ascii=False, separators=_TIGHT)
INDENTED = _dump(ensure_ascii=False, indent=2)


def as_php(value: Any) -> bytes:  # noqa: ANN401 -- any JSON value
    """Write as PHP does: ASCII, and slashes behind backslashes."""
    return ASCII(value).replace(b"/", rb"\/")


def as_go(value: Any) -> bytes:  # noqa: ANN401 -- any JSON value
    """Write as Go does: what could be markup as escapes."""
    raw = UTF8(value)
    for character in "<>&\u2028\u2029":
        raw = raw.replace(character.encode(), b"\\u%04x" % ord(character))
    return raw


_ESCAPES = {code: f"\\u{code:04X}" for code in (*range(32), ord('"'), ord("\\"), *range(ord("a"), ord("z") + 1))}


def as_escapes(value: Any) -> bytes:  # noqa: ANN401 -- any JSON value
    """Write every small letter of every text as an escape in capitals, in names of members too."""
    if isinstance(value, dict):
        return b"{" + b",".join([as_escapes(name) + b":" + as_escapes(member) for name, member in value.items()]) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(as_escapes, value)) + b"]"
    if isinstance(value, str):
        return b'"' + value.translate(_ESCAPES).encode("utf-8", "backslashreplace") + b'"'
    return ASCII(value)


def writing(
    *,
    dump: Dump = UTF8,
    measure: Dump | None = None,
    limit: int = MIB,
    whole: bool = False,
    stamp: Callable[[int], str] = rfc3339,
    change: Callable[[Body], Body] = lambda body: body,
) -> Callable[[Conduct], Conduct]:
    """Write bodies with ``dump``; cut where ``data``, or the ``whole`` envelope, measures more than ``limit`` bytes under ``measure``."""
    sized = measure or dump

    def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: Body) -> bytes:
        data = json.loads(compact(content))
        body = change({"id": event_id, "type": event_type, "created_at": stamp(created_at), "data": data})
        size = len(sized(body if whole else data))
        if contract.policy.truncation is not None and size > limit:
            body = {**body, "data": envelope.truncated(contract.policy.truncation, size, data), "truncated": True}
        return dump(body)

    return lambda conduct: replace(conduct, render=render)


def moment(at: int) -> datetime:
    """Give a moment as an aware datetime."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
