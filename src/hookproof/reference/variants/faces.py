"""Doors that answer otherwise: later, with other statuses, or not at all for whoever is not a customer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hookproof.reference.conduct import Conduct
from hookproof.reference.control_face import ControlFace
from hookproof.reference.departures import Variant
from hookproof.reference.outcomes import Outcome
from hookproof.reference.public_face import PublicFace
from hookproof.reference.refusals import RefusalError

Endpoint = Callable[[Request], Awaitable[Response]]


def _wrapped(routes: Iterable[Route], wrap: Callable[[Endpoint], Endpoint]) -> list[Route]:
    return [Route(route.path, wrap(route.endpoint), methods=sorted(route.methods or ())) for route in routes]


def _later(seconds: float) -> Callable[[Endpoint], Endpoint]:
    def wrap(endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            await asyncio.sleep(seconds)
            return await endpoint(request)

        return answer

    return wrap


def _bluntly(endpoint: Endpoint) -> Endpoint:
    """Refuse with other statuses: 403 for a bad key, 400 for a list that is malformed rather than unlisted."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusalError as refusal:
            status = 400 if "non-empty list" in str(refusal) else {401: 403}.get(refusal.status, refusal.status)
            raise RefusalError(status, refusal.code, str(refusal)) from None

    return answer


def _with(*parts: type) -> Callable[[Conduct], Conduct]:
    return lambda conduct: replace(conduct, parts=(*parts, *conduct.parts))


class _BluntPublic(PublicFace):
    def routes(self) -> list[Route]:
        return _wrapped(super().routes(), _bluntly)


class _LatePublic(PublicFace):
    def routes(self) -> list[Route]:
        return _wrapped(super().routes(), _later(0.3))


class _LateControl(ControlFace):
    def routes(self) -> list[Route]:
        return _wrapped(super().routes(), _later(0.3))


class _NoControl(ControlFace):
    def routes(self) -> list[Route]:
        return []


def _late(conduct: Conduct) -> Conduct:
    async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it replaces
        await asyncio.sleep(0.3)
        return await conduct.post(url, request, timeout)

    return replace(_with(_LatePublic, _LateControl)(conduct), post=post)


VARIANTS = (
    Variant(
        id="refuses-with-other-statuses",
        title="Refuses a bad key with 403 and an empty list with 400.",
        conduct=_with(_BluntPublic),
        readings={"subscription-api/empty-list": "status 400", "subscription-api/key-required": "none key: 403; wrong key: 403"},
        warned=frozenset({"subscription-api/described-answers"}),
    ),
    Variant(
        id="everything-300-milliseconds-late",
        title="Answers every call, and sends every request, 300 milliseconds late.",
        conduct=_late,
    ),
    Variant(
        id="a-black-box",
        title="Has no control profile at all.",
        conduct=_with(_NoControl),
        partial=True,
    ),
)
