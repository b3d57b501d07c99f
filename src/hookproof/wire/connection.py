"""One accepted connection: bytes in, turns taken in order, endings told apart.

Law: requests are answered strictly in order; a peer that ends its side before our answer is done has given up on it.
"""

from __future__ import annotations

import asyncio
from time import monotonic_ns, time_ns

from hookproof.wire.answers import CONTINUE, NOT_FOUND, refusal
from hookproof.wire.intake import Intake
from hookproof.wire.patience import Patience
from hookproof.wire.request_head import Request
from hookproof.wire.request_reader import RequestReader
from hookproof.wire.turn import Stamp, Turn

_AHEAD = 65_536
"""Bytes of pipelined requests that may wait while an answer is under way."""
_LINGER = 2.0
"""Seconds for a peer to read our refusal before the connection is cut."""
_CUT = "connection closed inside the request"


class Connection(asyncio.Protocol):
    """A peer's connection to the listener. ``live`` holds the open connections of its port in order; it adds and removes itself.

    ``door`` names the port that it came in by if that is not the shared one, ``tls`` the version of TLS that it speaks, if any.
    """

    __slots__ = ("_deaf", "_finished", "_intake", "_lingers", "_live", "_patience", "_reader", "_serving", "_stamp", "_turn", "congested",
                 "door", "ledger", "loop", "name", "tls", "transport")  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, intake: Intake, live: dict[Connection, None], loop: asyncio.AbstractEventLoop, door: str = "") -> None:
        self.loop = loop
        self.ledger = intake.ledger
        self.name = self.tls = ""
        self.door = door
        self.congested = False
        self._intake = intake
        self._live = live
        self._reader = RequestReader(intake.bounds, intake.parser)
        self._stamp: Stamp | None = None
        self._turn: Turn | None = None
        self._patience = Patience(intake.bounds, loop, self._too_slow)
        self._serving = self._deaf = self._lingers = self._finished = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Stamp the arrival, or turn it away when there is no room."""
        self._stamp = self._stamped(monotonic_ns())
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        secured = transport.get_extra_info("ssl_object")
        self.tls = "" if secured is None else str(secured.version())
        intake = self._intake
        self.name = f"c{next(intake.connection_numbers)}"
        self._live[self] = None
        intake.open_connections += 1
        if intake.open_connections > intake.bounds.connections:
            intake.traffic.dropped += 1
            self._deaf = True
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes; answer every request that is whole, unless an earlier one is still being answered."""
        now = monotonic_ns()
        if self._deaf:
            return
        reader = self._reader
        self._patience.last_byte = now
        if not reader.begun:
            self._patience.began = now
            # a connection may be opened long before its request is due: only the first byte proves that the sender sent
            self._stamp = self._stamped(now) if self._stamp is None else Stamp(self._stamp.number, now, time_ns())
        reader.push(data)
        if self._turn is None:
            self._serve(now)
        elif reader.buffered > _AHEAD:
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        """End what is unfinished; what was already written still goes out."""
        self._end(_CUT, monotonic_ns())
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- the signature is asyncio's
        """End what is unfinished and forget the connection."""
        self._end(_CUT, monotonic_ns())
        self._patience.stop()
        self._live.pop(self, None)
        self._intake.open_connections -= 1

    def pause_writing(self) -> None:
        """Stop a streamed answer until the peer has read more."""
        self.congested = True

    def resume_writing(self) -> None:
        """Go on with a streamed answer."""
        self.congested = False
        if self._turn is not None:
            self._turn.resume()

    def turn_over(self, *, closes: bool) -> None:
        """Go on with the next request, or end the connection."""
        self._turn = None
        if closes:
            self._close()
        elif not self._serving:
            self.transport.resume_reading()
            self._serve(monotonic_ns())

    def retire(self) -> None:
        """Take no further request; an answer that is under way is finished first."""
        if self._turn is None and not self._reader.begun:
            self._close()
        else:
            self._finished = True

    def abandon(self) -> None:
        """End at once; an unfinished attempt is recorded as far as it came."""
        self._end("listener closed inside the request", None)
        self.transport.abort()

    def _serve(self, now: int) -> None:
        self._serving = True
        reader = self._reader
        while self._turn is None and not self._deaf:
            request = reader.next()
            if request is None:
                if reader.begun:
                    self._await_more(now)
                elif self._finished:
                    self._close()
                break
            if request.malformed is None and (surplus := reader.surplus(request)):
                request.overrun = f"{surplus} bytes behind the announced length are no request"
            stamp = self._stamp or self._stamped(now)
            self._stamp = self._stamped(now) if reader.begun else None
            self._patience.began = now
            self._patience.stop()
            self._take(request, stamp, now)
        self._serving = False

    def _take(self, request: Request, stamp: Stamp, now: int) -> None:
        intake = self._intake
        endpoint = intake.find(request)
        if endpoint is None:
            self._answer_foreign(request)
        elif self.ledger.full:
            intake.traffic.dropped += 1
            self._refuse(503)
        elif request.malformed is not None:
            self._lingers = True
            self._turn = turn = Turn(self, endpoint, request, stamp, None, refusal(request.status))
            turn.begin()
        else:
            self._turn = turn = Turn(self, endpoint, request, stamp, now, endpoint.plan.take())
            self.ledger.mark_read(endpoint.tally)
            turn.begin()

    def _answer_foreign(self, request: Request) -> None:
        self._intake.count_foreign(request.target)
        if request.malformed is not None:
            self._close()
            return
        bodiless = request.method == "HEAD"
        self.transport.write(NOT_FOUND.wire(persistent=request.persistent, bodiless=bodiless))
        if not request.persistent:
            self._close()

    def _refuse(self, status: int) -> None:
        self.transport.write(refusal(status).wire(persistent=False, bodiless=False))
        self._lingers = True
        self._close()

    def _await_more(self, now: int) -> None:
        if self._reader.wants_continue():
            self.transport.write(CONTINUE)
        self._patience.start(now)

    def _too_slow(self, reason: str) -> None:
        request = self._reader.end(reason, 408)
        if request is not None:
            now = monotonic_ns()
            self._take(request, self._stamp or self._stamped(now), now)

    def _end(self, reason: str, closed_at: int | None) -> None:
        """Record everything that is unfinished, also requests that were read and wait for their turn."""
        if self._turn is not None:
            self._turn.stop(closed_at)
            self._turn = None
        while not self._deaf:
            request = self._reader.next() or self._reader.end(reason)
            if request is None:
                break
            self._record_unanswered(request, closed_at)
        self._deaf = True

    def _record_unanswered(self, request: Request, closed_at: int | None) -> None:
        endpoint = self._intake.find(request)
        now = monotonic_ns()
        stamp, self._stamp = self._stamp or self._stamped(now), None
        if endpoint is None:
            self._intake.count_foreign(request.target)
        elif self.ledger.full:
            self._intake.traffic.dropped += 1
        elif request.malformed is not None:
            Turn(self, endpoint, request, stamp, None, refusal(request.status)).stop(closed_at)
        else:
            self.ledger.mark_read(endpoint.tally)
            Turn(self, endpoint, request, stamp, now, endpoint.plan.take()).stop(closed_at)

    def _close(self) -> None:
        """End our side; after a refusal, leave the peer time to read it."""
        self._deaf = True
        self._patience.stop()
        if self._lingers and self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
            self._patience.call_later(_LINGER, self.transport.abort)
        else:
            self.transport.close()

    def _stamped(self, now: int) -> Stamp:
        return Stamp(next(self._intake.arrivals), now, time_ns())
