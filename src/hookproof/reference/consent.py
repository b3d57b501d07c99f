"""Consent: where the contract promises it, a receiver is asked before anything is sent to it, and not sent more than it grants.

Law: consent is in the header fields of the answer and nowhere else; a status is none (CloudEvents, HTTP Web Hooks, section 4).
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from hookproof.model.contract import Contract
from hookproof.reference.conduct import Conduct, HeaderPairs, Sending
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.headers import DeliveryHeaders
from hookproof.reference.outcomes import REFUSED, Outcome
from hookproof.reference.records import Delivery, Endpoint, Scope
from hookproof.reference.store import Store
from hookproof.reference.timekeeping import Timekeeping

ORIGIN = "reference.hookproof.test"
"""How the reference names itself to receivers."""
_MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a receiver said: whether it consents, to how many requests a minute (None: any number), and when it said so."""

    allowed: bool
    rate: int | None
    at: int


class Consenting(Dispatcher):
    """Asks each address once before the first delivery, again a minute after a refusal, and spreads out what is over the rate."""

    def __init__(self, contract: Contract, store: Store, timekeeping: Timekeeping, conduct: Conduct, names: DeliveryHeaders) -> None:
        promised = contract.policy.consent
        super().__init__(contract, store, timekeeping, _introduced(conduct) if promised else conduct, names)
        self._promised = promised
        self._grants: dict[str, Grant] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._sent: defaultdict[str, deque[int]] = defaultdict(deque)

    async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
        if self._promised:
            now = self._timekeeping.now(scope)
            grant = await self.granted(delivery.endpoint.url, now)
            later = self.paced(delivery.endpoint.url, grant, now) if grant.allowed else None
            if later is not None:
                delivery.due_at = later
                return True
        return await super()._attempt(scope, delivery)

    async def _send(self, endpoint: Endpoint, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- a promise of the platform
        grant = self._grants.get(endpoint.url)  # none, if the address changed while the former one was asked
        if self._promised and (grant is None or not grant.allowed):
            return Outcome(failure=REFUSED)
        return await super()._send(endpoint, request, timeout)

    async def granted(self, url: str, now: int) -> Grant:
        """Ask for consent unless it is known, or was refused less than a minute ago."""
        async with self._locks[url]:
            known = self._grants.get(url)
            if known is None or (not known.allowed and now >= known.at + self._timekeeping.span(_MINUTE)):
                timeout = self._timekeeping.wait_for(self._contract.policy.timeout_seconds)
                outcome = await self._conduct.post(url, asked(url), timeout)
                known = self._grants[url] = Grant(allowed=self.consents(outcome), rate=_rate(outcome), at=now)
        return known

    def consents(self, outcome: Outcome) -> bool:
        """Whether an answer is consent: it allows any origin, or ours."""
        return outcome.fields.get("webhook-allowed-origin", "").strip() in ("*", ORIGIN)

    def paced(self, url: str, grant: Grant, now: int) -> int | None:
        """Count a request against the rate, or give the moment at which it may be tried again."""
        if grant.rate is None:
            return None
        sent, minute = self._sent[url], self._timekeeping.span(_MINUTE)
        while sent and sent[0] <= now - minute:
            sent.popleft()
        if len(sent) >= grant.rate:
            return sent[0] + minute
        sent.append(now)
        return None


def asked(url: str) -> bytes:
    """Write the request that asks for consent."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"OPTIONS {target} HTTP/1.1", f"Host: {parts.netloc}", f"WebHook-Request-Origin: {ORIGIN}"]
    lines += ["Content-Length: 0", "Connection: close", "", ""]
    return "\r\n".join(lines).encode()


def _introduced(conduct: Conduct) -> Conduct:
    """Name ourselves on every delivery."""

    def headers(sending: Sending) -> HeaderPairs:
        return [*conduct.headers(sending), ("WebHook-Request-Origin", ORIGIN)]

    return replace(conduct, headers=headers)


def _rate(outcome: Outcome) -> int | None:
    told = outcome.fields.get("webhook-allowed-rate", "").strip()
    return int(told) if told.isascii() and told.isdigit() and int(told) > 0 else None
