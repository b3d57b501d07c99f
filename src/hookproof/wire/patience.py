"""How long a peer may take for one request.

Law: a timer runs only while a request is half read, so requests that arrive whole cost none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic_ns

from hookproof.wire.bounds import Bounds

_NANO = 1_000_000_000


class Patience:
    """Watches one connection: ``began`` and ``last_byte`` are monotonic nanoseconds of the request being read.

    ``expired`` is called once with the reason when the bytes come too slowly.
    """

    __slots__ = ("_bounds", "_expired", "_handle", "_loop", "began", "last_byte")

    def __init__(self, bounds: Bounds, loop: asyncio.AbstractEventLoop, expired: Callable[[str], None]) -> None:
        self.began = self.last_byte = 0
        self._bounds = bounds
        self._loop = loop
        self._expired = expired
        self._handle: asyncio.TimerHandle | None = None

    def start(self, now: int) -> None:
        """Watch from now on, unless it does already."""
        if self._handle is None:
            bounds = self._bounds
            due = min(self.last_byte + bounds.idle * _NANO, self.began + bounds.total * _NANO)
            self._handle = self._loop.call_later(max(due - now, 0) / _NANO, self._check)

    def call_later(self, seconds: float, end: Callable[[], None]) -> None:
        """Watch for something else: call ``end`` in ``seconds`` unless stopped."""
        self.stop()
        self._handle = self._loop.call_later(seconds, end)

    def stop(self) -> None:
        """Watch no longer."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _check(self) -> None:
        self._handle = None
        now, bounds = monotonic_ns(), self._bounds
        if now - self.last_byte >= bounds.idle * _NANO:
            self._expired(f"no byte for {bounds.idle:g} s inside the request")
        elif now - self.began >= bounds.total * _NANO:
            self._expired(f"not whole after {bounds.total:g} s")
        else:
            self.start(now)
