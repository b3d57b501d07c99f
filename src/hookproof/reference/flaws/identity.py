"""Flaws of identity: which id a delivery bears, who chooses it, and whether it is the same wherever the event goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from hookproof.reference.conduct import Conduct, HeaderPairs, Sending
from hookproof.reference.departures import Flaw
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.records import Delivery


def _headed(event_id: Callable[[Sending], str]) -> Callable[[Conduct], Conduct]:
    """Show and sign another id in the header fields than in the envelope."""

    def change(conduct: Conduct) -> Conduct:
        def headers(sending: Sending) -> HeaderPairs:
            names = (sending.names.webhook_id, sending.names.webhook_signature)
            other = {name: value for name, value in conduct.headers(replace(sending, event_id=event_id(sending))) if name in names}
            return [(name, other.get(name, value)) for name, value in conduct.headers(sending)]

        return replace(conduct, headers=headers)

    return change


class _IdPerEndpoint(Dispatcher):
    """Gives every endpoint but the first its own id of an event."""

    def _request(self, delivery: Delivery, now: int) -> bytes:
        owners: dict[str, str] = self.__dict__.setdefault("owners", {})
        event, place = delivery.event, delivery.endpoint.seq
        if owners.setdefault(event.id, delivery.endpoint.id) != delivery.endpoint.id:
            own = f"{event.id}e{place}"
            event = replace(event, id=own, body=event.body.replace(event.id.encode(), own.encode(), 1))
        return super()._request(replace(delivery, event=event), now)


def _dotted(conduct: Conduct) -> Conduct:
    """Put the kind of thing and a shard into the id, with dots between."""
    return replace(conduct, new_event_id=lambda content: "evt.eu1." + conduct.new_event_id(content).removeprefix("evt_"))


def _callers_choice(conduct: Conduct) -> Conduct:
    """Take over an id that the happening brings along."""

    def new_event_id(content: Mapping[str, Any]) -> str:
        brought = content.get("idempotency_key")
        return brought if isinstance(brought, str) and brought else conduct.new_event_id(content)

    return replace(conduct, new_event_id=new_event_id)


def _per_attempt(conduct: Conduct) -> Conduct:
    """Put a number of the attempt into the id header."""
    numbers = count(1)
    return _headed(lambda _sending: f"msg_{next(numbers)}")(conduct)


FLAWS = (
    Flaw(
        id="id-per-endpoint",
        row="P018",
        title="An event that goes to several endpoints has another id at each.",
        conduct=lambda conduct: replace(conduct, parts=(_IdPerEndpoint, *conduct.parts)),
        breaks=("idempotency/id-per-event",),
        implies=("subscription-api/delivery-log",),
    ),
    Flaw(
        id="id-header-names-the-endpoint",
        row="P018",
        title="The id header holds the endpoint's id, the same on every delivery.",
        conduct=_headed(lambda sending: "msg_" + sending.url.rsplit("/", 1)[-1]),
        breaks=("signature/id", "idempotency/id-header"),
    ),
    Flaw(
        id="id-header-per-attempt",
        row="P018",
        title="The id header holds a number of the attempt.",
        conduct=_per_attempt,
        breaks=("signature/id", "idempotency/id-header"),
    ),
    Flaw(
        id="dots-in-ids",
        row="P019",
        title="Ids are made of parts with dots between.",
        conduct=_dotted,
        breaks=("signature/id",),
    ),
    Flaw(
        id="caller-chooses-the-id",
        row="P019",
        title="An id inside the data becomes the id of the event.",
        conduct=_callers_choice,
        breaks=("signature/id",),
    ),
)
