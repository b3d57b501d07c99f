"""Records as readable wire text: ``>`` for what was sent to be judged, ``<`` for what was answered, like curl.

Law: credentials are never shown and signatures only begun; every line of a target's has its mark, so that none can pass for ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from hookproof.model.transcript import Attempt, Emission, Exchange, HeaderPairs, Record
from hookproof.reporting.text import body_rows, printable

_HIDDEN = re.compile(r"authorization|cookie|api-?key|secret|password|session|(^|-)token")
_SAFE = re.compile(
    r"accept(-.*)?|allow|connection|content-(type|length|encoding)|date|etag|expect|host|keep-alive|retry-after|server|traceparent"
    r"|transfer-encoding|user-agent|vary|via|.*-(id|timestamp|type|event|version|attempt|count)"
)
# A long run of the characters of base64 and hex, but not a plain number such as a timestamp, nor the name in `name=value`.
_RUN = (
    r"(?<![A-Za-z0-9+/_-])(?!\d{{1,19}}(?![A-Za-z0-9+/_-])|[A-Za-z0-9_-]{{1,20}}=[A-Za-z0-9+/_-])"
    r"([A-Za-z0-9+/_-]{{6}})[A-Za-z0-9+/_-]{{{least},}}=*"
)
_TAG = re.compile(_RUN.format(least=2))
_TOKEN = re.compile(_RUN.format(least=14))
_NOT_SHOWN = "(not shown)"


def exchange_text(record: Record, *, limit: int | None = None) -> str:
    """Give an attempt, exchange or emission as text; other records by their facts.

    Heads are cut to ``limit`` bytes at their end, bodies in the middle.
    """
    if isinstance(record, Attempt):
        lines = _attempt(record, limit)
    elif isinstance(record, Exchange):
        lines = _exchange(record, limit)
    elif isinstance(record, Emission):
        lines = _emission(record, limit)
    else:
        lines = iter([f"{type(record).__name__.lower()} {printable(repr(record))}"])
    return "\n".join(lines) + "\n"


def header_line(name: str, value: str) -> str:
    """Give one header field for people: credentials hidden, known harmless values whole, of anything else long tags only begun."""
    key = name.strip().lower()
    if _HIDDEN.search(key):
        return printable(f"{name}: {_NOT_SHOWN}")
    if "signature" in key or "hmac" in key:
        return printable(f"{name}: {_begun(_TAG, value)}")
    return printable(f"{name}: {value if _SAFE.fullmatch(key) else _begun(_TOKEN, value)}")


def _begun(run: re.Pattern[str], value: str) -> str:
    return run.sub(lambda match: f"{match[1]}...", value)


def _attempt(record: Attempt, limit: int | None) -> Iterator[str]:
    yield printable(f"attempt {record.id} at endpoint {record.endpoint}, connection {record.connection}")
    if record.malformed:
        yield printable(f"not one HTTP/1.1 request: {record.malformed}")
        head = list(_raw_head(record.head))
    else:
        start = printable(f"{record.method} {record.target} HTTP/{record.http_version.removeprefix('HTTP/')}")
        head = [start, *_fields(record.headers)]
    yield from _message(">", head, record.body, limit)
    answer = record.answer
    mode = "" if answer.mode == "respond" else f", mode {answer.mode}"
    yield from _message("<", [printable(f"{answer.status}{mode}"), *_fields(answer.headers)], answer.body, limit)
    if answer.body and answer.body_repeat != 1:
        yield f"(the body {answer.body_repeat} times)"


def _exchange(record: Exchange, limit: int | None) -> Iterator[str]:
    purpose = f" ({record.purpose or record.fault})" if record.purpose or record.fault else ""
    asked = f", scope {record.scope}, credential {record.key}" if record.scope else ""
    yield printable(f"exchange {record.id}{purpose}{asked}")
    if record.request_head:
        yield f"sent {len(record.request_head) + len(record.request_body)} bytes"
        line, _, fields = record.request_head.partition(b"\r\n")
        head = [printable(line.decode("latin-1")), *_raw_head(fields)]
    else:
        head = [printable(f"{record.method} {record.path}"), *_fields(record.request_headers)]
    yield from _message(">", head, record.request_body, limit)
    if not record.status:
        yield printable(f"no HTTP answer: {record.failure or 'unknown why'}")
        return
    yield from _message("<", [str(record.status), *_fields(record.response_headers)], record.response_body, limit)


def _emission(record: Emission, limit: int | None) -> Iterator[str]:
    yield printable(f"emission {record.id} of {record.type} in scope {record.scope}")
    body = json.dumps(record.data, indent=2, default=repr).encode()
    yield from _message(">", [printable(record.type)], body, limit)
    yield printable(f"< {record.status}, event id {record.event_id}")


def _fields(headers: HeaderPairs) -> Iterator[str]:
    return (header_line(name, value) for name, value in headers)


def _raw_head(head: bytes) -> Iterator[str]:
    hidden = False
    for line in head.decode("latin-1").rstrip("\r\n").split("\n"):
        name, colon, value = line.removesuffix("\r").partition(":")
        if line[:1] in (" ", "\t"):  # a folded line belongs to the field before it
            yield _NOT_SHOWN if hidden else printable(_begun(_TAG, line.removesuffix("\r")))
            continue
        hidden = bool(_HIDDEN.search(name.lower()))
        yield header_line(name, value.strip()) if colon else printable(name)


def _message(mark: str, head: list[str], body: bytes, limit: int | None) -> Iterator[str]:
    whole = "\n".join(head)
    text = whole if limit is None else whole[:limit]
    yield from (f"{mark} {line}" for line in text.split("\n"))
    if len(text) < len(whole):
        yield f"({len(whole) - len(text)} more characters of the head are cut)"
    if body:
        yield mark
        if limit is None or len(body) <= limit:
            yield from (f"{mark} {row}" for row in body_rows(body))
            return
        end = limit // 4
        yield from (f"{mark} {row}" for row in body_rows(body[: limit - end]))
        yield f"({limit} of {len(body)} bytes of the body are shown, {len(body) - limit} are cut here)"
        yield from (f"{mark} {row}" for row in body_rows(body[len(body) - end :]))
