"""Flaws of secrets: how a key is made of one, how one is made, whose it is, and how it is replaced."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.engine import Engine
from hookproof.reference.flaws.tags import covered, decoded, entries, mac, text, told
from hookproof.reference.records import Delivery, Endpoint, Scope

_FOR_EVER = 1 << 60  # microseconds


def _keyed(key: Callable[[str], bytes]) -> Callable[[Conduct], Conduct]:
    """Make the key of a secret otherwise."""
    return entries(lambda sending, secret: text(mac(key(secret), covered(sending))))


def _twice(secret: str) -> bytes:
    """Decode again whatever can be decoded again, as two layers do that each mean to help."""
    once = decoded(secret)
    try:
        return base64.b64decode(once, validate=True)
    except binascii.Error:
        return once


def _with_keys(chosen: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Callable[[Conduct], Conduct]:
    """Sign with some of the secrets in force only."""
    return told(lambda sending: replace(sending, keys=chosen(sending.keys)))


def _part(part: type) -> Callable[[Conduct], Conduct]:
    return lambda conduct: replace(conduct, parts=(part, *conduct.parts))


class _DeafToSecrets(Engine):
    async def update_endpoint(self, scope: Scope, endpoint: Endpoint, draft: Mapping[str, Any]) -> None:
        await super().update_endpoint(scope, endpoint, {name: value for name, value in draft.items() if name != "secret"})


class _NeverForgets(Engine):
    def _rotate(self, scope: Scope, endpoint: Endpoint) -> None:
        super()._rotate(scope, endpoint)
        endpoint.previous = tuple((secret, _FOR_EVER) for secret, _ in endpoint.previous)


class _OneForAll(Engine):
    async def create_endpoint(self, scope: Scope, draft: Mapping[str, Any]) -> Endpoint:
        first = next(iter(scope.endpoints.values()), None)
        return await super().create_endpoint(scope, draft if first is None else {**draft, "secret": first.secret})


class _FirstKey(Dispatcher):
    """Looks the secret up by the account, and finds that of its first endpoint."""

    async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
        self.accounts = {**getattr(self, "accounts", {}), delivery.id: scope}
        return await super()._attempt(scope, delivery)

    def _request(self, delivery: Delivery, now: int) -> bytes:
        first = next(iter(self.accounts[delivery.id].endpoints.values()), delivery.endpoint)
        keyed = replace(delivery.endpoint, secret=first.secret, previous=first.previous)
        return super()._request(replace(delivery, endpoint=keyed), now)


def _issuing(made: Callable[[], bytes]) -> Callable[[Conduct], Conduct]:
    return lambda conduct: replace(conduct, new_secret=lambda: "whsec_" + text(made()))


def _drawn() -> Callable[[], bytes]:
    """Draw secrets from a small stock."""
    stock = [secrets.token_bytes(32) for _ in range(12)]
    return lambda: secrets.choice(stock)


def _counted() -> Callable[[], bytes]:
    """Make secrets by counting."""
    numbers = count(1)
    return lambda: b"hookproof-reference-key-" + next(numbers).to_bytes(8, "big")


KEYS = (
    Flaw(
        id="secret-used-as-text",
        row="P004",
        title="The key is the text of the secret, prefix included.",
        conduct=_keyed(str.encode),
        breaks=("signature/valid",),
    ),
    Flaw(
        id="secret-not-decoded",
        row="P004",
        title="The prefix is removed and the rest used as text.",
        conduct=_keyed(lambda secret: secret.removeprefix("whsec_").encode()),
        breaks=("signature/valid",),
    ),
    Flaw(
        id="secret-decoded-twice",
        row="P005",
        title="What is base64 after decoding is decoded again.",
        conduct=_keyed(_twice),
        breaks=("signature/valid",),
    ),
)

ROTATION = (
    Flaw(
        id="rotation-signs-with-the-new-secret-only",
        row="P009",
        title="The old secret is dropped the moment a new one is set.",
        conduct=_with_keys(lambda keys: keys[:1]),
        breaks=("signature/rotation-overlap",),
    ),
    Flaw(
        id="rotation-signs-with-the-old-secret-only",
        row="P009",
        title="During the overlap only the old secret signs.",
        conduct=_with_keys(lambda keys: keys[-1:]),
        breaks=("signature/rotation-overlap",),
    ),
    Flaw(
        id="rotation-is-ignored",
        row="P009",
        title="A new secret is accepted and never used.",
        conduct=_part(_DeafToSecrets),
        breaks=("signature/rotation-overlap", "signature/rotation-end"),
    ),
    Flaw(
        id="expired-secret-still-signs",
        row="P010",
        title="A secret that was rotated out signs for ever.",
        conduct=_part(_NeverForgets),
        breaks=("signature/rotation-end",),
        needs=("time",),
    ),
)

OWNERS = (
    Flaw(
        id="one-secret-for-all-endpoints",
        row="P011",
        title="All endpoints of an account share the secret of the first.",
        conduct=_part(_OneForAll),
        breaks=("signature/secret-per-endpoint", "signature/issued-secrets"),
    ),
    Flaw(
        id="first-endpoints-secret-signs-all",
        row="P011",
        title="Deliveries to every endpoint are signed with the secret of the account's first.",
        conduct=_part(_FirstKey),
        breaks=("signature/secret-per-endpoint", "signature/valid"),
        implies=("signature/companion-header",),
    ),
)

ISSUED = (
    Flaw(
        id="issued-secrets-are-short",
        row="P012",
        title="Secrets that the platform makes have 16 bytes.",
        conduct=_issuing(lambda: secrets.token_bytes(16)),
        breaks=("signature/issued-secrets",),
    ),
    Flaw(
        id="issued-secrets-are-long",
        row="P012",
        title="Secrets that the platform makes have 96 bytes.",
        conduct=_issuing(lambda: secrets.token_bytes(96)),
        breaks=("signature/issued-secrets",),
    ),
    Flaw(
        id="issued-secrets-repeat",
        row="P012",
        title="Secrets are drawn from a dozen.",
        conduct=_issuing(_drawn()),
        breaks=("signature/issued-secrets",),
    ),
    Flaw(
        id="issued-secrets-are-counted",
        row="P012",
        title="Secrets are a fixed text and a running number.",
        conduct=_issuing(_counted()),
        breaks=("signature/issued-secrets",),
    ),
)

FLAWS = (*KEYS, *ROTATION, *OWNERS, *ISSUED)
