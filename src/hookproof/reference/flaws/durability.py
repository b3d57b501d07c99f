"""Flaws of durability and storage: what is lost or forgotten in a restart, a kill, a power cut, or while nothing can be stored."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.engine import Engine
from hookproof.reference.outcomes import Outcome
from hookproof.reference.records import CANCELLED, EXHAUSTED, AttemptMade, Delivery, Endpoint, Happening, Scope
from hookproof.reference.sender import MOST_READ
from hookproof.reference.store import StorageError, Store


def _with(*parts: type) -> Callable[[Conduct], Conduct]:
    return lambda conduct: replace(conduct, parts=(*parts, *conduct.parts))


def _endless(conduct: Conduct) -> Conduct:
    async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it replaces
        MOST_READ.set(1 << 40)
        return await conduct.post(url, request, timeout)

    return replace(conduct, post=post)


# --- after a restart ----------------------------------------------------------------------------------------------------------------


class _CountsAnew(Store):
    """The number of sends was only in memory."""

    def pending(self, scope: Scope) -> Iterator[Delivery]:
        for each in super().pending(scope):
            each.made = 0
            yield each

    def add_attempt(self, delivery: Delivery, attempt: AttemptMade) -> None:
        self._write("DELETE FROM attempts WHERE delivery_id = ? AND number = ?", delivery.id, attempt.number)
        super().add_attempt(delivery, attempt)


class _SendsAtOnce(Store):
    """When the next send is due was only in memory."""

    def pending(self, scope: Scope) -> Iterator[Delivery]:
        for each in super().pending(scope):
            each.due_at = each.event.created_at
            yield each


# --- at a kill ----------------------------------------------------------------------------------------------------------------------


class _StoresWhenAttempted(Store):
    """An event is handed to a sender in memory, which stores it with the outcome of its first attempt."""

    def __init__(self, path: Path, *, lasting: bool = True) -> None:
        super().__init__(path, lasting=lasting)
        self._handed: dict[str, Callable[[], None]] = {}

    def add_event(self, scope: Scope, event: Happening, deliveries: Iterable[Delivery]) -> None:
        self._handed[event.id] = partial(super().add_event, scope, event, list(deliveries))

    def add_attempt(self, delivery: Delivery, attempt: AttemptMade) -> None:
        self._handed.pop(delivery.event.id, lambda: None)()
        super().add_attempt(delivery, attempt)

    def close(self) -> None:
        while self._handed:
            self._handed.popitem()[1]()
        super().close()


class _WritesBehind(Store):
    """Events and attempts are written two seconds after the last of them, or when somebody reads."""

    def __init__(self, path: Path, *, lasting: bool = True) -> None:
        super().__init__(path, lasting=lasting)
        self._late: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None

    def _later(self, write: Callable[[], None]) -> None:
        self._late.append(write)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(2.0, self.commit_now)

    def add_event(self, scope: Scope, event: Happening, deliveries: Iterable[Delivery]) -> None:
        self._later(partial(super().add_event, scope, event, list(deliveries)))

    def add_attempt(self, delivery: Delivery, attempt: AttemptMade) -> None:
        self._later(partial(super().add_attempt, replace(delivery), attempt))

    def _flush(self) -> None:  # what everybody waits for
        late, self._late = self._late, []
        super()._flush()
        self._late = late

    def commit_now(self) -> None:
        late, self._late = self._late, []
        for write in late:
            write()
        super().commit_now()

    def cancel_pending(self, endpoint: Endpoint) -> None:
        self.commit_now()
        super().cancel_pending(endpoint)

    def _rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        self.commit_now()
        return super()._rows(query, *values)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def close(self) -> None:
        self._disarm()
        super().close()

    def abandon(self) -> None:
        self._disarm()
        super().abandon()

    def lose_power(self) -> None:
        self._late = []
        super().lose_power()


class _TakesBeforeSending(Dispatcher):
    """What is being sent is off the stored queue, and only its outcome puts it back."""

    async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
        self._store.save_delivery(replace(delivery, state="taken"))
        await self._store.commit()
        return await super()._attempt(scope, delivery)


# --- at an orderly end --------------------------------------------------------------------------------------------------------------


class _CutsShort(Dispatcher):
    """Attempts under way are cut at shutdown, and a cut attempt ends its delivery."""

    _ending = False

    async def drain(self, patience: float) -> None:
        self._ending = True
        await super().drain(0 * patience)

    async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
        try:
            return await super()._attempt(scope, delivery)
        except asyncio.CancelledError:
            if self._ending:
                delivery.state = CANCELLED
                self._store.save_delivery(delivery)
            raise


# --- at a power cut -----------------------------------------------------------------------------------------------------------------


class _SyncsNow(Store):
    """Commits are synced every five seconds, however many were acknowledged since."""

    def __init__(self, path: Path, *, lasting: bool = True) -> None:
        super().__init__(path, lasting=lasting)
        self._written: list[tuple[float, str]] = []

    def add_event(self, scope: Scope, event: Happening, deliveries: Iterable[Delivery]) -> None:
        super().add_event(scope, event, deliveries)
        self._written.append((monotonic(), event.id))

    def lose_power(self) -> None:
        super().lose_power()
        for event_id in [name for at, name in self._written if monotonic() - at < 5.0]:  # noqa: PLR2004 -- as the class says
            self._connection.execute("DELETE FROM deliveries WHERE event_id = ?", (event_id,))


class _NeverSyncs(Store):
    """The whole file is in the cache of the system when the power goes."""

    def lose_power(self) -> None:
        super().lose_power()
        for table in ("scopes", "endpoints", "events", "deliveries", "attempts"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 -- names of ours


# --- while nothing can be stored ----------------------------------------------------------------------------------------------------


def _drops(fault: str) -> type[Engine]:
    class Drops(Engine):
        """The insert fails, which is logged and forgotten."""

        async def emit(self, scope: Scope, event_type: str, content: dict[str, Any]) -> str:
            try:
                return await super().emit(scope, event_type, content)
            except StorageError as error:
                if str(error) != fault:
                    raise
                return "evt_" + uuid.uuid4().hex

    return Drops


class _WelcomesAll(Engine):
    """A new endpoint that cannot be stored is answered like one that was."""

    async def create_endpoint(self, scope: Scope, draft: Mapping[str, Any]) -> Endpoint:
        try:
            return await super().create_endpoint(scope, draft)
        except StorageError:
            members = {"secret": self.conduct.new_secret(), **draft}
            return Endpoint(id="we_" + uuid.uuid4().hex, created_at=self.timekeeping.now(scope), **members)


class _RewritesInPlace(Store):
    """The queue is a file that is rewritten in place, so a full disk leaves half of each waiting event."""

    def __init__(self, path: Path, *, lasting: bool = True) -> None:
        super().__init__(path, lasting=lasting)
        self.halved: set[str] = set()

    def fail(self, fault: str) -> None:
        super().fail(fault)
        if fault == "full":
            self.halved |= {row["event_id"] for row in self._rows("SELECT event_id FROM deliveries WHERE state = 'pending'")}


class _SendsWhatIsLeft(Dispatcher):
    """Reads each body from the queue."""

    def _request(self, delivery: Delivery, now: int) -> bytes:
        event = delivery.event
        if event.id in getattr(self._store, "halved", ()):
            delivery = replace(delivery, event=replace(event, body=event.body[: len(event.body) // 2]))
        return super()._request(delivery, now)


# --- in the end ---------------------------------------------------------------------------------------------------------------------


class _ForgetsTheExhausted(Store):
    """An event that was given up is deleted with all its attempts."""

    def add_attempt(self, delivery: Delivery, attempt: AttemptMade) -> None:
        super().add_attempt(delivery, attempt)
        if delivery.state == EXHAUSTED:
            self._write("DELETE FROM attempts WHERE delivery_id = ?", delivery.id)
            self._write("DELETE FROM deliveries WHERE id = ?", delivery.id)


KILLED = ("durability/power-cut",)
"""What a kill loses a power cut loses too."""

FLAWS = (
    Flaw(
        id="reads-endless-answers",
        row="P061",
        title="Reads and keeps the body of an answer to its end, however long it is.",
        conduct=_endless,
        breaks=("http/large-answers-bounded",),
        needs=("inspect",),
    ),
    Flaw(
        id="counts-sends-anew-after-a-restart",
        row="P067",
        title="The number of sends is forgotten when the process ends.",
        conduct=_with(_CountsAnew),
        breaks=("durability/sends-counted",),
        needs=("restart", "kill"),
    ),
    Flaw(
        id="sends-at-once-after-a-restart",
        row="P067",
        title="When a retry is due is forgotten when the process ends, so everything that waits is sent at the start.",
        conduct=_with(_SendsAtOnce),
        breaks=("durability/waits-kept",),
        needs=("restart",),
    ),
    Flaw(
        id="stores-events-when-first-attempted",
        row="P072",
        title="An event is acknowledged when it is in memory and stored when it was first attempted.",
        conduct=_with(_StoresWhenAttempted),
        breaks=("durability/kill",),
        implies=KILLED,
        needs=("kill",),
    ),
    Flaw(
        id="writes-two-seconds-behind",
        row="P072",
        title="Events are acknowledged at once and written two seconds later.",
        conduct=_with(_WritesBehind),
        breaks=("durability/kill",),
        implies=(*KILLED, "durability/sends-counted"),
        needs=("kill",),
    ),
    Flaw(
        id="syncs-every-five-seconds",
        row="P073",
        title="Commits survive the process, but are synced to disk every five seconds only.",
        conduct=_with(_SyncsNow),
        breaks=("durability/power-cut",),
        needs=("power-cut",),
    ),
    Flaw(
        id="never-syncs",
        row="P073",
        title="Nothing is ever synced to disk: a power cut loses tenants, endpoints and events alike.",
        conduct=_with(_NeverSyncs),
        breaks=("durability/power-cut",),
        needs=("power-cut",),
    ),
    Flaw(
        id="cuts-sends-short-at-shutdown",
        row="P074",
        title="An orderly end cuts attempts under way and counts them as done.",
        conduct=_with(_CutsShort),
        breaks=("durability/restart",),
        needs=("restart",),
    ),
    Flaw(
        id="takes-work-before-doing-it",
        row="P074",
        title="A delivery leaves the stored queue when it is sent, not when it is answered.",
        conduct=_with(_TakesBeforeSending),
        breaks=("durability/kill",),
        implies=KILLED,
        needs=("kill",),
    ),
    Flaw(
        id="drops-events-while-storage-is-down",
        row="P075",
        title="Events that cannot be stored are accepted and dropped.",
        conduct=_with(_drops("down")),
        breaks=("durability/storage-down",),
        needs=("faults",),
    ),
    Flaw(
        id="takes-endpoints-that-it-cannot-store",
        row="P075",
        title="Endpoints that cannot be stored are accepted and forgotten.",
        conduct=_with(_WelcomesAll),
        breaks=("durability/storage-down", "durability/storage-full"),
        needs=("faults",),
    ),
    Flaw(
        id="drops-events-on-a-full-disk",
        row="P076",
        title="Events for which there is no space are accepted and dropped.",
        conduct=_with(_drops("full")),
        breaks=("durability/storage-full",),
        needs=("faults",),
    ),
    Flaw(
        id="damages-its-queue-on-a-full-disk",
        row="P076",
        title="A full disk leaves half of every event that waits for its retry.",
        conduct=_with(_RewritesInPlace, _SendsWhatIsLeft),
        breaks=("durability/storage-full",),
        needs=("faults",),
    ),
    Flaw(
        id="forgets-events-it-gave-up",
        row="P078",
        title="An event that was given up vanishes without a trace.",
        conduct=_with(_ForgetsTheExhausted),
        breaks=("durability/given-up-accounted",),
    ),
)
