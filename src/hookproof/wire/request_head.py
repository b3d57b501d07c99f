"""The head of one HTTP/1.1 request, strictly: bytes in, a ``Request`` out.

Law: pure; what is not exactly RFC 9112 becomes a reason and a status, and what was understood before the fault is kept.
"""

from __future__ import annotations

import re

from hookproof.model.transcript import HeaderPairs
from hookproof.wire.bounds import Bounds

CHUNKED = -1
"""The ``length`` of a request whose content comes in chunks."""

_CONTROLS = bytes(byte for byte in range(0x20) if byte != ord("\t")) + b"\x7f"
_TEXT = bytes(byte for byte in range(256) if byte not in _CONTROLS)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_REQUEST_LINE = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([!-~]+) HTTP/([0-9]\.[0-9])")
_CONTENT_LENGTH = re.compile(r"[0-9]{1,18}")
_BARE_LF = re.compile(rb"(?<!\r)\n")

_ROLES = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect"})
_SINGLE = frozenset({"host", "content-length"})
_NEEDS_LENGTH = frozenset({"POST", "PUT", "PATCH"})
_NAMES_KEPT = 1024
_LINES_KEPT = 1024
_LINE_KEPT = 128


class MalformedError(Exception):
    """The bytes are not one HTTP/1.1 request, or too many. ``reason`` is for people, ``status`` is what we answer."""

    def __init__(self, reason: str, status: int = 400) -> None:
        """Keep both; see the class."""
        super().__init__(reason)
        self.reason = reason
        self.status = status


class Request:
    """One request as far as it was read.

    ``head``: raw bytes; ``length``: promised bytes of content or ``CHUNKED``; ``persistent``: the connection may carry another
    request; ``expects_continue``: the peer waits for ``100 Continue``; ``malformed`` with ``status``: why it is none, and our answer;
    ``overrun``: why it is none although a receiver would take it and never see what follows.
    """

    __slots__ = (
        "body",
        "expects_continue",
        "head",
        "headers",
        "length",
        "malformed",
        "method",
        "overrun",
        "persistent",
        "status",
        "target",
        "version",
    )

    def __init__(self, head: bytes) -> None:
        self.head = head
        self.method = self.target = self.version = ""
        self.headers: HeaderPairs = ()
        self.body = b""
        self.length = 0
        self.persistent = self.expects_continue = False
        self.malformed: str | None = None
        self.overrun: str | None = None
        self.status = 0

    def spoil(self, reason: str, status: int) -> None:
        """Say why this is not one request; the connection cannot carry another."""
        self.malformed = reason
        self.status = status
        self.persistent = False


def bare_line_feed(data: bytes | bytearray, start: int, end: int) -> int:
    """Give the offset of the first LF without CR between ``start`` and ``end``, or -1."""
    found = _BARE_LF.search(data, start, end)
    return -1 if found is None else found.start()


class HeadParser:
    """Turns complete heads into requests.

    It remembers field lines and names that it has seen, so that what a target repeats is read once and kept in memory once; one
    parser is shared by all connections of a loop.
    """

    __slots__ = ("_bounds", "_known", "_roles")

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._roles: dict[str, str] = {}
        self._known: dict[str, tuple[tuple[str, str], str]] = {}

    def parse(self, head: bytes) -> Request:
        """Read a head that ends with its empty line; a fault is told by ``malformed`` of the result."""
        request = Request(head)
        try:
            self._parse(request, head)
        except MalformedError as fault:
            request.spoil(fault.reason, fault.status)
        return request

    def _parse(self, request: Request, head: bytes) -> None:
        lines = str(head, "latin-1").split("\r\n")
        del lines[-2:]
        if head.translate(None, _TEXT) != b"\r\n" * (len(lines) + 1):
            self._blame_control(request, head)
        line = _REQUEST_LINE.fullmatch(lines[0])
        if line is None:
            raise MalformedError(f"request line is not METHOD SP TARGET SP HTTP/1.1: {lines[0][:80]!r}")
        request.method, request.target, request.version = line.groups()
        if request.version not in ("1.1", "1.0"):
            raise MalformedError(f"HTTP version {request.version} is not spoken here", 505)
        if len(lines) - 1 > self._bounds.fields:
            raise MalformedError(f"more than {self._bounds.fields} header fields", 431)
        _frame(request, self._fields(request, lines), self._bounds)

    def _fields(self, request: Request, lines: list[str]) -> dict[str, str]:
        """Fill ``request.headers``; give the values that steer reading by lower-case name."""
        known = self._known
        pairs: list[tuple[str, str]] = []
        steering: dict[str, str] = {}
        del lines[0]
        try:
            for line in lines:
                pair, role = known.get(line) or self._read_line(line)
                pairs.append(pair)
                if role:
                    value = pair[1]
                    steering[role] = _repeated(role, steering[role], value) if role in steering else value
        finally:
            request.headers = tuple(pairs)
        return steering

    def _read_line(self, line: str) -> tuple[tuple[str, str], str]:
        """Give the pair of a field line and its role in reading (mostly none)."""
        name, colon, value = line.partition(":")
        role = self._roles.get(name)
        if role is None or not colon:
            role = self._learn(name, colon)
        read = ((name, value.strip(" \t")), role)
        if len(line) <= _LINE_KEPT:
            if len(self._known) >= _LINES_KEPT:
                self._known.clear()
            self._known[line] = read
        return read

    def _learn(self, name: str, colon: str) -> str:
        if name[:1] in (" ", "\t"):
            raise MalformedError("header field is continued on a second line (obs-fold)")
        if not colon:
            raise MalformedError(f"header line without a colon: {name[:80]!r}")
        if _TOKEN.fullmatch(name) is None:
            raise MalformedError(f"header field name is not a token: {name[:80]!r}")
        lower = name.lower()
        role = lower if lower in _ROLES else ""
        if len(self._roles) < _NAMES_KEPT:
            self._roles[name] = role
        return role

    @staticmethod
    def _blame_control(request: Request, head: bytes) -> None:
        at = bare_line_feed(head, 0, len(head))
        if at >= 0:
            request.head = head[: at + 1]
            raise MalformedError("line ends with a bare LF")
        raise MalformedError("control byte in the head")


def _repeated(role: str, first: str, second: str) -> str:
    if role not in _SINGLE:
        return f"{first}, {second}"
    if role == "host":
        raise MalformedError("more than one Host")
    what = "repeated" if first == second else "conflicting"
    raise MalformedError(f"{what} Content-Length: {first[:20]!r}, {second[:20]!r}")


def _frame(request: Request, steering: dict[str, str], bounds: Bounds) -> None:
    """Decide how the content is delimited and whether the connection may go on (RFC 9112, sections 6 and 9)."""
    modern = request.version == "1.1"
    length, coding = steering.get("content-length"), steering.get("transfer-encoding")
    if coding is not None:
        _frame_chunked(request, length, coding, modern=modern)
    elif length is not None:
        if _CONTENT_LENGTH.fullmatch(length) is None:
            raise MalformedError(f"Content-Length is not a number of bytes: {length[:40]!r}")
        request.length = int(length)
        if request.length > bounds.body:
            raise MalformedError(f"content of {request.length} bytes is over the bound of {bounds.body}", 413)
    elif request.method in _NEEDS_LENGTH:
        raise MalformedError(f"{request.method} without Content-Length or Transfer-Encoding", 411)
    if modern and "host" not in steering:
        raise MalformedError("no Host")
    connection = steering.get("connection")
    request.persistent = modern and (connection is None or "close" not in _tokens(connection))
    expect = steering.get("expect")
    request.expects_continue = modern and expect is not None and expect.lower() == "100-continue"


def _frame_chunked(request: Request, length: str | None, coding: str, *, modern: bool) -> None:
    if length is not None:
        raise MalformedError("both Content-Length and Transfer-Encoding")
    if not modern:
        raise MalformedError("Transfer-Encoding in HTTP/1.0")
    if coding.lower() != "chunked":
        raise MalformedError(f"transfer coding other than chunked: {coding[:40]!r}", 501)
    request.length = CHUNKED


def _tokens(value: str) -> list[str]:
    return [token.strip(" \t").lower() for token in value.split(",")]
