"""The target's storage fails for a while: what it then accepts it must deliver, and what it accepted before must not suffer.

Whatever is emitted meanwhile stands between two events that are delivered.
"""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.inside import broken_storage
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import first_horizon, pass_time

BURST = 8


def _starve(stage: Stage, state: str) -> None:
    tenant = stage.tenant()
    one, two = (event.name for event in stage.kinds(3)[1:])
    healthy = stage.endpoint(tenant, [one])
    waiting = stage.endpoint(tenant, [two], [Answer(status=503)])
    stage.emit(tenant, one, purpose="control")
    stage.emit(tenant, two)
    stage.arrived([healthy, waiting], 2)
    stage.settle(tenant)
    with broken_storage(stage, state):
        stage.emit_all(tenant, [(one, None)] * BURST)
        stage.endpoint(tenant, [one], purpose="while the storage fails")
    stage.emit(tenant, one, purpose="control")
    pass_time(stage, tenant, 1.5 * first_horizon(stage), [waiting])
    stage.canary(tenant)


@situation(needs=("emit", "faults"))
def storage_down(stage: Stage) -> None:
    """Emit and subscribe while nothing can be stored."""
    _starve(stage, "down")


@situation(needs=("emit", "faults"))
def storage_full(stage: Stage) -> None:
    """Emit and subscribe while the storage is full."""
    _starve(stage, "full")
