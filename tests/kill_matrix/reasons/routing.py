"""Why flaws of routing are found."""

from __future__ import annotations

from hookproof.model.transcript import Attempt, Emission, Record, Subscription
from hookproof.rules.marks import mark_of
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown


def _names(view: View, endpoint: str) -> set[str]:
    """Give every name that an endpoint ever had."""
    return {name for record in view.history.get(endpoint, ()) for name in record.event_types}


def _uninvited(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt):
        return False
    emission = view.emission_of.get(view.body(record).event_id or "")
    current = view.in_force(record.endpoint, emission.started_at if emission else record.accepted_at)
    return current is not None and not {"*", view.body(record).type} & set(current.event_types)


def _of_a_named_group(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt) or not _uninvited(view, record):
        return False
    return (view.body(record).type or "").split(".")[0] in {name.split(".")[0] for name in _names(view, record.endpoint)}


def _changed(view: View, endpoint: str, before: int) -> Subscription | None:
    """Give an endpoint's latest change of names before a moment."""
    changes = [r for r in view.history.get(endpoint, ()) if r.action == "updated" and r.at < before]
    return changes[-1] if changes else None


def _by_an_older_filter(view: View, record: Record) -> bool:
    changed = _changed(view, record.endpoint, record.accepted_at) if isinstance(record, Attempt) else None
    return changed is not None and isinstance(record, Attempt) and view.body(record).type not in changed.event_types


def _lost(view: View, emission: Emission, endpoint: str) -> bool:
    """Whether an event never came to an endpoint of its own tenant."""
    came = {view.body(attempt).event_id for attempt in view.by_endpoint.get(endpoint, ())}
    return view.scope_of(endpoint) == emission.scope and emission.event_id not in came


def _missed_by_the_newer_filter(view: View, record: Record) -> bool:
    if not isinstance(record, Emission):
        return False
    changed = [c for e in view.history if (c := _changed(view, e, record.started_at)) is not None and record.type in c.event_types]
    return any(_lost(view, record, each.endpoint) for each in changed)


def _missed_by_a_wildcard(view: View, record: Record) -> bool:
    wild = [endpoint for endpoint in view.history if "*" in _names(view, endpoint)]
    return isinstance(record, Emission) and any(_lost(view, record, endpoint) for endpoint in wild)


def _muted(view: View, record: Record) -> bool:
    if not isinstance(record, Emission) or record.type not in view.contract.policy.explicit_only:
        return False
    return all(view.body(attempt).event_id != record.event_id for attempt in view.attempts)


def _leaked(view: View, record: Record) -> bool:
    origin = view.emission_of.get(view.body(record).event_id or "") if isinstance(record, Attempt) else None
    return isinstance(record, Attempt) and origin is not None and origin.scope != view.scope_of(record.endpoint)


def _copied(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt) or view.body(record).event_id in view.emission_of:
        return False
    mark = mark_of(view.body(record).data)
    return any(mark_of(e.data) == mark is not None and e.scope != view.scope_of(record.endpoint) for e in view.accepted)


def _asleep(view: View, record: Record) -> bool:
    return isinstance(record, Attempt) and view.switched_off(record.endpoint, record.accepted_at)


def _awake_in_vain(view: View, record: Record) -> bool:
    """An event that never came to an endpoint which had been set active again."""
    if not isinstance(record, Emission):
        return False
    enabled = [r.endpoint for r in view.subscriptions if r.action == "enabled" and r.at < record.started_at]
    return any(_lost(view, record, endpoint) for endpoint in enabled)


def _deleted(view: View, record: Record) -> bool:
    history = view.history.get(record.endpoint, ()) if isinstance(record, Attempt) else ()
    return isinstance(record, Attempt) and any(r.action == "deleted" and r.at < record.accepted_at for r in history)


def _doubled(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt) or not (view.body(record).type or "").endswith(".created"):
        return False
    one = view.body(record)
    others = (view.body(attempt) for attempt in view.by_endpoint[record.endpoint])
    return any(other.data == one.data and other.type == one.type and other.event_id != one.event_id for other in others)


def _lost_beside_a_failure(view: View, record: Record) -> bool:
    if not isinstance(record, Emission):
        return False
    failing = any(a.situation == record.situation and not a.answer.succeeds for a in view.attempts)
    return failing and any(_lost(view, record, endpoint) for endpoint, due in view.due.items() if record in due)


def _only(clause: str, words: str, shown: Shown) -> Case:
    return Case(reasons=(Reason(clause=clause, words=words, shown=shown),))


_LOST = (
    Reason(clause="fan-out/named", words="never reached", shown=_lost_beside_a_failure),
    Reason(clause="fan-out/wildcard", words="never reached", shown=_lost_beside_a_failure),
)

CASES = {
    "filters-are-ignored": _only("fan-out/filters", "did not subscribe", _uninvited),
    "filters-compare-groups-only": _only("fan-out/filters", "did not subscribe", _of_a_named_group),
    "filters-are-cached-for-ever": Case(
        reasons=(
            Reason(clause="fan-out/filters", words="did not subscribe", shown=_by_an_older_filter),
            Reason(clause="fan-out/named", words="never reached", shown=_missed_by_the_newer_filter),
        )
    ),
    "wildcard-is-taken-for-a-name": _only("fan-out/wildcard", "never reached", _missed_by_a_wildcard),
    "explicit-only-events-reach-nobody": Case(
        reasons=(
            Reason(clause="fan-out/explicit-only", words="which named it", shown=_muted),
            Reason(clause="fan-out/named", words="never reached", shown=_muted),
        )
    ),
    "wildcard-index-knows-no-tenants": _only("fan-out/tenants", "of tenant", _leaked),
    "events-are-copied-to-other-tenants": _only("fan-out/tenants", "of tenant", _copied),
    "disabled-endpoints-still-get-events": _only("fan-out/disabled-endpoints", "was set inactive", _asleep),
    "enabled-endpoints-stay-silent": _only("fan-out/named", "never reached", _awake_in_vain),
    "deleted-endpoints-still-get-events": _only("fan-out/deleted-endpoints", "was deleted and still got", _deleted),
    "creations-are-sent-twice": _only("idempotency/no-doubles", "under 2 ids", _doubled),
    "fan-out-stops-at-a-failing-endpoint": Case(reasons=_LOST),
    "failed-connection-drops-the-rest": Case(reasons=_LOST),
}
