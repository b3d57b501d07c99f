"""A server for the sender's tests: exact bytes in, exact bytes out, one act on each connection.

Law: every wait is bounded by a socket's time-out, and every thread has ended when the block ends.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RESET = b"\x01\x00\x00\x00\x00\x00\x00\x00"
Act = Callable[["Met"], None]


@dataclass(eq=False)
class Met:
    """One connection: its number in order of acceptance, its socket, and all that came in."""

    number: int
    peer: socket.socket
    seen: bytearray = field(default_factory=bytearray)

    def take(self, size: int) -> bytearray:
        """Read until so many bytes have come in all, or the end; give all."""
        while len(self.seen) < size and (part := self.peer.recv(65_536)):
            self.seen += part
        return self.seen

    def request(self) -> bytes:
        """Take one request with a Content-Length off the front; empty at the end."""
        while b"\r\n\r\n" not in self.seen:
            if len(self.take(more := len(self.seen) + 1)) < more:
                return b""
        head, _, _ = self.seen.partition(b"\r\n\r\n")
        size = len(head) + 4 + int(next((line[15:] for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), b"0"))
        self.take(size)
        taken = bytes(self.seen[:size])
        del self.seen[:size]
        return taken

    def say(self, data: bytes) -> None:
        """Send exact bytes."""
        self.peer.sendall(data)

    def reset(self) -> None:
        """Hang up by a reset."""
        self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.peer.close()


@contextmanager
def serving(act: Act) -> Iterator[tuple[str, list[Met]]]:
    """Serve each connection by ``act`` on a thread of its own; give the URL and the connections met so far."""
    met: list[Met] = []
    threads: list[threading.Thread] = []

    def converse(one: Met) -> None:
        with one.peer, suppress(ConnectionError):
            act(one)

    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=128))

        def accept() -> None:
            for number in count():
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                peer.settimeout(10)
                met.append(Met(number, peer))
                threads.append(threading.Thread(target=converse, args=(met[-1],)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/in", met
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(10)
            for thread in threads:
                thread.join(20)
            assert not any(thread.is_alive() for thread in threads)
