"""Every event of the contract once and more, and values that careless code spoils.

All is emitted at once and awaited once: a slow target costs its latency once, not once per event.
"""

from __future__ import annotations

from typing import Any

from hookproof.generate.marks import marked
from hookproof.generate.payloads import HARD_EMPTIES, HARD_NUMBERS, HARD_TEXTS, payloads
from hookproof.staging.choosing import told
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage


@situation(needs=("emit",))
def catalog(stage: Stage) -> None:
    """Emit every event with its documented examples and generated payloads to a named and to a wildcard subscriber, each told apart."""
    tenant = stage.tenant()
    named = stage.endpoint(tenant, stage.contract.catalog)
    wild = stage.endpoint(tenant, stage.everything)
    batch: list[tuple[str, Any]] = []
    for name, event in sorted(stage.contract.events.items()):
        made = payloads(event, stage.profile.samples, stage.tools.seed)
        needed = not stage.contract.envelope.identified
        contents = [told(stage.contract, name, data) for data in (*event.examples, *made)]
        batch += [(name, marked(event, content, next(stage.marks), needed=needed)) for content in contents]
    emitted = [emission for emission in stage.emit_all(tenant, batch) if emission.event_id is not None]
    due = sum((emission.type in named.events) + (emission.type not in stage.contract.policy.explicit_only) for emission in emitted)
    stage.arrived([named, wild], due)
    stage.settle(tenant)
    stage.canary(tenant)


@situation(needs=("emit",))
def values(stage: Stage) -> None:
    """Send hard texts, hard numbers and empty values along with an ordinary payload, as members that no schema names."""
    tenant = stage.tenant()
    event = stage.kinds(2)[1]
    endpoint = stage.endpoint(tenant, [event.name])
    for purpose, hard in (("text", HARD_TEXTS), ("numbers", HARD_NUMBERS), ("empties", HARD_EMPTIES)):
        extra = {f"x_{name}": value for name, value in hard.items()}
        stage.emit(tenant, event.name, {**event.examples[0], **extra, "x_all": [*hard.values()]}, purpose=purpose)
    stage.arrived([endpoint], 3)
    stage.settle(tenant)
    stage.canary(tenant)
