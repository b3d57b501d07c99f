"""Two endpoints with secrets of their own, a rotation, its overlap and its end; and secrets that the target makes."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.keyring import noted
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import first_horizon, pass_time

FEWEST_ISSUED, MOST_ISSUED = 32, 200
AT_ONCE = 1.0
"""Seconds after a rotation without overlap."""
DOTTED = "an id.with dots.brought along"


@situation(needs=("emit",))
def signatures(stage: Stage) -> None:
    """Deliver to two endpoints, retry once, rotate one secret, deliver within the overlap and after it.

    The first event brings along what careless code takes over as its id.
    """
    tenant = stage.tenant()
    kind = stage.kinds(2)[1]
    event = kind.name
    first = stage.endpoint(tenant, [event], [Answer(status=500)])
    second = stage.endpoint(tenant, [event])
    stage.emit(tenant, event, {**kind.examples[0], "id": DOTTED, "event_id": DOTTED, "idempotency_key": DOTTED})
    stage.arrived([first, second], 2)
    stage.settle(tenant)
    if stage.offers("time"):
        pass_time(stage, tenant, 1.5 * first_horizon(stage), [first])
    stage.rotate(first)
    stage.emit(tenant, event)
    stage.arrived([second], 2)
    stage.settle(tenant)
    signing = stage.contract.policy.signing
    over = 0.0 if signing is None else max(1.01 * signing.overlap_seconds, AT_ONCE)
    if signing is not None and stage.virtual:
        stage.advance(tenant, over)
    elif signing is not None and stage.offers("time"):
        pass_time(stage, tenant, over, [first])
    stage.emit(tenant, event)
    stage.arrived([second], 3)
    stage.canary(tenant)


@situation()
def issued(stage: Stage) -> None:
    """Create many endpoints without a secret and deliver to them; of the secrets that the target makes only form and size are noted."""
    tenant = stage.tenant()
    event = stage.kinds(2)[1].name
    count = min(FEWEST_ISSUED * (1 + stage.profile.samples), MOST_ISSUED)
    opened = [stage.endpoint(tenant, [event], given=False, purpose="without a secret") for _ in range(count)]
    made = {each.name: stage.tools.secrets[each.secret] for each in opened if each.accepted and each.secret in stage.tools.secrets}
    for name, facts in noted(made):
        stage.note(name, **facts)
    if made and stage.offers("emit"):
        stage.emit(tenant, event)
        stage.arrived(opened, len(opened))
        stage.canary(tenant)
