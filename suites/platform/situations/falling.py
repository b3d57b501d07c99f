"""The target goes down in the middle of its work: orderly, killed, or without power. What it accepted before must come after."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.liveness import await_connections
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import exhaustion_horizon, first_horizon, pass_time

BURST = 20
UNDER_WAY = Answer(status=503, delay=0.3)
"""Short enough for an orderly end to wait for, long enough to be cut by any other."""


def _fall(stage: Stage, action: str) -> None:
    tenant = stage.tenant()
    one, two, three, four = (event.name for event in stage.kinds(5)[1:])
    unreached = stage.endpoint(tenant, [one], own_port=True)
    failing = stage.endpoint(tenant, [two], [Answer(status=503)])
    lasting = stage.endpoint(tenant, [three], then=Answer(status=500))
    under_way = stage.endpoint(tenant, [four], [UNDER_WAY])
    stage.tools.listener.close_port(unreached.name)
    stage.emit(tenant, two)
    stage.emit(tenant, three)
    stage.arrived([failing, lasting], 2)
    if stage.virtual:
        stage.advance(tenant, 1.5 * first_horizon(stage))
    known = not _unknown(stage, tenant, unreached)
    stage.emit_all(tenant, [(one, None)] * BURST)
    stage.emit(tenant, four)
    await_connections(stage.tools, [under_way.name], 1)
    stage.lifecycle(action)
    stage.tools.listener.reopen_port(unreached.name)
    stage.note("reopened", endpoint=unreached.name)
    if known and _unknown(stage, tenant, unreached):  # nothing can come of what was accepted there
        stage.canary(stage.tenant("after"))
        return
    to_the_end = action != "power-cut" and (stage.virtual or (stage.offers("time") and action == "restart"))
    pass_time(stage, tenant, exhaustion_horizon(stage) if to_the_end else first_horizon(stage))
    stage.arrived([unreached], BURST, patience=3.0)
    stage.canary(tenant)


def _unknown(stage: Stage, tenant: Tenant, endpoint: Endpoint) -> bool:
    """Whether the target does not know the endpoint, or not even its tenant."""
    return stage.call("getWebhook", tenant, endpoint=endpoint).status in (401, 403, 404, 410)


@situation(needs=("retry", "restart"))
def restart(stage: Stage) -> None:
    """Restart in good order between acceptance and delivery."""
    _fall(stage, "restart")


@situation(needs=("retry", "kill"))
def kill(stage: Stage) -> None:
    """Kill the process right after it accepted a burst that could not be delivered."""
    _fall(stage, "kill")


@situation(needs=("retry", "power-cut"))
def power_cut(stage: Stage) -> None:
    """Cut the power right after the target accepted a burst that could not be delivered."""
    _fall(stage, "power-cut")
