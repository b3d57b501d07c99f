"""Flaws of doing many things at once: what is slow blocks others, what is slow is sent twice, what is ordered overtakes."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import replace

from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.ordering import Ordered
from hookproof.reference.records import PENDING, Delivery, Lane, Scope


def _leased(conduct: Conduct) -> Conduct:
    """Give a delivery to another worker when the first has had it for a third of the time-out."""

    class Leasing(Dispatcher):
        async def _carry(self, scope: Scope, lane: Lane, delivery: Delivery) -> None:
            lease = self._timekeeping.wait_for(self._contract.policy.timeout_seconds) / 3
            first = asyncio.ensure_future(super()._carry(scope, lane, delivery))
            try:
                if not (await asyncio.wait({first}, timeout=lease))[0] and delivery.state == PENDING:
                    await self._attempt(scope, delivery)
                await first
            finally:
                first.cancel()

    return replace(conduct, parts=(Leasing, *conduct.parts))


def _sharing(*, workers: int, shards: int) -> type[Dispatcher]:
    """Let the endpoints of a tenant share so many workers, in so many groups."""
    pools: defaultdict[tuple[str, int], asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(workers))

    class Sharing(Dispatcher):
        async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
            async with pools[scope.id, delivery.endpoint.seq % shards]:
                return await super()._attempt(scope, delivery)

    return Sharing


class _Overtaking(Ordered):
    """Keeps a row only as long as nothing in it fails."""

    def _foremost(self, delivery: Delivery) -> bool:
        return delivery.made > 0 or super()._foremost(delivery)

    async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
        again = await super()._attempt(scope, delivery)
        if again:
            self._follow(scope, delivery)
        return again


class _Stacking(Ordered):
    """Takes the youngest of a row first."""

    def _next(self, row: deque[Delivery]) -> None:
        row.reverse()


FLAWS = (
    Flaw(
        id="a-slow-answer-is-sent-again-meanwhile",
        row="P069",
        title="The queue gives a delivery out again before its time-out, so that two attempts are under way.",
        conduct=_leased,
        breaks=("retries/one-at-a-time",),
        implies=("retries/default-schedule",),
        needs=("timeout",),
    ),
    Flaw(
        id="a-slow-endpoint-fills-the-shared-pool",
        row="P070",
        title="Four workers serve a tenant; an endpoint that does not answer takes all of them.",
        conduct=lambda conduct: replace(conduct, parts=(_sharing(workers=4, shards=1), *conduct.parts)),
        breaks=("fan-out/slow-endpoints",),
    ),
    Flaw(
        id="a-slow-endpoint-blocks-its-shard",
        row="P070",
        title="Endpoints are spread over two workers; those that share one with an endpoint that does not answer wait.",
        conduct=lambda conduct: replace(conduct, parts=(_sharing(workers=1, shards=2), *conduct.parts)),
        breaks=("fan-out/slow-endpoints",),
    ),
    Flaw(
        id="failed-events-are-overtaken",
        row="P071",
        title="An event that failed leaves its row until its retry is due, and those behind it pass.",
        conduct=lambda conduct: replace(conduct, parts=(_Overtaking, *conduct.parts)),
        breaks=("sequences/order-by-key",),
    ),
    Flaw(
        id="the-youngest-goes-first",
        row="P071",
        title="What waits behind a failed event is kept on a stack.",
        conduct=lambda conduct: replace(conduct, parts=(_Stacking, *conduct.parts)),
        breaks=("sequences/order-by-key",),
    ),
)
