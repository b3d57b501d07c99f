"""One POST over one connection, byte by byte ours.

Law: the answer is whole or it is a failure; at most 64 KiB of its body are read; redirects are answers like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace
from time import monotonic
from urllib.parse import urlsplit

import h11

from hookproof.reference.network import NETWORK, Network
from hookproof.reference.outcomes import CLOSED, MALFORMED, REFUSED, RESET, TIMED_OUT, Outcome

MOST_READ: ContextVar[int] = ContextVar("MOST_READ", default=65_536)
"""How many bytes of an answer's body are read at most, give or take what comes in one piece."""

HEARD: ContextVar[Callable[[], None]] = ContextVar("HEARD", default=lambda: None)
"""What is called whenever a part of an answer came."""

_LATE, _GRACE = 0.1, 0.5
"""Seconds by which a time-out that ends later shows that this process stood still, and for which an answer is then looked for."""
_PIECE = 65_536
_EXCERPT = 1024
_PORTS = {"http": 80, "https": 443}


def request_bytes(url: str, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    """Write the request as it crosses the wire."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    authority = parts.netloc.rpartition("@")[2]
    lines = [f"POST {target} HTTP/1.1", f"Host: {authority}", *(f"{name}: {value}" for name, value in headers)]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the time-out is a promise of the platform
    """Send the request and read the answer, all within ``timeout`` real seconds.

    What came while this process stood still came in time, though it is read later.
    """
    connection: list[asyncio.StreamWriter] = []
    asking = asyncio.ensure_future(_asked(url, request, connection))
    began = monotonic()
    try:
        await asyncio.wait({asking}, timeout=timeout)
        if not asking.done() and monotonic() - began > timeout + _LATE:
            await asyncio.wait({asking}, timeout=_GRACE)
        return asking.result() if asking.done() else Outcome(failure=TIMED_OUT)
    except TimeoutError:
        return Outcome(failure=TIMED_OUT)
    except OSError:
        return Outcome(failure=RESET)
    finally:
        asking.cancel()
        for writer in connection:
            writer.close()
            writer.transport.abort()
        await asyncio.gather(asking, *(writer.wait_closed() for writer in connection), return_exceptions=True)


async def _asked(url: str, request: bytes, connection: list[asyncio.StreamWriter]) -> Outcome:
    parts = urlsplit(url)
    reader = await _connect(parts.hostname or "", parts.port or _PORTS[parts.scheme], parts.scheme == "https", connection)
    if reader is None:
        return Outcome(failure=REFUSED)
    connection[0].write(request)
    return await _answer(reader)


async def _connect(host: str, port: int, secure: bool, connection: list[asyncio.StreamWriter]) -> asyncio.StreamReader | None:  # noqa: FBT001 -- private
    try:
        reader, writer = await (NETWORK.get(None) or Network()).connect(host, port, secure=secure)
    except TimeoutError:
        raise
    except OSError:  # refused, no route, unknown or forbidden address, failed TLS: there never was a connection to speak over
        return None
    connection.append(writer)
    return reader


async def _answer(reader: asyncio.StreamReader) -> Outcome:
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="POST", target="/", headers=[("Host", "parser"), ("Connection", "close")]))  # only to set its state
    parser.send(h11.EndOfMessage())
    head: Outcome | None = None
    read, excerpt = 0, b""
    while True:
        try:
            event = parser.next_event()
        except h11.RemoteProtocolError:
            return Outcome(failure=CLOSED if reader.at_eof() else MALFORMED)
        if event is h11.NEED_DATA:
            parser.receive_data(await reader.read(_PIECE))
            HEARD.get()()
        elif isinstance(event, h11.Response):
            head = _head(event)
        elif isinstance(event, h11.Data):
            read += len(event.data)
            excerpt += bytes(event.data)[: _EXCERPT - len(excerpt)]
        elif not isinstance(event, h11.InformationalResponse) or event.status_code == 101:  # noqa: PLR2004 -- we asked for no switch
            return replace(head, response_bytes=read, excerpt=excerpt) if head else Outcome(failure=CLOSED)
        if head and read >= MOST_READ.get():
            return replace(head, response_bytes=read, excerpt=excerpt)


def _head(response: h11.Response) -> Outcome:
    told = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(list(response.headers))}
    return Outcome(status=response.status_code, retry_after=told.get("retry-after"), location=told.get("location"), fields=told)
