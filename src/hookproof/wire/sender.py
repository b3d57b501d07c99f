"""Writes requests byte by byte over kept connections and reads whole answers, many at once.

Law: one connection carries one exchange at a time; a request is never written twice; every wait is bounded by the request's patience.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter, deque
from collections.abc import Sequence
from functools import partial
from time import monotonic_ns, time_ns
from types import TracebackType
from typing import Self

from hookproof.ports import Outgoing, Reply
from hookproof.wire.allowance import Allowance
from hookproof.wire.destination import Destination, require_peer
from hookproof.wire.line import CHUNK, SERVER_ERROR, Line
from hookproof.wire.reply_reader import ReplyReader
from hookproof.wire.request_head import MalformedError

_MOST_IDLE = 64
"""Connections that are kept for later."""
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


class Sender:
    """A client of one checked destination; names are not resolved again.

    Use as a context manager; ``send`` may be called from any one thread at a time. ``trusted`` replaces the system's authorities;
    ``allowance`` is shared with whoever else sends there in the same run.
    """

    def __init__(self, place: Destination, *, trusted: ssl.SSLContext | None = None, allowance: Allowance | None = None) -> None:
        self._place = place
        self._allowance = allowance or Allowance(place.caps)
        self._tls = (trusted or ssl.create_default_context()) if place.scheme == "https" else None
        self._idle: deque[Line] = deque(maxlen=_MOST_IDLE)
        self._live: set[Line] = set()
        self._buffer = memoryview(bytearray(CHUNK))
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

    async def _kept(self, outgoing: Outgoing) -> Line | None:
        while self._idle and not outgoing.fresh:
            line = self._idle.pop()
            if await line.lasts():
                return line
            line.drop()
        return None

    async def _connected(self, outgoing: Outgoing, progress: _Progress) -> Line:
        if self._idle and self._allowance.caps.connections:
            self._idle.popleft().drop()  # the new one takes its place
        progress.start()
        place, loop, secure = self._place, self._loop, self._tls is not None
        async with asyncio.timeout(outgoing.patience):
            _, line = await loop.create_connection(
                lambda: Line(loop, self._live, self._buffer, secure=secure),
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

    def follow(self, line: Line, progress: _Progress) -> bool:
        """Keep a whole answer and write the next request at once, if it is a plain one; False if there is more to it."""
        reader = line.reader
        if self._metered or not self.waiting or line.ended() or reader is None or not reader.reusable or reader.status >= SERVER_ERROR:
            return False
        number, outgoing = self.waiting[0]
        raw = outgoing.head + outgoing.body
        if outgoing.gate or outgoing.pieces > 1 or outgoing.fresh or len(raw) > CHUNK:
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


async def _write(line: Line, outgoing: Outgoing, gate: _Gate | None, progress: _Progress) -> None:
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


async def _put(line: Line, raw: bytes, patience: float, progress: _Progress) -> bool:
    """Write in slices, so that a receiver that answers early is heard rather than written at; False where it takes no more."""
    for at in range(0, len(raw), CHUNK):
        part = raw[at : at + CHUNK]
        if pause := progress.allowance.passage(len(part)):
            await asyncio.sleep(pause)
        if not await line.put(part, patience):
            return False
        progress.written += len(part)
    return True
