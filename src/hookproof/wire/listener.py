"""The capture listener: endpoints with unguessable paths and scripted answers, recorded byte for byte.

Law: it runs on a thread and loop of its own; every public method may be called from any other thread.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from secrets import token_hex
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

from hookproof.model.transcript import Answer, Attempt
from hookproof.wire.bounds import Bounds
from hookproof.wire.certificates import shown
from hookproof.wire.connection import Connection
from hookproof.wire.door import Door
from hookproof.wire.intake import TOKEN_CHARACTERS, Endpoint, Intake, Plan
from hookproof.wire.ledger import Ledger

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- recognised to be replaced, not bound


_TURNS = 5
"""Turns of the loop within which an accepted connection has its protocol."""


class CaptureListener:
    """Implements ``ports.Listener`` over real sockets.

    ``host``, ``port``: where to listen (port 0: any free one); ``public_url`` replaces scheme, host and port in endpoint URLs when
    the target reaches us under another name; ``on_attempt`` gets each attempt on the listener's thread, before any waiter wakes.
    Attempt ids (``a1``, ``a2`` …) are in order of acceptance, with gaps where what was accepted was no evidence; records are in order
    of completion. Use it as a context manager, or ``start`` and ``close``. ``start`` raises ``UnreachableError`` for a taken port.
    """

    def __init__(
        self,
        *,
        on_attempt: Callable[[Attempt], None] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._host = host
        self._wanted_port = port
        self._public = None if public_url is None else urlsplit(public_url)
        self.bounds = Bounds() if bounds is None else bounds
        self._ledger = Ledger(on_attempt, self.bounds.attempts)
        self._intake = Intake(self.bounds, self._ledger, "" if self._public is None else self._public.path.rstrip("/"))
        self._endpoints: dict[str, Endpoint] = {}
        self._own_doors: dict[str, Door] = {}
        self._door: Door | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()

    @property
    def port(self) -> int:
        """The number of the shared port; ``RuntimeError`` before ``start``."""
        if self._door is None:
            raise RuntimeError("the listener is not started")
        return self._door.port

    @property
    def foreign(self) -> int:
        """How many requests and broken connections were for no endpoint of ours. They are never evidence."""
        return self._intake.traffic.foreign

    @property
    def foreign_targets(self) -> tuple[str, ...]:
        """The last few targets that were for no endpoint, shortened; hostile text."""
        return tuple(self._intake.traffic.targets)

    @property
    def dropped(self) -> int:
        """How many connections or attempts were turned away at the bounds; while it is 0 the recording is complete."""
        return self._intake.traffic.dropped

    def start(self) -> None:
        """Bind, listen and serve; returns when connections are accepted. ``UnreachableError`` when the port is taken."""
        if self._thread is not None:
            raise RuntimeError("the listener was started before")
        door = Door(self._host, self._wanted_port)
        self._loop = loop = asyncio.new_event_loop()
        loop.set_exception_handler(self._on_loop_error)
        self._thread = threading.Thread(target=loop.run_forever, name="hookproof-listener", daemon=True)
        self._thread.start()
        self._door = door
        try:
            self._run(door.open(self._accept))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End all connections, record unfinished attempts, free ports and thread. Raises a sink's or our own error, once."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        self._run(self._shutdown())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        self._loop = None
        self._ledger.raise_failure()

    def open_endpoint(
        self,
        name: str,
        script: Sequence[Answer],
        *,
        then: Answer,
        own_port: bool = False,
        situation: str = "",
        certificate: str = "",
        token: str = "",
    ) -> str:
        """Open an endpoint and give its URL: the answers of ``script`` in order of arrival, then ``then`` for ever.

        ``situation`` marks its attempts; ``own_port`` gives it a port that can be closed and opened again; ``certificate`` (see
        ``certificates``) lets that port speak TLS; ``token`` replaces the unguessable part of the path where it must be known before.
        ``ValueError`` for a name that was used before, ``IllFormedError`` for an answer that cannot be written, ``RuntimeError`` before
        ``start``, ``KeyError`` for an unknown certificate.
        """
        assert len(token) in (0, TOKEN_CHARACTERS), "an endpoint is found by the length of its token"
        port = self.port
        plan = Plan(script, then)
        endpoint = Endpoint(name, situation, plan, self._ledger.open(name))
        own_port = own_port or certificate != ""
        if own_port:
            tally, context = endpoint.tally, shown(certificate) if certificate else None
            door = Door(self._host, 0, name, context=context, broken=lambda reason: self._ledger.mark_broken(tally, reason))
            self._own_doors[name] = door
            self._run(door.open(self._accept))
            port = door.port
        token = token or token_hex(TOKEN_CHARACTERS // 2)
        self._endpoints[name] = endpoint
        self._intake.endpoints[token] = endpoint
        base = self._base(port, own_port=own_port)
        return f"{base.replace('http:', 'https:', 1) if certificate else base}/{token}/{quote(name, safe='')}"

    def rescript(self, name: str, script: Sequence[Answer], *, then: Answer) -> None:
        """Replace the answers still to come at an endpoint; answers under way are not touched. ``KeyError`` for an unknown name."""
        self._endpoints[name].plan = Plan(script, then)

    def close_port(self, name: str) -> None:
        """Refuse connections to an endpoint with a port of its own; answers under way are finished. ``KeyError`` without one."""
        self._run(self._own_doors[name].shut())

    def reopen_port(self, name: str) -> None:
        """Accept connections again on the same port. ``KeyError`` for an endpoint without a port of its own."""
        self._run(self._own_doors[name].open(self._accept))

    def release(self, names: Sequence[str]) -> None:
        """End every unfinished answer of these endpoints (held, dripping, delayed, streamed); they are recorded when this returns."""
        self._run(self._release([self._endpoints[name] for name in names]))

    def wait(self, names: Sequence[str], count: int, timeout: float) -> bool:
        """Wait until ``count`` attempts were recorded at these endpoints together; False after ``timeout`` seconds."""
        return self._ledger.wait_recorded(names, count, timeout)

    def wait_accepted(self, names: Sequence[str], count: int, timeout: float) -> bool:
        """Wait until ``count`` requests were fully read at these endpoints, answered or not; False after ``timeout`` seconds."""
        return self._ledger.wait_read(names, count, timeout)

    def wait_met(self, name: str, timeout: float) -> bool:
        """Wait until an endpoint got a request, or broke off a TLS handshake; False after ``timeout`` seconds."""
        return self._ledger.wait_met(name, timeout)

    def broken_handshakes(self, name: str) -> tuple[str, ...]:
        """Give the reasons of TLS handshakes at an endpoint that were begun and did not end."""
        return self._ledger.broken(name)

    def attempts(self, names: Sequence[str]) -> tuple[Attempt, ...]:
        """Give the attempts recorded at these endpoints so far, in order of record."""
        return self._ledger.attempts(names)

    def _base(self, port: int, *, own_port: bool) -> str:
        public = self._public
        if public is None:
            return f"http://{_authority(_ANY_ADDRESS.get(self._host, self._host))}:{port}"
        if own_port:
            return f"{public.scheme}://{_authority(public.hostname or '')}:{port}"
        return f"{public.scheme}://{public.netloc}{public.path.rstrip('/')}"

    def _accept(self, door: Door) -> Connection:
        assert self._loop is not None
        return Connection(self._intake, door.live, self._loop, door.name)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do ``work`` on the loop's thread and wait for it."""
        if self._loop is None:
            work.close()
            raise RuntimeError("the listener is not running")
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _release(self, endpoints: Sequence[Endpoint]) -> None:
        for endpoint in endpoints:
            for unfinished in tuple(endpoint.unfinished):
                unfinished.release()

    async def _shutdown(self) -> None:
        doors = [*self._own_doors.values(), *([] if self._door is None else [self._door])]
        for door in doors:
            await door.remove()
        for _ in range(_TURNS):  # a connection that was just accepted becomes known, or its socket would be lost
            await asyncio.sleep(0)
        if arriving := [task for task in asyncio.all_tasks() if "_accept_connection" in repr(task.get_coro())]:
            await asyncio.wait(arriving, timeout=1.0)
        accepting = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in accepting:
            task.cancel()
        await asyncio.gather(*accepting, return_exceptions=True)
        while any(door.live for door in doors):
            for door in doors:
                await door.remove()
            await asyncio.sleep(0)

    def _on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep what went wrong in a callback for whoever waits."""
        error = context.get("exception")
        self._ledger.fail(error if isinstance(error, BaseException) else RuntimeError(str(context.get("message"))))


def _authority(host: str) -> str:
    return f"[{host}]" if ":" in host else host
