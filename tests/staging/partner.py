"""Somebody else's host, as far as one machine can show it: a server at another loopback address, under a name that our resolver knows."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hookproof.wire.ownership import CHALLENGE_PATH

ADDRESS = "127.0.0.2"
NAME = "partner.test"
CHALLENGE = "a-text-that-the-owner-chose-4711-0815"


@dataclass
class Partner:
    """What a partner's host was asked: ``method path`` of each request, and how many connections were made."""

    port: int
    asked: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)

    def url(self, path: str = "/hooks", *, name: str = NAME, scheme: str = "http") -> str:
        """Give a URL of the host by its name."""
        return f"{scheme}://{name}:{self.port}{path}"


Reply = tuple[int, dict[str, str], bytes]


def honest(method: str, path: str) -> Reply:
    """Agree to be tested, take every delivery, and know no control profile."""
    if path == CHALLENGE_PATH:
        return 200, {}, CHALLENGE.encode() + b"\n"
    return (200, {}, b"") if method == "POST" else (404, {}, b"")


@contextmanager
def partner(
    answer: Callable[[str, str], Reply] = honest, *, certificate: ssl.SSLContext | None = None, at: str = ADDRESS
) -> Iterator[Partner]:
    """Serve until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 5

        def setup(self) -> None:
            host.connections.append(self.client_address[0])
            super().setup()

        def handle_any(self) -> None:
            host.asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, fields, body = answer(self.command, self.path)
            self.send_response(status)
            for name, value in {**fields, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any  # noqa: N815 -- names of http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- name of http.server
            """Say nothing."""

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True  # whoever asked has gone

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: broken handshakes are the matter of some tests."""

    with Quiet((at, 0), Handler) as server:
        if certificate is not None:
            server.socket = certificate.wrap_socket(server.socket, server_side=True)
        host = Partner(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield host
        finally:
            server.shutdown()
            thread.join()


def resolver(*names: str, address: str = ADDRESS) -> Callable[[str, int], list[str]]:
    """Know these names (``partner.test`` if none is told) and fail the test for every other one."""

    def resolve(host: str, _port: int) -> list[str]:
        assert host in (names or (NAME,)), f"{host} was looked up"
        return [address]

    return resolve
