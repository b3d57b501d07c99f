"""Promises across events: companions that are sent along, last events, and events that must follow others.

Law: events are joined by the member that the contract names, never by order of arrival alone.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from hookproof.model.transcript import Attempt
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.payload import first_difference
from hookproof.rules.routing import last_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View, seconds_of


def _member(view: View, attempt: Attempt, name: str) -> Any:  # noqa: ANN401 -- any JSON value
    data = view.body(attempt).data
    return data.get(name) if isinstance(data, dict) else None


@rule("sequences", needs=("emit",))
def companions_are_sent_along(view: View, terms: Terms) -> Judgement:
    """Each event that has a companion is sent together with it, with the same payload, to whoever subscribed to both."""
    seen = Observations(missing="no event with a companion was emitted to a subscriber of both with a canary afterwards")
    used: set[str] = set()
    for emission in view.accepted:
        also = terms.contract.policy.companions.get(emission.type)
        canary = last_canary(view, emission.scope)
        if also is None or canary is None or canary.emission is None or canary.emission.started_at < emission.done_at:
            continue
        both = [e for e in view.history if view.covered(e, emission) and also in view.history[e][0].event_types]
        for endpoint in both:
            arrived = view.by_endpoint.get(endpoint, ())
            told = [emission.data, *(view.body(a).data for a in arrived if view.body(a).event_id == emission.event_id)]
            match = next(
                (
                    a
                    for a in arrived
                    if a.id not in used
                    and view.body(a).type == also
                    and a.accepted_at > emission.started_at
                    and any(first_difference(each, view.body(a).data) is None for each in told)
                ),
                None,
            )
            if match is None:
                seen.broke(f"{emission.type!r} was sent without its companion {also!r}", emission.id, canary.ids[0])
            else:
                used.add(match.id)
                seen.saw(emission.id, match.id)
    return seen.conclude()


@rule("sequences", needs=("emit",), parameters=("last", "among", "key"))
def nothing_follows_the_last(view: View, terms: Terms) -> Judgement:
    """The closing event is the last of its subject: by order of delivery or by creation time, and the report says which."""
    last, among, key = terms.parameters["last"], terms.parameters["among"], terms.parameters["key"]
    seen = Observations(missing=f"no {last} with other events of the same {key} was delivered with a canary afterwards")
    for endpoint, attempts in view.by_endpoint.items():
        firsts = {view.body(a).event_id: a for a in reversed(attempts)}
        for closing in (a for a in firsts.values() if view.body(a).type == last):
            subject = _member(view, closing, key)
            others = [
                a
                for a in firsts.values()
                if a is not closing and _member(view, a, key) == subject and fnmatchcase(view.body(a).type or "", among)
            ]
            if subject is None or not others:
                continue
            after = [a for a in others if a.accepted_at > closing.accepted_at]
            younger = [a for a in others if _created(view, a) > _created(view, closing)]
            canary = last_canary(view, view.scope_of(endpoint))
            if after and younger:
                seen.broke(f"{view.body(younger[0]).type!r} of {subject!r} came after {last!r} at {endpoint}", closing.id, younger[0].id)
            elif canary is not None and canary.emission is not None and canary.emission.started_at > closing.accepted_at:
                seen.saw(closing.id, *(a.id for a in others))
                seen.read_as("last by creation time" if after else "last by delivery")
    return seen.conclude()


def _naming(view: View, kind: str) -> list[Attempt]:
    """Give the attempts whose body names an event type, in order of arrival."""
    found = [attempt for _, attempts in view.by_type.get(kind, ()) for attempt in attempts]
    return sorted(found, key=lambda attempt: attempt.accepted_at)


def _created(view: View, attempt: Attempt) -> float:
    value = view.body(attempt).value
    name = view.contract.envelope.created_member or ""
    return (seconds_of(str(value.get(name))) if isinstance(value, dict) else None) or 0.0


@rule("sequences", needs=("emit",), parameters=("first", "then", "key"))
def one_follows_the_other(view: View, terms: Terms) -> Judgement:
    """After the first event its follower reaches the same subscriber for the same subject."""
    first, then, key = terms.parameters["first"], terms.parameters["then"], terms.parameters["key"]
    seen = Observations(missing=f"no {first} with an emitted {then} was delivered with a canary afterwards")
    due = [e for e in view.accepted if e.type == then and isinstance(e.data, dict) and e.data.get(key) is not None]
    for attempt in _naming(view, first):
        scope, subject = view.scope_of(attempt.endpoint), _member(view, attempt, key)
        emission = next((e for e in reversed(due) if e.scope == scope and e.data[key] == subject), None)
        canary = last_canary(view, scope)
        if emission is None or canary is None or canary.emission is None or not view.covered(attempt.endpoint, emission):
            continue
        if canary.emission.started_at < emission.done_at:
            continue
        followers = [a for a in _naming(view, then) if a.endpoint == attempt.endpoint and _member(view, a, key) == subject]
        if not followers:
            seen.broke(f"{first!r} of {subject!r} was never followed by {then!r}", attempt.id, emission.id, canary.ids[0])
        elif _created(view, followers[0]) < _created(view, attempt):
            seen.broke(f"{then!r} of {subject!r} claims to be older than {first!r}", attempt.id, followers[0].id)
        else:
            seen.saw(attempt.id, followers[0].id)
    return seen.conclude()
