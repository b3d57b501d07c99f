"""Writes requests byte by byte over pooled connections and reads whole answers, many at once.

Law: one connection carries one exchange at a time; a request is never written twice; every wait is bounded by the request's patience.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import h11

from hookproof.model.transcript import HeaderPairs
from hookproof.ports import Outgoing, Reply
from hookproof.wire.destination import Destination

_CHUNK = 65_536
_MOST_KEPT = 1 << 20  # bytes of an answer's body that are kept
_MOST_READ = 64 << 20  # bytes after which an endless answer is given up


class _Gate:
    """Opens when everybody who was counted has arrived or left."""

    def __init__(self, count: int) -> None:
        self._missing = count
        self._open = asyncio.Event()

    def arrive(self) -> None:
        self._missing -= 1
        if self._missing <= 0:
            self._open.set()

    async def wait(self) -> None:
        await self._open.wait()


class _Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def drop(self) -> None:
        self.writer.transport.abort()


class Sender:
    """A client of one checked destination; names are not resolved again.

    Use as a context manager; ``send`` may be called from any one thread at a time. ``trusted`` replaces the system's authorities.
    """

    def __init__(self, place: Destination, *, trusted: ssl.SSLContext | None = None) -> None:
        self._place = place
        self._tls = (trusted or ssl.create_default_context()) if place.scheme == "https" else None
        self._idle: deque[_Line] = deque()
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
        """Send a batch, at most ``at_once`` in flight (gated requests all at once); give the replies in the batch's order."""
        return asyncio.run_coroutine_threadsafe(self._send(batch, at_once), self._loop).result()

    async def _send(self, batch: Sequence[Outgoing], at_once: int) -> list[Reply]:
        gates = {gate: _Gate(sum(each.gate == gate for each in batch)) for gate in {each.gate for each in batch if each.gate}}
        places = asyncio.Semaphore(max(at_once, *(sum(each.gate == gate for each in batch) for gate in gates), 1))

        async def one(outgoing: Outgoing) -> Reply:
            async with places:
                return await self._exchange(outgoing, gates.get(outgoing.gate))

        return list(await asyncio.gather(*(one(each) for each in batch)))

    async def _drop_all(self) -> None:
        while self._idle:
            self._idle.popleft().drop()
        await asyncio.sleep(0)

    # --- one exchange -------------------------------------------------------------------------------------------------------------

    async def _exchange(self, outgoing: Outgoing, gate: _Gate | None) -> Reply:
        arrived = _once(gate.arrive) if gate is not None else _nothing
        progress = _Progress()
        line: _Line | None = None
        try:
            line = await self._line(outgoing, progress)
            progress.start()
            await self._write(line, outgoing, gate, arrived, progress)
            async with asyncio.timeout(outgoing.patience):
                status, headers, body, reusable = await _answer(line.reader, outgoing.head.partition(b" ")[0])
            if reusable and not outgoing.fresh:
                self._idle.append(line)
                line = None
            return progress.reply(status, headers, body)
        except TimeoutError:
            return progress.reply(failure="timeout")
        except ConnectionRefusedError:
            return progress.reply(failure="refused")
        except (OSError, asyncio.IncompleteReadError):
            return progress.reply(failure="reset")
        except h11.RemoteProtocolError:
            closed = line is not None and line.reader.at_eof()
            return progress.reply(failure="closed" if closed else "malformed")
        finally:
            arrived()
            if line is not None:
                line.drop()

    async def _line(self, outgoing: Outgoing, progress: _Progress) -> _Line:
        while self._idle and not outgoing.fresh:
            line = self._idle.pop()
            if not line.reader.at_eof() and not line.writer.is_closing():
                return line
            line.drop()
        progress.start()
        async with asyncio.timeout(outgoing.patience):
            named = self._place.host if self._tls is not None else None
            pair = await asyncio.open_connection(self._place.address, self._place.port, limit=_CHUNK, ssl=self._tls, server_hostname=named)
            return _Line(*pair)

    async def _write(self, line: _Line, outgoing: Outgoing, gate: _Gate | None, arrived: Callable[[], None], progress: _Progress) -> None:
        raw = outgoing.head + outgoing.body
        if gate is not None:
            await _put(line, raw[:-1], outgoing.patience, progress)
            arrived()
            async with asyncio.timeout(outgoing.patience):
                await gate.wait()
            raw = raw[-1:]
        elif outgoing.pieces > 1:
            await _put(line, outgoing.head, outgoing.patience, progress)
            size = max(1, -(-len(outgoing.body) // outgoing.pieces))
            for at in range(0, len(outgoing.body) - size, size):
                await _put(line, outgoing.body[at : at + size], outgoing.patience, progress)
                if await _spoke(line.reader, outgoing.pause):
                    return  # the receiver answered before it had read all
            raw = outgoing.body[-(len(outgoing.body) % size or size) :]
        await _put(line, raw, outgoing.patience, progress)
        progress.sent_at = time.monotonic_ns()


class _Progress:
    """How far one exchange came."""

    def __init__(self) -> None:
        self.started_at, self.wall = time.monotonic_ns(), time.time_ns()
        self.sent_at = self.written = 0

    def start(self) -> None:
        self.started_at, self.wall = time.monotonic_ns(), time.time_ns()

    def reply(self, status: int = 0, headers: HeaderPairs = (), body: bytes = b"", failure: str = "") -> Reply:
        return Reply(
            status=status,
            headers=headers,
            body=body,
            failure=failure,
            started_at=self.started_at,
            sent_at=self.sent_at,
            done_at=time.monotonic_ns(),
            wall=self.wall,
            written=self.written,
        )


async def _put(line: _Line, raw: bytes, patience: float, progress: _Progress) -> None:
    """Write in slices, so that a receiver that answers early and closes is heard rather than written at."""
    for at in range(0, len(raw), _CHUNK):
        part = raw[at : at + _CHUNK]
        try:
            line.writer.write(part)
            async with asyncio.timeout(patience):
                await line.writer.drain()
        except OSError:
            if await _spoke(line.reader, 0.0):
                return
            raise
        progress.written += len(part)


async def _spoke(reader: asyncio.StreamReader, pause: float) -> bool:
    """Let ``pause`` seconds go by; give whether anything came in (kept for the answer) before or meanwhile."""
    buffer: bytearray = reader._buffer  # type: ignore[attr-defined] # noqa: SLF001 -- the only way to look without taking
    if not buffer and not reader.at_eof():
        await asyncio.sleep(pause)
    return bool(buffer) or reader.at_eof()


async def _answer(reader: asyncio.StreamReader, method: bytes) -> tuple[int, HeaderPairs, bytes, bool]:
    """Read one whole answer; give also whether the connection can be used again."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method=method, target="/", headers=[("Host", "parser")]))  # only to set its state
    parser.send(h11.EndOfMessage())
    status, body, read = 0, bytearray(), 0
    headers: HeaderPairs = ()
    while True:
        event = parser.next_event()
        if event is h11.NEED_DATA:
            parser.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items())
        elif isinstance(event, h11.Data):
            read += len(event.data)
            body += event.data[: max(0, _MOST_KEPT - len(body))]
            if read > _MOST_READ:
                return status, headers, bytes(body), False
        elif isinstance(event, h11.EndOfMessage):
            reusable = parser.their_state is h11.DONE and parser.our_state is h11.DONE and not parser.trailing_data[0]
            return status, headers, bytes(body), reusable
        elif not isinstance(event, h11.InformationalResponse):
            raise h11.RemoteProtocolError("the connection was closed before an answer")


def _once(call: Callable[[], None]) -> Callable[[], None]:
    called = False

    def at_most_once() -> None:
        nonlocal called
        if not called:
            called = True
            call()

    return at_most_once


def _nothing() -> None:
    """Nobody waits."""
