"""The control profile: scopes, emission, clocks, attempts and lifecycle, as ``control-api`` states them.

Law: the master key opens everything, a scope's key only that scope; what is answered is already durable.
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Callable
from typing import Any

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hookproof import __version__
from hookproof.reference.engine import Engine
from hookproof.reference.networkplan import plan_asked
from hookproof.reference.records import Scope
from hookproof.reference.refusals import Answer, body_object, by_method, invalid, missing, unauthorized
from hookproof.reference.timekeeping import rfc3339

BASE = "/conformance/v1"
RESTART, KILL, POWER_CUT = "restart", "kill", "power-cut"
LIFECYCLE = (RESTART, KILL, POWER_CUT)
_STORAGE = {"ok": "", "down": "down", "full": "full"}
_LONGEST_ADVANCE = 10 * 366 * 86_400  # seconds; no policy looks further, and the calendar ends


class ControlFace:
    """The routes of the control profile over one engine; ``lifecycle`` is called after a restart or kill was acknowledged."""

    def __init__(self, engine: Engine, lifecycle: Callable[[str], None]) -> None:
        self._engine = engine
        self._lifecycle = lifecycle

    def routes(self) -> list[Route]:
        """Give the routes under the control base."""
        scope = BASE + "/scopes/{scope}"
        return [
            Route(BASE + "/capabilities", self.capabilities, methods=["GET"]),
            Route(BASE + "/scopes", self.open_scope, methods=["POST"]),
            Route(scope, by_method({"DELETE": self.close_scope}), methods=["DELETE"]),
            Route(scope + "/events", self.emit, methods=["POST"]),
            Route(scope + "/clock", self.clock, methods=["GET"]),
            Route(scope + "/clock/advance", self.advance, methods=["POST"]),
            Route(scope + "/attempts", self.attempts, methods=["GET"]),
            Route(BASE + "/lifecycle", self.lifecycle, methods=["POST"]),
            Route(BASE + "/faults", self.faults, methods=["POST"]),
            Route(BASE + "/network", self.network, methods=["POST"]),
        ]

    def _master(self, request: Request) -> None:
        if request.headers.get("x-api-key", "") != self._engine.api_key:
            raise unauthorized()

    def _scope(self, request: Request) -> Scope:
        """Find the scope that the path names; to another scope's key it does not exist."""
        key = request.headers.get("x-api-key", "")
        if key not in self._engine.scopes_by_key:
            raise unauthorized()
        scope = self._engine.scopes.get(request.path_params["scope"])
        if scope is None or key not in (self._engine.api_key, scope.api_key):
            raise missing("scope")
        return scope

    async def capabilities(self, request: Request) -> Response:
        """Declare what this platform offers."""
        self._master(request)
        timekeeping, signing = self._engine.timekeeping, self._engine.contract.policy.signing
        return Answer(
            {
                "roles": ["platform"],
                "implementation": {"name": "hookproof reference platform", "version": __version__},
                "environment": "test",
                "contract": self._engine.contract.name,
                "emit": "pipeline",
                "time": timekeeping.mode,
                "time_scale": timekeeping.scale,
                "inspect": True,
                "lifecycle": list(LIFECYCLE),
                "effects": False,
                "faults": True,
                "network": True,
                "signing": {"profile": signing.schemes[0]} if signing else None,
                "scheduler_resolution_seconds": 0,
                "jitter_ratio": 0.0,
                "poll_interval_seconds": 0,
                "answer_timeout_seconds": timekeeping.wait_for(self._engine.contract.policy.timeout_seconds),
                "idempotency": True,
                **self._engine.conduct.declared,
            }
        )

    async def open_scope(self, request: Request) -> Response:
        """Make an isolated tenant."""
        self._master(request)
        name = (await body_object(request)).get("name")
        if not isinstance(name, str):
            raise invalid("name is not a string")
        scope = await self._engine.open_scope(name)
        return Answer({"id": scope.id, "api_key": scope.api_key}, 201)

    async def close_scope(self, request: Request) -> Response:
        """Remove a tenant and all it holds."""
        await self._engine.close_scope(self._scope(request))
        return Response(status_code=204)

    async def emit(self, request: Request) -> Response:
        """Put an event through the real pipeline."""
        self._scope(request)
        body = await body_object(request, exact=True)
        event_type, content = body.get("type"), body.get("data")
        contract = self._engine.contract
        if not isinstance(event_type, str) or not (event_type in contract.events or contract.open_catalog):
            raise invalid("type is not an event type of this contract")
        if not isinstance(content, dict):
            raise invalid("data is not an object")
        key = body.get("idempotency_key")
        if not (key is None or (isinstance(key, str) and key)):
            raise invalid("idempotency_key is not a text")
        engine, scope = self._engine, self._scope(request)
        try:
            event_id = await (engine.emit(scope, event_type, content) if key is None else engine.emit_once(scope, event_type, content, key))
        except ValueError as error:
            raise invalid(f"data cannot be written: {error}") from None
        return Answer({"id": event_id}, 202)

    async def clock(self, request: Request) -> Response:
        """Read a scope's clock."""
        return Answer(self._reading(self._scope(request)))

    async def advance(self, request: Request) -> Response:
        """Move a scope's virtual clock."""
        scope = self._scope(request)
        seconds = (await body_object(request)).get("seconds")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            raise invalid("seconds is not a number")
        if not math.isfinite(seconds) or not 0 <= seconds <= _LONGEST_ADVANCE:
            raise invalid(f"seconds is not between 0 and {_LONGEST_ADVANCE}")
        await self._engine.advance(scope, seconds)
        return Answer(self._reading(scope), 202)

    def _reading(self, scope: Scope) -> dict[str, Any]:
        due = self._engine.dispatcher.next_due(scope)
        return {
            "now": rfc3339(self._engine.timekeeping.now(scope)),
            "status": "ready" if self._engine.ready(scope) else "advancing",
            "pending": scope.pending,
            "next_due_at": None if due is None else rfc3339(due),
        }

    async def attempts(self, request: Request) -> Response:
        """Account for every attempt of one event."""
        scope = self._scope(request)
        event_id = request.query_params.get("event_id")
        if not event_id:
            raise invalid("event_id is missing")
        return Answer({"attempts": [_account(row) for row in self._engine.store.attempts_of(scope, event_id)]})

    async def network(self, request: Request) -> Response:
        """Answer for the names and the connections of the platform."""
        self._master(request)
        planned = plan_asked(await body_object(request))
        try:
            self._engine.dispatcher.network.plan(*planned)
        except ssl.SSLError as error:
            raise invalid(f"authorities are not certificates in PEM: {error.reason}") from None
        return Response(status_code=204)

    async def lifecycle(self, request: Request) -> Response:
        """Acknowledge, then restart or die."""
        self._master(request)
        action = (await body_object(request)).get("action")
        if action not in LIFECYCLE:
            raise invalid(f"action is none of {', '.join(LIFECYCLE)}")
        return Answer({"action": action}, 202, {"Connection": "close"}, background=BackgroundTask(self._act, action))

    async def _act(self, action: str) -> None:
        self._lifecycle(action)

    async def faults(self, request: Request) -> Response:
        """Let the storage be down or full, or mend it."""
        self._master(request)
        storage = (await body_object(request)).get("storage")
        if not isinstance(storage, str) or storage not in _STORAGE:
            raise invalid(f"storage is none of {', '.join(_STORAGE)}")
        self._engine.store.fail(_STORAGE[storage])
        return Response(status_code=204)


def _account(row: dict[str, Any]) -> dict[str, Any]:
    following = row["next_attempt_at"]
    return {
        "attempt": row["number"],
        "endpoint_id": row["endpoint_id"],
        "delivery_id": row["delivery_id"],
        "scheduled_at": rfc3339(row["scheduled_at"]),
        "sent_at": rfc3339(row["sent_at"]),
        "status": row["status"],
        "failure": row["failure"],
        "next_attempt_at": None if following is None else rfc3339(following),
        "response_bytes": row["response_bytes"],
    }
