"""The receiver's doors: deliveries on every path, and the control profile.

Law: a body is read no further than its limit; what the control profile says is asked of the ledger, never remembered here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hookproof import __version__
from hookproof.reference.control_face import BASE, KILL, RESTART
from hookproof.reference.receiver.desk import Desk
from hookproof.reference.receiver.reception import Arrival
from hookproof.reference.refusals import Answer, body_object, invalid, unauthorized

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]


class DeliveryFace:
    """Takes deliveries on every path that is not the control profile's."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def routes(self) -> list[Route]:
        """Give the one route."""
        return [Route("/{path:path}", self.take, methods=METHODS)]

    async def take(self, request: Request) -> Response:
        """Read as much as is allowed and let the desk answer."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self.desk.reception.largest_body:
                break
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]]
        target = request.scope["raw_path"].decode("latin-1") + (f"?{request.url.query}" if request.url.query else "")
        arrival = Arrival(method=request.method, target=target, fields=fields, body=bytes(body), now=self.desk.now)
        status, media, content = await self.desk.take(arrival)
        closing = {"Connection": "close"} if status == 413 else {}  # noqa: PLR2004 -- the rest of the body was not read
        return Response(content, status, {"Content-Type": media, **closing})


class ReceiverControl:
    """The receiver's half of the control profile."""

    def __init__(self, desk: Desk, api_key: str, lifecycle: Callable[[str], None]) -> None:
        self.desk = desk
        self._api_key = api_key
        self._lifecycle = lifecycle

    def routes(self) -> list[Route]:
        """Give the routes under the control base."""
        return [
            Route(BASE + "/capabilities", self.capabilities, methods=["GET"]),
            Route(BASE + "/effects", self.effects, methods=["GET"]),
            Route(BASE + "/faults", self.faults, methods=["POST"]),
            Route(BASE + "/clock/advance", self.advance, methods=["POST"]),
            Route(BASE + "/configuration", self.configuration, methods=["PUT"]),
            Route(BASE + "/log", self.log, methods=["GET"]),
            Route(BASE + "/lifecycle", self.lifecycle, methods=["POST"]),
        ]

    def _master(self, request: Request) -> None:
        if request.headers.get("x-api-key", "") != self._api_key:
            raise unauthorized()

    async def capabilities(self, request: Request) -> Response:
        """Declare what this receiver offers."""
        self._master(request)
        return Answer(
            {
                "roles": ["receiver"],
                "implementation": {"name": "hookproof reference receiver", "version": __version__},
                "environment": "test",
                "contract": self.desk.contract.name,
                "emit": "none",
                "time": "virtual",
                "lifecycle": [RESTART, KILL],
                "effects": True,
                "faults": True,
                "configuration": True,
                "log": True,
                "signing": None if self.desk.keyring.scheme is None else {"profile": self.desk.keyring.scheme},
                **self.desk.reception.declared,
            }
        )

    async def effects(self, request: Request) -> Response:
        """Say how often an event was applied, and with which data."""
        self._master(request)
        event_id = request.query_params.get("event_id")
        if event_id is None:
            raise invalid("event_id is missing")
        count, content = self.desk.ledger.effects(event_id)
        told = {"event_id": event_id, "count": count, "in_force": self.desk.ledger.in_force(event_id)}
        head = json.dumps(told)[:-1].encode()
        return Response(head + b', "content": ' + (content or b"null") + b"}", media_type="application/json")

    async def faults(self, request: Request) -> Response:
        """Let the next events fail inside."""
        self._master(request)
        count = (await body_object(request)).get("fail_next")
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise invalid("fail_next is not a number of events")
        self.desk.failures = count
        return Response(status_code=204)

    async def advance(self, request: Request) -> Response:
        """Move the virtual clock."""
        self._master(request)
        seconds = (await body_object(request)).get("seconds")
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not math.isfinite(seconds) or seconds < 0:
            raise invalid("seconds is not a number from 0")
        self.desk.ledger.advance(seconds)
        return Answer({"now": self.desk.clock()})

    async def configuration(self, request: Request) -> Response:
        """Replace the secrets, and the tolerance if one is given."""
        self._master(request)
        body = await body_object(request)
        secrets, tolerance = body.get("secrets"), body.get("tolerance_seconds")
        if not isinstance(secrets, list) or not all(isinstance(secret, str) for secret in secrets):
            raise invalid("secrets is not a list of texts")
        if tolerance is not None and (not isinstance(tolerance, int | float) or isinstance(tolerance, bool) or tolerance < 0):
            raise invalid("tolerance_seconds is not a number from 0")
        self.desk.configured(tuple(secrets), tolerance)
        return Response(status_code=204)

    async def log(self, request: Request) -> Response:
        """Show what was logged."""
        self._master(request)
        return Answer({"text": "\n".join(self.desk.logged)})

    async def lifecycle(self, request: Request) -> Response:
        """Acknowledge, then restart or die."""
        self._master(request)
        action = (await body_object(request)).get("action")
        if action not in (RESTART, KILL):
            raise invalid(f"action is neither {RESTART} nor {KILL}")
        return Answer({"action": action}, 202, {"Connection": "close"}, background=BackgroundTask(self._act, action))

    async def _act(self, action: str) -> None:
        self._lifecycle(action)
