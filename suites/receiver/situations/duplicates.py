"""The same event again, and other events that only look the same: at once, as a real retry, after a forgery, across a restart."""

from __future__ import annotations

import json

from hookproof.generate.deliveries import Crafted
from hookproof.generate.forging import FAULTS, Workshop
from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation

CROWD = 50
DAY = 86_400.0


@situation()
def duplicates(stage: Delivering) -> None:
    """Repeat an event byte by byte, with a fresh signature, and from up to fifty connections with the last byte held back."""
    again, retried, crowd = stage.event(), stage.event(), stage.event()
    for purpose, crafted in (("repeated", again), ("repeated", again), ("retried", retried)):
        stage.send(crafted, purpose=purpose)
    stage.send(stage.retried(retried), purpose="retried")
    stage.send_all([crowd] * stage.crowd(CROWD), purpose="at-once", gate="crowd", fresh=True)
    twins = _twins(stage)
    stage.send_all(twins, at_once=1, purpose="twin")
    asked = [again, retried, crowd, *twins, *_after_forgery(stage), *_same_batch(stage)]
    if stage.offers("restart"):
        asked.append(_across(stage))
    if stage.offers("effects"):
        stage.effects([each.event_id for each in asked])


def _twins(stage: Delivering) -> list[Crafted]:
    """Give two events that differ in nothing but their id."""
    first = stage.event()
    member = stage.contract.envelope.id_member
    if member is None:
        named = stage.contract.envelope.id_header is not None
        return [first, stage.crafted(stage.fresh_id(), first.event_type, first.body)] if named else []
    body = {**json.loads(first.body), member: stage.fresh_id()}
    return [first, stage.crafted(body[member], first.event_type, json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode())]


def _after_forgery(stage: Delivering) -> list[Crafted]:
    """Send a forgery under an id, then the genuine event of that id, which must not be taken for a repeat."""
    if stage.tools.scheme is None:
        return []
    genuine = stage.event()
    shop = Workshop(scheme=stage.tools.scheme, secret=stage.secret, made=genuine)
    stage.send(next(FAULTS["wrong-key"](shop)), fault="forged-before-genuine")
    stage.send(genuine, purpose="genuine-after-forged")
    return [genuine]


def _same_batch(stage: Delivering) -> list[Crafted]:
    """Send two deliveries without an id that name the same import batch; their effect is asked for by the batch, if that is known."""
    member, known = stage.contract.envelope.id_member, stage.contract.policy.identity
    found = ((event, name) for event in stage.kinds(500) for name in known if event.examples[0].get(name))
    event, name = next(found, (None, ""))
    if event is None or member is None:
        return []
    batch = f"batch-{stage.fresh_id()}"
    whole = json.loads(stage.event(event.name, {**event.examples[0], name: batch}).body)
    body = json.dumps({key: value for key, value in whole.items() if key != member}).encode()
    for _ in range(2):
        stage.send(stage.crafted(batch, event.name, body), purpose="same-batch")
    return [stage.crafted(batch, event.name, body)] if stage.tools.batches_known else []


def _across(stage: Delivering) -> Crafted:
    crafted = stage.event()
    stage.send(crafted, purpose="across-restart")
    stage.lifecycle("restart")
    stage.send(stage.retried(crafted), purpose="across-restart")
    return crafted


@situation(needs=("time", "effects"))
def remembering(stage: Delivering) -> None:
    """Repeat an event just inside the seven days for which its id must be remembered, and another well beyond."""
    inside, beyond = stage.event(), stage.event()
    stage.send(inside, purpose="within-week")
    stage.send(beyond, purpose="beyond-week")
    stage.advance(7 * DAY - 600)
    stage.send(stage.retried(inside), purpose="within-week")
    stage.effects([inside.event_id])
    stage.advance(2 * DAY)
    stage.send(stage.retried(beyond), purpose="beyond-week")
    stage.effects([beyond.event_id])
