"""The client with which targets are asked: what one thread does with its connection is never felt by another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from hookproof.adapters.bounded import bounded_client

CROWD = 8


class Server(ThreadingHTTPServer):
    """Answers with the path that was asked for, as soon as a whole crowd asks; counts connections."""

    daemon_threads = True

    def __init__(self) -> None:
        """Listen."""
        super().__init__(("127.0.0.1", 0), Answering)
        self.together = threading.Barrier(CROWD, timeout=20)
        self.opened = self.closed = 0
        self.all_closed = threading.Event()
        self.counting = threading.Lock()


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    server: Server

    def handle(self) -> None:
        """Count the connection when it comes and when it goes."""
        with self.server.counting:
            self.server.opened += 1
        super().handle()
        with self.server.counting:
            self.server.closed += 1
            if self.server.closed == self.server.opened:
                self.server.all_closed.set()

    def do_GET(self) -> None:
        """Answer with the path; a crowd's requests wait for each other."""
        if "crowd" in self.path:
            self.server.together.wait()
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.path)))
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as the interface has it
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Server]:
    """Serve until the block ends."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_no_thread_closes_or_takes_the_connection_of_another() -> None:
    """Each of a crowd has a connection and an answer of its own; none is closed before the client is, and they are used again."""
    with serving() as server:
        client = bounded_client(20.0)
        base = f"http://127.0.0.1:{server.server_address[1]}"

        def asked(name: str) -> str:
            with client.stream("GET", f"{base}/{name}") as answer:
                return b"".join(answer.iter_raw()).decode()

        with ThreadPoolExecutor(CROWD) as crowd:
            for turn in range(3):
                names = [f"crowd-{turn}-{number}" for number in range(CROWD)]
                assert list(crowd.map(asked, names)) == [f"/{name}" for name in names]
        assert [asked(f"alone-{number}") for number in range(5)] == [f"/alone-{number}" for number in range(5)]
        assert (server.opened, server.closed) == (CROWD, 0)
        client.close()
        assert server.all_closed.wait(20)


def test_what_is_lent_when_the_client_is_closed_is_closed_when_it_comes_back() -> None:
    """An answer that is still being read when the client is closed is read to its end, and its connection does not stay open."""
    with serving() as server:
        client = bounded_client(20.0)
        with client.stream("GET", f"http://127.0.0.1:{server.server_address[1]}/late") as answer:
            client.close()
            assert b"".join(answer.iter_raw()) == b"/late"
        assert server.all_closed.wait(20)


def test_a_failed_exchange_leaves_nothing_behind() -> None:
    """After an exchange that could not be begun the client asks as before."""
    with serving() as server, bounded_client(20.0) as client:
        with pytest.raises(httpx.ConnectError):
            client.get("http://127.0.0.1:1/")
        assert client.get(f"http://127.0.0.1:{server.server_address[1]}/again").text == "/again"
