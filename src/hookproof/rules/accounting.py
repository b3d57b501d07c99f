"""The target's own account of what it sent: events given up are still in it, and large answers were not kept whole.

Law: an account that does not show what certainly happened says nothing by what it does not show.
"""

from __future__ import annotations

from hookproof.model.transcript import Attempt, Note
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.rule import Terms, rule
from hookproof.rules.subscribing import document
from hookproof.rules.timing import answer_class, legal_policies, settle_seconds, witness
from hookproof.rules.view import View

LARGE = 4 << 20
"""Bytes; an answer of which nobody needs so much."""

BOUND = 1 << 20
"""Bytes of an answer that may be kept."""


def _told(view: View) -> list[Note]:
    return [note for note in view.notes if note.name == "attempts"]


@rule("large_answers", needs=("emit", "inspect"))
def large_answers_are_not_kept_whole(view: View, _terms: Terms) -> Judgement:
    """Of a very large answer only a bounded part is kept."""
    seen = Observations(missing="the target does not tell response_bytes of an attempt that got a large answer")
    for note in _told(view):
        large = [a for a in view.by_endpoint.get(str(note.facts["endpoint"]), ()) if _size(a) >= LARGE]
        for entry in note.facts["attempts"] if large else ():
            kept = entry.get("response_bytes") if isinstance(entry, dict) else None
            if not isinstance(kept, int) or isinstance(kept, bool):
                continue
            if kept > BOUND:
                seen.broke(f"{kept} bytes of an answer of {_size(large[0])} were kept", large[0].id, note.id)
            else:
                seen.saw(large[0].id, note.id)
    return seen.conclude()


def _size(attempt: Attempt) -> int:
    return len(attempt.answer.body) * attempt.answer.body_repeat


@rule("retries", needs=("retry", "time"))
def given_up_events_are_accounted_for(view: View, terms: Terms) -> Judgement:
    """An event that was given up is still shown, in the delivery log or from inside, like one that was delivered."""
    seen = Observations(missing="no event was given up, with a canary long after, or no account showed the canary")
    working = _accounts_of(view, {d.event_id for found in view.canaries.values() for d in found})
    for delivery in view.deliveries:
        if delivery.emission is None or any(answer_class(attempt.answer) != "5xx" for attempt in delivery.attempts):
            continue
        longest = max((delay for policy in legal_policies(terms, delivery) for delay in policy.delays), default=0.0)
        canary = witness(view, terms, delivery.attempts[-1], settle_seconds(terms.capabilities, 2 * longest))
        asked = _accounts_of(view, {delivery.event_id}, delivery.endpoint, delivery.attempts[-1].at)
        asked = {kind: asked[kind] for kind in asked if working.get(kind, ("", False))[1]}
        if canary is None or not asked:
            continue
        showing = next((record for record, shown in asked.values() if shown), None)
        if showing is not None:
            seen.saw(delivery.ids[-1], showing, canary)
        else:
            what = " nor ".join(asked)
            sentence = f"event {delivery.event_id!r} was given up after {len(delivery.attempts)} sends and is in no {what}"
            seen.broke(sentence, delivery.ids[-1], *(record for record, _ in asked.values()), canary)
    return seen.conclude()


def _accounts_of(view: View, events: set[str], endpoint: str | None = None, after: int = 0) -> dict[str, tuple[str, bool]]:
    """Give by kind of account which record asked for it, of an endpoint or of any, and whether it shows one of the events.

    What was asked before ``after`` does not count.
    """
    found: dict[str, tuple[str, bool]] = {}
    owners = {record.endpoint_id: record.endpoint for record in view.subscriptions if record.endpoint_id}
    for exchange in (x for x in view.exchanges if x.operation == "listDeliveries" and x.accepted and x.started_at >= after):
        owner = next((owners[step] for step in exchange.path.split("/") if step in owners), None)
        entries = document(exchange.response_body).get("data")
        if isinstance(entries, list) and owner is not None and endpoint in (None, owner):
            shown = any(isinstance(entry, dict) and entry.get("event_id") in events for entry in entries)
            found["delivery log"] = _better(found.get("delivery log"), (exchange.id, shown))
    for note in (n for n in _told(view) if n.at >= after):
        if endpoint in (None, note.facts["endpoint"]) and note.facts["event_id"] in events:
            found["list of attempts"] = _better(found.get("list of attempts"), (note.id, bool(note.facts["attempts"])))
    return found


def _better(known: tuple[str, bool] | None, fresh: tuple[str, bool]) -> tuple[str, bool]:
    return known if known is not None and known[1] else fresh
