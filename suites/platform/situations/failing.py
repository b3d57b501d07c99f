"""Every way of failing and of succeeding, and every schedule to its end.

One emission reaches all endpoints that fail in one way each; a canary at the end is the witness of their silence.
"""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.model.contract import Event
from hookproof.model.transcript import Answer
from hookproof.rules.timing import answer_limit
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.holding import Held, held_back, let_go
from hookproof.staging.inside import accounts
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import exhaustion_horizon, first_horizon, longest_first_wait, pass_time

FAILURES = (*range(500, 509), 510, 511, 520, 599)
SUCCESSES = (200, 201, 202, 204, 299)
CLIENT_ERRORS = (400, 404, 409, 422)
BROKEN_CONNECTIONS = ("close", "close_in_head", "reset", "reset_after_head")
LATEST = 2.0
"""Seconds that a late answer may take where real time is short."""


@situation(needs=("retry",))
def retries(stage: Stage) -> Iterator[None]:
    """Fail in every way, succeed in every way, and fail for ever under every policy."""
    patient = stage.tenant("patient")
    held = _time_outs(stage, patient)
    yield
    tenant = stage.tenant()
    event = stage.kinds(2)[1].name
    scripts = [[Answer(status=status)] for status in FAILURES]
    scripts += [[Answer(mode=mode, status=500)] * 2 for mode in BROKEN_CONNECTIONS]  # the first may be repeated at once
    scripts += [[Answer(mode="close_after_head", body=b"cut")]]
    endpoints = [stage.endpoint(tenant, [event], script) for script in scripts]
    endpoints += [stage.endpoint(tenant, [event], then=Answer(status=status)) for status in SUCCESSES]
    endpoints += [stage.endpoint(tenant, [event], then=Answer(status=status)) for status in CLIENT_ERRORS]
    refused = stage.endpoint(tenant, [event], own_port=True)
    stage.note("refused", endpoint=refused.name)
    stage.tools.listener.close_port(refused.name)
    stage.emit(tenant, event)
    lasting = _fail_for_ever(stage, tenant)
    stage.arrived([*endpoints, *lasting], len(endpoints) + len(lasting))
    stage.settle(tenant)
    stage.tools.listener.reopen_port(refused.name)
    stage.note("reopened", endpoint=refused.name)
    horizon = exhaustion_horizon(stage) if stage.offers("time") else first_horizon(stage)
    pass_time(stage, tenant, horizon)
    stage.canary(tenant)
    accounts(stage, tenant, [*lasting, *([tenant.canary] if tenant.canary else [])])
    let_go(stage, held)
    if stage.virtual:
        pass_time(stage, patient, 2 * (longest_first_wait(stage) + stage.contract.policy.timeout_seconds))
    stage.canary(patient)


def _time_outs(stage: Stage, patient: Tenant) -> Held:
    """Begin with what takes longest: requests that are never answered, in a tenant of their own whose clock waits for them.

    Where it is known how long an answer is awaited, one also comes late, but in time.
    """
    event = stage.kinds(2)[1].name
    limit = answer_limit(stage.contract, stage.tools.capabilities)
    trickle = Answer(mode="drip", body=b"x" * 4000, drip_interval=min(1.0, limit / 4))  # no pause is as long as the time-out
    answers = [Answer(mode="never"), trickle]
    if stage.offers("timeout") and 0.6 * limit <= max(stage.profile.real_wait, LATEST):
        answers.append(Answer(status=503, delay=0.6 * limit))
    held = [stage.endpoint(patient, [event], [answer]) for answer in answers]
    stage.emit(patient, event)
    return held_back(stage, held)


def _one_per_assignment(stage: Stage) -> list[Event]:
    """Choose one listed event type for each pattern of each line of the policy."""
    found: dict[str, Event] = {}
    for line in stage.contract.policy.assignments:
        for pattern in line.events:
            fitting = [
                event
                for name in stage.contract.catalog
                if (event := stage.contract.events[name]) and line.covers(name) and _reaches(stage, name, line.events, pattern)
            ]
            used = {stage.canary_kind, stage.kinds(2)[1].name, *found}
            chosen = next((event for event in fitting if event.name not in used), None)
            if chosen is not None:
                found[chosen.name] = chosen
    return list(found.values())


def _reaches(stage: Stage, name: str, patterns: tuple[str, ...], pattern: str) -> bool:
    """Whether this very pattern of the first covering line is the one that matches."""
    policy = stage.contract.policy
    first = next(line for line in policy.assignments if line.covers(name))
    single = type(first)(events=(pattern,), policies=first.policies)
    special = {*policy.companions, *policy.companions.values(), *policy.management.values()}
    return first.events == patterns and single.covers(name) and name not in special


def _fail_for_ever(stage: Stage, tenant: Tenant) -> list[Endpoint]:
    """Open endpoints that always answer 500, each for several events; on a real clock two crowds of eight, for the lateness law."""
    opened = []
    crowd = 2 if stage.virtual else 8
    for event in _one_per_assignment(stage):
        pair = [stage.endpoint(tenant, [event.name], then=Answer(status=500)) for _ in range(1 if stage.virtual else 2)]
        stage.emit_all(tenant, [(event.name, None)] * crowd)
        opened += pair
    return opened
