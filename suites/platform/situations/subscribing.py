"""Subscribing well and badly, managing endpoints, and what must not have been created.

Every bad request stands between two good ones that differ from it in one thing.
"""

from __future__ import annotations

from hookproof.model.transcript import Answer
from hookproof.staging.cast import Endpoint, Tenant
from hookproof.staging.situation import situation
from hookproof.staging.stage import Stage

LOOKING = ("listWebhooks", "getWebhook", "listDeliveries", "testWebhook")
"""Operations that leave an endpoint as it is."""
CHANGING = ("updateWebhook", "deleteWebhook")


def unknown_forms(known: str) -> dict[str, list[str]]:
    """Give lists of names that must be refused, by how the unknown name is disguised; ``known`` is a listed one."""
    head, _, tail = known.rpartition(".")
    return {
        "alone": ["hookproof.never_listed"],
        "mixed first": ["hookproof.never_listed", known],
        "mixed last": [known, "hookproof.never_listed"],
        "upper case": [known.upper()],
        "prefixed": [f"x.{known}"],
        "near miss": [known + "s"],
        "truncated name": [known[:-1]],
        "wildcard prefix": [f"{head or tail}.*"],
        "padded": [f" {known} "],
        "empty name": [""],
    }


@situation()
def subscriptions(stage: Stage) -> None:
    """Create, refuse, read, change, delete; as the owner, without key, and as another tenant."""
    tenant = stage.tenant()
    told = sorted(set(stage.contract.policy.management.values()))
    if told:
        stage.endpoint(tenant, told, purpose="watcher of management events")
    known = stage.kinds(3)[2].name
    kept = stage.endpoint(tenant, [known], purpose="control")
    for form, names in unknown_forms(known).items():
        stage.endpoint(tenant, names, purpose=form)
        control = stage.endpoint(tenant, [known], purpose="control")
        stage.delete(control)
    _odd_requests(stage, tenant, known)
    if kept.accepted:
        _managed(stage, tenant, kept, known)
    failing = stage.endpoint(tenant, [known], then=Answer(status=503), purpose="control")
    if stage.offers("emit"):
        stage.emit(tenant, known)
        stage.canary(tenant)
    for endpoint in (kept, failing):
        if endpoint.accepted:
            stage.call("listDeliveries", tenant, endpoint=endpoint)
    stage.call("listWebhooks", tenant)


def _odd_requests(stage: Stage, tenant: Tenant, known: str) -> None:
    stage.endpoint(tenant, [], purpose="empty list")
    stage.delete(stage.endpoint(tenant, [known], purpose="control"))
    stage.delete(stage.endpoint(tenant, stage.everything, purpose="wildcard"))
    for event in (e for e in stage.contract.events.values() if not e.catalog):
        stage.endpoint(tenant, [event.name], purpose="documented but unlisted")
    for key in ("none", "wrong"):
        stage.delete(stage.endpoint(tenant, [known], purpose="control"))
        stage.endpoint(tenant, [known], key=key, purpose=f"{key} key")
        stage.delete(stage.endpoint(tenant, [known], purpose="control"))


def _managed(stage: Stage, tenant: Tenant, kept: Endpoint, known: str) -> None:
    for operation in LOOKING:
        stage.call(operation, tenant, endpoint=kept)
    other = stage.kinds(4)[3].name
    stage.update(kept, [known, other])
    stage.call("getWebhook", tenant, endpoint=kept)
    stage.settle(tenant)  # what is told of the next change is told after it
    stage.rotate(kept)
    if stage.offers("scopes"):
        stranger = stage.tenant("stranger")
        for operation in (*LOOKING, *CHANGING):
            body = {"events": [other]} if operation == "updateWebhook" else None
            stage.call(operation, tenant, endpoint=kept, key="other", other=stranger, body=body)
    for operation in LOOKING:
        stage.call(operation, tenant, endpoint=kept, purpose="unchanged by others")
    _try_without_key(stage, tenant, known, other)
    gone = stage.endpoint(tenant, [known], purpose="to be deleted")
    if gone.accepted:
        stage.delete(gone)
        stage.call("getWebhook", tenant, endpoint=gone)
        stage.call("listWebhooks", tenant)


def _try_without_key(stage: Stage, tenant: Tenant, known: str, other: str) -> None:
    """Try every operation on what exists without a key and with a wrong one, on an endpoint that nothing else needs."""
    spare = stage.endpoint(tenant, [known], purpose="tried without a key")
    if not spare.accepted:
        return
    for operation in LOOKING:
        stage.call(operation, tenant, endpoint=spare)
    for key in ("none", "wrong"):
        for operation in (*LOOKING, *CHANGING):
            body = {"events": [other]} if operation == "updateWebhook" else None
            stage.call(operation, tenant, endpoint=spare, key=key, body=body)
    for operation in LOOKING:
        stage.call(operation, tenant, endpoint=spare)
