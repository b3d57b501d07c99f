"""The receiver fails in the middle of its work: inside, and killed right after it said yes."""

from __future__ import annotations

from hookproof.staging.delivering import Delivering
from hookproof.staging.situation import situation


@situation(needs=("faults",))
def failures(stage: Delivering) -> None:
    """Let an event fail inside, once the one before it has taken effect, then retry it."""
    control, crafted = stage.event(), stage.event()
    stage.send(control, purpose="control")
    if stage.offers("effects"):
        stage.effects([control.event_id])
    stage.fail_next(1)
    stage.send(crafted, purpose="failing")
    stage.send(stage.retried(crafted), purpose="after-failure")
    if stage.offers("effects"):
        stage.effects([crafted.event_id])


@situation(needs=("kill", "effects"))
def falls(stage: Delivering) -> None:
    """Kill the receiver right after its 2xx; what it accepted must have taken effect once it is back, or with the retry."""
    accepted = stage.event()
    stage.send(accepted, purpose="before-kill")
    stage.lifecycle("kill")
    stage.effects([accepted.event_id])
    again = stage.event()
    stage.send(again, purpose="across-kill")
    stage.lifecycle("kill")
    stage.send(stage.retried(again), purpose="across-kill")
    stage.effects([again.event_id])
