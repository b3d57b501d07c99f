"""Has a platform send the events that a pact's messages tell of, and keeps what was delivered, byte for byte.

Law: all is emitted at once and awaited once; a message is what the target sent for that emission, never what we would have sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hookproof.generate.deliveries import enveloped
from hookproof.generate.payloads import payloads
from hookproof.model.contract import Contract, Event
from hookproof.model.errors import IllFormedError
from hookproof.model.transcript import Emission
from hookproof.pact.contents import asked_payload
from hookproof.pact.pactfile import Entry
from hookproof.pact.prompter import Produced, UnmetError
from hookproof.rules.bodies import validators_of
from hookproof.rules.view import Body, View
from hookproof.staging.stage import Stage

_TIME = "2027-03-01T09:30:00Z"


def example_body(contract: Contract, event: Event) -> dict[str, Any]:
    """Give the body in which a pact shows an event: its first example in its envelope."""
    return enveloped(contract, f"evt_{event.name}", event.name, _TIME, event.examples[0])


def event_of(contract: Contract, entry: Entry) -> str | None:
    """Give the event that a message tells of: by the type in its contents, else by its description or key; None if by none of them."""
    contents = entry.document["contents"].get("content")
    named = contents.get(contract.envelope.type_member) if isinstance(contents, dict) and contract.envelope.type_member else None
    found = (name for name in (named, entry.description, entry.document.get("key")) if isinstance(name, str))
    return next((name for name in found if name in contract.events), None)


@dataclass(kw_only=True)
class Outbox:
    """What the target sent, by description; ``unmet`` says of the others why there is nothing."""

    sent: dict[str, Produced] = field(default_factory=dict)
    unmet: dict[str, str] = field(default_factory=dict)

    def produce(self, description: str) -> Produced:
        """Give a message; raise ``UnmetError`` if it never came."""
        if description not in self.sent:
            raise UnmetError(self.unmet.get(description, "the target sent nothing"))
        return self.sent[description]


def outbox(stage: Stage, entries: Mapping[str, Entry]) -> Outbox:
    """Emit one event for each message, by event name, and wait for what arrives."""
    contract, filled = stage.contract, Outbox()
    if not entries:
        return filled
    tenant = stage.tenant("messages")
    listed = [name for name in entries if name in contract.catalog]
    endpoints = [stage.endpoint(tenant, names) for names in (listed, stage.everything if len(listed) < len(entries) else ()) if names]
    ready = [endpoint for endpoint in endpoints if endpoint.accepted]
    if not ready:
        status = endpoints[0].answer.status if endpoints[0].answer else 0
        filled.unmet = {entry.description: f"the target answered {status} to the subscription" for entry in entries.values()}
        return filled
    emitted = stage.emit_all(tenant, [(name, _payload(contract, contract.events[name], entry)) for name, entry in entries.items()])
    due = sum((e.type in listed) + (len(endpoints) > 1 and e.type not in contract.policy.explicit_only) for e in emitted if e.event_id)
    stage.arrived(ready, due)
    stage.settle(tenant)
    came = _came(stage, emitted)
    while len(came) < len(emitted) and stage.arrived(ready, _count(stage) + 1):  # what the target tells by itself was counted too
        came = _came(stage, emitted)
    for emission in emitted:
        description = entries[emission.type].description
        if emission.id in came:
            filled.sent[description] = came[emission.id]
        elif emission.event_id is None:
            filled.unmet[description] = f"the target answered {emission.status} to the emission of {emission.type!r}"
        else:
            filled.unmet[description] = f"the target took {emission.type!r}, and nothing was delivered"
    return filled


def _count(stage: Stage) -> int:
    return len(stage.tools.listener.attempts([endpoint.name for endpoint in stage.endpoints]))


def _came(stage: Stage, emitted: Sequence[Emission]) -> dict[str, Produced]:
    """Give by emission what was delivered for it first, or else what names its event."""
    view = View(stage.tools.recorder.transcript(), stage.contract)
    first = {delivery.emission.id: delivery.attempts[0] for delivery in reversed(view.deliveries) if delivery.emission is not None}
    found: dict[str, Produced] = {}
    for emission in emitted:
        attempt = first.get(emission.id) or next((a for a in view.attempts if _is_of(stage.contract, a.body, emission.type)), None)
        if attempt is not None:
            found[emission.id] = Produced(body=attempt.body, fields={name.lower(): value for name, value in attempt.headers})
    return found


def _is_of(contract: Contract, raw: bytes, name: str) -> bool:
    """Whether a body that belongs to no emission by its id is of an event all the same."""
    body = Body(raw, contract)
    return body.type == name or name in body.shapes


def _payload(contract: Contract, event: Event, entry: Entry) -> Any:  # noqa: ANN401 -- any JSON value
    compiled = validators_of(contract).event(event)
    valid: Callable[[Any], bool] = compiled.is_valid
    full = {**_full(event), **event.examples[0]}
    base = full if valid(full) else event.examples[0]
    return asked_payload(contract, event, entry.document["contents"].get("content"), base, valid)


def _full(event: Event) -> Mapping[str, Any]:
    try:
        return dict(payloads(event, 1, 0)[0])
    except IllFormedError:  # its schema cannot be made by construction; its example can
        return {}
