"""One connection to a receiver: writes what it is given, reads one answer at a time, and knows how the connection ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from time import monotonic, monotonic_ns
from typing import cast

from hookproof.wire.reply_reader import ReplyReader
from hookproof.wire.request_head import MalformedError

CHUNK = 65_536
"""Bytes that are read or written at once."""
SERVER_ERROR = 500
"""From this status on a connection is not used again: servers hang up after an error inside, and some do not say so beforehand."""
_PROBATION = 0.005
"""Seconds for which a new connection is watched before it is used again: some peers hang up after an answer without having said so."""
_FRESH_ENOUGH = 1_000_000_000
"""Nanoseconds; a connection that was idle for longer may be about to be closed by a peer that is in its right."""


class Line(asyncio.BufferedProtocol):
    """One connection. ``live`` holds all open ones; it adds and removes itself.

    ``buffer`` may be shared by the lines of a loop. A plain ``Protocol`` would be given a new one of 256 KiB for every read, which costs
    more than all the rest of an exchange where the memory is given back to the system at once.
    """

    __slots__ = ("_buffer", "_deadline", "_live", "_loop", "_secure", "_timer", "_waiter", "answered_at", "error", "fault", "follow",
                 "heard", "idle_since", "lost", "over", "paused", "proven", "reader", "transport")  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop, live: set[Line], buffer: memoryview, *, secure: bool) -> None:
        self._loop = loop
        self._buffer = buffer
        self._live = live
        self._secure = secure
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self.reader: ReplyReader | None = None
        self.follow: Callable[[], bool] | None = None
        self.answered_at = self.idle_since = 0
        self.heard = self.over = self.lost = self.paused = self.proven = False
        self.error: Exception | None = None
        self.fault: MalformedError | None = None

    # --- what the transport says ---------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to live."""
        self.transport = cast("asyncio.Transport", transport)
        self._live.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 -- the signature is asyncio's
        """Give the shared buffer to read into."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        self._take(bytes(self._buffer[:nbytes]))

    def _take(self, data: bytes) -> None:
        self.heard = True
        reader = self.reader
        if reader is None or self.fault is not None:
            if reader is None:  # nobody asked: whatever it is, the next answer must not begin with it
                self.drop()
            return
        try:
            whole = reader.push(data)
        except MalformedError as fault:
            self.fault = fault
        else:
            if not whole:
                return
            if not self.answered_at:
                self.answered_at = monotonic_ns()
                if self.follow is not None and self.follow():
                    return
        self.wake()

    def eof_received(self) -> bool:
        """Note that the peer has ended its side; give whether ours stays open."""
        self._end()
        return not self._secure  # a peer that closes its side may still read ours; TLS has no such thing

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and keep why."""
        self._live.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if exc is not None:
            self._hear_last()
            self.error = exc  # one that is no OSError is a mistake of ours, and is raised where the answer is awaited
        self.lost = True
        self._end()

    def pause_writing(self) -> None:
        """Write no more for now."""
        self.paused = True

    def resume_writing(self) -> None:
        """Write again."""
        self.paused = False
        self.wake()

    def _hear_last(self) -> None:
        """Take what the peer had said before it hung up on our writing."""
        if self._secure or self.over or self.reader is None:
            return
        with contextlib.suppress(OSError), self.transport.get_extra_info("socket").dup() as last:
            last.setblocking(False)  # noqa: FBT003 -- the name of the method says it
            while not self.over and not self.answered_at and self.fault is None and (data := last.recv(CHUNK)):
                self._take(data)

    def _end(self) -> None:
        if not self.over and self.reader is not None and self.error is None and self.fault is None and self.reader.end():
            self.answered_at = self.answered_at or monotonic_ns()
        self.over = True
        if self.reader is None:
            self.drop()
        self.wake()

    # --- what an exchange does -----------------------------------------------------------------------------------------------------

    def begin(self, head: bytes) -> None:
        """Expect the answer to the request with this head."""
        self.reader = ReplyReader(head[: head.find(b" ")])
        self.heard = False
        self.answered_at = 0

    async def put(self, raw: bytes, patience: float) -> bool:
        """Write, and wait until there is room for more; False if no more will be taken, and ``answer`` says why."""
        transport = self.transport
        if transport.is_closing():
            await asyncio.sleep(0)
        if not self.lost:
            transport.write(raw)
            if transport.is_closing():
                await asyncio.sleep(0)  # the write failed, and why is said in the next turn
            if self.paused:
                self.expect(patience)
                while self.paused and not self.lost and not self.answered_at:
                    await self._wait()
        return not self.lost and not self.paused

    async def spoke(self, pause: float) -> bool:
        """Let ``pause`` seconds go by; give whether the peer said anything before or meanwhile, if only that it ends."""
        if not self.heard and not self.over:
            await asyncio.sleep(pause)
        return self.heard or self.over

    async def answer(self, patience: float) -> ReplyReader:
        """Wait for the whole answer; ``MalformedError`` is raised for what is none, ``EOFError`` or ``OSError`` where none came."""
        self.expect(patience)
        while not self.answered_at:
            if self.fault is not None:
                raise self.fault
            if self.error is not None:
                raise self.error
            if self.over:
                raise EOFError
            await self._wait()
        assert self.reader is not None
        return self.reader

    def rest(self) -> bool:
        """End the exchange; give whether another may follow."""
        reader, self.reader, self.follow = self.reader, None, None
        self.answered_at, self.idle_since = 0, monotonic_ns()
        return reader is not None and reader.reusable and reader.status < SERVER_ERROR and self.usable()

    def usable(self) -> bool:
        """Whether another exchange may still begin."""
        return not self.ended() and monotonic_ns() - self.idle_since < _FRESH_ENOUGH

    def ended(self) -> bool:
        """Whether either side has hung up."""
        return self.over or self.transport.is_closing()

    async def lasts(self) -> bool:
        """Whether the peer leaves the connection open after its first answer, and still does."""
        if not self.proven:
            self.expect(_PROBATION)
            with contextlib.suppress(TimeoutError):
                while not self.ended():
                    await self._wait()
            self.proven = True
        return self.usable()

    def drop(self) -> None:
        """Hang up at once."""
        self.transport.abort()

    # --- waiting -------------------------------------------------------------------------------------------------------------------

    def expect(self, patience: float) -> None:
        """Bound what is waited for; one timer serves all waits of a line and is moved only when it rings, or must ring sooner."""
        self._deadline = deadline = monotonic() + patience
        timer = self._timer
        if timer is None or timer.when() > deadline:
            if timer is not None:
                timer.cancel()
            self._timer = self._loop.call_at(deadline, self._ring)

    async def _wait(self) -> None:
        """Wait for anything to happen."""
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        """Let whoever waits look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _ring(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if monotonic() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._ring)
        else:
            self._waiter.set_exception(TimeoutError())
