"""One request's turn on a connection: our scripted answer is given and the attempt is recorded, exactly once.

Law: ``answer_started_at`` is taken before the first write and ``answer_done_at`` after the last, and the record follows in the same
loop iteration.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from time import monotonic_ns
from typing import NamedTuple, Protocol

from hookproof.model.transcript import Answer, Attempt
from hookproof.wire.answers import PreparedAnswer
from hookproof.wire.intake import Endpoint
from hookproof.wire.ledger import Ledger
from hookproof.wire.request_head import Request

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_PIECES_AT_A_TIME = 16


class Stamp(NamedTuple):
    """When a request arrived: running number of arrival, monotonic and wall nanoseconds."""

    number: int
    at: int
    wall: int


class Line(Protocol):
    """What a turn needs of its connection."""

    name: str
    door: str
    tls: str
    loop: asyncio.AbstractEventLoop
    ledger: Ledger
    transport: asyncio.Transport
    congested: bool

    def turn_over(self, *, closes: bool) -> None:
        """Go on with the next request, or end the connection."""


class Turn:
    """One request between being read and being recorded."""

    __slots__ = (
        "_handle",
        "_next_piece",
        "_pieces",
        "answer",
        "done_at",
        "endpoint",
        "gone_at",
        "line",
        "over",
        "prepared",
        "read_at",
        "request",
        "stamp",
        "started_at",
    )

    def __init__(
        self, line: Line, endpoint: Endpoint, request: Request, stamp: Stamp, read_at: int | None, prepared: PreparedAnswer
    ) -> None:
        self.line = line
        self.endpoint = endpoint
        self.request = request
        self.stamp = stamp
        self.read_at = read_at
        self.prepared = prepared
        self.answer: Answer = prepared.answer
        self.started_at: int | None = None
        self.done_at: int | None = None
        self.gone_at: int | None = None
        self.over = False
        self._handle: asyncio.Handle | None = None
        self._pieces: Iterator[bytes] | None = None
        self._next_piece = b""

    def begin(self) -> None:
        """Answer now, or when the answer's delay has passed."""
        if self.prepared.immediate:
            self._write(self._wire())
            self._finish()
            return
        self.endpoint.unfinished[self] = None
        if self.answer.delay > 0:
            self._handle = self.line.loop.call_later(self.answer.delay, self._act)
        else:
            self._act()

    def release(self) -> None:
        """End an unfinished answer and its connection; nothing more of it is sent."""
        self.stop(None)
        if self.line.transport.get_write_buffer_size():
            self.line.transport.abort()
        self.line.turn_over(closes=True)

    def stop(self, closed_at: int | None) -> None:
        """Record the attempt as far as it came; ``closed_at``: the peer was the one who ended it."""
        if not self.over:
            self.done_at = None
            self._record(closed_at)

    def resume(self) -> None:
        """Go on with a streamed answer soon; not now, because asyncio calls from inside its own write."""
        if self._pieces is not None and self._handle is None and not self.over:
            self._handle = self.line.loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Write more of a streamed answer while the peer keeps up."""
        self._handle = None
        for _ in range(_PIECES_AT_A_TIME):
            if self.line.congested or self.line.transport.is_closing():
                return
            if not self._write_piece():
                return
        self._handle = self.line.loop.call_soon(self._pump)

    def _act(self) -> None:
        self._handle = None
        mode = self.answer.mode
        if mode == "never":
            return
        if mode == "drip":
            self._cut_into(_bytewise(self._wire()))
            self._drip()
            return
        if wire := self._wire():
            self._write(wire)
        if mode.startswith("reset"):
            _reset_on_close(self.line.transport)
        if self.prepared.streamed and self.request.method != "HEAD":
            self._cut_into(self.prepared.pieces())
            self._pump()
        else:
            self._finish()

    def _wire(self) -> bytes:
        return self.prepared.wire(persistent=self.request.persistent, bodiless=self.request.method == "HEAD")

    def _write(self, wire: bytes) -> None:
        if self.started_at is None:
            self.started_at = monotonic_ns()
        self.line.transport.write(wire)
        self.done_at = monotonic_ns()
        if self.gone_at is None and _refused(self.line.transport):
            self.gone_at = self.done_at

    def _drip(self) -> None:
        self._handle = None
        if not self.line.transport.is_closing() and self._write_piece():
            self._handle = self.line.loop.call_later(self.answer.drip_interval, self._drip)

    def _write_piece(self) -> bool:
        """Write the next piece; after the last one finish at once, so that no closing peer comes between, and give False."""
        assert self._pieces is not None
        self._write(self._next_piece)
        self._next_piece = next(self._pieces, b"")
        if not self._next_piece:
            self._finish()
        return bool(self._next_piece)

    def _cut_into(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._next_piece = next(pieces)

    def _finish(self) -> None:
        self._record(self.gone_at)
        self.line.turn_over(closes=self.prepared.closes or not self.request.persistent)

    def _record(self, closed_at: int | None) -> None:
        self.over = True
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        endpoint = self.endpoint
        endpoint.unfinished.pop(self, None)
        self.line.ledger.record(endpoint.tally, self._attempt(closed_at))

    def _attempt(self, closed_at: int | None) -> Attempt:
        request, stamp, endpoint = self.request, self.stamp, self.endpoint
        return Attempt(
            id=f"a{stamp.number}",
            situation=endpoint.situation,
            at=monotonic_ns(),
            endpoint=endpoint.name,
            connection=self.line.name,
            door=self.line.door,
            tls=self.line.tls,
            method=request.method,
            target=request.target,
            http_version=request.version,
            headers=request.headers,
            body=request.body,
            answer=self.answer,
            accepted_at=stamp.at,
            accepted_wall=stamp.wall,
            body_read_at=self.read_at,
            answer_started_at=self.started_at,
            answer_done_at=self.done_at,
            closed_at=closed_at,
            malformed=request.malformed or request.overrun,
            head=request.head,
        )


def _bytewise(wire: bytes) -> Iterator[bytes]:
    return (wire[at : at + 1] for at in range(len(wire)))


def _refused(transport: asyncio.Transport) -> bool:
    """Whether the peer had closed before we wrote: on loopback its kernel refuses the bytes while we write them."""
    peer: socket.socket = transport.get_extra_info("socket")
    return bool(peer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def _reset_on_close(transport: asyncio.Transport) -> None:
    """Make the next close send RST instead of FIN."""
    peer: socket.socket = transport.get_extra_info("socket")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
