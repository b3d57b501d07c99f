"""Flaws of repeats: ids and bodies that change on the way, an id that serves two events, events sent again for nothing."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hookproof.reference import jsontext
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.engine import Engine
from hookproof.reference.outcomes import Outcome
from hookproof.reference.records import Delivery, Endpoint, Happening, Scope


def _remaking(change: Callable[[Happening, int], Happening]) -> Callable[[Conduct], Conduct]:
    """Make what attempts after the first carry anew, from the event and the attempt's number."""

    class Remaking(Dispatcher):
        def _request(self, delivery: Delivery, now: int) -> bytes:
            event = change(delivery.event, delivery.made + 1) if delivery.made else delivery.event
            return super()._request(replace(delivery, event=event), now)

    return lambda conduct: replace(conduct, parts=(Remaking, *conduct.parts))


def _under_a_fresh_id(event: Happening, _number: int) -> Happening:
    fresh = "evt_" + uuid.uuid4().hex
    return replace(event, id=fresh, body=event.body.replace(event.id.encode(), fresh.encode(), 1))


def _with_its_number(event: Happening, number: int) -> Happening:
    body = jsontext.read(event.body, exact=True)
    return replace(event, body=jsontext.compact({**body, "data": {**body["data"], "delivery_attempt": number}}))


def _written_anew(event: Happening, _number: int) -> Happening:
    return replace(event, body=json.dumps(json.loads(event.body), sort_keys=True).encode())


class _Pairing(Engine):
    """Gives an event and the companion that is sent along with it one id."""

    _first: Happening | None = None

    def _accept(
        self, scope: Scope, event_type: str, content: dict[str, Any], audience: Sequence[Endpoint]
    ) -> tuple[Happening, list[Delivery]]:
        event, deliveries = super()._accept(scope, event_type, content, audience)
        first, companions = self._first, self.contract.policy.companions
        if first is not None and companions[first.type] == event_type:
            for each in deliveries:
                each.event = replace(event, id=first.id, body=event.body.replace(event.id.encode(), first.id.encode(), 1))
        self._first = event if event_type in companions else None
        return event, deliveries


def _posting_twice(conduct: Conduct) -> Conduct:
    async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it replaces
        outcome = await conduct.post(url, request, timeout)
        return await conduct.post(url, request, timeout) if conduct.succeeded(outcome) else outcome

    return replace(conduct, post=post)


FLAWS = (
    Flaw(
        id="retries-have-fresh-ids",
        row="S201",
        title="The id is made when a request is made, so that every retry looks like another event.",
        conduct=_remaking(_under_a_fresh_id),
        breaks=("idempotency/id-stable",),
        implies=("idempotency/payload-stable", "idempotency/bytes-stable"),
    ),
    Flaw(
        id="companions-share-an-id",
        row="S202",
        title="An event and its companion have one id, so that whoever heeds ids drops one of them.",
        conduct=lambda conduct: replace(conduct, parts=(_Pairing, *conduct.parts)),
        breaks=("idempotency/ids-unique",),
        implies=("envelope/known-type", "idempotency/no-redelivery"),
    ),
    Flaw(
        id="retries-are-numbered-in-the-payload",
        row="S203",
        title="Retries say in their payload which attempt they are.",
        conduct=_remaking(_with_its_number),
        breaks=("idempotency/payload-stable", "idempotency/bytes-stable"),
        implies=("truncation/identifiers-only",),
    ),
    Flaw(
        id="retries-are-written-anew",
        row="S203",
        title="Retries are serialised anew, by another writer than the first attempt.",
        conduct=_remaking(_written_anew),
        breaks=("idempotency/bytes-stable",),
    ),
    Flaw(
        id="answered-events-are-sent-once-more",
        row="S204",
        title="A job is acknowledged so late that a second worker sends what was answered already.",
        conduct=_posting_twice,
        breaks=("idempotency/no-redelivery",),
    ),
)
