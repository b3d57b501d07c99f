"""Every way of failing and of succeeding, both schedules to their end, and unusual answers.

One emission reaches all endpoints that fail in one way each; a canary at the end is the witness of their silence.
"""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.model.contract import Event
from hookproof.model.transcript import Answer
from hookproof.staging.situation import situation
from hookproof.staging.stage import OK, Endpoint, Stage, Tenant
from hookproof.staging.walk import exhaustion_horizon, first_horizon, pass_time

FAILURES = (500, 502, 503, 504, 507, 599)
SUCCESSES = (200, 201, 202, 204, 299)
CLIENT_ERRORS = (400, 404, 409, 422)
BROKEN_CONNECTIONS = ("close", "close_in_head", "reset", "reset_after_head")


@situation(needs=("retry",))
def retries(stage: Stage) -> Iterator[None]:
    """Fail in every way, succeed in every way, and fail for ever under every policy."""
    patient = _time_outs(stage)
    yield
    tenant = stage.tenant()
    event = stage.kinds(2)[1].name
    scripts = [[Answer(status=status)] for status in FAILURES]
    scripts += [[Answer(mode=mode, status=500)] for mode in BROKEN_CONNECTIONS]
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
    horizon = exhaustion_horizon(stage) if stage.offers("time") else first_horizon(stage)
    pass_time(stage, tenant, horizon)
    stage.canary(tenant)
    if stage.virtual:
        pass_time(stage, patient, 2 * (first_horizon(stage) + stage.contract.policy.timeout_seconds))
    stage.canary(patient)


def _time_outs(stage: Stage) -> Tenant:
    """Begin with what takes longest: requests that are never answered, in a tenant of their own whose clock waits for them."""
    tenant = stage.tenant("patient")
    event = stage.kinds(2)[1].name
    held = [stage.endpoint(tenant, [event], [answer]) for answer in (Answer(mode="never"), Answer(mode="drip", body=b"x" * 4000))]
    stage.emit(tenant, event)
    stage.tools.listener.wait_accepted([endpoint.name for endpoint in held], len(held), stage.profile.patience)
    return tenant


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
    """Open endpoints that always answer 500; on a real clock two crowds of eight events, for the lateness law."""
    opened = []
    crowd = 1 if stage.virtual else 8
    for event in _one_per_assignment(stage):
        pair = [stage.endpoint(tenant, [event.name], then=Answer(status=500)) for _ in range(1 if stage.virtual else 2)]
        stage.emit_all(tenant, [(event.name, None)] * crowd)
        opened += pair
    return opened


@situation(needs=("emit",))
def http(stage: Stage) -> None:
    """Answer with redirects to traps, 410, Retry-After in every form, and a very large body."""
    tenant = stage.tenant()
    event, later = (event.name for event in stage.kinds(3)[1:])
    opened = [_redirected(stage, tenant, event, status) for status in (301, 302, 303, 307, 308)]
    gone = stage.endpoint(tenant, [event, later], then=Answer(status=410))
    hints = [(status, value) for value in ("3600", "-5", "99999999999", "soon", "1e3") for status in (503, 429)]
    opened += [stage.endpoint(tenant, [event], [Answer(status=s, headers=(("Retry-After", value),))]) for s, value in hints]
    opened += _dated(stage, tenant, event)
    opened.append(stage.endpoint(tenant, [event], then=Answer(status=200, body=b"x" * 65_536, body_repeat=160)))
    stage.emit(tenant, event)
    stage.arrived([*opened, gone], len(opened) + 1)
    stage.settle(tenant)
    pass_time(stage, tenant, 3 * 86_400.0 if stage.virtual else 3 * 3_600.0 if stage.offers("time") else first_horizon(stage))
    stage.canary(tenant)
    stage.emit(tenant, later)
    stage.canary(tenant)


def _redirected(stage: Stage, tenant: Tenant, event: str, status: int) -> Endpoint:
    stage.tools.counter[0] += 1
    trap = f"e{stage.tools.counter[0]}"
    url = stage.tools.listener.open_endpoint(trap, (), then=OK, situation=stage.situation)
    found = stage.endpoint(tenant, [event], [Answer(status=status, headers=(("Location", url),))])
    stage.note("trap", endpoint=found.name, trap=trap)
    return found


def _dated(stage: Stage, tenant: Tenant, event: str) -> list[Endpoint]:
    """Ask to come back at a date one hour ahead on the tenant's virtual clock."""
    if not stage.virtual:
        return []
    moment, text = stage.http_date(tenant, 3600)
    found = stage.endpoint(tenant, [event], [Answer(status=503, headers=(("Retry-After", text),))])
    stage.note("retry-after-date", endpoint=found.name, moment=moment)
    return [found]
