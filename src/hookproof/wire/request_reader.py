"""From a byte stream to requests, incrementally and without a socket.

Law: any split of the same bytes gives the same requests; after a malformed one the stream is deaf, because framing is lost.
"""

from __future__ import annotations

import re

from hookproof.wire.bounds import Bounds
from hookproof.wire.chunked_body import ChunkedBody
from hookproof.wire.request_head import CHUNKED, HeadParser, MalformedError, Request, bare_line_feed

_EMPTY_LINES = re.compile(rb"(?:\r\n)*")
_MAY_BEGIN = re.compile(rb"(?:\r\n)*(?:\r|[A-Z]{1,16}(?: .*)?)?", re.DOTALL)


class RequestReader:
    """Reads the requests of one connection in order.

    Use: ``push`` what arrived, then ``next`` until it gives None. ``begun``: bytes of a request that was not given yet are here.
    ``parser`` may be shared among the readers of one loop.
    """

    __slots__ = ("_bounds", "_buffer", "_chunks", "_deaf", "_parser", "_request", "_scanned", "_skipped")

    def __init__(self, bounds: Bounds, parser: HeadParser | None = None) -> None:
        self._bounds = bounds
        self._parser = HeadParser(bounds) if parser is None else parser
        self._buffer: bytes | bytearray = b""
        self._request: Request | None = None
        self._chunks: ChunkedBody | None = None
        self._scanned = 0
        self._skipped = False
        self._deaf = False

    @property
    def begun(self) -> bool:
        """Whether bytes of a request that was not given yet are here."""
        return bool(self._buffer) or self._request is not None

    @property
    def buffered(self) -> int:
        """How many bytes wait to be understood."""
        return len(self._buffer)

    def surplus(self, request: Request) -> int:
        """Count the bytes behind a request just given that can be no other request on this connection; empty lines are harmless."""
        rest = self._buffer
        harmless = _MAY_BEGIN if request.persistent else _EMPTY_LINES
        return 0 if not rest or harmless.fullmatch(rest) else len(rest)

    def push(self, received: bytes) -> None:
        """Take bytes in order of arrival."""
        if self._deaf:
            return
        if not self._buffer:
            self._buffer = received
        elif isinstance(self._buffer, bytearray):
            self._buffer += received
        else:
            self._buffer = bytearray(self._buffer)
            self._buffer += received

    def next(self) -> Request | None:
        """Give the next whole or malformed request, or None until more bytes come."""
        if not self._buffer and self._request is None:
            return None
        request = self._request
        if request is None:
            request = self._read_head()
            if request is None:
                return None
            if request.malformed is not None:
                return self._give_up(request)
            self._request = request
        return self._read_body(request)

    def end(self, reason: str, status: int = 400) -> Request | None:
        """Give the unfinished request as malformed for ``reason`` (with the bytes seen so far), or None if none had begun."""
        request = self._request
        if request is None:
            if not self._buffer:
                return None
            request = Request(bytes(self._buffer))
        elif self._chunks is None:
            request.body = bytes(self._buffer)
        else:
            request.body = bytes(self._chunks.content)
        request.spoil(reason, status)
        return self._give_up(request)

    def wants_continue(self) -> bool:
        """Whether the peer waits for ``100 Continue`` before it sends content; True once per request."""
        request = self._request
        if request is None or not request.expects_continue:
            return False
        request.expects_continue = False
        return True

    def _read_head(self) -> Request | None:
        if not self._scanned and not self._skip_empty_line():
            return None
        buffer, limit = self._buffer, self._bounds.head
        end = buffer.find(b"\r\n\r\n", max(self._scanned - 3, 0), limit)
        if end < 0:
            return self._partial_head(min(len(buffer), limit))
        end += 4
        self._scanned = 0
        self._skipped = False
        self._buffer = buffer[end:]
        return self._parser.parse(bytes(buffer[:end]))

    def _skip_empty_line(self) -> bool:
        """Drop one empty line before a request line (RFC 9112, section 2.2); False while there is nothing to read behind it."""
        if self._skipped or self._buffer[0] != ord("\r"):
            return True
        if len(self._buffer) == 1:
            return False
        if self._buffer.startswith(b"\r\n"):
            self._skipped = True
            self._buffer = self._buffer[2:]
        return bool(self._buffer)

    def _partial_head(self, seen: int) -> Request | None:
        at = bare_line_feed(self._buffer, self._scanned, seen)
        if at >= 0:
            request = Request(bytes(self._buffer[: at + 1]))
            request.spoil("line ends with a bare LF", 400)
            return request
        self._scanned = seen
        if seen < self._bounds.head:
            return None
        request = Request(bytes(self._buffer[:seen]))
        request.spoil(f"head is over the bound of {self._bounds.head} bytes", 431)
        return request

    def _read_body(self, request: Request) -> Request | None:
        length, buffer = request.length, self._buffer
        if length == CHUNKED:
            return self._read_chunks(request)
        if len(buffer) < length:
            return None
        if len(buffer) == length:
            request.body = bytes(buffer)
            self._buffer = b""
        else:
            request.body = bytes(buffer[:length])
            self._buffer = bytes(buffer[length:])
        self._request = None
        return request

    def _read_chunks(self, request: Request) -> Request | None:
        if self._chunks is None:
            self._chunks = ChunkedBody(self._bounds)
        if not isinstance(self._buffer, bytearray):
            self._buffer = bytearray(self._buffer)
        try:
            whole = self._chunks.advance(self._buffer)
        except MalformedError as fault:
            request.body = bytes(self._chunks.content)
            request.spoil(fault.reason, fault.status)
            return self._give_up(request)
        if not whole:
            return None
        request.body = bytes(self._chunks.content)
        self._chunks = None
        self._request = None
        self._buffer = bytes(self._buffer)
        return request

    def _give_up(self, request: Request) -> Request:
        self._deaf = True
        self._request = self._chunks = None
        self._buffer = b""
        return request
