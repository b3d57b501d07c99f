"""Flaws of access to the subscription API: keys that are not asked for, and tenants that are not told apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.engine import DEFAULT_SCOPE, Engine
from hookproof.reference.public_face import PublicFace
from hookproof.reference.records import Endpoint, Scope
from hookproof.reference.refusals import Answer, RefusalError


def _with(part: type) -> Callable[[Conduct], Conduct]:
    def change(conduct: Conduct) -> Conduct:
        return replace(conduct, parts=(part, *conduct.parts))

    return change


def _owner(engine: Engine, request: Request) -> tuple[Scope, Endpoint] | None:
    """Find an endpoint by its id alone, whoever asks."""
    named = request.path_params.get("id", "")
    return next(((scope, scope.endpoints[named]) for scope in engine.scopes.values() if named in scope.endpoints), None)


class _Trusting(PublicFace):
    """Checks a key only if there is one."""

    def _scope(self, request: Request) -> Scope:
        return super()._scope(request) if request.headers.get("x-api-key") else self._engine.scopes[DEFAULT_SCOPE]


class _Believing(PublicFace):
    """Checks that there is a key, not which."""

    def _scope(self, request: Request) -> Scope:
        key = request.headers.get("x-api-key")
        known = key in self._engine.scopes_by_key or not key
        return super()._scope(request) if known else self._engine.scopes[DEFAULT_SCOPE]


class _OpenListing(PublicFace):
    async def list(self, request: Request) -> Response:
        if request.headers.get("x-api-key"):
            return await super().list(request)
        every = [each for scope in self._engine.scopes.values() for each in scope.endpoints.values()]
        return self._answer(self._engine.scopes[DEFAULT_SCOPE], [self._engine.conduct.shown(each) for each in every], next_cursor=None)


class _OpenDeletion(PublicFace):
    async def delete(self, request: Request) -> Response:
        found = _owner(self._engine, request)
        if found is None or request.headers.get("x-api-key") in self._engine.scopes_by_key:
            return await super().delete(request)
        await self._engine.delete_endpoint(*found)
        return Response(status_code=204)


class _ById(PublicFace):
    """Asks for a valid key, and then for the endpoint's id alone."""

    def _named(self, request: Request) -> tuple[Scope, Endpoint]:
        self._scope(request)
        return _owner(self._engine, request) or super()._named(request)


class _ReadableById(PublicFace):
    def _named(self, request: Request) -> tuple[Scope, Endpoint]:
        self._scope(request)
        found = _owner(self._engine, request) if request.method in ("GET", "HEAD") else None
        return found or super()._named(request)


class _EverybodysListing(PublicFace):
    async def list(self, request: Request) -> Response:
        document = json.loads(bytes((await super().list(request)).body))
        others = [scope for scope in self._engine.scopes.values() if scope is not self._scope(request)]
        document["data"] += [self._engine.conduct.shown(each) for scope in others for each in scope.endpoints.values()]
        return Answer(document)


class _DeletingFirst(PublicFace):
    """Deletes by id, then looks whether the endpoint was the caller's."""

    async def delete(self, request: Request) -> Response:
        try:
            return await super().delete(request)
        except RefusalError:
            if request.headers.get("x-api-key") in self._engine.scopes_by_key and (found := _owner(self._engine, request)):
                await self._engine.delete_endpoint(*found)
            raise


FLAWS = (
    Flaw(
        id="missing-keys-are-accepted",
        row="S005",
        title="A request without a key is one of the first account.",
        conduct=_with(_Trusting),
        breaks=("subscription-api/key-required", "subscription-api/key-required-everywhere"),
    ),
    Flaw(
        id="any-key-is-accepted",
        row="S005",
        title="A key must be given, but nobody looks it up.",
        conduct=_with(_Believing),
        breaks=("subscription-api/key-required", "subscription-api/key-required-everywhere"),
    ),
    Flaw(
        id="listing-needs-no-key",
        row="S005",
        title="The listing is open to whoever asks without a key, and shows all.",
        conduct=_with(_OpenListing),
        breaks=("subscription-api/key-required-everywhere",),
    ),
    Flaw(
        id="deletion-needs-no-key",
        row="S005",
        title="The key is not checked in front of a deletion.",
        conduct=_with(_OpenDeletion),
        breaks=("subscription-api/key-required-everywhere",),
    ),
    Flaw(
        id="endpoints-are-found-by-id-alone",
        row="S010",
        title="Any account's key reads, changes and deletes any endpoint.",
        conduct=_with(_ById),
        breaks=("subscription-api/other-tenants",),
    ),
    Flaw(
        id="endpoints-are-read-by-id-alone",
        row="S010",
        title="Any account's key reads any endpoint.",
        conduct=_with(_ReadableById),
        breaks=("subscription-api/other-tenants",),
    ),
    Flaw(
        id="listing-shows-every-tenant",
        row="S010",
        title="The listing shows the endpoints of all accounts.",
        conduct=_with(_EverybodysListing),
        breaks=("subscription-api/other-tenants",),
    ),
    Flaw(
        id="foreign-deletions-are-refused-and-made",
        row="S010",
        title="Another account's deletion is answered 404 after it was made.",
        conduct=_with(_DeletingFirst),
        breaks=("subscription-api/other-tenants",),
    ),
)
