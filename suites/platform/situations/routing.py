"""Who gets what: filters, wildcard, tenants, changes and deletions, and events that belong together."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage

APART = 2.0
"""Seconds between events of one subject, so that whole seconds tell them apart."""
LATER = 3600.0
"""Seconds after the last event of a subject in which nothing of it may happen any more."""


@situation(needs=("emit",))
def routing(stage: Stage) -> None:
    """Emit events of several types past endpoints that named some, all or others, that fail, are off or gone, in two tenants."""
    tenant = stage.tenant()
    stranger = stage.tenant("stranger") if stage.offers("scopes") else None
    one, two, three = kinds = [event.name for event in stage.kinds(4)[1:]]
    _failing(stage, tenant, one)
    stage.endpoint(tenant, [one])
    stage.endpoint(tenant, [two, three])
    wild = stage.endpoint(tenant, stage.everything)
    changed, paused, deleted = (stage.endpoint(tenant, [one]) for _ in range(3))
    _failing(stage, tenant, one)
    explicit = [name for name in stage.contract.policy.explicit_only if name in stage.contract.catalog]
    if explicit:
        stage.endpoint(tenant, explicit)
    if stranger is not None:
        stage.endpoint(stranger, stage.everything)
        stage.endpoint(stranger, [one])
    stage.emit_all(tenant, [(name, None) for name in (*kinds, *explicit)])
    stage.arrived([wild, paused], len(kinds) + 1)
    stage.settle(tenant)
    stage.update(changed, [two])
    stage.delete(deleted)
    if paused.accepted:
        stage.switch(paused, active=False)
    stage.emit_all(tenant, [(name, None) for name in kinds])
    stage.arrived([wild], 2 * len(kinds))
    if stranger is not None:
        stage.emit_all(stranger, [(name, None) for name in (one, two)])
    for each in (tenant, stranger):
        if each is not None:
            stage.settle(each)
            stage.canary(each)
    if paused.accepted:
        stage.switch(paused, active=True)
        stage.emit(tenant, one)
        stage.arrived([paused], 2)
        stage.canary(tenant)


def _failing(stage: Stage, tenant: Tenant, event: str) -> list[Endpoint]:
    """Open endpoints that never take an event: an error, a reset, a connection closed in front of the answer."""
    answers = (Answer(status=500), Answer(mode="reset"), Answer(mode="close"))
    return [stage.endpoint(tenant, [event], then=answer) for answer in answers]


@situation(needs=("emit",))
def sequences(stage: Stage) -> None:
    """Emit events that the contract ties together: with companions, closing a subject, following one another."""
    tenant = stage.tenant()
    policy = stage.contract.policy
    for trigger, also in sorted(policy.companions.items()):
        endpoint = stage.endpoint(tenant, sorted({trigger, also}))
        stage.emit(tenant, trigger)
        stage.arrived([endpoint], 2, patience=3.0)
    for clause in stage.contract.clauses:
        if clause.rule == "nothing-follows-the-last":
            _close_a_subject(stage, tenant, clause.parameters["last"], clause.parameters["among"], clause.parameters["key"])
        elif clause.rule == "one-follows-the-other":
            _follow(stage, tenant, clause.parameters["first"], clause.parameters["then"], clause.parameters["key"])
    _let_pass(stage, tenant, LATER)
    stage.settle(tenant)
    stage.canary(tenant)


def _let_pass(stage: Stage, tenant: Tenant, seconds: float) -> None:
    """Let promised time pass where it costs nothing."""
    if stage.virtual:
        stage.advance(tenant, seconds)


def _close_a_subject(stage: Stage, tenant: Tenant, last: str, among: str, key: str) -> None:
    prefix = among.removesuffix("*")
    earlier = [n for n in stage.contract.catalog if n.startswith(prefix) and n != last and key in stage.contract.events[n].examples[0]]
    endpoint = stage.endpoint(tenant, [*earlier, last])
    for number, name in enumerate((*earlier, last), start=1):
        stage.emit(tenant, name, {**stage.contract.events[name].examples[0], key: "hookproof_subject"})
        stage.arrived([endpoint], number, patience=3.0)
        _let_pass(stage, tenant, APART)


def _follow(stage: Stage, tenant: Tenant, first: str, then: str, key: str) -> None:
    endpoint = stage.endpoint(tenant, [first, then])
    if not endpoint.accepted:
        endpoint = stage.endpoint(tenant, stage.everything)
    for number, name in enumerate((first, then), start=1):
        stage.emit(tenant, name, {**stage.contract.events[name].examples[0], key: "hookproof_subject"})
        stage.arrived([endpoint], number, patience=3.0)
