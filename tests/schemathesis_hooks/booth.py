"""A tiny subscription API in this process, of which every habit can be replaced; for mistakes that no flaw of the reference makes."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY, OTHER_KEY = "the-owner-of-this-test-000", "a-stranger-of-this-test-00"
BASE = "/api/v1/webhooks"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked: method, path below the base, key and body."""

    method: str
    name: str
    key: str
    body: Any


@dataclass(kw_only=True)
class Booth:
    """Endpoints by id. ``habit`` may answer a request in its own way: give a status and a document, or None."""

    habit: Callable[[Booth, Request], tuple[int, Any] | None] = lambda _booth, _request: None
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    made: int = 0

    def answer(self, request: Request) -> tuple[int, Any]:
        """Answer as the habit has it, else plainly."""
        return self.habit(self, request) or self.plainly(request)

    def plainly(self, request: Request) -> tuple[int, Any]:
        """Do what was promised."""
        if request.key not in (KEY, OTHER_KEY):
            return 401, _refusal("unauthorized")
        own = {name: each for name, each in self.endpoints.items() if each["key"] == request.key}
        if request.method == "POST":
            return self._create(request)
        if not request.name:
            return 200, {"data": [_shown(name, each) for name, each in own.items()], "meta": {"next_cursor": None}}
        if request.name not in own:
            return 404, _refusal("not found")
        if request.method == "DELETE":
            del self.endpoints[request.name]
            return 204, None
        if request.method == "PUT":
            own[request.name] |= {name: request.body[name] for name in ("url", "events", "active") if name in request.body}
        return 200, {"data": _shown(request.name, own[request.name])}

    def _create(self, request: Request) -> tuple[int, Any]:
        body = request.body if isinstance(request.body, dict) else {}
        names = body.get("events")
        if not isinstance(body.get("url"), str) or not isinstance(names, list) or not names or "hookproof.never" in names:
            return 422, _refusal("invalid")
        return self.add(body, request.key)

    def add(self, body: dict[str, Any], key: str) -> tuple[int, Any]:
        """Make an endpoint."""
        self.made += 1
        name = f"we_{self.made}"
        self.endpoints[name] = {"key": key, "url": body.get("url"), "events": body.get("events"), "active": True}
        return 201, {"data": {**_shown(name, self.endpoints[name]), "signing_secret": f"whsec_{self.made:032d}"}}


def _refusal(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": code}}


def _shown(name: str, endpoint: dict[str, Any]) -> dict[str, Any]:
    shown = {member: endpoint[member] for member in ("url", "events", "active")}
    return {"id": name, **shown, "description": None, "created_at": "2027-01-01T00:00:00Z"}


@contextmanager
def opened(booth: Booth) -> Iterator[str]:
    """Let a booth answer at a URL."""

    class Counter(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _served(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = self.path.partition("?")[0].removeprefix(BASE).strip("/")
            asked = Request(method=self.command, name=path, key=self.headers.get("X-API-Key", ""), body=json.loads(raw) if raw else None)
            status, document = booth.answer(asked)
            body = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _served  # noqa: N815 -- names of the standard library

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the standard library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Counter)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
