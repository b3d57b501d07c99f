"""A command that sends a recorded request again, byte for byte, with curl.

Law: what curl would write is worked out here and compared with what was sent; where the two differ the raw bytes are sent instead, and
where that cannot be, no command is given and the reason is. The signature stands in a file, the secret nowhere.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hookproof.model.transcript import Exchange, HeaderPairs
from hookproof.reporting.text import printable

PLAINLY = "without-tls"
"""The fault of what was sent to an https origin without TLS."""

_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_TARGET = re.compile(r"/[!-~]*")
_METHOD = re.compile(r"[A-Z]+")
_FRAMING = frozenset({"transfer-encoding", "content-length", "host", "expect", "connection"})
_OWN = ("Accept", "Content-Type", "User-Agent", "Expect")
"""Fields that curl adds by itself unless told not to."""
_PATIENCE = 10


@dataclass(frozen=True, kw_only=True)
class Resend:
    """How one request is sent again: ``files`` by ending, then a ``command`` over their paths; or ``reason`` why it cannot be."""

    files: dict[str, bytes]
    command: Callable[[dict[str, Path]], str] | None = None
    reason: str = ""


def resend(exchange: Exchange, url: str, *, whole: bool = True) -> Resend:
    """Work out how to send a recorded request to the origin of ``url`` again; ``whole``: its body was recorded whole."""
    if not whole:
        return Resend(files={}, reason="its body was too long to be recorded whole")
    if not exchange.request_head:
        return Resend(files={}, reason="its head was not recorded")
    parts = urlsplit(url)
    scheme = "http" if exchange.fault == PLAINLY else parts.scheme
    origin = f"{scheme}://{parts.netloc}"
    target = _target(exchange.request_head)
    if target is not None and exchange.request_head == _by_curl(exchange, parts.netloc, target):
        fields = "".join(f"{name}: {value}\n" for name, value in exchange.request_headers).encode("latin-1")
        return Resend(files={"fields": fields, "body": exchange.request_body}, command=lambda at: _curl(exchange, origin, target, at))
    raw = exchange.request_head + exchange.request_body
    if scheme != "http" or b"\xff" in raw:  # curl doubles that byte, which is a command of the telnet protocol
        return Resend(files={"raw": raw}, reason="curl cannot write these bytes; the file holds them")
    place = f"telnet://{parts.hostname if ':' not in (parts.hostname or '') else f'[{parts.hostname}]'}:{parts.port or 80}"
    return Resend(files={"raw": raw}, command=lambda at: f"curl -sS -m {_PATIENCE} {shlex.quote(place)} < {shlex.quote(str(at['raw']))}")


def _target(head: bytes) -> str | None:
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    return words[1] if len(words) == 3 and _TARGET.fullmatch(words[1]) else None  # noqa: PLR2004 -- method, target, version


def _by_curl(exchange: Exchange, authority: str, target: str) -> bytes | None:
    """Give the head that curl would write, None where it would do something of its own."""
    fields: HeaderPairs = exchange.request_headers
    plain = all(_TOKEN.fullmatch(n) and n.lower() not in _FRAMING and v.strip() and v.isprintable() and _latin(v) for n, v in fields)
    if not plain or not _METHOD.fullmatch(exchange.method):
        return None
    lines = [f"{exchange.method} {target} HTTP/1.1", f"Host: {authority}", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*lines, f"Content-Length: {len(exchange.request_body)}", "", ""]).encode("latin-1")


def _latin(text: str) -> bool:
    return all(ord(character) < 0x100 for character in text)  # noqa: PLR2004 -- the end of Latin-1


def _curl(exchange: Exchange, origin: str, target: str, at: dict[str, Path]) -> str:
    told = {name.lower() for name, _ in exchange.request_headers}
    without = " ".join(f"-H '{name}:'" for name in _OWN if name.lower() not in told)
    odd = f" --request-target {shlex.quote(target)}" if "#" in target else ""
    url = origin + (target if not odd else "/")
    fields, body = (shlex.quote(str(at[ending])) for ending in ("fields", "body"))
    return (
        f"curl -sS -i --http1.1 --path-as-is -g --noproxy '*' -m {_PATIENCE} -X {exchange.method}{odd} -H @{fields} "
        f"{without} --data-binary @{body} {shlex.quote(url)}"
    )


def resend_text(exchange: Exchange, found: Resend, at: dict[str, Path], *, stale_after: float) -> str:
    """Give the lines for people: the command, or why there is none, and until when the answer will be the same."""
    names = ", ".join(str(path) for path in at.values())
    if found.command is None:
        return printable(f"resend: not by curl: {found.reason}{f' ({names})' if names else ''}")
    lines = [f"resend: {found.command(at)}"]
    if stale_after:
        lines.append(f"        byte for byte: its signed moment is stale {stale_after:g} s after it was sent; `reproduce` sends it anew")
    if exchange.fault == "" and exchange.purpose == "at-once":
        lines.append("        it was sent many times at once, which one command does not show; `reproduce` does")
    return "\n".join(printable(line) for line in lines)
