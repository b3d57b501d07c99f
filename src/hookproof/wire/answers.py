"""The bytes of scripted answers.

Law: pure; status, headers and body are written as given. Only framing that the script leaves out is added: Content-Length, and
``Connection: close`` where the connection ends after the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from http import HTTPStatus

from hookproof.model.errors import IllFormedError
from hookproof.model.transcript import Answer

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
WHOLE_BYTES = 65_536
"""Answers up to this size go out in one write; larger ones in pieces of about this size."""

_HEADLESS = frozenset({"never", "close", "reset"})
_BROKEN_OFF = frozenset({"close", "close_in_head", "close_after_head", "reset", "reset_after_head"})
_MODES = frozenset({"respond", "drip"}) | _HEADLESS | _BROKEN_OFF
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class PreparedAnswer:
    """An ``Answer`` with its bytes, made once and sent often.

    ``immediate``: it goes out whole in one write as soon as the request is read; ``streamed``: its body is too large for that and
    comes from ``pieces``; ``closes``: no other request can follow on the connection. Raises ``IllFormedError`` for an answer that
    cannot be written.
    """

    __slots__ = ("_head", "_length", "_opening", "answer", "closes", "immediate", "streamed")

    def __init__(self, answer: Answer) -> None:
        _check(answer)
        self.answer = answer
        self._length = len(answer.body) * answer.body_repeat
        self.streamed = answer.mode == "respond" and self._length > WHOLE_BYTES
        self.immediate = answer.mode == "respond" and not self.streamed and answer.delay <= 0
        self.closes = answer.mode in _BROKEN_OFF or _scripted_close(answer)
        self._opening = self._status_line()
        self._head = {persistent: self._render_head(persistent=persistent) for persistent in (True, False)}

    def wire(self, *, persistent: bool, bodiless: bool) -> bytes:
        """Give the bytes to write first: everything, or only what its mode or a ``bodiless`` (HEAD) request leaves of it."""
        mode = self.answer.mode
        if mode in _HEADLESS:
            return b""
        if mode == "close_in_head":
            return self._opening[: len(b"HTTP/1.1 2")]
        head = self._head[persistent]
        if bodiless or self.streamed or mode in _BROKEN_OFF:
            return head
        return head + self.answer.body * self.answer.body_repeat

    def pieces(self) -> Iterator[bytes]:
        """Give the body of a streamed answer in pieces of about ``WHOLE_BYTES``, without building it whole."""
        body, repeat = self.answer.body, self.answer.body_repeat
        per_piece = max(WHOLE_BYTES // len(body), 1)
        block = body * per_piece
        for _ in range(repeat // per_piece):
            for start in range(0, len(block), WHOLE_BYTES):
                yield block[start : start + WHOLE_BYTES]
        if rest := repeat % per_piece:
            yield body * rest

    def _status_line(self) -> bytes:
        status = self.answer.status
        return f"HTTP/1.1 {status} {_PHRASES.get(status, 'Scripted')}\r\n".encode("ascii")

    def _render_head(self, *, persistent: bool) -> bytes:
        answer = self.answer
        names = {name.lower() for name, _ in answer.headers}
        lines = [f"{name}: {value}\r\n" for name, value in answer.headers]
        if not names & {"content-length", "transfer-encoding"} and _may_have_length(answer.status):
            promised = max(self._length, 1) if answer.mode in _BROKEN_OFF else self._length
            lines.append(f"Content-Length: {promised}\r\n")
        if (self.closes or not persistent) and "connection" not in names:
            lines.append("Connection: close\r\n")
        return self._opening + "".join(lines).encode("latin-1") + b"\r\n"


@lru_cache(maxsize=64)
def refusal(status: int) -> PreparedAnswer:
    """Give the answer to a request that cannot be taken; its connection ends."""
    return PreparedAnswer(Answer(status=status, headers=(("Connection", "close"),)))


def _check(answer: Answer) -> None:
    if answer.mode not in _MODES:
        known = ", ".join(sorted(_MODES))
        raise IllFormedError("answer", f"unknown mode {answer.mode!r}", place="mode", remedy=f"Use one of: {known}.")
    if answer.body_repeat < 0:
        raise IllFormedError("answer", "negative repetition", place="body_repeat", remedy="Use 0 or more.")
    try:
        "".join(name + value for name, value in answer.headers).encode("latin-1")
    except UnicodeEncodeError as error:
        raise IllFormedError("answer", "character outside Latin-1", place="headers", remedy="Give bytes as Latin-1.") from error


def _may_have_length(status: int) -> bool:
    """Whether RFC 9110, section 8.6, allows Content-Length with this status."""
    return not (100 <= status <= 199 or status in {204, 304})  # noqa: PLR2004 -- RFC 9110 section 15.2


def _scripted_close(answer: Answer) -> bool:
    return any(name.lower() == "connection" and "close" in value.lower() for name, value in answer.headers)


NOT_FOUND = PreparedAnswer(Answer(status=404))
"""What foreign traffic gets."""
