"""Writes requests byte by byte over kept connections and reads whole answers, many at once.

Law: one connection carries one exchange at a time; a request is never written twice; every wait is bounded by the request's patience.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic, monotonic_ns, time_ns
from types import TracebackType
from typing import Self, cast

from hookproof.ports import Outgoing, Reply
from hookproof.wire.allowance import Allowance
from hookproof.wire.destination import Destination, require_peer
from hookproof.wire.reply_reader import ReplyReader
from hookproof.wire.request_head import MalformedError

_CHUNK = 65_536
_MOST_IDLE = 64
"""Connections that are kept for later."""
_SERVER_ERROR = 500
"""From this status on a connection is not used again: servers hang up after an error inside, and some do not say so beforehand."""
_PROBATION = 0.005
"""Seconds for which a new connection is watched before it is used again: some peers hang up after an answer without having said so."""
_FRESH_ENOUGH = 1_000_000_000
"""Nanoseconds; a connection that was idle for longer may be about to be closed by a peer that is in its right."""

_FAILURES: dict[type[Exception], str] = {
    TimeoutError: "timeout",
    ConnectionRefusedError: "refused",
    OSError: "reset",
    EOFError: "closed",
    MalformedError: "malformed",
}
_TURNS = 5
"""Turns of the loop within which a dropped connection is gone."""


class _Gate:
    """Opens when everybody who was counted has arrived or left."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._here: set[_Progress] = set()
        self._open = asyncio.Event()

    def arrive(self, who: _Progress) -> None:
        self._here.add(who)
        if len(self._here) == self._count:
            self._open.set()

    async def wait(self) -> None:
        await self._open.wait()


class _Line(asyncio.BufferedProtocol):
    """One connection. ``live`` holds all open ones; it adds and removes itself.

    ``buffer`` may be shared by the lines of a loop. A plain ``Protocol`` would be given a new one of 256 KiB for every read, which costs
    more than all the rest of an exchange where the memory is given back to the system at once.
    """

    __slots__ = ("_buffer", "_deadline", "_live", "_loop", "_secure", "_timer", "_waiter", "answered_at", "error", "fault", "follow",
                 "heard", "idle_since", "lost", "over", "paused", "proven", "reader", "transport")  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, loop: asyncio.AbstractEventLoop, live: set[_Line], buffer: memoryview, *, secure: bool) -> None:
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
        self.transport = cast("asyncio.Transport", transport)
        self._live.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 -- the signature is asyncio's
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
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
        self._end()
        return not self._secure  # a peer that closes its side may still read ours; TLS has no such thing

    def connection_lost(self, exc: Exception | None) -> None:
        self._live.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if exc is not None:
            self._hear_last()
            self.error = exc  # one that is no OSError is a mistake of ours, and is raised where the answer is awaited
        self.lost = True
        self._end()

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False
        self.wake()

    def _hear_last(self) -> None:
        """Take what the peer had said before it hung up on our writing."""
        if self._secure or self.over or self.reader is None:
            return
        with contextlib.suppress(OSError), self.transport.get_extra_info("socket").dup() as last:
            last.setblocking(False)  # noqa: FBT003 -- the name of the method says it
            while not self.over and not self.answered_at and self.fault is None and (data := last.recv(_CHUNK)):
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
        return reader is not None and reader.reusable and reader.status < _SERVER_ERROR and self.usable()

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


class Sender:
    """A client of one checked destination; names are not resolved again.

    Use as a context manager; ``send`` may be called from any one thread at a time. ``trusted`` replaces the system's authorities;
    ``allowance`` is shared with whoever else sends there in the same run.
    """

    def __init__(self, place: Destination, *, trusted: ssl.SSLContext | None = None, allowance: Allowance | None = None) -> None:
        self._place = place
        self._allowance = allowance or Allowance(place.caps)
        self._tls = (trusted or ssl.create_default_context()) if place.scheme == "https" else None
        self._idle: deque[_Line] = deque(maxlen=_MOST_IDLE)
        self._live: set[_Line] = set()
        self._buffer = memoryview(bytearray(_CHUNK))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hookproof-sender", daemon=True)

    def __enter__(self) -> Self:
        """Start the loop."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close all connections and stop the loop."""
        asyncio.run_coroutine_threadsafe(self._drop_all(), self._loop).result(5.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        self._loop.close()

    def send(self, batch: Sequence[Outgoing], *, at_once: int = 8) -> list[Reply]:
        """Send a batch, at most ``at_once`` in flight (gated requests all at once); give the replies in the batch's order.

        Raises ``IllFormedError``, and sends nothing, if the batch is more than the allowance has left.
        """
        self._allowance.take(len(batch))
        return asyncio.run_coroutine_threadsafe(self._send(batch, at_once), self._loop).result()

    async def _send(self, batch: Sequence[Outgoing], at_once: int) -> list[Reply]:
        work = _Work(batch, metered=bool(self._allowance.caps.requests_per_second or self._allowance.caps.bytes_per_second))
        most = self._allowance.room(max(at_once, 1), together=sum(bool(each.gate) for each in batch))
        await asyncio.gather(*(self._do(work) for _ in range(min(most, len(batch)))))
        return [work.replies[number] for number in range(len(batch))]

    async def _do(self, work: _Work) -> None:
        while work.waiting:
            progress = _Progress(self._allowance, *work.waiting.popleft())
            if pause := self._allowance.turn():
                await asyncio.sleep(pause)
            await self._exchange(progress, work)

    async def _drop_all(self) -> None:
        unfinished = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        for line in tuple(self._live):
            line.drop()
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    # --- one exchange -------------------------------------------------------------------------------------------------------------

    async def _exchange(self, progress: _Progress, work: _Work) -> None:
        """Do one exchange, and whichever follow it on the same connection."""
        outgoing, line, failure = progress.outgoing, None, ""
        gate = work.gates.get(outgoing.gate)
        try:
            line = await self._kept(outgoing) or await self._connected(outgoing, progress)
            line.begin(outgoing.head)
            progress.start()
            await _write(line, outgoing, gate, progress)
            if progress.sent_at and line.proven:
                line.follow = partial(work.follow, line, progress)
            answer = await line.answer(outgoing.patience)
            work.replies[progress.number] = progress.reply(line.answered_at, answer)
            if line.rest() and progress.sent_at and not outgoing.fresh and len(self._idle) < _MOST_IDLE:
                self._idle.append(line)
                line = None
        except (OSError, EOFError, MalformedError) as error:
            failure = next(word for kind, word in _FAILURES.items() if isinstance(error, kind))
        finally:
            if gate is not None:
                gate.arrive(progress)
            if line is not None:
                line.drop()
        if failure:
            work.replies[progress.number] = progress.failed(failure)

    async def _kept(self, outgoing: Outgoing) -> _Line | None:
        while self._idle and not outgoing.fresh:
            line = self._idle.pop()
            if await line.lasts():
                return line
            line.drop()
        return None

    async def _connected(self, outgoing: Outgoing, progress: _Progress) -> _Line:
        if self._idle and self._allowance.caps.connections:
            self._idle.popleft().drop()  # the new one takes its place
        progress.start()
        place, loop, secure = self._place, self._loop, self._tls is not None
        async with asyncio.timeout(outgoing.patience):
            _, line = await loop.create_connection(
                lambda: _Line(loop, self._live, self._buffer, secure=secure),
                place.address,
                place.port,
                ssl=self._tls,
                server_hostname=place.host if secure else None,
            )
        require_peer(place, line.transport)
        return line


class _Progress:
    """How far one exchange came."""

    __slots__ = ("allowance", "number", "outgoing", "sent_at", "started_at", "wall", "written")

    def __init__(self, allowance: Allowance, number: int, outgoing: Outgoing) -> None:
        self.allowance = allowance
        self.number, self.outgoing = number, outgoing
        self.sent_at = self.written = 0
        self.start()

    def start(self) -> None:
        self.started_at, self.wall = monotonic_ns(), time_ns()

    def reply(self, answered_at: int, answer: ReplyReader) -> Reply:
        return Reply(
            status=answer.status,
            headers=answer.headers,
            body=bytes(answer.body),
            failure="",
            started_at=self.started_at,
            sent_at=self.sent_at,
            done_at=max(answered_at, self.sent_at),
            wall=self.wall,
            written=self.written,
        )

    def failed(self, failure: str) -> Reply:
        return Reply(
            status=0,
            headers=(),
            body=b"",
            failure=failure,
            started_at=self.started_at,
            sent_at=self.sent_at,
            done_at=monotonic_ns(),
            wall=self.wall,
            written=self.written,
        )


class _Work:
    """A batch on its way: what waits, in order, what came back, and the gates of what goes together."""

    __slots__ = ("_metered", "gates", "replies", "waiting")

    def __init__(self, batch: Sequence[Outgoing], *, metered: bool) -> None:
        self.waiting = deque(enumerate(batch))
        self.replies: dict[int, Reply] = {}
        self.gates = {gate: _Gate(count) for gate, count in Counter(each.gate for each in batch if each.gate).items()}
        self._metered = metered

    def follow(self, line: _Line, progress: _Progress) -> bool:
        """Keep a whole answer and write the next request at once, if it is a plain one; False if there is more to it."""
        reader = line.reader
        if self._metered or not self.waiting or line.ended() or reader is None or not reader.reusable or reader.status >= _SERVER_ERROR:
            return False
        number, outgoing = self.waiting[0]
        raw = outgoing.head + outgoing.body
        if outgoing.gate or outgoing.pieces > 1 or outgoing.fresh or len(raw) > _CHUNK:
            return False
        self.waiting.popleft()
        self.replies[progress.number] = progress.reply(line.answered_at, reader)
        progress.number, progress.outgoing = number, outgoing
        line.begin(outgoing.head)
        line.expect(outgoing.patience)
        progress.start()
        line.transport.write(raw)  # never more than the transport takes without a pause
        failed = line.transport.is_closing()  # why is said in the next turn
        progress.written = 0 if failed else len(raw)
        progress.sent_at = 0 if failed else monotonic_ns()
        return True


async def _write(line: _Line, outgoing: Outgoing, gate: _Gate | None, progress: _Progress) -> None:
    raw = outgoing.head + outgoing.body
    if gate is not None:
        await _put(line, raw[:-1], outgoing.patience, progress)
        gate.arrive(progress)
        async with asyncio.timeout(outgoing.patience):
            await gate.wait()
        raw = raw[-1:]
    elif outgoing.pieces > 1:
        await _put(line, outgoing.head, outgoing.patience, progress)
        size = max(1, -(-len(outgoing.body) // outgoing.pieces))
        for at in range(0, len(outgoing.body) - size, size):
            await _put(line, outgoing.body[at : at + size], outgoing.patience, progress)
            if await line.spoke(outgoing.pause):
                return  # the receiver answered before it had read all
        raw = outgoing.body[-(len(outgoing.body) % size or size) :]
    if await _put(line, raw, outgoing.patience, progress):
        progress.sent_at = monotonic_ns()


async def _put(line: _Line, raw: bytes, patience: float, progress: _Progress) -> bool:
    """Write in slices, so that a receiver that answers early is heard rather than written at; False where it takes no more."""
    for at in range(0, len(raw), _CHUNK):
        part = raw[at : at + _CHUNK]
        if pause := progress.allowance.passage(len(part)):
            await asyncio.sleep(pause)
        if not await line.put(part, patience):
            return False
        progress.written += len(part)
    return True
