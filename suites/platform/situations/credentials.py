"""Endpoints whose addresses hold a token each, so that one that is sent to another endpoint can be told."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import first_horizon


@situation(needs=("emit",))
def credentials(stage: Stage) -> None:
    """Deliver to two endpoints of each tenant, one after the other and side by side, and once more to one that failed."""
    tenants = [stage.tenant(), *([stage.tenant("stranger")] if stage.offers("scopes") else [])]
    one, two = (event.name for event in stage.kinds(3)[1:])
    for tenant in tenants:
        opened = [_with_token(stage, tenant, [one, two], [Answer(status=500)]), _with_token(stage, tenant, [two])]
        stage.emit(tenant, one)
        stage.arrived(opened, 1)
        stage.emit(tenant, two)
        stage.arrived(opened, 3)
        if stage.virtual:
            stage.advance(tenant, 1.5 * first_horizon(stage))
        stage.canary(tenant)


def _with_token(stage: Stage, tenant: Tenant, events: list[str], script: list[Answer] | None = None) -> Endpoint:
    token = f"{stage.dice.getrandbits(128):032x}"
    query = f"?token={token}"
    found = stage.endpoint(tenant, events, script or (), query=query)
    stage.note("token", endpoint=found.name, token=token, query=query)
    return found
