"""Every event of the contract, correct in every form that the contract allows."""

from __future__ import annotations

from hookproof.generate.deliveries import compact, cut, enveloped
from hookproof.generate.payloads import payloads
from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation


@situation()
def events(stage: Delivering) -> None:
    """Deliver every event with its examples and generated payloads, then one of each cut to its identifiers."""
    batch = []
    for name, event in sorted(stage.contract.events.items()):
        made = payloads(event, stage.profile.samples, stage.tools.seed)
        batch += [stage.event(name, data) for data in (*event.examples, *made)]
    stage.send_all(batch, purpose="event")
    _truncated(stage)


def _truncated(stage: Delivering) -> None:
    promise, shape = stage.contract.policy.truncation, stage.contract.envelope
    if promise is None or shape.data_member is None or shape.truncated_member is None:
        return
    batch = []
    for event in stage.kinds(500):
        event_id = stage.fresh_id()
        whole = enveloped(stage.contract, event_id, event.name, "2027-01-01T00:00:00Z", event.examples[0])
        short = cut(promise, whole, shape.data_member, shape.truncated_member, 2 * max(promise.limits))
        batch.append(stage.crafted(event_id, event.name, compact(short)))
    stage.send_all(batch, purpose="truncated")
