"""What makes a repeat recognisable: ids that stay, bodies that stay, and ids that never serve two events.

Law: repeats are told apart by their endpoint (one emission can be meant there), never by the id that is being judged.
"""

from __future__ import annotations

from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.json_text import JsonFault, parse
from hookproof.rules.payload import first_difference
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View


@rule("retries", "http", "truncation", needs=("retry",))
def id_stays_the_same(view: View, _terms: Terms) -> Judgement:
    """Every attempt of an event carries the same envelope id, the one under which the event was accepted."""
    seen = Observations(missing="no event was sent twice")
    for delivery in view.sole:
        if len(delivery.attempts) < 2:  # noqa: PLR2004 -- a repeat needs two
            continue
        for attempt in delivery.attempts:
            found = view.body(attempt).event_id
            if found != delivery.event_id:
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
        if len(delivery.attempts) < 2:  # noqa: PLR2004 -- a repeat needs two
            continue
        first = delivery.attempts[0]
        for attempt in delivery.attempts[1:]:
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
        scope, kind, data = view.scope_of(attempt.endpoint), body.type or "", body.data
        known = bodies.setdefault(body.event_id, (attempt.id, f"{scope}/{kind}", data))
        if known[1] != f"{scope}/{kind}" or known[2] != data:
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
