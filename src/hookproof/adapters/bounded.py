"""The client with which a target is asked: whatever it does with a connection, an exchange ends, after a time and a size.

Law: the bound is on the whole exchange, not on each read, so a target that trickles or never stops is given up like one that is silent.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore
import httpx

MOST_READ = 16 * 1024 * 1024
"""Bytes of one answer, head and body; what a page of a listing or a delivery log needs many times over."""


def _at_once(_size: int) -> None:
    """Let every request go."""


@dataclass(frozen=True, kw_only=True)
class Leave:
    """Where a client may go beside loopback, and when.

    ``addresses``: the one checked address of each host that was resolved already; no such host is resolved again. ``turn`` is called with
    the size of each request in bytes before it is written, and returns when it may go.
    """

    addresses: Mapping[str, str] = field(default_factory=dict)
    turn: Callable[[int], None] = _at_once


HOME = Leave()
"""Loopback only, at any time."""


def bounded_client(seconds: float, leave: Leave = HOME) -> httpx.Client:
    """Open a client that adds nothing of its own, no redirects, proxies, cookies or compression, and gives up after ``seconds``."""
    return httpx.Client(
        timeout=seconds,
        transport=_Transport(seconds, leave),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


class _Transport(httpx.BaseTransport):
    """Lends each exchange connections that no other thread has.

    A pool that threads share closes what it holds to be idle, also a connection that it gave to another thread a moment ago: that
    exchange fails, or reads what belongs to whoever gets the number of the closed socket next (httpcore 1.0).
    """

    def __init__(self, seconds: float, leave: Leave) -> None:
        self._seconds = seconds
        self._leave = leave
        self._idle: list[httpx.HTTPTransport] = []
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send it over connections that nobody else has now; they come back when the answer is closed."""
        lent = self._lend()
        try:
            answer = lent.handle_request(request)
        except BaseException:
            lent.close()
            raise
        answer.stream = _Lent(answer.stream, lent, self._take_back)
        return answer

    def close(self) -> None:
        """Close all connections; those that are lent, as soon as they come back."""
        self._closed = True
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _lend(self) -> httpx.HTTPTransport:
        try:
            return self._idle.pop()
        except IndexError:
            made = httpx.HTTPTransport(verify=_trust(), trust_env=False)
            pool = made._pool  # noqa: SLF001 -- httpx offers no other way to reach the connection
            pool._network_backend = _Network(pool._network_backend, self._seconds, self._leave)  # noqa: SLF001 -- the same
            return made

    def _take_back(self, lent: httpx.HTTPTransport) -> None:
        self._idle.append(lent)
        if self._closed:
            self.close()


class _Lent(httpx.SyncByteStream):
    """An answer's content, which gives its connections back when it is closed."""

    def __init__(self, content: Any, lent: httpx.HTTPTransport, back: Callable[[httpx.HTTPTransport], None]) -> None:  # noqa: ANN401 -- either kind of stream
        self._content = content
        self._lent: httpx.HTTPTransport | None = lent
        self._back = back

    def __iter__(self) -> Iterator[bytes]:
        yield from self._content

    def close(self) -> None:
        self._content.close()
        lent, self._lent = self._lent, None
        if lent is not None:
            self._back(lent)


@functools.cache
def _trust() -> ssl.SSLContext:
    """Read the authorities that are trusted once: it takes longer than many exchanges."""
    return httpx.create_ssl_context(trust_env=False)


class _Network(httpcore.NetworkBackend):
    """Wraps every connection that is opened."""

    def __init__(self, inner: httpcore.NetworkBackend, seconds: float, leave: Leave) -> None:
        self._inner = inner
        self._seconds = seconds
        self._leave = leave

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = self._leave.addresses.get(host, host)
        stream = self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
        if address is not host and not _same(address, stream.get_extra_info("server_addr")[0]):
            stream.close()
            raise httpcore.ConnectError(f"the connection to {host} did not lead to the checked {address}")
        return _Stream(stream, self._seconds, self._leave)


def _same(address: str, peer: str) -> bool:
    return ipaddress.ip_address(address) == ipaddress.ip_address(peer.partition("%")[0])


class _Stream(httpcore.NetworkStream):
    """One connection; an exchange begins with the first write after a read."""

    def __init__(self, inner: httpcore.NetworkStream, seconds: float, leave: Leave) -> None:
        self._inner = inner
        self._seconds = seconds
        self._leave = leave
        self._asking = False
        self._deadline = 0.0
        self._room = 0

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not self._asking:
            self._asking = True
            self._leave.turn(len(buffer))
            self._deadline, self._room = time.monotonic() + self._seconds, MOST_READ
        self._inner.write(buffer, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._asking = False
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"no whole answer within {self._seconds:g} s")
        try:
            read = self._inner.read(max_bytes, left if timeout is None else min(left, timeout))
        except httpcore.ReadTimeout:
            raise httpcore.ReadTimeout(f"no whole answer within {self._seconds:g} s") from None
        self._room -= len(read)
        if self._room < 0:
            raise httpcore.ReadError(f"an answer of more than {MOST_READ:,} bytes")
        return read

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> _Stream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._seconds, self._leave)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 -- as the interface has it
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()
