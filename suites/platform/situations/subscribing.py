"""Subscribing well and badly, managing endpoints, and what must not have been created.

Every bad request stands between two good ones that differ from it in one thing.
"""

from __future__ import annotations

from hookproof.staging.situation import situation
from hookproof.staging.stage import Endpoint, Stage, Tenant


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
    if stage.offers("emit"):
        stage.emit(tenant, known)
        stage.canary(tenant)
    if kept.accepted:
        stage.call("listDeliveries", tenant, endpoint=kept)
    stage.call("listWebhooks", tenant)


def _odd_requests(stage: Stage, tenant: Tenant, known: str) -> None:
    stage.endpoint(tenant, [], purpose="empty list")
    stage.delete(stage.endpoint(tenant, [known], purpose="control"))
    stage.delete(stage.endpoint(tenant, ["*"], purpose="wildcard"))
    for event in (e for e in stage.contract.events.values() if not e.catalog):
        stage.endpoint(tenant, [event.name], purpose="documented but unlisted")
    for key in ("none", "wrong"):
        stage.delete(stage.endpoint(tenant, [known], purpose="control"))
        stage.endpoint(tenant, [known], key=key, purpose=f"{key} key")
        stage.delete(stage.endpoint(tenant, [known], purpose="control"))


def _managed(stage: Stage, tenant: Tenant, kept: Endpoint, known: str) -> None:
    stage.call("listWebhooks", tenant)
    stage.call("getWebhook", tenant, endpoint=kept)
    other = stage.kinds(4)[3].name
    stage.update(kept, [known, other])
    stage.call("getWebhook", tenant, endpoint=kept)
    if stage.offers("scopes"):
        stranger = stage.tenant("stranger")
        for operation in ("getWebhook", "updateWebhook", "deleteWebhook"):
            body = {"events": [other]} if operation == "updateWebhook" else None
            stage.call(operation, tenant, endpoint=kept, key="other", other=stranger, body=body)
        stage.call("getWebhook", tenant, endpoint=kept, purpose="unchanged by others")
    stage.call("testWebhook", tenant, endpoint=kept)
    gone = stage.endpoint(tenant, [known], purpose="to be deleted")
    if gone.accepted:
        stage.delete(gone)
        stage.call("getWebhook", tenant, endpoint=gone)
        stage.call("listWebhooks", tenant)
