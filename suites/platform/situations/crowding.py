"""Many at once: events that fail together, and endpoints beside one that does not answer."""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.model.transcript import Answer
from hookproof.rules.jitter import CROWD
from hookproof.rules.routing import HANG_SECONDS
from hookproof.staging.cast import OK
from hookproof.staging.liveness import await_connections
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import first_horizon, pass_time


@situation(needs=("retry", "time", "jitter"))
def herd(stage: Stage) -> None:
    """Let a crowd of events fail together, once, and come again."""
    tenant = stage.tenant()
    event = stage.kinds(2)[1].name
    endpoint = stage.endpoint(tenant, [event], [Answer(status=500)] * CROWD)
    stage.emit_all(tenant, [(event, None)] * CROWD)
    stage.arrived([endpoint], CROWD)
    pass_time(stage, tenant, first_horizon(stage), [endpoint])
    stage.canary(tenant)


NEIGHBOURS, PENDING = 6, 8


@situation(needs=("emit",))
def neighbours(stage: Stage) -> Iterator[None]:
    """Hold several requests of one endpoint back while others are due an event, after a round in which nothing is held back."""
    tenant = stage.tenant()
    one, two = (event.name for event in stage.kinds(3)[1:])
    others = [stage.endpoint(tenant, [two]) for _ in range(NEIGHBOURS)]
    slow = stage.endpoint(tenant, [one], [Answer(mode="never")] * PENDING)
    stage.emit(tenant, two)
    stage.arrived(others, NEIGHBOURS)
    stage.emit_all(tenant, [(one, None)] * PENDING)
    await_connections(stage.tools, [slow.name], 1)
    stage.emit(tenant, two)
    if stage.tools.listener.wait([other.name for other in others], 2 * NEIGHBOURS, 2 * HANG_SECONDS):
        yield
        stage.tools.listener.wait([slow.name], 1, 1.1 * HANG_SECONDS)
    stage.tools.listener.rescript(slow.name, [], then=OK)
    stage.tools.listener.release([slow.name])
    stage.canary(tenant)
