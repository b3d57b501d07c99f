"""Which endpoint gets which event: everything it subscribed to, nothing else, nobody else's, and without waiting for others.

Law: "did not arrive" is only said when a canary of the same scope, emitted later, did arrive; that something stays away from
one endpoint means something only where it, or what that endpoint asked for, comes to those who are due it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hookproof.model.transcript import Attempt, Emission
from hookproof.model.verdict import Judgement, Observations, not_applicable, not_observed
from hookproof.rules.order import held_back
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import NANO
from hookproof.rules.view import Delivery, View

HANG_SECONDS = 0.5
"""A hang shorter than this says nothing about isolation."""


def last_canary(view: View, scope: str) -> Delivery | None:
    """Give the latest canary delivery of a scope."""
    found = [d for d in view.canaries.get(scope, ()) if d.emission and d.emission.scope == scope]
    return max(found, key=lambda d: d.emission.started_at if d.emission else 0, default=None)


@rule("routing", "catalog", needs=("emit",), parameters=("via",))
def subscribers_get_their_events(view: View, terms: Terms) -> Judgement:
    """Every endpoint gets every accepted event that it subscribed to, by name or by ``*``."""
    seen = Observations(missing="no endpoint of this kind was due an event, or no canary arrived after it")
    undecided = 0
    got = {(d.endpoint, d.event_id) for d in view.deliveries}
    first = {(d.endpoint, d.event_id): d.ids[0] for d in view.deliveries}
    dead = {a.endpoint for a in view.attempts if a.answer.status == 410}  # noqa: PLR2004 -- Gone
    waiting = held_back(view, terms.contract)
    renamed = Counter((d.endpoint, view.body(d.attempts[0]).type) for d in view.deliveries if d.emission is None)
    for endpoint, due in view.due.items():
        if _via(view.history[endpoint][0].event_types) != terms.parameters["via"] or endpoint in dead:
            continue
        for emission in due:
            key = (endpoint, emission.event_id or "")
            if key in got:
                seen.saw(emission.id, first[key])
            elif renamed[endpoint, emission.type] > 0:  # it came under an id that belongs to nothing we know: another promise tells of that
                renamed[endpoint, emission.type] -= 1
            elif key in waiting:
                continue
            elif (canary := later_canary(view, emission)) is not None and _still_subscribed(view, endpoint):
                seen.broke(
                    f"{emission.type!r} (event {emission.event_id!r}) never reached {endpoint}, which subscribed to it",
                    emission.id,
                    canary,
                )
            else:
                undecided += canary is None and emission.purpose != "canary"
    if undecided and not seen.findings:
        return not_observed(f"{undecided} events had not reached a subscriber, and no canary came after them")
    return seen.conclude()


def _via(names: Sequence[str]) -> str:
    """Name the way in which a subscription asks for events: ``explicit``, by ``prefix`` or by ``wildcard``."""
    if "*" in names:
        return "wildcard"
    return "prefix" if any(name.endswith("*") for name in names) else "explicit"


def _still_subscribed(view: View, endpoint: str) -> bool:
    return view.history[endpoint][-1].action != "deleted"


def later_canary(view: View, emission: Emission) -> str | None:
    """Give the first attempt of the scope's last canary if it was emitted after an emission."""
    canary = last_canary(view, emission.scope)
    if canary is None or canary.emission is None or canary.emission.started_at < emission.done_at:
        return None
    return canary.ids[0]


@rule("routing", needs=("emit",))
def filters_hold(view: View, _terms: Terms) -> Judgement:
    """No endpoint gets an event that it did not subscribe to."""
    seen = Observations(missing="no event was emitted that some endpoint must not get")
    for delivery in view.deliveries:
        emission = delivery.emission
        if emission is not None and emission.scope == view.scope_of(delivery.endpoint) and not view.covered(delivery.endpoint, emission):
            if not _explicit_by_wildcard(view, delivery.endpoint, emission.type) and not _deleted(view, delivery.endpoint, emission):
                seen.broke(f"{emission.type!r} reached {delivery.endpoint}, which did not subscribe to it", emission.id, delivery.ids[0])
        elif emission is None and (kind := view.body(delivery.attempts[0]).type) is not None:
            names = {name for record in view.history.get(delivery.endpoint, ()) for name in record.event_types}
            if names and not view.contract.policy.asked_for(names, kind) and not _explicit_by_wildcard(view, delivery.endpoint, kind):
                seen.broke(f"{kind!r} reached {delivery.endpoint}, which did not subscribe to it", delivery.ids[0])
    for emission in view.accepted:
        canary = later_canary(view, emission)
        spared = [e for e in view.history if view.scope_of(e) == emission.scope and not view.covered(e, emission) and _served(view, e)]
        if canary and spared and _comes(view, emission):
            seen.saw(emission.id, canary)
    return seen.conclude()


def _served(view: View, endpoint: str) -> bool:
    """Whether an endpoint got something that it was due, if it was due anything."""
    due = {emission.event_id for emission in view.due.get(endpoint, ())}
    got = {delivery.event_id for delivery in view.deliveries if delivery.endpoint == endpoint}
    return not due or bool(due & got)


def _comes(view: View, emission: Emission) -> bool:
    """Whether an event reached one of those who were due it, if anybody was."""
    due = [endpoint for endpoint, all_due in view.due.items() if emission in all_due]
    got = {delivery.endpoint for delivery in view.deliveries if delivery.event_id == emission.event_id}
    return not due or bool(got & set(due))


def _deleted(view: View, endpoint: str, emission: Emission) -> bool:
    """Whether an endpoint was deleted before an event was emitted: what it still gets breaks a promise of its own."""
    current = view.in_force(endpoint, emission.started_at)
    return current is not None and current.action == "deleted"


def _explicit_by_wildcard(view: View, endpoint: str, kind: str) -> bool:
    """Whether it is the open question of an explicit-only event reaching a ``*`` subscriber."""
    return kind in view.contract.policy.explicit_only and any("*" in record.event_types for record in view.history[endpoint])


@rule("routing", needs=("emit", "scopes"))
def tenants_are_isolated(view: View, _terms: Terms) -> Judgement:
    """No endpoint gets an event of another tenant."""
    seen = Observations(missing="fewer than two tenants had events and canaries")
    for delivery in view.deliveries:
        emission, scope = delivery.emission, view.scope_of(delivery.endpoint)
        if emission is not None and emission.scope != scope:
            seen.broke(f"event {delivery.event_id!r} of tenant {emission.scope} reached {delivery.endpoint} of {scope}", *delivery.ids[:1])
    scopes = dict.fromkeys(s.scope for s in view.subscriptions)
    canaries = [_after_the_others(view, scope) for scope in scopes]
    told = any(d.emission.purpose != "canary" and d.emission.scope == view.scope_of(d.endpoint) for d in view.deliveries if d.emission)
    if told and len(canaries) > 1 and None not in canaries:
        seen.saw(*(canary for canary in canaries if canary is not None))
    return seen.conclude()


def _after_the_others(view: View, scope: str) -> str | None:
    """Give a tenant's canary if another tenant's event was accepted before it."""
    canary = last_canary(view, scope)
    if canary is None or canary.emission is None:
        return None
    foreign = any(e.scope != scope and e.purpose != "canary" and e.done_at <= canary.emission.started_at for e in view.accepted)
    return canary.ids[0] if foreign else None


@rule("neighbours", needs=("emit",))
def slow_endpoints_delay_nobody(view: View, _terms: Terms) -> Judgement:
    """While one endpoint leaves requests unanswered, each of the others gets its events about as soon as before."""
    seen = Observations(missing=f"no endpoint held a request for {HANG_SECONDS} s while another was due an event")
    for held in (a for a in view.attempts if a.answer.mode == "never"):
        ended = held.closed_at or held.at
        if ended - held.accepted_at < HANG_SECONDS * NANO:
            continue
        grace = max(HANG_SECONDS / 2 * NANO, 5 * _usual_delay(view, held))
        firsts = [
            (d.endpoint, d.emission, d.attempts[0])
            for d in view.deliveries
            if d.endpoint != held.endpoint and d.emission in _during(view, held, ended)
        ]
        early = {endpoint: first for endpoint, _, first in firsts if first.accepted_at < ended}
        waited = {endpoint: first for endpoint, e, first in firsts if e is not None and e.done_at + grace < ended}
        blocked = {endpoint: first for endpoint, first in waited.items() if endpoint not in early}
        seen.saw(*([held.id] if early else []), *(first.id for first in list(early.values())[:8]))
        if blocked:
            share, culprits = f"{len(blocked)} of {len({*blocked, *early})} other endpoints", list(blocked.values())[:8]
            seen.broke(f"deliveries to {share} waited until {held.endpoint} was given up", held.id, *(each.id for each in culprits))
    return seen.conclude()


def _during(view: View, held: Attempt, ended: int) -> list[Emission]:
    scope = view.scope_of(held.endpoint)
    return [e for e in view.accepted if held.accepted_at < e.started_at < ended and e.scope == scope]


def _usual_delay(view: View, held: Attempt) -> int:
    """Give the longest time, in nanoseconds, that an event emitted before took to reach an endpoint of the same tenant."""
    scope = view.scope_of(held.endpoint)
    before = [d for d in view.deliveries if d.emission and d.emission.scope == scope and d.attempts[0].accepted_at < held.accepted_at]
    return max((d.attempts[0].accepted_at - d.emission.done_at for d in before if d.emission), default=0)


@rule("routing", needs=("emit",))
def deleted_endpoints_get_nothing(view: View, _terms: Terms) -> Judgement:
    """An event emitted after an endpoint was deleted never reaches it."""
    seen = Observations(missing="no event was emitted after a deletion with a canary afterwards")
    for endpoint, records in view.history.items():
        if records[-1].action != "deleted":
            continue
        names = {name for record in records for name in record.event_types}
        after = [e for e in view.accepted if e.started_at > records[-1].at and e.scope == records[-1].scope and e.type in names]
        ids = {e.event_id for e in after}
        wrong = [d for d in view.deliveries if d.endpoint == endpoint and d.event_id in ids]
        late = [a for a in view.by_endpoint.get(endpoint, ()) if a.accepted_at > records[-1].at and _quietly_due(a, records[-1].at)]
        if wrong or late:
            culprit: Attempt = wrong[0].attempts[0] if wrong else late[0]
            seen.broke(f"endpoint {endpoint} was deleted and still got a request", records[-1].id, culprit.id)
        elif after and (canary := later_canary(view, after[-1])) and any(_comes(view, emission) for emission in after):
            seen.saw(records[-1].id, after[-1].id, canary)
    return seen.conclude()


def _quietly_due(attempt: Attempt, deleted_at: int) -> bool:
    """Leave one second for what was already on its way when the deletion was answered."""
    return attempt.accepted_at - deleted_at > NANO


@rule("routing", needs=("emit",))
def named_subscribers_get_explicit_only_events(view: View, terms: Terms) -> Judgement:
    """An event for explicit subscribers reaches those who name it; whether ``*`` includes it is reported."""
    kinds = terms.contract.policy.explicit_only
    if not kinds:
        return not_applicable("the contract has no such event")
    seen = Observations(missing="no such event was emitted with a canary afterwards")
    for emission in (e for e in view.accepted if e.type in kinds):
        canary = later_canary(view, emission)
        reached = {d.endpoint: d.ids[0] for d in view.deliveries if d.event_id == emission.event_id}
        named = [e for e, records in view.history.items() if emission.type in records[0].event_types and view.covered(e, emission)]
        wild = [e for e, records in view.history.items() if "*" in records[0].event_types and records[0].scope == emission.scope]
        for endpoint in named:
            if endpoint in reached:
                seen.saw(emission.id, reached[endpoint])
            elif canary:
                seen.broke(f"{emission.type!r} never reached {endpoint}, which named it", emission.id, canary)
        if wild and canary:
            seen.read_as("`*` includes it" if set(wild) & set(reached) else "`*` does not include it")
    return seen.conclude()
