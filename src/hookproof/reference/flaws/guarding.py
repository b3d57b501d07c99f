"""Flaws of receivers: what they let in before they look at it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from hookproof.reference.flaws.entries import receiver_flaw, stacking
from hookproof.reference.host import Server
from hookproof.reference.receiver.desk import Desk
from hookproof.reference.receiver.faces import DeliveryFace
from hookproof.reference.receiver.reception import Arrival

Event = dict[str, Any]
_HANDSHAKE = b"\x16"  # how a TLS record of a handshake begins


class _Expanding(Desk):
    """Unpack what is packed, however large it is inside, before anything is verified."""

    def admitted(self, arrival: Arrival) -> Event:
        if arrival.all("content-encoding") == ("gzip",):
            arrival = replace(arrival, body=gzip.decompress(arrival.body))
        return super().admitted(arrival)


def _granting(origin: Callable[[Request], str]) -> type[DeliveryFace]:
    """Answer every handshake with leave to send."""

    class Granting(DeliveryFace):
        async def take(self, request: Request) -> Response:
            if request.method != "OPTIONS":
                return await super().take(request)
            rate = request.headers.get("webhook-request-rate", "*")
            return Response(status_code=200, headers={"WebHook-Allowed-Origin": origin(request), "WebHook-Allowed-Rate": rate})

    return Granting


class _PlainToo(Server):
    """Answer at the one port whoever begins a TLS handshake, and also whoever does not."""

    async def open(self, listener: socket.socket) -> None:
        if not self.config.is_ssl:
            return await super().open(listener)
        inner = socket.create_server(("127.0.0.1", 0))
        await super().open(inner)
        loop, secured = asyncio.get_running_loop(), inner.getsockname()[1]
        bare = await loop.create_server(self._plainly, "127.0.0.1", 0)
        ports = {True: secured, False: bare.sockets[0].getsockname()[1]}

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            first = await reader.read(1)
            there, back = await asyncio.open_connection("127.0.0.1", ports[first == _HANDSHAKE])
            back.write(first)
            await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

        self.servers += [bare, await asyncio.start_server(meet, sock=listener)]
        return None

    def _plainly(self) -> asyncio.Protocol:
        make: Any = self.config.http_protocol_class
        made: asyncio.Protocol = make(config=self.config, server_state=self.server_state, app_state={})
        return made


class _Exactly(H11Protocol):
    """Know header fields by their exact names only; others go by unseen."""

    def data_received(self, data: bytes) -> None:
        head, end, rest = data.partition(b"\r\n\r\n")
        super().data_received(re.sub(rb"(?m)^(?!webhook)(?i:webhook)-", b"X-Unseen-", head) + end + rest)


class _ExactNames(Server):
    """Read what comes with exact names."""

    async def open(self, listener: socket.socket) -> None:
        self.config.http = _Exactly
        await super().open(listener)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while (part := await reader.read(65_536)) and not writer.is_closing():
            writer.write(part)
            await writer.drain()
    writer.close()


FLAWS = (
    receiver_flaw(
        "R047", "bombs-are-expanded", "Compressed bodies are expanded without limit.", stacking(_Expanding), "robustness/compressed-bodies"
    ),
    receiver_flaw(
        "S501", "field-names-in-one-case", "Header fields are known by exact names.", stacking(_ExactNames), "verification/field-case"
    ),
    receiver_flaw(
        "R064", "plain-http-too", "Where https is declared plain HTTP is accepted too.", stacking(_PlainToo), "receiver/https-only"
    ),
    receiver_flaw(
        "R063",
        "anybody-may-send",
        "Every sender who asks is told that anybody may send.",
        stacking(_granting(lambda _request: "*")),
        "receiver/leave-to-send",
    ),
    receiver_flaw(
        "R063",
        "whoever-asks-may-send",
        "Every sender who asks gets his own name back as leave to send.",
        stacking(_granting(lambda request: request.headers.get("webhook-request-origin", ""))),
        "receiver/leave-to-send",
    ),
)
