"""Answers what Pact's verifier asks while it verifies: bring the provider into a state, give the message of that name.

Law: it listens on loopback only, and whatever is raised while answering becomes a refusal with its words, never silence. It is refused
with a status that says "do not ask again": the verifier would ask after 1, 2, 4… seconds for as long as it is told of server errors.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from hookproof.model.errors import HookproofError
from hookproof.pact.typical import Json

_MOST = 16 * 1024 * 1024
_REFUSAL = 422


class UnmetError(Exception):
    """The provider could not be brought into a state, or sent no such message; the words tell what it did instead."""


@dataclass(frozen=True, kw_only=True)
class Produced:
    """One message as the provider sent it: its raw body and header fields, names in lower case."""

    body: bytes
    fields: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """Who is asked. ``state``: name and parameters, gives values for the request. ``message``: description of the interaction."""

    state: Callable[[str, Mapping[str, Json]], Mapping[str, Json]]
    message: Callable[[str], Produced]


def question(state: str, parameters: Mapping[str, Json] | None) -> str:
    """Give the name under which it is kept that a state could not be set up."""
    return f"{state} {json.dumps(parameters or {}, sort_keys=True)}"


class Prompter:
    """A context manager around the server. ``unmet`` tells afterwards what could not be done, by state or description."""

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts
        self.unmet: dict[str, str] = {}
        self.error: BaseException | None = None
        """What ended the verification: the target is unreachable, or a bug of ours."""
        prompter = self

        class Asked(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length", "0")), _MOST)
                status, fields, content = prompter.answer(self.rfile.read(length))
                self.send_response(status)
                for name, value in {**fields, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.02), name="hookproof-prompter", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        """Listen and answer."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, raw: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Give status, header fields and body for one question."""
        asked: dict[str, Any] = json.loads(raw)
        state = "state" in asked
        name = question(str(asked["state"]), asked.get("params")) if state else str(asked.get("description", ""))
        try:
            if self.error is not None:
                raise UnmetError("the verification was ended before")  # noqa: TRY301 -- one place words every failure
            return self._state(asked) if state else self._message(name)
        except UnmetError as unmet:
            self.unmet[name] = str(unmet)
            return _REFUSAL, {}, str(unmet).encode()
        except (HookproofError, Exception) as error:  # noqa: BLE001 -- handed to the thread that verifies
            self.error = error
            return _REFUSAL, {}, b"ended"

    def _state(self, asked: Mapping[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        told: Mapping[str, Json] = {}
        if asked.get("state") and asked.get("action", "setup") == "setup":
            told = self._prompts.state(str(asked["state"]), asked.get("params") or {})
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()

    def _message(self, name: str) -> tuple[int, Mapping[str, str], bytes]:
        produced = self._prompts.message(name)
        media_type = produced.fields.get("content-type", "application/octet-stream")
        told = base64.b64encode(json.dumps({**produced.fields, "contentType": media_type}).encode()).decode()
        return 200, {"Content-Type": media_type, "Pact-Message-Metadata": told}, produced.body
