"""A listening port that can be shut and opened again without ever being lost to another process.

Law: a second socket stays bound to the port, never listening, so that connections are refused (ECONNREFUSED) while it is shut.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import Any

from hookproof.model.errors import UnreachableError
from hookproof.wire.connection import Connection
from hookproof.wire.threshold import Threshold

_BACKLOG = 1024
_ARRIVING = 1.0
"""Seconds within which whoever was accepted is let in."""


class Door:
    """One port. ``port`` is its number from the start, ``live`` its open connections.

    ``name`` tells its connections apart from those of other doors. With a ``context`` it speaks TLS to who begins with it, and
    ``broken`` gets the reason of each handshake that was begun and did not end. Built on any thread; the rest runs on the loop's.
    Raises ``UnreachableError`` when the port is taken or the host is not ours.
    """

    def __init__(
        self,
        host: str,
        port: int,
        name: str = "",
        *,
        context: ssl.SSLContext | None = None,
        broken: Callable[[str], None] = lambda _reason: None,
    ) -> None:
        self.live: dict[Connection, None] = {}
        self.name = name
        self._context = context
        self._broken = broken
        self._server: asyncio.Server | Threshold | None = None
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            self._family = found[0][0]
            self._keeper = _bound(self._family, found[0][4])
        except OSError as error:
            remedy = "Choose another HOST:PORT with --listen or --effects-sink, whichever named it (port 0 takes any free one)."
            raise UnreachableError(f"{host}:{port}", f"cannot listen here: {error.strerror or error}", remedy=remedy) from error
        self._address = self._keeper.getsockname()
        self.port: int = self._address[1]

    async def open(self, accept: Callable[[Door], Connection]) -> None:
        """Listen; ``accept`` makes the protocol of each connection. Nothing happens if it is open."""
        if self._server is not None:
            return
        listening: socket.socket | None = None
        try:
            listening = _bound(self._family, self._address)
            loop = asyncio.get_running_loop()
            if self._context is None:
                self._server = await loop.create_server(lambda: accept(self), sock=listening, backlog=_BACKLOG)
            else:
                listening.listen(_BACKLOG)
                self._server = Threshold(listening, self._context, lambda: accept(self), self._broken)
        except OSError as error:
            if listening is not None:
                listening.close()
            where = f"{self._address[0]}:{self.port}"
            remedy = "Choose another address with --listen HOST:PORT."
            raise UnreachableError(where, f"cannot listen here: {error.strerror or error}", remedy=remedy) from error

    async def shut(self) -> None:
        """Refuse new connections; open ones take no further request."""
        await self._stop()
        for connection in tuple(self.live):
            connection.retire()

    async def remove(self) -> None:
        """End everything and give the port back."""
        await self._stop()
        for connection in tuple(self.live):
            connection.abandon()
        self._keeper.close()

    async def _stop(self) -> None:
        """Listen no more. Who was accepted is let in first: a server that is closed meanwhile would lose the socket, still open."""
        server, self._server = self._server, None
        if isinstance(server, asyncio.Server):
            loop = asyncio.get_running_loop()
            for listening in server.sockets:
                loop.remove_reader(listening.fileno())
            if arriving := {task for task in asyncio.all_tasks() if _is_arriving(task)}:
                await asyncio.wait(arriving, timeout=_ARRIVING)
        if server is not None:
            server.close()


def _is_arriving(task: asyncio.Task[Any]) -> bool:
    """Whether a task of asyncio makes the protocol of a connection that was accepted."""
    return "_accept_connection" in getattr(task.get_coro(), "__qualname__", "")


def _bound(family: int, address: Any) -> socket.socket:  # noqa: ANN401 -- the shape of an address depends on its family
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
