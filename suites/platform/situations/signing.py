"""Two endpoints with secrets of their own, a rotation, its overlap and its end."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import first_horizon, pass_time


@situation(needs=("emit",))
def signatures(stage: Stage) -> None:
    """Deliver to two endpoints, retry once, rotate one secret, deliver within the overlap and after it."""
    tenant = stage.tenant()
    event = stage.kinds(2)[1].name
    first = stage.endpoint(tenant, [event], [Answer(status=500)])
    second = stage.endpoint(tenant, [event])
    stage.emit(tenant, event)
    stage.arrived([first, second], 2)
    stage.settle(tenant)
    if stage.offers("time"):
        pass_time(stage, tenant, 1.5 * first_horizon(stage), [first])
    stage.rotate(first)
    stage.emit(tenant, event)
    stage.arrived([second], 2)
    stage.settle(tenant)
    signing = stage.contract.policy.signing
    if signing is not None and stage.virtual:
        stage.advance(tenant, signing.overlap_seconds * 1.01)
    elif signing is not None and stage.offers("time"):
        pass_time(stage, tenant, signing.overlap_seconds * 1.01, [first])
    stage.emit(tenant, event)
    stage.arrived([second], 3)
    stage.canary(tenant)
