"""Where a connection is met of which nobody knows yet whether it will speak TLS.

Law: a peer that begins TLS and breaks it off is told of with its reason; one that speaks plain HTTP is let in, so that it is seen.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable

_TLS_BEGINS = b"\x16"
_PATIENCE = 10.0
"""Seconds for a peer to say something, and again for its handshake."""
_MOST_AT_ONCE = 64


class Threshold:
    """Accepts connections on a listening socket until it is closed.

    ``make`` gives the protocol of each; ``broken`` gets the reason of each handshake that was begun and did not end. All on one loop.
    """

    def __init__(
        self, listening: socket.socket, context: ssl.SSLContext, make: Callable[[], asyncio.Protocol], broken: Callable[[str], None]
    ) -> None:
        listening.setblocking(False)  # noqa: FBT003 -- the name of the method says it
        self._listening = listening
        self._context = context
        self._make = make
        self._broken = broken
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)
        self._loop = asyncio.get_running_loop()
        self._accepting = self._loop.create_task(self._accept())
        self._met: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Accept no more, and drop who has not come in yet."""
        self._accepting.cancel()
        for task in self._met:
            task.cancel()
        self._listening.close()

    async def _accept(self) -> None:
        while True:
            await self._room.acquire()
            peer, _ = await self._loop.sock_accept(self._listening)
            task = self._loop.create_task(self._meet(peer))
            self._met.add(task)
            task.add_done_callback(self._gone)

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._met.discard(task)
        self._room.release()

    async def _meet(self, peer: socket.socket) -> None:
        let_in = False
        try:
            async with asyncio.timeout(_PATIENCE):
                first = await self._first_byte(peer)
            if first == _TLS_BEGINS:
                await self._loop.connect_accepted_socket(self._make, peer, ssl=self._context, ssl_handshake_timeout=_PATIENCE)
            elif first:
                await self._loop.connect_accepted_socket(self._make, peer)
            let_in = bool(first)
        except ssl.SSLError as error:
            self._broken(error.reason or "closed")
        except OSError as error:  # a reset, or no word in time
            self._broken(type(error).__name__)
        finally:
            if not let_in:
                peer.close()

    async def _first_byte(self, peer: socket.socket) -> bytes:
        """Look at the first byte without taking it; empty if the peer went without a word."""
        ready = asyncio.Event()
        self._loop.add_reader(peer, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_reader(peer)
        with contextlib.suppress(ConnectionError):
            return peer.recv(1, socket.MSG_PEEK)
        return b""
