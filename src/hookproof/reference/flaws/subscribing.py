"""Flaws of the subscription API: which names and lists it takes, and what is left after a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hookproof.model.contract import Contract
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.public_face import PublicFace
from hookproof.reference.refusals import RefusalError, invalid

Document = Mapping[str, Any]
Change = Callable[[Conduct], Conduct]


def _with(*parts: type) -> Change:
    return lambda conduct: replace(conduct, parts=(*parts, *conduct.parts))


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


UNKNOWN = ("subscription-api/unknown-names",)
LISTED = ("subscription-api/listed-names",)
DESCRIBED = ("subscription-api/described-answers",)

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
)
