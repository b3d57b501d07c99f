"""The target goes down in the middle of its work: orderly, and killed. What it accepted before must come after."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import exhaustion_horizon, first_horizon, pass_time

BURST = 20


def _fall(stage: Stage, action: str) -> None:
    tenant = stage.tenant()
    one, two, three = (event.name for event in stage.kinds(4)[1:])
    unreached = stage.endpoint(tenant, [one], own_port=True)
    failing = stage.endpoint(tenant, [two], [Answer(status=503)])
    lasting = stage.endpoint(tenant, [three], then=Answer(status=500))
    stage.tools.listener.close_port(unreached.name)
    stage.emit(tenant, two)
    stage.emit(tenant, three)
    stage.arrived([failing, lasting], 2)
    if stage.virtual:
        stage.advance(tenant, 1.5 * first_horizon(stage))
    stage.emit_all(tenant, [(one, None)] * BURST)
    stage.lifecycle(action)
    stage.tools.listener.reopen_port(unreached.name)
    to_the_end = stage.virtual or (stage.offers("time") and action == "restart")
    pass_time(stage, tenant, exhaustion_horizon(stage) if to_the_end else first_horizon(stage))
    stage.arrived([unreached], BURST, patience=3.0)
    stage.canary(tenant)


@situation(needs=("retry", "restart"))
def restart(stage: Stage) -> None:
    """Restart in good order between acceptance and delivery."""
    _fall(stage, "restart")


@situation(needs=("retry", "kill"))
def kill(stage: Stage) -> None:
    """Kill the process right after it accepted a burst that could not be delivered."""
    _fall(stage, "kill")
