"""Small loopback servers that stand where a platform should be: raw ones, ones that speak HTTP, and a proxy before the reference.

Law: a server is there when its block begins and gone, with every thread and connection, when it ends.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from hookproof.reference.conduct import Conduct
from hookproof.reference.platform import ReferencePlatform
from tests.suites.courtroom import orbit

KEY = "key-of-degenerate-targets"
CONTROL = "/conformance/v1"

Reply = tuple[int, dict[str, str], bytes]
"""Status, header fields and body; the length is added."""

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request as received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def document(self) -> dict[str, Any]:
        """Read the body as a JSON object, empty if it is none."""
        try:
            value = json.loads(self.body or b"{}")
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


Answering = Callable[[Asked], Reply | None]


def said(status: int, document: object) -> Reply:
    """Make a JSON answer."""
    return status, dict(JSON), json.dumps(document).encode()


def free_port() -> int:
    """Find a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def raw_target(act: Callable[[socket.socket, threading.Event], None]) -> Iterator[str]:
    """Serve each connection by ``act`` once its first bytes were read; the event is set when the block ends."""
    over = threading.Event()
    threads: list[threading.Thread] = []
    peers: list[socket.socket] = []

    def converse(peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            if peer.recv(65_536):
                act(peer, over)

    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:

        def accept() -> None:
            while not over.is_set():
                peer, _ = listener.accept()
                peers.append(peer)
                threads.append(threading.Thread(target=converse, args=(peer,)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        host, port = listener.getsockname()
        try:
            yield f"http://{host}:{port}"
        finally:
            over.set()
            socket.create_connection((host, port)).close()
            accepting.join()
            for peer in peers:
                with contextlib.suppress(OSError):
                    peer.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


class _Roomy(ThreadingHTTPServer):
    """A server with room for a crowd, which waits for its threads when it closes."""

    request_queue_size = 128
    daemon_threads = False


@contextmanager
def http_target(answer: Answering, *, lengthless: bool = False) -> Iterator[str]:
    """Serve HTTP by ``answer``; None closes the connection without a word. ``lengthless``: HTTP/1.0 whose body ends with the connection."""

    class Server(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            reply = answer(Asked(method=self.command, path=self.path, headers=dict(self.headers), body=body))
            if reply is None:
                self.close_connection = True
                return
            length = {} if lengthless or reply[0] == 204 else {"Content-Length": str(len(reply[2]))}
            self.send_response(reply[0])
            for name, value in {**reply[1], **length}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply[2])

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 -- names of http.server

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- name of http.server
            """Say nothing."""

        def handle(self) -> None:
            with contextlib.suppress(OSError):  # whoever asked may have gone
                super().handle()

    if not lengthless:
        Server.protocol_version = "HTTP/1.1"
        Server.timeout = 10  # seconds that an idle connection is kept
    with _Roomy(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def always(reply: Reply | Answering, *, control: Reply | None = None) -> Callable[[], contextlib.AbstractContextManager[str]]:
    """Give a target that answers everything alike; ``control``: what its control interface answers instead."""

    def answer(asked: Asked) -> Reply | None:
        if control is not None and asked.path.startswith(CONTROL):
            return control
        return reply(asked) if callable(reply) else reply

    return lambda: http_target(answer)


Decide = Callable[[Asked], "Reply | Asked | None"]
"""What a proxy does with a request: an answer of its own, another request to pass on, or None to close without a word."""

Spoil = Callable[[Asked, Reply], Reply]
"""What a proxy makes of the answer that it got."""


@contextmanager
def behind_proxy(
    decide: Decide = lambda asked: asked,
    *,
    spoil: Spoil = lambda _asked, reply: reply,
    conduct: Conduct | None = None,
    time: str = "virtual",
    lengthless: bool = False,
    key: str = KEY,
) -> Iterator[str]:
    """Put the reference behind a proxy that decides what passes and spoils what comes back."""
    with (
        ReferencePlatform(orbit(), api_key=key, conduct=conduct, time=time, real_timeout_cap=0.5) as platform,
        httpx.Client(trust_env=False, timeout=20) as client,
    ):

        def answer(asked: Asked) -> Reply | None:
            passed = decide(asked)
            if not isinstance(passed, Asked):
                return passed
            kept = {name: value for name, value in passed.headers.items() if name.lower() in ("x-api-key", "content-type")}
            got = client.request(passed.method, platform.url + passed.path, headers=kept, content=passed.body)
            kind = got.headers.get("Content-Type")
            return spoil(passed, (got.status_code, {"Content-Type": kind} if kind else {}, got.content))

        with http_target(answer, lengthless=lengthless) as url:
            yield url


@contextmanager
def reference(conduct: Conduct, *, time: str = "virtual") -> Iterator[str]:
    """Serve the reference itself, with another conduct."""
    with ReferencePlatform(orbit(), api_key=KEY, conduct=conduct, time=time, real_timeout_cap=0.5) as platform:
        yield platform.url
