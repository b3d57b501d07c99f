"""A receiver for the reference's tests: keeps every request byte for byte and answers as told."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

HANG, RESET = b"hang", b"reset"  # answers that are none
_PATIENCE = 10.0


def answer(status: int, *lines: str, body: bytes = b"") -> bytes:
    """Write an answer."""
    return "\r\n".join([f"HTTP/1.1 {status} X", *lines, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body


@dataclass(frozen=True)
class Got:
    """One request as received."""

    path: str
    head: tuple[str, ...]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Give the header fields by lower-case name; a repeated name is an error."""
        pairs = [line.split(": ", 1) for line in self.head[1:]]
        named = {name.lower(): value for name, value in pairs}
        assert len(named) == len(pairs)
        return named

    @property
    def document(self) -> Any:
        """Parse the body."""
        return json.loads(self.body)


class Capture:
    """The receiver: ``scripts[path]`` are the answers still to give there, then ``usual[path]``, then 200."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.scripts: dict[str, deque[bytes]] = defaultdict(deque)
        self.usual: dict[str, bytes] = {}
        self._news = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Start."""
        self._spawn(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close everything and wait for the threads."""
        self._listener.shutdown(socket.SHUT_RDWR)
        with self._news:
            for peer in self._open:
                peer.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE)
        self._listener.close()

    def at(self, path: str) -> list[Got]:
        """Give what came to a path so far."""
        with self._news:
            return [each for each in self.got if each.path == path]

    def wait(self, count: int, path: str | None = None) -> list[Got]:
        """Wait until that much came."""
        with self._news:
            assert self._news.wait_for(lambda: sum(path in (None, each.path) for each in self.got) >= count, _PATIENCE)
            return [each for each in self.got if path in (None, each.path)]

    def wait_closed(self) -> None:
        """Wait until no connection is open: whoever called has given up."""
        with self._news:
            assert self._news.wait_for(lambda: not self._open, _PATIENCE)

    def _spawn(self, work: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self._spawn(self._serve, peer)

    def _serve(self, peer: socket.socket) -> None:
        with peer:
            with self._news:
                self._open.add(peer)
            try:
                self._converse(peer)
            except OSError:
                pass
            finally:
                with self._news:
                    self._open.discard(peer)
                    self._news.notify_all()

    def _converse(self, peer: socket.socket) -> None:
        text = b""
        while b"\r\n\r\n" not in text:
            text += self._some(peer)
        head, _, body = text.partition(b"\r\n\r\n")
        lines = tuple(head.decode("latin-1").split("\r\n"))
        length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))
        while len(body) < length:
            body += self._some(peer)
        got = Got(lines[0].split(" ")[1], lines, body)
        with self._news:
            script = self.scripts[got.path]
            reply = script.popleft() if script else self.usual.get(got.path, answer(200))
            self.got.append(got)
            self._news.notify_all()
        if reply == HANG:
            peer.recv(1)
        elif reply == RESET:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            peer.sendall(reply)

    @staticmethod
    def _some(peer: socket.socket) -> bytes:
        if not (some := peer.recv(65_536)):
            raise ConnectionAbortedError
        return some
