"""One HTTP/1.1 answer out of a byte stream, strictly and without a socket.

Law: any split of the same bytes gives the same answer or the same fault; what is not RFC 9112 is malformed, and nothing is a crash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hookproof.model.transcript import HeaderPairs
from hookproof.wire.bounds import Bounds
from hookproof.wire.chunked_body import ChunkedBody
from hookproof.wire.request_head import CHUNKED, MalformedError, bare_line_feed

_UNTIL_CLOSE: Final = -2
_BEGINS = b"HTTP/1."
_STATUS_LINE = re.compile(r"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: .*)?")
_TEXT = bytes(byte for byte in range(256) if byte == ord("\t") or (byte >= ord(" ") and byte != 0x7F))  # noqa: PLR2004 -- DEL
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CONTENT_LENGTH = re.compile(r"[0-9]{1,18}")
_STEERING = frozenset({"content-length", "transfer-encoding", "connection"})

_FIRST_FINAL, _SWITCH, _NO_CONTENT, _NOT_MODIFIED = 200, 101, 204, 304
_BODILESS = frozenset({_NO_CONTENT, _NOT_MODIFIED})
_HEAD_END = b"\r\n\r\n"
_ODD = frozenset({b"HEAD", b"CONNECT"})
"""Methods whose answers may have no content, whatever their heads say."""
_HEADS_KNOWN = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerBounds:
    """How much of an answer is taken, in bytes.

    ``head``: of all its heads, interim ones and trailers too (more is malformed); ``kept``: of its content that are kept; ``read``: of
    its content after which an endless answer is given up and counts as whole.
    """

    head: int = 32_768
    kept: int = 1 << 20
    read: int = 64 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerHead:
    """What the head of an answer says; ``length``: bytes of content that follow, if any may; ``persistent``: the connection may go on."""

    status: int
    headers: HeaderPairs
    length: int
    persistent: bool


_BOUNDS = AnswerBounds()


class ReplyReader:
    """Reads the answer to one request by ``method``.

    Use: ``push`` what arrived until it gives True, or ``end`` where the peer ended its side; both raise ``MalformedError`` for what is
    no answer. Then ``status`` (0 before the head was read), ``headers`` as received and ``body`` hold it, and ``reusable`` says whether
    another exchange may follow: bytes pushed behind a whole answer forbid that.
    """

    __slots__ = ("_bounds", "_buffer", "_chunks", "_left", "_method", "_read", "_scanned", "_spent", "body", "headers", "reusable",
                 "status", "whole")  # fmt: skip

    def __init__(self, method: bytes, bounds: AnswerBounds = _BOUNDS) -> None:
        self.status = 0
        self.headers: HeaderPairs = ()
        self.body: bytes | bytearray = b""
        self.whole = self.reusable = False
        self._method = method
        self._bounds = bounds
        self._buffer = b""
        self._scanned = self._spent = self._read = self._left = 0
        self._chunks: ChunkedBody | None = None

    def push(self, received: bytes) -> bool:
        """Take bytes in order of arrival; give whether the answer is whole."""
        if self.whole:
            self.reusable = False
        elif self.status:
            self._take(received)
        elif self._buffer:
            self._buffer += received
            self._read_heads()
        elif not self._read_at_once(received):
            self._buffer = received
            self._read_heads()
        return self.whole

    def _read_at_once(self, received: bytes) -> bool:
        """Read an answer that came in one piece and is nothing out of the ordinary, as most do; False, and nothing done, otherwise."""
        end = received.find(_HEAD_END, 0, self._bounds.head - self._spent) + 4
        size = len(received) - end
        if end < 4 or self._method in _ODD or size > self._bounds.kept:  # noqa: PLR2004 -- not found
            return False
        head = _head(received[:end])
        if head.status < _FIRST_FINAL or head.length != size:
            return False
        self.status, self.headers, self.reusable = head.status, head.headers, head.persistent
        self.body = received[end:]
        self.whole = True
        return True

    def end(self) -> bool:
        """Take the end of the stream; give whether the answer is whole."""
        self.reusable = False
        if self.status and self._left == _UNTIL_CLOSE:
            self.whole = True
        return self.whole

    def _read_heads(self) -> None:
        """Read interim heads and the final one, and what came behind it."""
        while not self.status and self._buffer:
            buffer, limit = self._buffer, self._bounds.head - self._spent
            end = buffer.find(_HEAD_END, max(self._scanned - 3, 0), limit) + 4
            if end < 4:  # noqa: PLR2004 -- not found
                self._check_partial(buffer, limit)
                return
            self._spent += end
            self._scanned = 0
            self._buffer = b""
            head = _head(buffer[:end])
            if head.status >= _FIRST_FINAL:
                self._begin(head, buffer[end:])
            elif head.status == _SWITCH:
                raise MalformedError("101 without having been asked to switch protocols")
            else:
                self._buffer = buffer[end:]

    def _check_partial(self, buffer: bytes, limit: int) -> None:
        seen = min(len(buffer), limit)
        if not _BEGINS.startswith(buffer[: len(_BEGINS)]):
            raise MalformedError(f"this is no status line: {buffer[:80]!r}")
        if bare_line_feed(buffer, self._scanned, seen) >= 0:
            raise MalformedError("line ends with a bare LF")
        if seen == limit:
            raise MalformedError(f"head is over the bound of {self._bounds.head} bytes")
        self._scanned = seen

    def _begin(self, head: AnswerHead, rest: bytes) -> None:
        self.status, self.headers = head.status, head.headers
        self.reusable = head.persistent
        self._left = head.length
        if self._method == b"HEAD":
            self._left = 0
        elif self._method == b"CONNECT" and head.status // 100 == 2:  # noqa: PLR2004 -- 2xx
            self.reusable, self._left = False, 0
        if self._left == CHUNKED:
            self._chunks = ChunkedBody(Bounds(head=self._bounds.head, body=1 << 62))
        self.reusable &= self._left != _UNTIL_CLOSE
        self._take(rest)

    def _take(self, part: bytes) -> None:
        """Take content; what is behind its end makes the connection unusable."""
        left = self._left
        if left == CHUNKED:
            part = self._unchunked(part)
        elif left >= 0:
            if len(part) > left:
                part = part[:left]
                self.reusable = False
            self._left = left - len(part)
            self.whole = self._left == 0
        if part:
            self._keep(part)

    def _keep(self, part: bytes) -> None:
        self._read += len(part)
        if self._read > self._bounds.read:
            self.whole, self.reusable = True, False
        room = self._bounds.kept - len(self.body)
        if room <= 0:
            return
        if not self.body:
            self.body = part[:room]
            return
        if not isinstance(self.body, bytearray):
            self.body = bytearray(self.body)
        self.body += part[:room]

    def _unchunked(self, part: bytes) -> bytes:
        chunks = self._chunks
        assert chunks is not None
        framed = bytearray(self._buffer + part)
        fault: MalformedError | None = None
        try:
            self.whole = chunks.advance(framed)
        except MalformedError as caught:
            fault = caught
        content = bytes(chunks.content)
        if fault is not None and self._read + len(content) <= self._bounds.read:  # else it was given up before the fault
            raise fault
        chunks.content.clear()
        self._buffer = bytes(framed)
        self.reusable &= not (self.whole and framed)
        return content


@lru_cache(_HEADS_KNOWN)  # what a target repeats is read once and kept in memory once
def _head(raw: bytes) -> AnswerHead:
    lines = str(raw, "latin-1").split("\r\n")
    del lines[-2:]
    if raw.translate(None, _TEXT) != b"\r\n" * (len(lines) + 1):
        raise MalformedError("bare LF, bare CR or another control byte in the head")
    found = _STATUS_LINE.fullmatch(lines[0])
    if found is None:
        raise MalformedError(f"this is no status line: {lines[0][:80]!r}")
    headers = _fields(lines[1:])
    told: dict[str, str] = {}
    for name, value in headers:
        if (role := name.lower()) in _STEERING:
            told[role] = f"{told[role]},{value}" if role in told else value
    status, modern = int(found[2]), found[1] != "0"
    length = _length(told, modern=modern)
    lasts = modern and "close" not in (token.strip(" \t").lower() for token in told.get("connection", "").split(","))
    if status in _BODILESS:
        lasts &= status != _NO_CONTENT or length in (0, _UNTIL_CLOSE)
        length = 0
    return AnswerHead(status=status, headers=headers, length=length, persistent=lasts)


def _fields(lines: list[str]) -> HeaderPairs:
    pairs: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if pairs and line[:1] in (" ", "\t"):  # a client must take a field that is continued on a second line
            name, first = pairs.pop()
            colon, value = ":", " ".join((first, line.strip(" \t")))
        if not colon or _TOKEN.fullmatch(name) is None:
            raise MalformedError(f"this is no header field: {line[:80]!r}")
        pairs.append((name, value.strip(" \t")))
    return tuple(pairs)


def _length(told: dict[str, str], *, modern: bool) -> int:
    """Decide how the content is delimited (RFC 9112, section 6.3)."""
    length, coding = told.get("content-length"), told.get("transfer-encoding")
    if coding is not None:
        if length is not None or not modern or coding.lower() != "chunked":
            raise MalformedError(f"Transfer-Encoding {coding[:40]!r} beside a Content-Length, in HTTP/1.0, or other than chunked")
        return CHUNKED
    if length is None:
        return _UNTIL_CLOSE
    values = {each.strip(" \t") for each in length.split(",")}  # the same one twice is legal to take
    if len(values) != 1 or _CONTENT_LENGTH.fullmatch(min(values)) is None:
        raise MalformedError(f"Content-Length is not one number of bytes: {length[:40]!r}")
    return int(min(values))
