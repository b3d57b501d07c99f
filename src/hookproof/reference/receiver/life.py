"""The receiver as something that runs: one life between start and end, and the embedded receiver in a thread of this process.

Law: it is there when ``start`` returns and gone when ``close`` returns; a killed life leaves only what it had committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from hookproof.model.contract import Contract
from hookproof.model.errors import UnreachableError
from hookproof.reference.conduct import stacked
from hookproof.reference.departures import Departures
from hookproof.reference.host import Host, Living, Server, listen, url_of
from hookproof.reference.receiver.desk import Desk
from hookproof.reference.receiver.faces import DeliveryFace, ReceiverControl
from hookproof.reference.receiver.ledger import Ledger
from hookproof.reference.receiver.reception import Keyring, Reception
from hookproof.reference.refusals import RefusalError, framework_answer, refusal_answer

_PATIENCE = 10.0  # real seconds to start or to end
_GRACE = 2.0  # real seconds for requests under way to be answered


@dataclass(frozen=True, kw_only=True)
class ReceiverPlan:
    """What every life of a receiver is made from. Departures are named, so that they can be told to another process.

    ``tls``: files of the certificate and of its key; None speaks plain HTTP. ``lasting``: whether the database is to outlive the machine.
    """

    contract: Contract
    database: Path
    api_key: str
    keyring: Keyring
    reception: Reception = field(default_factory=Reception)
    departures: Departures = field(default_factory=Departures)
    tls: tuple[Path, Path] | None = None
    lasting: bool = True

    def incarnate(self, lifecycle: Callable[[str], None]) -> Living:
        """Make one receiver, departures applied."""
        return _Life(self, lifecycle)


class _Life:
    def __init__(self, plan: ReceiverPlan, lifecycle: Callable[[str], None]) -> None:
        reception = plan.departures.received(plan.reception)
        self._ledger = stacked(Ledger, reception.parts)(plan.database, lasting=plan.lasting)
        self._desk = desk = stacked(Desk, reception.parts)(plan.contract, self._ledger, reception, plan.keyring)
        control = stacked(ReceiverControl, reception.parts)(desk, plan.api_key, lifecycle)
        chain, key = plan.tls or (None, None)
        self._server = stacked(Server, reception.parts)(uvicorn.Config(
            Starlette(
                routes=[*control.routes(), *stacked(DeliveryFace, reception.parts)(desk).routes()],
                exception_handlers={RefusalError: refusal_answer, HTTPException: framework_answer},
            ),
            log_config=None, log_level="critical", access_log=False, lifespan="off", http="h11", ws="none",
            server_header=False, date_header=False, proxy_headers=False, timeout_keep_alive=60,
            ssl_certfile=chain, ssl_keyfile=key,
        ))  # fmt: skip

    async def start(self, listener: socket.socket) -> None:
        await self._desk.wake()
        await self._server.open(listener.dup())

    async def stop(self) -> None:
        await self._server.end(_GRACE)
        await self._desk.rest()
        await self._server.cut()
        self._ledger.close()

    async def die(self) -> None:
        self._ledger.close()
        await self._server.cut()


class ReferenceReceiver:
    """A context manager around one embedded receiver; ``url`` is where deliveries go and where the control profile begins."""

    def __init__(  # noqa: PLR0913 -- all but the first by name, most with a default
        self,
        contract: Contract,
        *,
        api_key: str,
        secrets: tuple[str, ...],
        tolerance: float = 300.0,
        database: Path | None = None,
        port: int = 0,
        reception: Reception | None = None,
        departures: Departures | None = None,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        self._departures, signing = departures or Departures(), contract.policy.signing
        self._departures.found()
        self._folder = None if database else tempfile.TemporaryDirectory(prefix="hookproof-receiver-")
        self._plan = ReceiverPlan(
            contract=contract,
            database=database or Path(self._folder.name if self._folder else ".") / "receiver.sqlite",
            api_key=api_key,
            keyring=Keyring(secrets=secrets, tolerance=tolerance, scheme=signing.schemes[0] if signing else None),
            reception=reception or Reception(),
            departures=self._departures,
            tls=tls,
            lasting=database is not None,
        )
        self._port = port
        self._answering = threading.Event()
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    def __enter__(self) -> Self:
        """Listen and answer; raise ``UnreachableError`` if the port is taken or nothing answers in time."""
        self._listener = listen("127.0.0.1", self._port)
        self.url = url_of(self._listener)
        self.url = self.url.replace("http:", "https:", 1) if self._plan.tls else self.url
        self._thread = threading.Thread(target=self._run, name="hookproof-reference-receiver", daemon=True)
        self._thread.start()
        if not self._answering.wait(_PATIENCE) or self._failure is not None:
            failure = self._failure
            self.close()
            raise UnreachableError(self.url, f"the reference receiver did not start: {failure or 'no answer in time'}") from failure
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Stop gracefully and remove what is temporary; closing twice is harmless."""
        if self._thread is None:
            return
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it may end by itself in this moment
                self._loop.call_soon_threadsafe(self._host.stop)
        self._thread.join(_PATIENCE)
        self._thread = None
        self._listener.close()
        if self._folder is not None:
            self._folder.cleanup()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as failure:  # noqa: BLE001 -- handed to the thread that started us
            self._failure = failure
            self._answering.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._host = Host(self._plan, self._listener)
        await self._host.run(self._answering.set)
