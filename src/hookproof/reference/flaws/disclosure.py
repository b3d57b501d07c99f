"""Flaws that tell what was entrusted to the platform: secrets in deliveries, and one endpoint's credentials to another."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hookproof.reference import signatures
from hookproof.reference.conduct import Conduct, HeaderPairs, Sending
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.engine import Engine
from hookproof.reference.flaws.rewriting import flaw
from hookproof.reference.records import Delivery, Endpoint, Happening, Scope


def _whole_endpoints(conduct: Conduct) -> Conduct:
    told: ContextVar[dict[str, Any] | None] = ContextVar("told", default=None)

    class Announcing(Engine):
        def _announce(self, scope: Scope, action: str, endpoint: Endpoint) -> list[Delivery]:
            restore = told.set(asdict(endpoint))
            try:
                return super()._announce(scope, action, endpoint)
            finally:
                told.reset(restore)

        def _accept(
            self, scope: Scope, event_type: str, content: dict[str, Any], audience: Sequence[Endpoint]
        ) -> tuple[Happening, list[Delivery]]:
            return super()._accept(scope, event_type, {**(told.get() or {}), **content}, audience)

    return replace(conduct, parts=(Announcing, *conduct.parts))


def _debugged(conduct: Conduct) -> Conduct:
    def headers(sending: Sending) -> HeaderPairs:
        return [*conduct.headers(sending), ("X-Debug-Key", signatures.key_bytes(sending.keys[0]).hex())]

    return replace(conduct, headers=headers)


def _authenticated(conduct: Conduct) -> Conduct:
    key: ContextVar[str] = ContextVar("key", default="")

    class Authenticating(Dispatcher):
        async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
            key.set(scope.api_key)
            return await super()._attempt(scope, delivery)

    def headers(sending: Sending) -> HeaderPairs:
        return [*conduct.headers(sending), ("X-API-Key", key.get())]

    return replace(conduct, parts=(Authenticating, *conduct.parts), headers=headers)


def _one_token_for_all(conduct: Conduct) -> Conduct:
    held: list[str] = []

    def headers(sending: Sending) -> HeaderPairs:
        held.extend(parse_qs(urlsplit(sending.url).query).get("token", []))
        return [*conduct.headers(sending), *(("Authorization", f"Bearer {token}") for token in held[:1])]

    return replace(conduct, headers=headers)


def _referred(conduct: Conduct) -> Conduct:
    seen: list[str] = []

    def headers(sending: Sending) -> HeaderPairs:
        pairs = [*conduct.headers(sending), *(("Referer", url) for url in seen[-1:])]
        seen.append(sending.url)
        return pairs

    return replace(conduct, headers=headers)


FLAWS = (
    flaw(
        "first-token-for-all",
        "P026",
        "The token of the first endpoint's URL is sent to every endpoint.",
        _one_token_for_all,
        "http/no-foreign-credentials",
    ),
    flaw(
        "last-address-as-referer",
        "P026",
        "The address of the endpoint before is sent as Referer.",
        _referred,
        "http/no-foreign-credentials",
    ),
    flaw(
        "whole-endpoint-in-announcements",
        "P035",
        "Events about an endpoint carry its whole record, secret included.",
        _whole_endpoints,
        "payload/no-secrets",
    ),
    flaw(
        "key-in-hex-in-a-field",
        "P035",
        "A field meant for debugging shows the signing key in hexadecimal.",
        _debugged,
        "payload/no-secrets",
    ),
    flaw(
        "api-key-in-a-field",
        "P035",
        "Deliveries carry the customer's own API key to authenticate themselves.",
        _authenticated,
        "payload/no-secrets",
    ),
)
