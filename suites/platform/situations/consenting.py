"""Receivers that consent, that do not, and that consent to little: where the contract promises that they are asked."""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage
from hookproof.staging.walk import pass_time

RATE = 6
"""Requests a minute that are granted where little is."""
BURST = 5 * RATE
ANSWERS = {
    "granted": {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"},
    "little": {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": str(RATE)},
    "bare": {},
    "foreign": {"WebHook-Allowed-Origin": "somebody-else.hookproof.test", "WebHook-Allowed-Rate": "*"},
}


@situation(needs=("emit",))
def consent(stage: Stage) -> None:
    """Emit a burst past endpoints that answer the question for consent in every way, and let the minutes pass that it takes."""
    tenant = stage.tenant()
    event = stage.kinds(2)[1].name
    opened = {kind: _answering(stage, tenant, event, kind) for kind in ANSWERS}
    tenant.canary = _answering(stage, tenant, stage.canary_kind, "granted")
    stage.canary(tenant)  # asked now, so that the last one is sent at once
    stage.arrived([tenant.canary], 2)
    stage.emit_all(tenant, [(event, None)] * BURST)
    stage.arrived([opened["granted"]], BURST + 1)
    stage.settle(tenant)
    pass_time(stage, tenant, 60.0 * (BURST / RATE + 1))
    stage.canary(tenant)


def _answering(stage: Stage, tenant: Tenant, event: str, kind: str) -> Endpoint:
    """Open an endpoint whose every answer holds the same fields, whether it was asked or sent to."""
    found = stage.endpoint(tenant, [event], then=Answer(status=200, headers=tuple(ANSWERS[kind].items())))
    stage.note("consent", endpoint=found.name, kind=kind, rate=RATE if kind == "little" else 0)
    return found
