"""Deliveries that come otherwise: again, at once, late, out of order; and answers that are read otherwise."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace

from hookproof.model.contract import Contract, RetryPolicy
from hookproof.reference import outcomes
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Variant
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.outcomes import Outcome
from hookproof.reference.records import Delivery, Endpoint, Scope
from hookproof.reference.sender import MOST_READ
from hookproof.reference.timekeeping import Timekeeping

Post = Callable[[str, bytes, float], Awaitable[Outcome]]
REDELIVERY = frozenset({"idempotency/no-redelivery"})
_BROKEN = (outcomes.RESET, outcomes.CLOSED)


class _OnceMore(Dispatcher):
    """Takes the first success for a failure, as if the acknowledgement was lost inside."""

    def _conclude(self, scope: Scope, delivery: Delivery, outcome: Outcome, ended_at: int) -> int | None:
        lost = delivery.made == 1 and self._conduct.succeeded(outcome)
        return super()._conclude(scope, delivery, replace(outcome, status=500) if lost else outcome, ended_at)


def _once_more(conduct: Conduct) -> Conduct:
    return replace(conduct, parts=(_OnceMore, *conduct.parts))


def _twice(again: Callable[[Conduct, Outcome], bool]) -> Callable[[Conduct], Conduct]:
    """Send the same bytes at once again where ``again`` says so."""

    def changed(conduct: Conduct) -> Conduct:
        async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it replaces
            ending = await conduct.post(url, request, timeout)
            return await conduct.post(url, request, timeout) if again(conduct, ending) else ending

        return replace(conduct, post=post)

    return changed


def _late(conduct: Conduct) -> Conduct:
    """Let every request wait for a moment of its own, and what is told of endpoints for longer, so that nothing keeps its order."""
    dice = random.Random(11)  # noqa: S311 -- reproducible order, no secret

    async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it replaces
        await asyncio.sleep(0.3 if b'"webhook_endpoint.' in request else dice.uniform(0, 0.05))
        return await conduct.post(url, request, timeout)

    return replace(conduct, post=post)


def _head_decides(conduct: Conduct) -> Conduct:
    async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it replaces
        MOST_READ.set(0)
        return await conduct.post(url, request, timeout)

    return replace(conduct, post=post)


def _client_errors_are_final(conduct: Conduct) -> Conduct:
    def succeeded(ending: Outcome) -> bool:
        refused = ending.status is not None and 400 <= ending.status <= 499 and not conduct.gone(ending)  # noqa: PLR2004 -- RFC 9110 section 15.5
        return refused or conduct.succeeded(ending)

    return replace(conduct, succeeded=succeeded)


def _clamped(conduct: Conduct) -> Conduct:
    """Heed Retry-After up to a minute."""

    def retry_at(policy: RetryPolicy | None, made: int, failed_at: int, ending: Outcome, timekeeping: Timekeeping) -> int | None:
        asked = min(outcomes.asked_delay(ending, failed_at), 60.0)
        clamped = replace(ending, retry_after=str(int(asked))) if asked else ending
        return conduct.retry_at(policy, made, failed_at, clamped, timekeeping)

    return replace(conduct, retry_at=retry_at)


def _ringing_for_all(conduct: Conduct) -> Conduct:
    def wants(contract: Contract, endpoint: Endpoint, kind: str) -> bool:
        return endpoint.events == ("*",) or conduct.wants(contract, endpoint, kind)

    return replace(conduct, wants=wants)


VARIANTS = (
    Variant(
        id="redelivers-when-due",
        title="Sends every event that was answered at once a second time, when its retry would have been due.",
        conduct=_once_more,
        warned=REDELIVERY,
    ),
    Variant(
        id="redelivers-at-once",
        title="Sends every event that was answered a second time at once.",
        conduct=_twice(lambda conduct, ending: conduct.succeeded(ending)),
        warned=REDELIVERY,
    ),
    Variant(
        id="repeats-over-a-fresh-connection",
        title="Sends the same bytes at once again when the connection broke.",
        conduct=_twice(lambda _conduct, ending: ending.failure in _BROKEN),
    ),
    Variant(id="delivers-out-of-order", title="Lets every request wait for a moment of its own.", conduct=_late),
    Variant(
        id="takes-the-head-for-the-answer",
        title="Reads the status and nothing behind it.",
        conduct=_head_decides,
        readings={"retries/cut-answers": "cut not retried"},
    ),
    Variant(
        id="client-errors-are-final",
        title="Does not retry after a 4xx.",
        conduct=_client_errors_are_final,
        readings={"retries/client-errors": "400 not retried"},
    ),
    Variant(
        id="clamps-retry-after",
        title="Comes back after a minute whatever longer wait was asked for.",
        conduct=_clamped,
        warned=frozenset({"http/retry-after"}),
    ),
    Variant(
        id="ringing-for-all",
        title="Sends to * what others send to those alone who named it.",
        conduct=_ringing_for_all,
        readings={"fan-out/explicit-only": "`*` includes it"},
    ),
)
