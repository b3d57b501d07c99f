"""Flaws of the subscription API that concern what it takes, what it shows, and what it tells of itself."""

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
from hookproof.reference.refusals import Answer, RefusalError, invalid
from hookproof.reference.store import Store

Document = Mapping[str, Any]
Change = Callable[[Conduct], Conduct]


def _with(*parts: type) -> Change:
    return lambda conduct: replace(conduct, parts=(*parts, *conduct.parts))


# --- what is taken ------------------------------------------------------------------------------------------------------------------


def _taking(taken: Callable[[str, Contract], bool], enough: Callable[[list[bool]], bool] = all) -> Change:
    """Take a list of names if ``enough`` of them are listed or ``taken``."""

    def change(conduct: Conduct) -> Conduct:
        def draft(document: Document, contract: Contract, *, complete: bool) -> dict[str, Any]:
            names = document.get("events")
            texts = names if isinstance(names, list) and all(isinstance(name, str) for name in names) else []
            if not texts or not enough([name in contract.events or taken(name, contract) for name in texts]):
                return conduct.draft(document, contract, complete=complete)
            return {**conduct.draft({**document, "events": ["*"]}, contract, complete=complete), "events": tuple(texts)}

        return replace(conduct, draft=draft)

    return change


def _refusing(refused: Callable[[list[str], Contract], bool]) -> Change:
    def change(conduct: Conduct) -> Conduct:
        def draft(document: Document, contract: Contract, *, complete: bool) -> dict[str, Any]:
            members = conduct.draft(document, contract, complete=complete)
            if refused(list(members.get("events", ())), contract):
                raise invalid("events names unknown types")
            return members

        return replace(conduct, draft=draft)

    return change


def _in_lower_case(name: str, contract: Contract) -> bool:
    return name.lower() in contract.events


def _as_a_prefix(name: str, contract: Contract) -> bool:
    return name.endswith(".*") and any(known.startswith(name[:-1]) for known in contract.events)


def _any_deprecated(names: list[str], contract: Contract) -> bool:
    return any(contract.events[name].deprecated for name in names if name in contract.events)


def _answering_400(conduct: Conduct) -> Conduct:
    def draft(document: Document, contract: Contract, *, complete: bool) -> dict[str, Any]:
        try:
            return conduct.draft(document, contract, complete=complete)
        except RefusalError as refusal:
            raise RefusalError(400, refusal.code, str(refusal)) from None

    return replace(conduct, draft=draft)


def _taking_empty_lists(conduct: Conduct) -> Conduct:
    def draft(document: Document, contract: Contract, *, complete: bool) -> dict[str, Any]:
        if document.get("events") != []:
            return conduct.draft(document, contract, complete=complete)
        return {**conduct.draft({**document, "events": ["*"]}, contract, complete=complete), "events": ()}

    return replace(conduct, draft=draft)


def _inserting_before_checking(conduct: Conduct) -> Conduct:
    refused: list[Document] = []

    def draft(document: Document, contract: Contract, *, complete: bool) -> dict[str, Any]:
        try:
            return conduct.draft(document, contract, complete=complete)
        except RefusalError:
            refused.append(document)
            raise

    class Inserting(PublicFace):
        async def create(self, request: Request) -> Response:
            try:
                return await super().create(request)
            except RefusalError:
                for asked in refused:
                    names = tuple(str(name) for name in asked.get("events", ()))
                    await self._engine.create_endpoint(self._scope(request), {"url": str(asked.get("url")), "events": names})
                refused.clear()
                raise

    return replace(conduct, draft=draft, parts=(Inserting, *conduct.parts))


# --- what is shown ------------------------------------------------------------------------------------------------------------------


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


# --- what is told -------------------------------------------------------------------------------------------------------------------


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
        id="accepts-unlisted-names",
        row="S001",
        title="Names are stored as they come.",
        conduct=_taking(lambda _name, _contract: True),
        breaks=UNKNOWN,
        implies=DESCRIBED,
    ),
    Flaw(
        id="one-listed-name-is-enough",
        row="S001",
        title="A list with one name that is known passes whole.",
        conduct=_taking(lambda _name, _contract: False, any),
        breaks=UNKNOWN,
    ),
    Flaw(
        id="names-are-compared-without-case",
        row="S001",
        title="Names in upper case pass the check and never match an event.",
        conduct=_taking(_in_lower_case),
        breaks=UNKNOWN,
    ),
    Flaw(
        id="prefixes-with-a-star-are-accepted",
        row="S001",
        title="A wildcard behind a group's name passes the check.",
        conduct=_taking(_as_a_prefix),
        breaks=UNKNOWN,
    ),
    Flaw(
        id="unknown-names-are-answered-400",
        row="S002",
        title="Whatever is wrong with a request, the answer is 400.",
        conduct=_answering_400,
        breaks=(*UNKNOWN, *DESCRIBED),
    ),
    Flaw(
        id="empty-lists-are-accepted",
        row="S003",
        title="A subscription to nothing is made.",
        conduct=_taking_empty_lists,
        breaks=("subscription-api/empty-list",),
        implies=DESCRIBED,
    ),
    Flaw(
        id="inserts-before-checking",
        row="S004",
        title="The endpoint is inserted, then its names are checked, and nothing is rolled back.",
        conduct=_inserting_before_checking,
        breaks=("subscription-api/nothing-created",),
        implies=DESCRIBED,
    ),
    Flaw(
        id="deprecated-names-are-refused",
        row="S014",
        title="Names that have a successor are unknown.",
        conduct=_refusing(_any_deprecated),
        breaks=LISTED,
    ),
    Flaw(
        id="wildcard-is-refused",
        row="S014",
        title="The wildcard is looked up in the catalog and not found.",
        conduct=_refusing(lambda names, _contract: "*" in names),
        breaks=LISTED,
    ),
    Flaw(
        id="at-most-fifty-names",
        row="S014",
        title="A list of more than fifty names is refused.",
        conduct=_refusing(lambda names, _contract: len(names) > 50),  # noqa: PLR2004 -- the flaw's own limit
        breaks=LISTED,
    ),
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
