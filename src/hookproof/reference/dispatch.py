"""Deliveries on their way: one queue per endpoint, attempts in parallel, virtual clocks walked from due moment to due moment.

Law: an attempt's outcome is committed before the next attempt of that delivery is scheduled; one endpoint never delays another.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine, Iterable

from hookproof.model.contract import Contract, RetryPolicy
from hookproof.reference.conduct import Conduct, Sending, built
from hookproof.reference.headers import DeliveryHeaders
from hookproof.reference.network import NETWORK, Network
from hookproof.reference.outcomes import TIMED_OUT, Outcome
from hookproof.reference.records import CANCELLED, DELIVERED, EXHAUSTED, PENDING, AttemptMade, Delivery, Endpoint, Lane, Scope
from hookproof.reference.store import Store
from hookproof.reference.timekeeping import MICROSECONDS, Timekeeping

OK, REDIRECT = 200, 300  # RFC 9110 section 15: where success begins and ends
_IN_FLIGHT = 8  # attempts of one endpoint at once


class Dispatcher:
    """Sends what is due, records what came of it, schedules what follows."""

    def __init__(self, contract: Contract, store: Store, timekeeping: Timekeeping, conduct: Conduct, names: DeliveryHeaders) -> None:
        self._contract = contract
        self._store = store
        self._timekeeping = timekeeping
        self._conduct = conduct
        self._names = names
        self.network = built(Network, conduct)()
        self._attempts: set[asyncio.Task[None]] = set()
        self._walks: set[asyncio.Task[None]] = set()
        self._stopping = False

    # --- what is due --------------------------------------------------------------------------------------------------------------

    def schedule(self, scope: Scope, deliveries: Iterable[Delivery]) -> None:
        """Take deliveries whose due moments are set and committed, and start those that are due."""
        for each in deliveries:
            if each.endpoint.active:  # it may have been deactivated while these were being committed
                heapq.heappush(scope.upcoming, each)
        self.pump(scope)

    def next_due(self, scope: Scope) -> int | None:
        """Give the earliest moment in the future at which something must be sent."""
        while scope.upcoming and scope.upcoming[0].state != PENDING:
            heapq.heappop(scope.upcoming)
        return scope.upcoming[0].due_at if scope.upcoming else None

    def pump(self, scope: Scope) -> None:
        """Move what is due into the queues of its endpoints and start as many attempts as they allow."""
        if self._stopping or scope.closed:
            return
        now = self._timekeeping.now(scope)
        while (due := self.next_due(scope)) is not None and due <= now:
            delivery = heapq.heappop(scope.upcoming)
            scope.lane(delivery.endpoint).waiting.append(delivery)
            self._start(scope, scope.lane(delivery.endpoint))
        self._settle(scope)
        if due is not None and not self._timekeeping.virtual:
            self._wake(scope, (due - now) / MICROSECONDS)

    def _wake(self, scope: Scope, seconds: float) -> None:
        if scope.timer is not None:
            scope.timer.cancel()
        scope.timer = asyncio.get_running_loop().call_later(seconds, self.pump, scope)

    def _settle(self, scope: Scope) -> None:
        if scope.pending:
            scope.idle.clear()
        else:
            scope.idle.set()

    def _start(self, scope: Scope, lane: Lane) -> None:
        while lane.waiting and len(lane.carried) < _IN_FLIGHT and not self._stopping:
            delivery = lane.waiting.popleft()
            lane.carried.add(delivery)
            _spawn(self._carry(scope, lane, delivery), self._attempts, scope.tasks)

    # --- one attempt --------------------------------------------------------------------------------------------------------------

    async def _carry(self, scope: Scope, lane: Lane, delivery: Delivery) -> None:
        NETWORK.set(self.network)
        again = False
        try:
            if delivery.state == PENDING:
                again = await self._attempt(scope, delivery)
        finally:
            lane.carried.discard(delivery)
            if again:  # only now, or a wait of zero would carry it twice and drop the second from the register
                self.schedule(scope, [delivery])
            self._start(scope, lane)
            self.pump(scope)

    async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
        """Send once and record how it ended; give whether it must be sent again."""
        sent_at = self._timekeeping.now(scope)
        request = self._request(delivery, sent_at)
        timeout = self._contract.policy.timeout_seconds
        outcome = await self._send(delivery.endpoint, request, self._timekeeping.wait_for(timeout))
        await self._store.usable()  # an outcome that cannot be stored yet is held, not forgotten
        if scope.closed:
            return False
        ended_at = self._timekeeping.failure_moment(scope, sent_at, timeout, timed_out=outcome.failure == TIMED_OUT)
        scheduled_at, delivery.made = delivery.due_at, delivery.made + 1
        next_at = self._conclude(scope, delivery, outcome, ended_at)
        attempt = AttemptMade(
            number=delivery.made,
            scheduled_at=scheduled_at,
            sent_at=sent_at,
            status=outcome.status,
            failure=outcome.failure,
            next_attempt_at=next_at,
            response_bytes=outcome.response_bytes,
        )
        self._store.add_attempt(delivery, attempt)
        await self._store.commit()
        return next_at is not None

    async def _send(self, endpoint: Endpoint, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- a promise of the platform
        return await self._conduct.post(endpoint.url, request, timeout)

    def _request(self, delivery: Delivery, now: int) -> bytes:
        sending = Sending(
            url=delivery.endpoint.url,
            event_id=delivery.event.id,
            event_type=delivery.event.type,
            delivery_id=delivery.id,
            number=delivery.made + 1,
            timestamp=now // MICROSECONDS,
            keys=delivery.endpoint.keys(now),
            body=delivery.event.body,
            names=self._names,
        )
        return self._conduct.request(sending.url, self._conduct.headers(sending), sending.body)

    def _conclude(self, scope: Scope, delivery: Delivery, outcome: Outcome, ended_at: int) -> int | None:
        """Set the state in which the attempt leaves its delivery; give the next due moment, if any."""
        if self._conduct.succeeded(outcome) and self._ends(outcome):
            delivery.state = DELIVERED
        elif self._conduct.gone(outcome):
            delivery.state = CANCELLED
            if delivery.endpoint.active:
                delivery.endpoint.active = False
                self._store.save_endpoint(scope, delivery.endpoint)
                self.cancel(scope, delivery.endpoint)
        elif delivery.state == PENDING:
            next_at = self._conduct.retry_at(self._policy(delivery), delivery.made, ended_at, outcome, self._timekeeping)
            delivery.state = PENDING if next_at is not None else EXHAUSTED
            delivery.due_at = delivery.due_at if next_at is None else next_at
            return next_at
        return None

    def _ends(self, outcome: Outcome) -> bool:
        """Whether the provider counts such an answer as a success; most count every 2xx."""
        success, status = self._contract.policy.success, outcome.status or 0
        return f"{status // 100}xx" in success or str(status) in success or not OK <= status < REDIRECT

    def _policy(self, delivery: Delivery) -> RetryPolicy | None:
        """Choose the schedule of a delivery among the legal ones."""
        return next(iter(self._contract.policy.policies_for(delivery.event.type)), None)

    def cancel(self, scope: Scope, endpoint: Endpoint) -> None:
        """Never send what an endpoint has not got yet; attempts in flight end, but have no successor."""
        self._store.cancel_pending(endpoint)
        lane = scope.lane(endpoint)
        for each in (*scope.upcoming, *lane.waiting, *lane.carried):
            if each.endpoint is endpoint and each.state == PENDING:
                each.state = CANCELLED
        lane.waiting.clear()
        self._settle(scope)

    # --- virtual time -------------------------------------------------------------------------------------------------------------

    def walk(self, scope: Scope) -> asyncio.Task[None]:
        """Bring a virtual clock to its target, running everything due on the way; one walk per scope."""
        if scope.walk is None or scope.walk.done():
            scope.walk = _spawn(self._walk(scope), self._walks, scope.tasks)
        return scope.walk

    async def _walk(self, scope: Scope) -> None:
        while True:
            await scope.idle.wait()
            await self._store.usable()
            due = self.next_due(scope)
            if due is not None and due <= scope.target:
                scope.clock = max(scope.clock, due)
                self._store.save_scope(scope)
                self.pump(scope)
            elif scope.clock < scope.target:
                scope.clock = scope.target
                self._store.save_scope(scope)
                await self._store.commit()
            else:
                return

    # --- the end ------------------------------------------------------------------------------------------------------------------

    async def drain(self, patience: float) -> None:
        """Start nothing more and let attempts in flight end; what is cut short after ``patience`` stays due."""
        self._stopping = True
        await _cancelled(self._walks)
        if self._attempts:
            await asyncio.wait(self._attempts, timeout=patience)
        await _cancelled(self._attempts)

    def doom(self) -> None:
        """Let nothing that is going on take another step."""
        self._stopping = True
        for task in self._walks | self._attempts:
            task.cancel()

    async def abandon(self) -> None:
        """Drop everything that is going on."""
        self.doom()
        await _cancelled(self._walks | self._attempts)

    async def close_scope(self, scope: Scope) -> None:
        """Drop everything that is going on in one scope."""
        scope.closed = True
        if scope.timer is not None:
            scope.timer.cancel()
        await _cancelled(scope.tasks)


def _spawn(work: Coroutine[None, None, None], *registers: set[asyncio.Task[None]]) -> asyncio.Task[None]:
    task = asyncio.get_running_loop().create_task(work)
    for register in registers:
        register.add(task)
        task.add_done_callback(register.discard)
    return task


async def _cancelled(tasks: Iterable[asyncio.Task[None]]) -> None:
    doomed = list(tasks)
    for task in doomed:
        task.cancel()
    await asyncio.gather(*doomed, return_exceptions=True)
