"""A raw client for the wire's tests: sends exact bytes, reads exact bytes."""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from hookproof.model.transcript import Attempt
from hookproof.wire.listener import CaptureListener


def recorded(listener: CaptureListener, count: int, name: str = "e") -> tuple[Attempt, ...]:
    """Wait until exactly so many attempts were recorded: a peer may see our last byte an instant before the record exists."""
    assert listener.wait([name], count, 5)
    attempts = listener.attempts([name])
    assert len(attempts) == count
    return attempts


class Peer:
    """A connection to an endpoint; every wait is bounded by a socket time-out, which fails the test."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.path = parts.path
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=5)
        self._seen = b""

    def __enter__(self) -> Self:
        """Use as a context manager."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send exact bytes."""
        self.socket.sendall(data)

    def post(self, body: bytes = b"{}", *lines: str, target: str = "", version: str = "1.1") -> bytes:
        """Give a POST with these further header lines."""
        head = [f"POST {target or self.path} HTTP/{version}", "Host: test", f"Content-Length: {len(body)}", *lines]
        return "\r\n".join([*head, "", ""]).encode("latin-1") + body

    def raw(self, text: str) -> bytes:
        """Give bytes with PATH replaced by the endpoint's path."""
        return text.replace("PATH", self.path).encode("latin-1")

    def answer(self) -> tuple[int, bytes, bytes]:
        """Read one answer with a Content-Length: status, head, body."""
        while b"\r\n\r\n" not in self._seen:
            self._more()
        head, _, self._seen = self._seen.partition(b"\r\n\r\n")
        sizes = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        size = int(sizes[0]) if sizes else 0
        while len(self._seen) < size:
            self._more()
        body, self._seen = self._seen[:size], self._seen[size:]
        return int(head.split(b" ")[1]), head, body

    def rest(self) -> bytes:
        """Read until the listener ends the connection."""
        data, self._seen = self._seen, b""
        while part := self.socket.recv(65536):
            data += part
        return data

    def _more(self) -> None:
        part = self.socket.recv(65536)
        assert part, f"connection ended after {self._seen!r}"
        self._seen += part
