"""Why flaws of access to the subscription API are found."""

from __future__ import annotations

from collections.abc import Callable

from hookproof.model.transcript import Exchange, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown

_GRANTED = range(200, 300)


def _granted_to(key: str, *operations: str) -> Shown:
    """An operation was granted to whoever had no right to it."""

    def shown(_view: View, record: Record) -> bool:
        if not isinstance(record, Exchange) or record.status not in _GRANTED:
            return False
        return record.key == key and record.operation in operations

    return shown


def _foreign_endpoints(view: View, record: Record) -> bool:
    """A stranger's listing shows an endpoint of the tenant that was asked about."""
    if not isinstance(record, Exchange) or (record.key, record.operation) != ("other", "listWebhooks"):
        return False
    return any(r.scope == record.scope and r.endpoint_id.encode() in record.response_body for r in view.subscriptions if r.endpoint_id)


def _gone_after_refusal(view: View, record: Record) -> bool:
    """A stranger's deletion was refused, and the owner found nothing any more."""
    if not isinstance(record, Exchange) or (record.key, record.operation) != ("other", "deleteWebhook") or record.status in _GRANTED:
        return False
    later = (x for x in view.exchanges if x.key == "own" and x.path == record.path and x.started_at > record.done_at)
    return any(x.operation == "getWebhook" and x.status == 404 for x in later)


EVERY = ("createWebhook", "listWebhooks", "getWebhook", "updateWebhook", "deleteWebhook", "testWebhook", "listDeliveries")


def _keys(key: str) -> Case:
    return Case(
        reasons=(
            Reason(clause="subscription-api/key-required", words=f"{key} key was answered 201", shown=_granted_to(key, "createWebhook")),
            Reason(clause="subscription-api/key-required-everywhere", words=f"with {key} key", shown=_granted_to(key, *EVERY)),
        )
    )


def _only(clause: str, words: str, shown: Callable[[View, Record], bool]) -> Case:
    return Case(reasons=(Reason(clause=f"subscription-api/{clause}", words=words, shown=shown),))


CASES = {
    "missing-keys-are-accepted": _keys("none"),
    "any-key-is-accepted": _keys("wrong"),
    "listing-needs-no-key": _only("key-required-everywhere", "listWebhooks with none key", _granted_to("none", "listWebhooks")),
    "deletion-needs-no-key": _only("key-required-everywhere", "deleteWebhook with none key", _granted_to("none", "deleteWebhook")),
    "endpoints-are-found-by-id-alone": _only("other-tenants", "DELETE", _granted_to("other", *EVERY)),
    "endpoints-are-read-by-id-alone": _only("other-tenants", "GET", _granted_to("other", "getWebhook", "listDeliveries")),
    "listing-shows-every-tenant": _only("other-tenants", "a listing with another tenant's key", _foreign_endpoints),
    "foreign-deletions-are-refused-and-made": _only("other-tenants", "yet it is gone", _gone_after_refusal),
}
