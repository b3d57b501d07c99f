"""Events in another order than they happened."""

from __future__ import annotations

from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation

HOUR = 3600.0


@situation()
def order(stage: Delivering) -> None:
    """Deliver an older event after a newer one of the same thing, and an update of something before its creation."""
    kind = next((event for event in stage.kinds(500) if "contact_id" in event.examples[0]), stage.kinds(1)[0])
    entity = f"entity-{stage.fresh_id()}"
    data = {**kind.examples[0], "contact_id": entity} if "contact_id" in kind.examples[0] else kind.examples[0]
    newer, older = stage.event(kind.name, {**data, "x_version": 2}), stage.event(kind.name, {**data, "x_version": 1}, age=HOUR)
    stage.send(newer, purpose="newer-first")
    stage.send(older, purpose="older-after-newer")
    updated, created = _life(stage)
    if updated and created:
        later = {**stage.contract.events[updated].examples[0], "contact_id": f"{entity}-2"}
        first = {**stage.contract.events[created].examples[0], "contact_id": f"{entity}-2"}
        stage.send(stage.event(updated, later), purpose="update-before-create")
        stage.send(stage.event(created, first, age=HOUR), purpose="update-before-create")
    if stage.offers("effects"):
        stage.effects([newer.event_id, older.event_id])


def _life(stage: Delivering) -> tuple[str, str]:
    """Find an event of a change and the event of the creation of the same kind of thing."""
    names = {event.name for event in stage.kinds(500)}
    found = next((name for name in sorted(names) if name.endswith(".updated") and name[:-7] + "created" in names), "")
    return found, found[:-7] + "created" if found else ""
