"""One signature scheme instead of two, the older companion form, and no declared scheme."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace

from hookproof.reference.conduct import Conduct, HeaderPairs, Sending
from hookproof.reference.departures import Variant

_COMPANION = "x-devotel-"


def _only(prefix: str) -> Callable[[Conduct], Conduct]:
    def changed(conduct: Conduct) -> Conduct:
        def headers(sending: Sending) -> HeaderPairs:
            kept = ("content-type", "user-agent", prefix)
            return [pair for pair in conduct.headers(sending) if pair[0].lower().startswith(kept)]

        return replace(conduct, headers=headers)

    return changed


def _undeclared(conduct: Conduct) -> Conduct:
    return replace(_only(_COMPANION)(conduct), declared={**conduct.declared, "signing": None})


def _bare_hex(conduct: Conduct) -> Conduct:
    quiet = _undeclared(conduct)

    def headers(sending: Sending) -> HeaderPairs:
        tag = hmac.digest(sending.keys[0].encode(), sending.body, hashlib.sha256).hex()
        signature = (sending.names.signature or "").lower()
        return [(name, tag if name.lower() == signature else value) for name, value in quiet.headers(sending)]

    return replace(quiet, headers=headers)


VARIANTS = (
    Variant(
        id="signs-by-the-standard-alone",
        title="Signs as Standard Webhooks and sends no companion fields.",
        conduct=_only("webhook-"),
        readings={"signature/signed": "standard-webhooks"},
        warned=frozenset({"http/companion-headers"}),
    ),
    Variant(
        id="signs-by-the-companion-alone",
        title="Signs with a time and a hex tag alone, and declares no scheme.",
        conduct=_undeclared,
        readings={"signature/signed": "devotel-t-v1"},
    ),
    Variant(
        id="signs-by-the-older-companion-alone",
        title="Signs with a bare hex tag of the body alone, and declares no scheme.",
        conduct=_bare_hex,
        readings={"signature/signed": "devotel-body-hex"},
        warned=frozenset({"signature/rotation-overlap"}),
    ),
)
