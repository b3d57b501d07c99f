"""Flaws of receivers: what is a repeat, what is safe, and what came first."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hookproof.model.contract import Contract
from hookproof.reference import jsontext
from hookproof.reference.flaws.entries import Change, receiver_flaw, stacking
from hookproof.reference.receiver.desk import Answered, Desk
from hookproof.reference.receiver.ledger import Ledger
from hookproof.reference.receiver.reception import Arrival, Reception, RefusedError

Event = dict[str, Any]
_LATER = 0.4  # seconds; a kill right after an answer comes sooner


def _by_header(reception: Reception) -> Reception:
    def identity(contract: Contract, arrival: Arrival, event: Any) -> str | None:  # noqa: ANN401 -- any JSON object
        return next(iter(arrival.all("x-event-id")), None) or reception.identity(contract, arrival, event)

    return replace(reception, identity=identity)


def _by_content(reception: Reception) -> Reception:
    def identity(contract: Contract, _arrival: Arrival, event: Any) -> str | None:  # noqa: ANN401 -- any JSON object
        return jsontext.compact({name: value for name, value in event.items() if name != contract.envelope.id_member}).decode()

    return replace(reception, identity=identity)


def _first_field(reception: Reception) -> Reception:
    """Take the first of repeated fields for verifying, and the last one for recognising repeats."""

    def single(arrival: Arrival, name: str) -> str:
        found = arrival.all(name)
        if not found or not found[0]:
            raise RefusedError(401, f"{name} is missing")
        return found[0]

    def identity(contract: Contract, arrival: Arrival, event: Any) -> str | None:  # noqa: ANN401 -- any JSON object
        found = arrival.all("webhook-id")
        return found[-1] if found else reception.identity(contract, arrival, event)

    return replace(reception, single=single, identity=identity)


def _parsed(change: Callable[[Callable[[Arrival], Event], Arrival], Event]) -> Change:
    """Read the body in another way; the honest way is told."""
    return lambda reception: replace(reception, parse=lambda arrival: change(reception.parse, arrival))


def _from_the_query(honest: Callable[[Arrival], Event], arrival: Arrival) -> Event:
    copies = parse_qs(urlsplit(arrival.target).query).get("payload")
    return honest(replace(arrival, body=copies[0].encode())) if copies else honest(arrival)


class _Uncreated(Desk):
    """Fail on a change of something whose creation has not come."""

    def admitted(self, arrival: Arrival) -> Event:
        event = super().admitted(arrival)
        content, kind = event.get("data"), str(event.get("type"))
        known = self.__dict__.setdefault("created", set())
        if kind.endswith(".created") and isinstance(content, dict):
            known.add(content.get("contact_id"))
        elif kind.endswith(".updated") and isinstance(content, dict):
            thing = str(content.get("contact_id", ""))
            if thing.startswith("entity-") and thing not in known:
                raise RefusedError(500, "internal error")
        return event


class _LastWins(Ledger):
    """Let what came last be in force, whenever it happened."""

    def in_force(self, event_id: str) -> bool | None:
        query = "SELECT entity, number FROM effects WHERE event_id = ? AND entity <> ''"
        row = self._connection.execute(query, (event_id,)).fetchone()
        later = "SELECT 1 FROM effects WHERE entity = ? AND number > ?"
        return None if row is None else self._connection.execute(later, row).fetchone() is None


class _CheckThenAct(Desk):
    """Look whether an event was seen, do something else, then apply it."""

    async def applied(self, arrival: Arrival, event: Event) -> None:
        identity = self.reception.identity(self.contract, arrival, event)
        if identity is not None and self.ledger.seen(identity, arrival.now, self.reception.retention):
            return
        await asyncio.sleep(0.01)
        await super().applied(arrival, event)


class _Unmarked(Ledger):
    """Leave the decision to whoever asked before."""

    def apply(self, identity: str | None, event_id: str, content: Any, now: float, retention: float, **about: Any) -> bool:  # noqa: ANN401, ARG002 -- as what it overrides
        if identity is None:
            return False
        self.mark(identity, now)
        self.record(event_id, content, now, about.get("about", ("", "")))
        return True


class _Forgetful(Ledger):
    """Remember identities in memory only."""

    def seen(self, identity: str, now: float, retention: float) -> bool:
        return identity in self.__dict__.get("own", ()) and super().seen(identity, now, retention)

    def mark(self, identity: str, now: float) -> None:
        self.__dict__.setdefault("own", set()).add(identity)
        super().mark(identity, now)


class _Poisoned(Desk):
    """Mark the id before anything is verified."""

    def admitted(self, arrival: Arrival) -> Event:
        found = next(iter(arrival.all("webhook-id")), "")
        new = not self.ledger.seen(found, arrival.now, self.reception.retention)
        try:
            return super().admitted(arrival)
        except RefusedError:
            if found and new:
                self.ledger.mark(found, arrival.now)
            raise


class _MarkedBeforeSuccess(Desk):
    """Mark the id before the work that may fail."""

    async def applied(self, arrival: Arrival, event: Event) -> None:
        identity = self.reception.identity(self.contract, arrival, event)
        failing = self.failures > 0
        try:
            await super().applied(arrival, event)
        finally:
            if failing and identity is not None:
                self.ledger.mark(identity, arrival.now)


class _RefusesRepeats(Desk):
    """Answer a repeat with a conflict."""

    async def applied(self, arrival: Arrival, event: Event) -> None:
        identity = self.reception.identity(self.contract, arrival, event)
        if identity is not None and self.ledger.seen(identity, arrival.now, self.reception.retention):
            raise RefusedError(409, "seen before")
        await super().applied(arrival, event)


class _AnswersFirst(Desk):
    """Answer before the event is safe."""

    async def applied(self, arrival: Arrival, event: Event) -> None:
        if self.failures > 0:
            await super().applied(arrival, event)
            return
        self.waiting.add(asyncio.create_task(self._later(super().applied, arrival, event)))

    @cached_property
    def waiting(self) -> set[asyncio.Task[None]]:
        return set()

    async def rest(self) -> None:
        await asyncio.gather(*self.waiting)
        await super().rest()

    @staticmethod
    async def _later(apply: Callable[[Arrival, Event], Any], arrival: Arrival, event: Event) -> None:
        await asyncio.sleep(_LATER)
        with suppress(sqlite3.Error):  # the process is gone by now, and the event with it
            await apply(arrival, event)


def _failing_as(status: int) -> type[Desk]:
    """Answer a failure inside with another status."""

    class Failing(Desk):
        async def take(self, arrival: Arrival) -> Answered:
            failing = self.failures > 0
            answered = await super().take(arrival)
            return (status, *answered[1:]) if failing and answered[0] == 500 else answered  # noqa: PLR2004 -- the honest answer

    return Failing


FLAWS = (
    receiver_flaw(
        "R019",
        "header-names-the-event",
        "Repeats are recognised by a header field that nobody signed.",
        _by_header,
        "receiver/signed-identity",
        needs=("effects",),
    ),
    receiver_flaw(
        "R020",
        "repeated-id-confuses",
        "Of two id fields one is verified and the other one remembered.",
        _first_field,
        "receiver/forged-first",
        needs=("effects",),
    ),
    receiver_flaw(
        "R021",
        "event-from-the-query",
        "An unsigned copy in the query is used instead of the body.",
        _parsed(_from_the_query),
        "receiver/signed-identity",
        needs=("effects",),
    ),
    receiver_flaw(
        "R028",
        "repeats-by-content",
        "Events that differ in nothing but their id are taken for repeats.",
        _by_content,
        "receiver/distinct-ids",
        needs=("effects",),
    ),
    receiver_flaw(
        "R029",
        "check-then-act",
        "Between the look and the deed others may look too.",
        stacking(_CheckThenAct, _Unmarked),
        "receiver/idempotent",
        needs=("effects",),
    ),
    receiver_flaw(
        "R029",
        "remembered-in-memory",
        "What was seen is forgotten in a restart.",
        stacking(_Forgetful),
        "receiver/dedupe-across-restart",
        implies=("receiver/kept-at-kill",),
        needs=("effects",),
    ),
    receiver_flaw(
        "R029",
        "remembered-for-a-day",
        "What was seen is forgotten after a day.",
        lambda r: replace(r, retention=86_400.0),
        "receiver/dedupe-by-id",
        needs=("effects", "time"),
    ),
    receiver_flaw(
        "R029",
        "never-remembered",
        "Nothing that was seen is remembered.",
        lambda r: replace(r, retention=-1.0),
        "receiver/idempotent",
        "receiver/dedupe-by-id",
        "receiver/dedupe-across-restart",
        "receiver/dedupe-by-batch",
        implies=("receiver/kept-at-kill",),
        needs=("effects",),
    ),
    receiver_flaw(
        "R030",
        "forgery-is-remembered",
        "The id of a refused delivery is remembered.",
        stacking(_Poisoned),
        "receiver/forged-first",
        needs=("effects",),
    ),
    receiver_flaw(
        "R031",
        "marked-before-success",
        "An event that fails is remembered, and its retry ignored.",
        stacking(_MarkedBeforeSuccess),
        "receiver/after-failure",
        needs=("effects", "faults"),
    ),
    receiver_flaw("R032", "repeats-refused", "A repeat is answered 409.", stacking(_RefusesRepeats), "receiver/repeats-accepted"),
    receiver_flaw(
        "R033",
        "answered-before-safe",
        "2xx is said before anything is stored.",
        stacking(_AnswersFirst),
        "receiver/kept-at-kill",
        needs=("effects", "kill"),
    ),
    receiver_flaw(
        "R035",
        "failure-is-the-senders",
        "A failure inside is answered 400.",
        stacking(_failing_as(400)),
        "receiver/failure-told",
        needs=("faults",),
    ),
    receiver_flaw(
        "R036",
        "failure-is-success",
        "A failure inside is answered 200.",
        stacking(_failing_as(200)),
        "receiver/failure-told",
        needs=("faults",),
    ),
    receiver_flaw(
        "R043",
        "last-delivery-wins",
        "What is delivered last is in force, whenever it happened.",
        stacking(_LastWins),
        "receiver/newest-in-force",
        needs=("effects",),
    ),
    receiver_flaw(
        "R044",
        "update-before-create-crashes",
        "A change of something unknown is answered 500.",
        stacking(_Uncreated),
        "receiver/out-of-order",
    ),
)
