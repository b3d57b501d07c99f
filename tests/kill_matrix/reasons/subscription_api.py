"""Why flaws of what the subscription API takes, shows and tells are found."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hookproof.model.transcript import Attempt, Exchange, Record, Subscription
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown

_OK, _CREATED, _BAD, _REFUSED = 200, 201, 400, 422


def _read(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _asked(record: Record) -> list[Any]:
    """Give the names that a request for a subscription asked for, empty for any other record."""
    if not isinstance(record, Exchange) or record.operation != "createWebhook":
        return []
    names = _read(record.request_body).get("events")
    return names if isinstance(names, list) else []


def _created(names: Callable[[View, list[Any]], bool]) -> Shown:
    def shown(view: View, record: Record) -> bool:
        return isinstance(record, Exchange) and record.status == _CREATED and names(view, _asked(record))

    return shown


def _unlisted(view: View, names: list[Any]) -> bool:
    return any(name not in view.contract.events for name in names)


def _mixed(view: View, names: list[Any]) -> bool:
    return _unlisted(view, names) and any(name in view.contract.events for name in names)


def _shouted(view: View, names: list[Any]) -> bool:
    return _unlisted(view, names) and all(name.lower() in view.contract.events for name in names)


def _starred(_view: View, names: list[Any]) -> bool:
    return any(name.endswith(".*") for name in names)


def _empty(_view: View, record: Record) -> bool:
    return isinstance(record, Exchange) and record.operation == "createWebhook" and record.status == _CREATED and not _asked(record)


def _answered_400(_view: View, record: Record) -> bool:
    return isinstance(record, Exchange) and record.status == _BAD


def _remains(view: View, record: Record) -> bool:
    """A listing shows the address of a refused endpoint, or something came there."""
    refused = [x for x in view.exchanges if x.operation == "createWebhook" and x.status == _REFUSED]
    addresses = {str(_read(x.request_body).get("url")) for x in refused}
    if isinstance(record, Exchange):
        return record.operation == "listWebhooks" and any(address.encode() in record.response_body for address in addresses)
    return isinstance(record, Attempt) and any(address.endswith("/" + record.endpoint) for address in addresses)


def _turned_away(names: Callable[[View, list[Any]], bool]) -> Shown:
    def shown(view: View, record: Record) -> bool:
        return isinstance(record, Exchange) and record.status == _REFUSED and names(view, _asked(record))

    return shown


def _with_a_successor(view: View, names: list[Any]) -> bool:
    return any(view.contract.events[name].deprecated for name in names if name in view.contract.events)


def _created_with_200(_view: View, record: Record) -> bool:
    return isinstance(record, Exchange) and record.operation == "createWebhook" and record.status == _OK


def _without_cursor(_view: View, record: Record) -> bool:
    return isinstance(record, Exchange) and record.operation.startswith("list") and "next_cursor" not in _read(record.response_body)["meta"]


def _in_plain_text(_view: View, record: Record) -> bool:
    return isinstance(record, Exchange) and record.status >= _BAD and not _read(record.response_body)


def _last_names(view: View, exchange: Exchange) -> tuple[str, ...]:
    """Give the names that were last accepted for the endpoint that is read."""
    records = [r for r in view.subscriptions if r.endpoint_id and r.endpoint_id in exchange.path and r.at < exchange.started_at]
    return records[-1].event_types if records else ()


def _stale(view: View, record: Record) -> bool:
    if not isinstance(record, Exchange) or record.operation != "getWebhook":
        return False
    return set(_read(record.response_body)["data"]["events"]) != set(_last_names(view, record))


def _hostly(_view: View, record: Record) -> bool:
    return isinstance(record, Exchange) and record.operation == "getWebhook" and _read(record.response_body)["data"]["url"].count("/") == 2


def _by_the_old_names(view: View, record: Record) -> bool:
    """An attempt or emission at an endpoint whose names had been changed before."""
    changed = [r for r in view.subscriptions if r.action == "updated" and r.at < record.at]
    if isinstance(record, Attempt):
        return any(r.endpoint == record.endpoint and view.body(record).type not in r.event_types for r in changed)
    return any(getattr(record, "type", None) in r.event_types for r in changed)


def _still_shown(view: View, record: Record) -> bool:
    """An answer shows an endpoint whose deletion was accepted before."""
    gone = [r for r in view.subscriptions if r.action == "deleted" and r.at < record.at]
    return isinstance(record, Exchange) and any(r.endpoint_id.encode() in record.response_body for r in gone)


def _still_served(view: View, record: Record) -> bool:
    gone = [r for r in view.subscriptions if r.action == "deleted" and r.at < record.at]
    return isinstance(record, Attempt) and any(r.endpoint == record.endpoint for r in gone)


def _shows(word: bytes) -> Shown:
    def shown(_view: View, record: Record) -> bool:
        return isinstance(record, Exchange) and record.operation != "createWebhook" and word in record.response_body

    return shown


def _log(record: Record) -> list[dict[str, Any]] | None:
    if not isinstance(record, Exchange) or record.operation != "listDeliveries":
        return None
    entries: list[dict[str, Any]] = _read(record.response_body)["data"]
    return entries


def _empty_log(_view: View, record: Record) -> bool:
    return _log(record) == []


def _all_200(_view: View, record: Record) -> bool:
    entries = _log(record)
    return bool(entries) and all(entry["response_status"] in (_OK, None) for entry in entries or ())


def _of_many(view: View, record: Record) -> bool:
    """A log lists an event that came to other endpoints only."""
    if not isinstance(record, Exchange) or not (entries := _log(record)):
        return False
    owner = next(r.endpoint for r in view.subscriptions if r.endpoint_id and r.endpoint_id in record.path)
    own = {view.body(a).event_id for a in view.by_endpoint.get(owner, ())}
    others = {view.body(a).event_id for a in view.attempts} - own
    return any(entry["event_id"] in others for entry in entries)


def _tested_in_vain(_view: View, record: Record) -> bool:
    return isinstance(record, Exchange) and record.operation == "testWebhook" and b"evt_test_we_" in record.response_body


def _told(view: View, record: Record, action: str) -> list[Attempt]:
    """Give what was told of a change under an action, by the endpoint's id and after it was asked for."""
    kind = view.contract.policy.management[action]
    if not isinstance(record, Subscription):
        return []
    told = (a for a in view.attempts if view.body(a).type == kind and a.accepted_at > view.asked_at(record))
    return [a for a in told if view.body(a).data["endpoint_id"] == record.endpoint_id]


def _untold(*names: str) -> Shown:
    def shown(view: View, record: Record) -> bool:
        action = "updated" if names[0] == "rotated" else names[0]
        return isinstance(record, Subscription) and record.action in names and not _told(view, record, action)

    return shown


def _told_as_updated(view: View, record: Record) -> bool:
    return isinstance(record, Subscription) and record.action == "deleted" and bool(_told(view, record, "updated"))


def _only(clause: str, words: str, shown: Shown) -> Case:
    return Case(reasons=(Reason(clause=f"subscription-api/{clause}", words=words, shown=shown),))


def _unknown(shown: Callable[[View, list[Any]], bool]) -> Case:
    return _only("unknown-names", "was answered 201, promised 422", _created(shown))


_TOLD = Case(
    reasons=(
        Reason(clause="subscription-api/told-created", words="was created, but", shown=_untold("created")),
        Reason(clause="subscription-api/told-updated", words="was updated, but", shown=_untold("updated", "rotated")),
        Reason(clause="subscription-api/told-deleted", words="was deleted, but", shown=_untold("deleted")),
    )
)

CASES = {
    "accepts-unlisted-names": _unknown(_unlisted),
    "one-listed-name-is-enough": _unknown(_mixed),
    "names-are-compared-without-case": _unknown(_shouted),
    "prefixes-with-a-star-are-accepted": _unknown(_starred),
    "unknown-names-are-answered-400": Case(
        reasons=(
            Reason(clause="subscription-api/unknown-names", words="was answered 400, promised 422", shown=_answered_400),
            Reason(clause="subscription-api/described-answers", words="400, which is not described", shown=_answered_400),
        )
    ),
    "empty-lists-are-accepted": _only("empty-list", "was answered 201", _empty),
    "inserts-before-checking": _only("nothing-created", "refused with 422", _remains),
    "deprecated-names-are-refused": _only("listed-names", "was answered 422", _turned_away(_with_a_successor)),
    "wildcard-is-refused": _only("listed-names", "'*' was answered 422", _turned_away(lambda _view, names: names == ["*"])),
    "at-most-fifty-names": _only("listed-names", "was answered 422", _turned_away(lambda _view, names: len(names) > 50)),
    "creations-are-answered-200": _only("described-answers", "createWebhook was answered 200", _created_with_200),
    "pages-have-no-cursor": _only("described-answers", "next_cursor", _without_cursor),
    "refusals-are-plain-text": _only("described-answers", '"error" is a required property', _in_plain_text),
    "updates-are-not-stored": Case(
        reasons=(
            Reason(clause="subscription-api/read-back", words="does not show events", shown=_stale),
            Reason(clause="fan-out/filters", words="did not subscribe", shown=_by_the_old_names),
            Reason(clause="fan-out/named", words="never reached", shown=_by_the_old_names),
        )
    ),
    "reads-are-cached-for-ever": _only("read-back", "does not show events", _stale),
    "addresses-are-shown-without-path": _only("read-back", "does not show events", _hostly),
    "deletions-are-not-made": Case(
        reasons=(
            Reason(clause="subscription-api/delete", words="is still shown by", shown=_still_shown),
            Reason(clause="fan-out/deleted-endpoints", words="was deleted and still got", shown=_still_served),
        )
    ),
    "deleted-endpoints-stay-listed": _only("delete", "is still shown by listWebhooks", _still_shown),
    "secrets-are-shown-again": _only("secret-once", "shows the signing secret", _shows(b"{{secret of ")),
    "issued-secrets-are-shown-again": _only("secret-once", "shows the signing secret", _shows(b"secret")),
    "delivery-log-is-empty": _only("delivery-log", "does not list event", _empty_log),
    "delivery-log-says-200": _only("delivery-log", "gives status 200 for event", _all_200),
    "delivery-log-of-the-whole-tenant": _only("delivery-log", "never came to that endpoint", _of_many),
    "test-calls-send-nothing": _only("test-call", "nothing was sent", _tested_in_vain),
    "changes-are-told-to-nobody": _TOLD,
    "deletions-are-told-as-changes": _only("told-deleted", "was deleted, but", _told_as_updated),
    "changes-are-told-of-the-tenant": _TOLD,
    "rotations-are-told-to-nobody": _only("told-updated", "was rotated, but", _untold("rotated")),
}
