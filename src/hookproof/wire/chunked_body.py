"""Chunked content (RFC 9112, section 7.1), incrementally: bytes in, content out.

Law: pure; how the bytes are split among calls never changes content, end or fault. Trailers are read, bounded and dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hookproof.wire.bounds import Bounds
from hookproof.wire.request_head import MalformedError

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t -~\x80-\xff]*)?")
_SIZE_LINE_BYTES = 1024
_TRAILER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~\x80-\xff]*")


class ChunkedBody:
    """Decodes one chunked content. ``content`` is what was decoded so far."""

    __slots__ = ("_bounds", "_left", "_step", "_trailer_bytes", "_trailers", "content")

    def __init__(self, bounds: Bounds) -> None:
        self.content = bytearray()
        self._bounds = bounds
        self._left = 0
        self._trailers = 0
        self._trailer_bytes = 0
        self._step: Callable[[ChunkedBody, bytearray], bool] | None = ChunkedBody._size

    def advance(self, buffer: bytearray) -> bool:
        """Consume from the front of ``buffer`` what belongs to the content; True when it is whole.

        Raises ``MalformedError`` for bad framing and for content or trailers over the bounds.
        """
        while self._step is not None:
            if not self._step(self, buffer):
                return False
        return True

    def _size(self, buffer: bytearray) -> bool:
        line = _line(buffer, _SIZE_LINE_BYTES, "chunk size line")
        if line is None:
            return False
        found = _SIZE_LINE.fullmatch(line)
        if found is None:
            raise MalformedError(f"chunk size is not hexadecimal: {line[:40]!r}")
        size = int(found[1], 16)
        if len(self.content) + size > self._bounds.body:
            raise MalformedError(f"chunked content is over the bound of {self._bounds.body}", 413)
        self._left = size
        self._step = ChunkedBody._content if size else ChunkedBody._trailer
        return True

    def _content(self, buffer: bytearray) -> bool:
        part = buffer[: self._left]
        del buffer[: self._left]
        self.content += part
        self._left -= len(part)
        if self._left:
            return False
        self._step = ChunkedBody._content_end
        return True

    def _content_end(self, buffer: bytearray) -> bool:
        end = bytes(buffer[:2])
        if not b"\r\n".startswith(end):
            raise MalformedError("chunk does not end where its size says")
        if end != b"\r\n":
            return False
        del buffer[:2]
        self._step = ChunkedBody._size
        return True

    def _trailer(self, buffer: bytearray) -> bool:
        line = _line(buffer, max(self._bounds.head - self._trailer_bytes, 0), "trailer section")
        if line is None:
            return False
        if not line:
            self._step = None
            return True
        if _TRAILER.fullmatch(line) is None:
            raise MalformedError(f"trailer is not a header field: {line[:80]!r}")
        self._trailer_bytes += len(line) + 2
        self._trailers += 1
        if self._trailers > self._bounds.fields:
            raise MalformedError(f"more than {self._bounds.fields} trailers", 431)
        return True


def _line(buffer: bytearray, limit: int, what: str) -> bytes | None:
    """Take one CRLF line off the front, without its end; None if it is not whole yet."""
    end = buffer.find(b"\n", 0, limit)
    if end < 0:
        if len(buffer) >= limit:
            raise MalformedError(f"{what} is too long", 431)
        return None
    if end == 0 or buffer[end - 1] != ord("\r"):
        raise MalformedError(f"bare LF in the {what}")
    line = bytes(buffer[: end - 1])
    del buffer[: end + 1]
    return line
