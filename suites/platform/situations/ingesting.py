"""Events as they are taken in: repeated under one key, and in a row that must be kept."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import first_horizon, pass_time

ROUNDS, AT_ONCE = 4, 16
"""How often so many emissions race: one round may be won by chance."""


@situation(needs=("emit", "idempotency"))
def ingest(stage: Stage) -> None:
    """Emit under one key several times in a row, under others many times at once, and the same without any key."""
    tenant = stage.tenant()
    event = stage.kinds(2)[1]
    endpoint = stage.endpoint(tenant, [event.name])
    batch = [(event.name, event.examples[0])]
    in_turn = [emission for _ in range(3) for emission in stage.emit_all(tenant, batch, key="hookproof-in-turn")]
    stage.note("same-key", key="hookproof-in-turn", emissions=[emission.id for emission in in_turn])
    for number in range(ROUNDS):
        at_once = stage.emit_all(tenant, batch * AT_ONCE, key=f"hookproof-at-once-{number}")
        stage.note("same-key", key=f"hookproof-at-once-{number}", emissions=[emission.id for emission in at_once])
    stage.emit_all(tenant, batch * 2)
    stage.arrived([endpoint], ROUNDS + 3)
    stage.canary(tenant)


@situation(needs=("retry",))
def order(stage: Stage) -> None:
    """Emit events of one key one after the other while the first of them fails, and one of another key; so for every promised key."""
    promised = (clause.parameters["key"] for clause in stage.contract.clauses if clause.rule == "events-of-a-key-keep-their-order")
    for key in dict.fromkeys(promised):
        _in_a_row(stage, key)


def _in_a_row(stage: Stage, key: str) -> None:
    event = next((event for event in stage.kinds(200)[1:] if key in event.examples[0]), None)
    if event is None:
        return
    tenant = stage.tenant()
    endpoint = stage.endpoint(tenant, [event.name], [Answer(status=500)])
    for _ in range(4):
        stage.emit(tenant, event.name, {**event.examples[0], key: "hookproof_subject"})
    stage.emit(tenant, event.name, {**event.examples[0], key: "hookproof_other"})
    stage.settle(tenant)
    pass_time(stage, tenant, first_horizon(stage), [endpoint])
    stage.arrived([endpoint], 6)
    stage.canary(tenant)
