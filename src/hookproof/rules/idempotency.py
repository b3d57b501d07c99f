"""What makes a repeat recognisable: ids that stay, bodies that stay, and ids that never serve two events.

Law: repeats are told apart by their endpoint (one emission can be meant there), never by the id that is being judged.
"""

from __future__ import annotations

from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.json_text import JsonFault, parse
from hookproof.rules.marks import mark_of
from hookproof.rules.payload import first_difference
from hookproof.rules.routing import later_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View


@rule("retries", "http", "truncation", needs=("retry",))
def id_stays_the_same(view: View, _terms: Terms) -> Judgement:
    """Every attempt of an event at an endpoint carries the same envelope id."""
    seen = Observations(missing="no event was sent twice")
    for delivery in view.sole:
        whole = [attempt for attempt in delivery.attempts if attempt.malformed is None]
        if len(whole) < 2 or all(view.body(attempt).fault for attempt in whole):  # noqa: PLR2004 -- a repeat needs two that can be read
            continue
        ids = [view.body(attempt).event_id for attempt in whole]
        told = delivery.event_id if delivery.event_id in ids else ids[0]
        for attempt, found in zip(whole, ids, strict=True):
            if found != told:
                seen.broke(f"an attempt of event {delivery.event_id!r} carries id {found!r}", attempt.id, excerpt=attempt.body)
            else:
                seen.saw(attempt.id)
    return seen.conclude()


@rule("retries", "http", "truncation", needs=("retry",), parameters=("compare",))
def body_stays_the_same(view: View, terms: Terms) -> Judgement:
    """Every attempt of an event carries the same body: the same JSON value, or the same bytes."""
    seen = Observations(missing="no event was sent twice")
    exact = terms.parameters["compare"] == "bytes"
    for delivery in view.sole:
        whole = [attempt for attempt in delivery.attempts if attempt.malformed is None]
        for first, attempt in ((whole[0], again) for again in whole[1:]):
            same = attempt.body == first.body or (not exact and _same_value(first.body, attempt.body))
            if same:
                seen.saw(first.id, attempt.id)
            else:
                at = next((i for i, (a, b) in enumerate(zip(first.body, attempt.body, strict=False)) if a != b), 0)
                seen.broke(
                    f"the body of a retry of event {delivery.event_id!r} differs from the first at byte {at}",
                    first.id,
                    attempt.id,
                    excerpt=attempt.body[max(0, at - 60) : at + 200],
                )
    return seen.conclude()


def _same_value(one: bytes, other: bytes) -> bool:
    """Whether two bodies are the same JSON value; true is not 1, whatever Python says."""
    try:
        first, second = parse(one, exact=True), parse(other, exact=True)
    except JsonFault:
        return False
    return first_difference(first, second) is None and first_difference(second, first) is None


@rule("catalog", "retries", "routing", "sequences", needs=("emit",))
def ids_are_unique(view: View, _terms: Terms) -> Judgement:
    """No two events share an envelope id."""
    seen = Observations(missing="fewer than two events were delivered")
    bodies: dict[str, tuple[str, str, object]] = {}
    for attempt in view.attempts:
        body = view.body(attempt)
        if body.event_id is None:
            continue
        told = (body.type or "", mark_of(body.data) or body.data)  # wherever it came, and whatever became of its payload
        known = bodies.setdefault(body.event_id, (attempt.id, *told))
        if known[1:] != told:
            seen.broke(f"id {body.event_id!r} is carried by two different events", known[0], attempt.id, pointer="/id")
    first_of: dict[str, str] = {}
    for emission in view.accepted:
        event_id = emission.event_id or ""
        if event_id in first_of:
            seen.broke(f"two emissions were given the same id {event_id!r}", first_of[event_id], emission.id)
        first_of[event_id] = emission.id
    if len(bodies) > 1:
        seen.saw(*(known[0] for known in bodies.values()))
    return seen.conclude()


@rule("catalog", "routing", needs=("emit",))
def events_are_not_doubled(view: View, _terms: Terms) -> Judgement:
    """An event of ours reaches each endpoint under one id only; it is known by its mark, whatever its id."""
    seen = Observations(missing="no event that can be told apart was delivered with a canary afterwards")
    ours = {(emission.type, mark): emission for emission in view.accepted if (mark := mark_of(emission.data)) is not None}
    known: dict[tuple[str, str, str], dict[str, str]] = {}
    for attempt in view.attempts:
        body = view.body(attempt)
        key = (body.type or "", mark_of(body.data) or "")
        if key in ours and body.event_id is not None:
            known.setdefault((attempt.endpoint, *key), {}).setdefault(body.event_id, attempt.id)
    for (endpoint, kind, mark), firsts in known.items():
        emission = ours[kind, mark]
        if len(firsts) > 1:
            seen.broke(f"one event of type {kind!r} reached {endpoint} under {len(firsts)} ids", *firsts.values(), pointer="/id")
        elif canary := later_canary(view, emission):
            seen.saw(emission.id, *firsts.values(), canary)
    return seen.conclude()


@rule("retries", "http", needs=("retry",))
def ids_survive_in_every_header(view: View, _terms: Terms) -> Judgement:
    """A delivery's id header, where there is one, equals the envelope id on every attempt."""
    seen = Observations(missing="no attempt carries a webhook-id header")
    for attempt in view.attempts:
        header, body = view.fields(attempt).get("webhook-id"), view.body(attempt)
        if header is None or body.event_id is None:
            continue
        if header == body.event_id:
            seen.saw(attempt.id)
        else:
            seen.broke(f"webhook-id is {header!r}, the envelope id {body.event_id!r}", attempt.id)
    return seen.conclude()
