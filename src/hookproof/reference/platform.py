"""The reference platform in this process: a thread with its own loop, its own port and its own file.

Law: it is there when ``start`` returns and gone when ``close`` returns; nothing of it is left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from hookproof.model.contract import Contract
from hookproof.model.errors import UnreachableError
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Departures
from hookproof.reference.headers import DeliveryHeaders
from hookproof.reference.host import Host, Setup, listen, url_of
from hookproof.reference.timekeeping import Timekeeping

_PATIENCE = 10.0  # real seconds to start or to end


class ReferencePlatform:
    """A context manager around one embedded platform.

    ``database`` None keeps everything in a temporary folder that ``close`` removes. ``real_timeout_cap`` bounds the real wait for an
    answer unless time is real. ``on_lifecycle`` is called with ``restart`` or ``kill`` instead of the embedded restart or kill.
    ``conduct`` and ``headers`` replace how it behaves and what its headers are called; ``departures`` change both by name, and raise
    ``IllFormedError`` for an unknown name or a flaw that the environment does not allow.
    """

    def __init__(  # noqa: PLR0913 -- each is a separate choice of the caller, by name
        self,
        contract: Contract,
        *,
        api_key: str,
        database: Path | None = None,
        time: str = "virtual",
        time_scale: float = 1.0,
        host: str = "127.0.0.1",
        port: int = 0,
        real_timeout_cap: float = 3.0,
        on_lifecycle: Callable[[str], None] | None = None,
        conduct: Conduct | None = None,
        headers: DeliveryHeaders | None = None,
        departures: Departures | None = None,
    ) -> None:
        self._contract = contract
        self._api_key = api_key
        self._database = database
        self._timekeeping = Timekeeping(mode=time, scale=time_scale, timeout_cap=real_timeout_cap)
        self._address = (host, port)
        self._on_lifecycle = on_lifecycle
        self._conduct = conduct or Conduct()
        self._departures = departures or Departures()
        self._departures.found()
        self._names = headers or DeliveryHeaders.of(contract)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._thread: threading.Thread | None = None
        self._answering = threading.Event()
        self._failure: BaseException | None = None
        self.url = ""

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.close()

    def start(self) -> None:
        """Listen and answer; raise ``UnreachableError`` if the port is taken or nothing answers in time."""
        self._listener = listen(*self._address)
        self.url = url_of(self._listener)
        self._folder = None if self._database else tempfile.TemporaryDirectory(prefix="hookproof-reference-")
        self._answering.clear()
        self._thread = threading.Thread(target=self._run, name="hookproof-reference-platform", daemon=True)
        self._thread.start()
        answered = self._answering.wait(_PATIENCE)
        if self._failure is not None or not answered:
            failure, self._failure = self._failure, None
            self.close()
            raise UnreachableError(self.url, f"the reference platform did not start: {failure or 'no answer in time'}") from failure

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
        database = self._database or Path(self._folder.name if self._folder else ".") / "platform.sqlite"
        setup = Setup(
            contract=self._contract,
            database=database,
            timekeeping=self._timekeeping,
            api_key=self._api_key,
            conduct=self._conduct,
            names=self._names,
            departures=self._departures,
            lasting=self._database is not None,
        )
        self._host = Host(setup, self._listener, self._on_lifecycle)
        await self._host.run(self._answering.set)
