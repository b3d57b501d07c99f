"""The target's own account of what it did: of answers far larger than anybody needs."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.inside import accounts
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage

LARGE = Answer(status=200, body=b"x" * 65_536, body_repeat=160)


@situation(needs=("emit", "inspect"))
def large_answers(stage: Stage) -> None:
    """Answer with ten megabytes and ask what was kept of them."""
    tenant = stage.tenant()
    endpoint = stage.endpoint(tenant, [stage.kinds(2)[1].name], then=LARGE)
    stage.emit(tenant, endpoint.events[0])
    stage.arrived([endpoint], 1)
    stage.canary(tenant)
    accounts(stage, tenant, [endpoint])
