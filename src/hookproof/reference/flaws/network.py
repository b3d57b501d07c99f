"""Flaws of the way out: names that lead inside, names that change their mind, certificates nobody looked at, answers shown to others."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.engine import Engine
from hookproof.reference.network import Network, is_public, normal
from hookproof.reference.outcomes import REFUSED, Outcome
from hookproof.reference.public_face import PublicFace
from hookproof.reference.records import Delivery, Endpoint, Scope
from hookproof.reference.refusals import Answer, invalid

_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which the ssl module does not name
Opened = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _part(part: type) -> Callable[[Conduct], Conduct]:
    return lambda conduct: replace(conduct, parts=(part, *conduct.parts))


class _ChecksTheUrl(Network):
    """Looks for private addresses in the URL and not behind names."""

    def permits(self, host: str, address: str) -> bool:
        return super().permits(host, address) or not normal(host)


class _ChecksNobody(Network):
    def permits(self, host: str, address: str) -> bool:  # noqa: ARG002 -- the signature is the network's
        return True


class _ChecksAtTheDoor(Engine):
    """Looks where a name leads when it is registered."""

    async def create_endpoint(self, scope: Scope, draft: Mapping[str, Any]) -> Endpoint:
        host = urlsplit(draft["url"]).hostname or ""
        found = await self.dispatcher.network.resolve(host)
        if not normal(host) and not all(map(is_public, found)):
            raise invalid("url leads to a private address")
        return await super().create_endpoint(scope, draft)


class _ChecksFour(Network):
    """Knows what is private in IPv4 alone."""

    def permits(self, host: str, address: str) -> bool:
        return super().permits(host, address) or ":" in address


class _ChecksPrefixes(Network):
    """Compares the text of an address with the beginnings of the best known private ones."""

    def permits(self, host: str, address: str) -> bool:
        known = ("10.", "192.168.", "172.16.", "127.0.0.1", "::1", "fd", "fe80:", "::ffff:")
        return super().permits(host, address) or not address.startswith(known)


class _LooksUpTwice(Network):
    """Checks what a name leads to, and looks it up again to connect."""

    async def dial(self, host: str, address: str, port: int, *, secure: bool) -> Opened:
        again = await self.resolve(host)
        return await super().dial(host, again[0] if again else address, port, secure=secure)


class _ChecksTheFirst(Network):
    """Checks the first of several addresses, and connects to any."""

    async def connect(self, host: str, port: int, *, secure: bool) -> Opened:
        addresses = await self.resolve(host)
        if not addresses or not self.permits(host, addresses[0]):
            raise ConnectionRefusedError(host)
        return await self.dial(host, addresses[-1], port, secure=secure)


class _TrustsAnybody(Network):
    def trust(self) -> ssl.SSLContext:
        context = super().trust()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


class _TrustsAnyHost(Network):
    def trust(self) -> ssl.SSLContext:
        context = super().trust()
        context.check_hostname = False
        return context


class _TrustsForEver(Network):
    def trust(self) -> ssl.SSLContext:
        context = super().trust()
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
        return context


def _falls_back(conduct: Conduct) -> Conduct:
    """Try again without TLS where it fails."""

    async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the time-out is a promise of the platform
        outcome = await conduct.post(url, request, timeout)
        if outcome.failure == REFUSED and url.startswith("https:"):
            return await conduct.post(url.replace("https:", "http:", 1), request, timeout)
        return outcome

    return replace(conduct, post=post)


def _shows_answers(conduct: Conduct) -> Conduct:
    """Keep what endpoints answer, and show it to whoever owns them."""
    heard: dict[str, str] = {}

    class Hearing(Dispatcher):
        def _conclude(self, scope: Scope, delivery: Delivery, outcome: Outcome, ended_at: int) -> int | None:
            heard[delivery.id] = outcome.excerpt.decode("utf-8", "replace")
            return super()._conclude(scope, delivery, outcome, ended_at)

    class Telling(PublicFace):
        async def deliveries(self, request: Request) -> Response:
            document = json.loads(bytes((await super().deliveries(request)).body))
            for row in document["data"]:
                row["response_body"] = heard.get(row["id"])
            return Answer(document)

    return replace(conduct, parts=(Hearing, Telling, *conduct.parts))


ADDRESSES = (
    Flaw(
        id="names-are-not-checked",
        row="P079",
        title="Private addresses are refused in URLs and not behind names.",
        conduct=_part(_ChecksTheUrl),
        breaks=("network/private-addresses", "network/rebinding"),
        needs=("network",),
    ),
    Flaw(
        id="ipv6-is-not-checked",
        row="P079",
        title="What is private in IPv6 is not known.",
        conduct=_part(_ChecksFour),
        breaks=("network/private-addresses",),
        needs=("network",),
    ),
    Flaw(
        id="addresses-are-checked-by-prefix",
        row="P079",
        title="The usual private prefixes are refused, the metadata service and the rest of loopback are not.",
        conduct=_part(_ChecksPrefixes),
        breaks=("network/private-addresses",),
        needs=("network",),
    ),
    Flaw(
        id="names-are-checked-when-registered",
        row="P080",
        title="Where a name leads is checked when an endpoint is created, and never again.",
        conduct=lambda conduct: replace(conduct, parts=(_ChecksNobody, _ChecksAtTheDoor, *conduct.parts)),
        breaks=("network/rebinding",),
        needs=("network",),
    ),
    Flaw(
        id="names-are-looked-up-twice",
        row="P080",
        title="A name is looked up to be checked and again to be connected to.",
        conduct=_part(_LooksUpTwice),
        breaks=("network/rebinding",),
        needs=("network",),
    ),
    Flaw(
        id="first-address-is-checked",
        row="P080",
        title="Of several addresses the first is checked and the last connected to.",
        conduct=_part(_ChecksTheFirst),
        breaks=("network/rebinding",),
        needs=("network",),
    ),
)

ANSWERS = (
    Flaw(
        id="answers-are-shown",
        row="P081",
        title="The delivery log shows what endpoints answered.",
        conduct=_shows_answers,
        breaks=("subscription-api/answers-not-shown",),
    ),
)

CERTIFICATES = (
    Flaw(
        id="certificates-are-not-verified",
        row="P082",
        title="Any certificate will do.",
        conduct=_part(_TrustsAnybody),
        breaks=("network/untrusted-certificates",),
        implies=("network/certificate-identity",),
    ),
    Flaw(
        id="hosts-of-certificates-are-not-compared",
        row="P082",
        title="A certificate that somebody vouches for will do, whoever it was made for.",
        conduct=_part(_TrustsAnyHost),
        breaks=("network/certificate-identity",),
        needs=("network",),
    ),
    Flaw(
        id="expired-certificates-are-taken",
        row="P082",
        title="The dates of a certificate are not looked at.",
        conduct=_part(_TrustsForEver),
        breaks=("network/certificate-identity",),
        needs=("network",),
    ),
    Flaw(
        id="tls-failures-fall-back-to-plain-http",
        row="P082",
        title="Where TLS fails the delivery goes without it.",
        conduct=_falls_back,
        breaks=("network/untrusted-certificates",),
        implies=("network/certificate-identity",),
    ),
)

FLAWS = (*ADDRESSES, *ANSWERS, *CERTIFICATES)
