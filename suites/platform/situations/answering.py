"""Answers that are neither plain success nor plain failure: redirects of every kind, 410, Retry-After, very large bodies.

A redirect leads to a trap that nobody else knows, on the same origin and on another, to nowhere, or back to where it came from.
"""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.cast import OK, Endpoint, Tenant
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import first_horizon, pass_time

REDIRECTS = (301, 302, 303, 307, 308)
BARE = (300, *REDIRECTS, 304)
ROUNDS = 100
"""Redirects that lead back before the endpoint gives in."""
HINTS = ("3600", "-5", "99999999999", "soon", "1e3")


@situation(needs=("emit",))
def http(stage: Stage) -> None:
    """Answer with redirects to traps, 410, Retry-After in every form, and a very large body."""
    tenant = stage.tenant()
    event, later = (event.name for event in stage.kinds(3)[1:])
    opened = [_redirected(stage, tenant, event, status) for status in REDIRECTS]
    opened += [_redirected(stage, tenant, event, status, abroad=True) for status in (302, 307)]
    opened += [stage.endpoint(tenant, [event], [Answer(status=status)]) for status in BARE]
    opened += [_turning(stage, tenant, event, status) for status in (302, 307)]
    gone = stage.endpoint(tenant, [event, later], then=Answer(status=410))
    hints = [(status, value) for value in HINTS for status in (503, 429)]
    opened += [stage.endpoint(tenant, [event], [Answer(status=s, headers=(("Retry-After", value),))]) for s, value in hints]
    opened += [stage.endpoint(tenant, [event], [Answer(status=503)]), *_dated(stage, tenant, event)]
    opened.append(stage.endpoint(tenant, [event], then=Answer(status=200, body=b"x" * 65_536, body_repeat=160)))
    stage.emit(tenant, event)
    stage.arrived([*opened, gone], len(opened) + 1)
    stage.settle(tenant)
    pass_time(stage, tenant, 3 * 86_400.0 if stage.virtual else 3 * 3_600.0 if stage.offers("time") else first_horizon(stage))
    stage.canary(tenant)
    stage.emit(tenant, later)
    stage.canary(tenant)


def _redirected(stage: Stage, tenant: Tenant, event: str, status: int, *, abroad: bool = False) -> Endpoint:
    """Open an endpoint that sends whoever follows into a trap, ``abroad`` on a port of its own."""
    stage.tools.counter[0] += 1
    trap = f"e{stage.tools.counter[0]}"
    url = stage.tools.listener.open_endpoint(trap, (), then=OK, own_port=abroad, situation=stage.situation)
    found = stage.endpoint(tenant, [event], [Answer(status=status, headers=(("Location", url),))])
    stage.note("trap", endpoint=found.name, trap=trap, abroad=abroad)
    return found


def _turning(stage: Stage, tenant: Tenant, event: str, status: int) -> Endpoint:
    """Open an endpoint that redirects to itself."""
    found = stage.endpoint(tenant, [event])
    back = Answer(status=status, headers=(("Location", found.url),))
    stage.tools.listener.rescript(found.name, [back] * ROUNDS, then=OK)
    stage.note("turning", endpoint=found.name, rounds=ROUNDS)
    return found


def _dated(stage: Stage, tenant: Tenant, event: str) -> list[Endpoint]:
    """Ask to come back at a date one hour ahead on the tenant's virtual clock."""
    if not stage.virtual:
        return []
    moment, text = stage.http_date(tenant, 3600)
    found = stage.endpoint(tenant, [event], [Answer(status=503, headers=(("Retry-After", text),))])
    stage.note("retry-after-date", endpoint=found.name, moment=moment)
    return [found]
