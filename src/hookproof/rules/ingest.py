"""Taking events in: emissions with one idempotency key make one event, however many there are and however close together.

Law: a repeat may be answered with the same id or refused, never with another id and never with an error of the server.
"""

from __future__ import annotations

from hookproof.model.transcript import Emission, Note
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.routing import last_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View


@rule("ingest", needs=("emit", "idempotency"))
def one_key_makes_one_event(view: View, _terms: Terms) -> Judgement:
    """All emissions of a tenant that carry one idempotency key make one event; another key makes another event."""
    seen = Observations(missing="no two emissions carried one key with a canary afterwards")
    emissions = {emission.id: emission for emission in view.emissions}
    known: dict[str, str] = {}
    for note in (n for n in view.notes if n.name == "same-key"):
        made = [emissions[name] for name in note.facts["emissions"] if name in emissions]
        canary = last_canary(view, made[0].scope) if made else None
        if len(made) < 2 or canary is None or canary.emission is None or canary.emission.started_at < made[-1].done_at:  # noqa: PLR2004 -- a repeat needs two
            continue
        _judge_answers(note, made, seen)
        _judge_deliveries(view, made, seen)
        for event_id in {e.event_id for e in made if e.event_id is not None}:
            if event_id in known:
                seen.broke(f"two keys were given one event, {event_id!r}", known[event_id], made[0].id)
            known[event_id] = made[0].id
    return seen.conclude()


def _judge_answers(note: Note, made: list[Emission], seen: Observations) -> None:
    taken = {e.event_id: e.id for e in reversed(made) if e.event_id is not None}
    failed = [e for e in made if e.status >= 500]  # noqa: PLR2004 -- server errors
    key = str(note.facts["key"])
    if failed:
        seen.broke(f"an emission with the key {key!r} was answered {failed[0].status}", *(e.id for e in failed[:5]))
    if len(taken) > 1:
        seen.broke(f"{len(made)} emissions with the key {key!r} were given {len(taken)} ids", *list(taken.values())[:5])
    elif not taken:
        seen.broke(f"none of {len(made)} emissions with the key {key!r} was accepted", *(e.id for e in made[:5]))
    else:
        seen.saw(*(e.id for e in made))


def _judge_deliveries(view: View, made: list[Emission], seen: Observations) -> None:
    """What arrived must belong to an event that somebody was told of."""
    for delivery in view.deliveries:
        body = view.body(delivery.attempts[0])
        if delivery.emission is None and body.type == made[0].type and view.scope_of(delivery.endpoint) == made[0].scope:
            seen.broke(f"event {delivery.event_id!r} arrived, but no emission was told of it", made[0].id, delivery.ids[0])
