"""One listening socket and the succession of platforms that live behind it.

Law: the socket outlives every restart, so connections made meanwhile wait; a killed platform leaves only what it had committed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from hookproof.model.contract import Contract
from hookproof.model.errors import UnreachableError
from hookproof.reference.conduct import Conduct, built
from hookproof.reference.control_face import KILL, POWER_CUT, ControlFace
from hookproof.reference.departures import Departures
from hookproof.reference.engine import Engine
from hookproof.reference.headers import DeliveryHeaders
from hookproof.reference.public_face import PublicFace
from hookproof.reference.refusals import RefusalError, framework_answer, refusal_answer, storage_answer
from hookproof.reference.store import StorageError, Store
from hookproof.reference.timekeeping import Timekeeping

_STOP = "stop"
_GRACE = 0.5  # real seconds, above the time-out cap, for what is going on to end by itself


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What every platform in the succession is built from. Departures are named, so that they can be told to another process.

    ``lasting``: whether the database is to outlive the machine.
    """

    contract: Contract
    database: Path
    timekeeping: Timekeeping
    api_key: str
    conduct: Conduct = field(default_factory=Conduct)
    names: DeliveryHeaders = field(default_factory=DeliveryHeaders.branded)
    departures: Departures = field(default_factory=Departures)
    lasting: bool = True

    def departed(self) -> Setup:
        """Give what is really built: with every named departure applied, anew for every process."""
        contract, conduct = self.departures.applied(self.contract, self.conduct)
        return replace(self, contract=contract, conduct=conduct, timekeeping=self.departures.timed(self.timekeeping))

    def incarnate(self, lifecycle: Callable[[str], None]) -> Living:
        """Make one platform."""
        return _Incarnation(self, lifecycle)


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; port 0 means any free one."""
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024)
    except OSError as error:
        remedy = "Choose another port, or 0 for any free one."
        raise UnreachableError(f"{host}:{port}", f"cannot listen: {error.strerror or error}", remedy=remedy) from None
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited; asyncio skips it for sockets made elsewhere
    return listener


def url_of(listener: socket.socket) -> str:
    """Give the base URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Living(Protocol):
    """One process life behind the socket: started once, then stopped or killed."""

    async def start(self, listener: socket.socket) -> None:
        """Go on with what is stored and answer."""

    async def stop(self) -> None:
        """End what is going on, commit, close."""

    async def die(self) -> None:
        """Lose everything that is not committed."""


class Plan(Protocol):
    """What every life in the succession is made from; it can be pickled."""

    def incarnate(self, lifecycle: Callable[[str], None]) -> Living:
        """Make one life; ``lifecycle`` is called after a restart or kill was acknowledged."""


class Host:
    """Runs platforms one after another until it is stopped. ``on_lifecycle`` replaces what a lifecycle request does here."""

    def __init__(self, setup: Plan, listener: socket.socket, on_lifecycle: Callable[[str], None] | None = None) -> None:
        self._setup = setup
        self._listener = listener
        self._orders: asyncio.Queue[str] = asyncio.Queue()
        self._lifecycle = on_lifecycle or self._orders.put_nowait

    def stop(self) -> None:
        """End the succession gracefully. Call on the loop's thread."""
        self._orders.put_nowait(_STOP)

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until stopped; ``ready`` is called when each platform answers."""
        order = ""
        while order != _STOP:
            incarnation = self._setup.incarnate(self._lifecycle)
            await incarnation.start(self._listener)
            ready()
            order = await self._orders.get()
            await (incarnation.die() if order == KILL else incarnation.stop())


class _Incarnation:
    """One platform from start to end."""

    def __init__(self, setup: Setup, lifecycle: Callable[[str], None]) -> None:
        setup = setup.departed()
        self._timekeeping = setup.timekeeping
        self._store = built(Store, setup.conduct)(setup.database, lasting=setup.lasting)
        self._engine = built(Engine, setup.conduct)(
            setup.contract, self._store, setup.timekeeping, api_key=setup.api_key, conduct=setup.conduct, names=setup.names
        )
        self._server = Server(uvicorn.Config(
            _application(self._engine, self._falling(lifecycle)),
            log_config=None, log_level="critical", access_log=False, lifespan="off", http="h11", ws="none",
            server_header=False, date_header=False, proxy_headers=False, timeout_keep_alive=60,
        ))  # fmt: skip

    def _falling(self, lifecycle: Callable[[str], None]) -> Callable[[str], None]:
        """Let a power cut be a kill that comes after the store lost its power."""

        def fall(action: str) -> None:
            if action == POWER_CUT:
                self._store.lose_power()
            lifecycle(KILL if action == POWER_CUT else action)

        return fall

    async def start(self, listener: socket.socket) -> None:
        """Go on with what is stored and answer."""
        self._engine.load()
        await self._server.open(listener.dup())

    async def stop(self) -> None:
        """End what is going on, commit, close."""
        patience = self._timekeeping.timeout_cap + _GRACE
        await self._server.end(patience)
        await self._engine.dispatcher.drain(patience)
        await self._server.cut()
        self._store.close()

    async def die(self) -> None:
        """Lose everything that is not committed."""
        self._store.abandon()
        self._engine.dispatcher.doom()  # before anything else gets a turn: a dead process works no further
        await self._server.cut()
        await self._engine.dispatcher.abandon()


class Server(uvicorn.Server):
    """The HTTP server without the polling loop and the pauses of uvicorn's own start and end."""

    async def open(self, listener: socket.socket) -> None:
        """Accept connections."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup(sockets=[listener])

    async def _refuse_more(self) -> None:
        for server in self.servers:
            server.close()
        await asyncio.sleep(0)  # let connections that were just accepted become known
        await asyncio.sleep(0)
        if arriving := [task for task in asyncio.all_tasks() if "_accept_connection" in repr(task.get_coro())]:
            await asyncio.wait(arriving, timeout=1.0)  # or their sockets would be lost

    async def end(self, patience: float) -> None:
        """Finish the requests that are being answered, and close."""
        await self._refuse_more()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(set(self.server_state.tasks), timeout=patience)

    async def cut(self) -> None:
        """Close every connection and drop every request, answered or not."""
        await self._refuse_more()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        doomed = set(self.server_state.tasks)
        for task in doomed:
            task.cancel()
        await asyncio.gather(*doomed, return_exceptions=True)
        await asyncio.sleep(0)  # let the transports close


def _application(engine: Engine, lifecycle: Callable[[str], None]) -> Starlette:
    application = Starlette(
        routes=[*built(PublicFace, engine.conduct)(engine).routes(), *built(ControlFace, engine.conduct)(engine, lifecycle).routes()],
        exception_handlers={RefusalError: refusal_answer, StorageError: storage_answer, HTTPException: framework_answer},
    )
    application.router.redirect_slashes = False
    return application
