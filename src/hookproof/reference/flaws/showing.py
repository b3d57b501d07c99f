"""Flaws of the subscription API: what it answers, shows, logs and tells of itself."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from hookproof.model.contract import Contract
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.engine import Engine
from hookproof.reference.public_face import PublicFace
from hookproof.reference.records import Delivery, Endpoint, Scope
from hookproof.reference.refusals import Answer, RefusalError
from hookproof.reference.store import Store

Document = Mapping[str, Any]
Change = Callable[[Conduct], Conduct]


def _with(*parts: type) -> Change:
    return lambda conduct: replace(conduct, parts=(*parts, *conduct.parts))


def _showing(more: Callable[[Endpoint], dict[str, Any]]) -> Change:
    def change(conduct: Conduct) -> Conduct:
        return replace(conduct, shown=lambda endpoint: {**conduct.shown(endpoint), **more(endpoint)})

    return change


def _showing_what_it_cached(conduct: Conduct) -> Conduct:
    cached: dict[str, dict[str, Any]] = {}

    def shown(endpoint: Endpoint) -> dict[str, Any]:
        return cached.setdefault(endpoint.id, conduct.shown(endpoint))

    return replace(conduct, shown=shown)


def _issuing_and_showing(conduct: Conduct) -> Conduct:
    def draft(document: Document, contract: Contract, *, complete: bool) -> dict[str, Any]:
        given = {name: value for name, value in document.items() if name != "secret" or not complete}
        return conduct.draft(given, contract, complete=complete)

    return _showing(lambda endpoint: {"signing_secret": endpoint.secret})(replace(conduct, draft=draft))


class _Created200(PublicFace):
    def _answer(self, scope: Scope, content: object, *, status: int = 200, **meta: object) -> Response:
        return super()._answer(scope, content, status=200 if status == 201 else status, **meta)  # noqa: PLR2004 -- Created


class _Pageless(PublicFace):
    def _answer(self, scope: Scope, content: object, *, status: int = 200, **meta: object) -> Response:
        meta.pop("next_cursor", None)
        return super()._answer(scope, content, status=status, **meta)


class _Plain(PublicFace):
    async def create(self, request: Request) -> Response:
        try:
            return await super().create(request)
        except RefusalError as refusal:
            return PlainTextResponse(str(refusal), refusal.status)


class _Forgetful(Engine):
    async def update_endpoint(self, scope: Scope, endpoint: Endpoint, draft: Document) -> None:
        await super().update_endpoint(scope, endpoint, {name: value for name, value in draft.items() if name != "events"})


class _Undead(Engine):
    async def delete_endpoint(self, scope: Scope, endpoint: Endpoint) -> None:
        await self._safe(scope, self._announce(scope, "deleted", endpoint))


def _listing_the_deleted(conduct: Conduct) -> Conduct:
    graves: defaultdict[str, list[Endpoint]] = defaultdict(list)

    class Burying(Engine):
        async def delete_endpoint(self, scope: Scope, endpoint: Endpoint) -> None:
            graves[scope.id].append(endpoint)
            await super().delete_endpoint(scope, endpoint)

    class Listing(PublicFace):
        async def list(self, request: Request) -> Response:
            document = json.loads(bytes((await super().list(request)).body))
            document["data"] += [self._engine.conduct.shown(each) for each in graves[self._scope(request).id]]
            return Answer(document)

    return replace(conduct, parts=(Burying, Listing, *conduct.parts))


class _EmptyLog(Store):
    def deliveries_of(self, endpoint: Endpoint, before: int | None, limit: int) -> list[dict[str, Any]]:
        return super().deliveries_of(endpoint, before, 0 * limit)


class _FlatteringLog(Store):
    def deliveries_of(self, endpoint: Endpoint, before: int | None, limit: int) -> list[dict[str, Any]]:
        return [{**row, "status": row["status"] and 200} for row in super().deliveries_of(endpoint, before, limit)]


class _TenantsLog(Store):
    def deliveries_of(self, endpoint: Endpoint, before: int | None, limit: int) -> list[dict[str, Any]]:
        everybody = self._rows("SELECT id FROM endpoints WHERE scope_id = (SELECT scope_id FROM endpoints WHERE id = ?)", endpoint.id)
        rows: list[dict[str, Any]] = []
        for each in everybody:
            rows += super().deliveries_of(replace(endpoint, id=each["id"]), before, limit)
        return sorted(rows, key=lambda row: -int(row["seq"]))[:limit]


class _Untested(Engine):
    async def emit_test(self, _scope: Scope, endpoint: Endpoint) -> str:
        return f"evt_test_{endpoint.id}"


def _telling_nobody(contract: Contract) -> Contract:
    return replace(contract, policy=replace(contract.policy, management={}))


class _Miscalling(Engine):
    def _announce(self, scope: Scope, action: str, endpoint: Endpoint) -> list[Delivery]:
        return super()._announce(scope, "updated" if action == "deleted" else action, endpoint)


class _Misnaming(Engine):
    def _announce(self, scope: Scope, action: str, endpoint: Endpoint) -> list[Delivery]:
        return super()._announce(scope, action, replace(endpoint, id=scope.id))


class _Discreet(Engine):
    async def update_endpoint(self, scope: Scope, endpoint: Endpoint, draft: Document) -> None:
        self._quiet = set(draft) == {"secret"}
        await super().update_endpoint(scope, endpoint, draft)

    def _announce(self, scope: Scope, action: str, endpoint: Endpoint) -> list[Delivery]:
        quiet, self._quiet = getattr(self, "_quiet", False), False
        return [] if quiet else super()._announce(scope, action, endpoint)


TOLD = tuple(f"subscription-api/told-{action}" for action in ("created", "updated", "deleted"))
UNKNOWN = ("subscription-api/unknown-names",)
LISTED = ("subscription-api/listed-names",)
DESCRIBED = ("subscription-api/described-answers",)
READ = ("subscription-api/read-back",)
LOG = ("subscription-api/delivery-log",)

FLAWS = (
    Flaw(
        id="creations-are-answered-200",
        row="S006",
        title="A new endpoint is answered 200.",
        conduct=_with(_Created200),
        breaks=DESCRIBED,
    ),
    Flaw(
        id="pages-have-no-cursor",
        row="S006",
        title="Pages say nothing of the next one.",
        conduct=_with(_Pageless),
        breaks=DESCRIBED,
    ),
    Flaw(
        id="refusals-are-plain-text",
        row="S006",
        title="A refused subscription is explained in plain text.",
        conduct=_with(_Plain),
        breaks=DESCRIBED,
    ),
    Flaw(
        id="updates-are-not-stored",
        row="S007",
        title="A change of events is acknowledged and announced, and never stored.",
        conduct=_with(_Forgetful),
        breaks=(*READ, "fan-out/filters", "fan-out/named"),
    ),
    Flaw(
        id="reads-are-cached-for-ever",
        row="S007",
        title="What is shown of an endpoint is what it was when it was shown first.",
        conduct=_showing_what_it_cached,
        breaks=READ,
    ),
    Flaw(
        id="addresses-are-shown-without-path",
        row="S007",
        title="Of an endpoint's address only the host is shown.",
        conduct=_showing(lambda endpoint: {"url": "/".join(endpoint.url.split("/")[:3])}),
        breaks=READ,
    ),
    Flaw(
        id="deletions-are-not-made",
        row="S008",
        title="A deletion is acknowledged and announced, and never made.",
        conduct=_with(_Undead),
        breaks=("subscription-api/delete", "fan-out/deleted-endpoints"),
    ),
    Flaw(
        id="deleted-endpoints-stay-listed",
        row="S008",
        title="The listing does not leave out what was deleted.",
        conduct=_listing_the_deleted,
        breaks=("subscription-api/delete",),
    ),
    Flaw(
        id="secrets-are-shown-again",
        row="S009",
        title="Every answer about an endpoint shows its secret.",
        conduct=_showing(lambda endpoint: {"signing_secret": endpoint.secret}),
        breaks=("subscription-api/secret-once",),
    ),
    Flaw(
        id="issued-secrets-are-shown-again",
        row="S009",
        title="The platform makes all secrets itself, and every answer about an endpoint shows them.",
        conduct=_issuing_and_showing,
        breaks=("subscription-api/secret-once",),
    ),
    Flaw(
        id="delivery-log-is-empty",
        row="S011",
        title="The delivery log is a page that nobody fills.",
        conduct=_with(_EmptyLog),
        breaks=LOG,
    ),
    Flaw(
        id="delivery-log-says-200",
        row="S011",
        title="The delivery log calls every answer 200.",
        conduct=_with(_FlatteringLog),
        breaks=LOG,
    ),
    Flaw(
        id="delivery-log-of-the-whole-tenant",
        row="S011",
        title="The delivery log of an endpoint shows the deliveries of all.",
        conduct=_with(_TenantsLog),
        breaks=LOG,
    ),
    Flaw(
        id="test-calls-send-nothing",
        row="S012",
        title="A test is accepted, and nothing is sent.",
        conduct=_with(_Untested),
        breaks=("subscription-api/test-call",),
    ),
    Flaw(
        id="changes-are-told-to-nobody",
        row="S013",
        title="Nobody hears of endpoints that are made, changed or deleted.",
        contract=_telling_nobody,
        breaks=TOLD,
    ),
    Flaw(
        id="deletions-are-told-as-changes",
        row="S013",
        title="A deletion is announced as a change.",
        conduct=_with(_Miscalling),
        breaks=TOLD[2:],
    ),
    Flaw(
        id="changes-are-told-of-the-tenant",
        row="S013",
        title="What is told of an endpoint names the tenant instead.",
        conduct=_with(_Misnaming),
        breaks=TOLD,
    ),
    Flaw(
        id="rotations-are-told-to-nobody",
        row="S013",
        title="A new secret is no change worth telling.",
        conduct=_with(_Discreet),
        breaks=TOLD[1:2],
    ),
)
