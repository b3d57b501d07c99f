"""The subscription API: what a customer of the platform sees.

Law: the key decides the tenant before anything else is looked at; a secret is shown once, in the answer to its creation.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hookproof.model.contract import Contract
from hookproof.reference.engine import Engine
from hookproof.reference.records import Endpoint, Scope
from hookproof.reference.refusals import Answer, body_object, by_method, invalid, unauthorized
from hookproof.reference.timekeeping import rfc3339

_ASSUMED_COLLECTION = "/api/v1/webhooks"  # where the contract's API document names no place
_PAGE = 50
_LARGEST_PAGE = 200
_DIGITS = 18
"""Of a number that are read: enough to know that it is larger than any page."""


def collection_path(contract: Contract) -> str:
    """Give the path at which endpoints are created: the one with the operation ``createWebhook``."""
    for path, operations in contract.subscription_api.get("paths", {}).items():
        if any(isinstance(each, dict) and each.get("operationId") == "createWebhook" for each in operations.values()):
            return str(path).rstrip("/")
    return _ASSUMED_COLLECTION


class PublicFace:
    """The routes of the subscription API over one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """Give the routes at the contract's path."""
        base = collection_path(self._engine.contract)
        return [
            Route(base, by_method({"GET": self.list, "POST": self.create}), methods=["GET", "POST"]),
            Route(
                base + "/{id}",
                by_method({"GET": self.show, "PUT": self.update, "DELETE": self.delete}),
                methods=["GET", "PUT", "DELETE"],
            ),
            Route(base + "/{id}/test", self.test, methods=["POST"]),
            Route(base + "/{id}/deliveries", self.deliveries, methods=["GET"]),
        ]

    def _scope(self, request: Request) -> Scope:
        scope = self._engine.scopes_by_key.get(request.headers.get("x-api-key", ""))
        if scope is None:
            raise unauthorized()
        return scope

    def _named(self, request: Request) -> tuple[Scope, Endpoint]:
        scope = self._scope(request)
        return scope, self._engine.endpoint(scope, request.path_params["id"])

    async def create(self, request: Request) -> Response:
        """Create an endpoint and show its secret."""
        scope = self._scope(request)
        members = self._engine.conduct.draft(await body_object(request), self._engine.contract, complete=True)
        endpoint = await self._engine.create_endpoint(scope, members)
        return self._answer(scope, {**self._engine.conduct.shown(endpoint), "signing_secret": endpoint.secret}, status=201)

    async def list(self, request: Request) -> Response:
        """List a tenant's endpoints by pages, oldest first."""
        scope = self._scope(request)
        limit, after = page_asked(request)
        rest = [each for each in scope.endpoints.values() if each.seq > (after or 0)]
        cursor = str(rest[limit - 1].seq) if len(rest) > limit else None
        return self._answer(scope, [self._engine.conduct.shown(each) for each in rest[:limit]], next_cursor=cursor)

    async def show(self, request: Request) -> Response:
        """Show one endpoint."""
        scope, endpoint = self._named(request)
        return self._answer(scope, self._engine.conduct.shown(endpoint))

    async def update(self, request: Request) -> Response:
        """Change the members that are given."""
        self._named(request)
        members = self._engine.conduct.draft(await body_object(request), self._engine.contract, complete=False)
        scope, endpoint = self._named(request)  # again: it may have gone while the body came in
        await self._engine.update_endpoint(scope, endpoint, members)
        return self._answer(scope, self._engine.conduct.shown(endpoint))

    async def delete(self, request: Request) -> Response:
        """Delete an endpoint."""
        await self._engine.delete_endpoint(*self._named(request))
        return Response(status_code=204)

    async def test(self, request: Request) -> Response:
        """Send an example to the endpoint through the real pipeline."""
        scope, endpoint = self._named(request)
        return self._answer(scope, {"event_id": await self._engine.emit_test(scope, endpoint)}, status=202)

    async def deliveries(self, request: Request) -> Response:
        """List an endpoint's deliveries by pages, newest first."""
        scope, endpoint = self._named(request)
        limit, before = page_asked(request)
        rows = self._engine.store.deliveries_of(endpoint, before, limit + 1)
        cursor = str(rows[limit - 1]["seq"]) if len(rows) > limit else None
        return self._answer(scope, [_account(row) for row in rows[:limit]], next_cursor=cursor)

    def _answer(self, scope: Scope, content: object, *, status: int = 200, **meta: object) -> Response:
        moment = rfc3339(self._engine.timekeeping.now(scope))
        return Answer({"data": content, "meta": {"request_id": f"req_{uuid.uuid4().hex}", "timestamp": moment, **meta}}, status)


def page_asked(request: Request) -> tuple[int, int | None]:
    """Read ``limit``, of which more than the largest page is not heeded, and ``cursor``."""
    limit, cursor = request.query_params.get("limit", str(_PAGE)), request.query_params.get("cursor")
    if not re.fullmatch(r"0*[1-9][0-9]*", limit):
        raise invalid("limit is not a number above 0")
    if cursor is not None and not re.fullmatch(r"[0-9]{1,18}", cursor):
        raise invalid("cursor is not one that we gave")
    size = min(int(limit.lstrip("0")[:_DIGITS]), _LARGEST_PAGE)  # a number of thousands of digits is none of Python's
    return size, None if cursor is None else int(cursor)


def _account(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "event_id": row["event_id"],
        "event_type": row["type"],
        "status": row["state"],
        "attempt": max(row["made"], 1),  # the first is under way if none was made
        "response_status": row["status"],
        "last_failure": row["failure"],
        "created_at": rfc3339(row["created_at"]),
        "next_attempt_at": rfc3339(row["due_at"]) if row["state"] == "pending" else None,
    }
