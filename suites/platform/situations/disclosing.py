"""Endpoints that answer with a text of their own, and the log in which it must not be found."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage


@situation(needs=("emit",))
def disclosure(stage: Stage) -> None:
    """Answer deliveries with marked texts, as success and as failure, and read the delivery log of each endpoint."""
    tenant = stage.tenant()
    event = stage.kinds(2)[1].name
    marked = []
    for status in (200, 500):
        text = f"mark-{stage.dice.getrandbits(64):016x}"
        marked.append(stage.endpoint(tenant, [event], then=Answer(status=status, body=f"<b>{text}</b>".encode())))
        stage.note("mark", endpoint=marked[-1].name, text=text)
    stage.emit(tenant, event)
    stage.arrived(marked, len(marked))
    stage.settle(tenant)
    stage.canary(tenant)
    for endpoint in marked:
        if endpoint.accepted:
            stage.call("listDeliveries", tenant, endpoint=endpoint)
