"""Order: events that share a key are taken one after the other, in the order in which they happened.

Law: only emissions that certainly followed one another are compared, and an event counts as taken when we began to answer 2xx.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from hookproof.model.contract import Contract
from hookproof.model.transcript import Attempt, Emission
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View


@rule("order", needs=("retry",), parameters=("key",))
def events_of_a_key_keep_their_order(view: View, terms: Terms) -> Judgement:
    """No event is sent to an endpoint before the one of its key that happened earlier was taken there, also if that failed first."""
    seen = Observations(missing="no event failed at an endpoint that was due a later one with the same key")
    attempts = _sent(view)
    for endpoint, emissions in _by_key(view, terms.parameters["key"]):
        rows = [attempts.get((endpoint, emission.event_id or ""), ()) for emission in emissions]
        if not any(row and not row[0].answer.succeeds for row in rows):
            continue
        for (earlier, first), (later, second) in pairwise(zip(emissions, rows, strict=True)):
            taken = next((a for a in first if a.answer.succeeds and a.answer_started_at is not None), None)
            if taken is None or not second or earlier.done_at >= later.started_at:
                continue
            if second[0].accepted_at < (taken.answer_started_at or 0):
                what = f"event {later.event_id!r} was sent to {endpoint} before {earlier.event_id!r}, which happened earlier"
                seen.broke(f"{what} and has the same {terms.parameters['key']}, was taken there", second[0].id, taken.id)
            else:
                seen.saw(taken.id, second[0].id)
    return seen.conclude()


def held_back(view: View, contract: Contract) -> set[tuple[str, str]]:
    """Give the endpoints and events that may still wait there, because one of their key before them failed and order is promised."""
    keys = {clause.parameters["key"] for clause in contract.clauses if clause.rule == events_of_a_key_keep_their_order.name}
    sent = _sent(view) if keys else {}
    found: set[tuple[str, str]] = set()
    for endpoint, emissions in (row for key in keys for row in _by_key(view, key)):
        places = [(endpoint, emission.event_id or "") for emission in emissions]
        failing = (at for at, emission in enumerate(emissions) if _still_failing(sent.get(places[at], ()), emission.type, contract))
        found.update(places[next(failing, len(places)) + 1 :])
    return found


def _still_failing(attempts: Sequence[Attempt], kind: str, contract: Contract) -> bool:
    """Whether an event was sent, never taken, and is not given up yet."""
    most = max((len(policy.delays) + 1 for policy in contract.policy.policies_for(kind)), default=1)
    return 0 < len(attempts) < most and not any(attempt.answer.succeeds for attempt in attempts)


def _sent(view: View) -> Mapping[tuple[str, str], Sequence[Attempt]]:
    """Give all attempts by endpoint and event id."""
    found: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for attempt in view.attempts:
        found[attempt.endpoint, view.body(attempt).event_id or ""].append(attempt)
    return found


def _by_key(view: View, key: str) -> list[tuple[str, list[Emission]]]:
    """Give the emissions that each endpoint was due, in order, apart by their value of the key."""
    found: dict[tuple[str, str], list[Emission]] = defaultdict(list)
    for endpoint, due in view.due.items():
        for emission in sorted(due, key=lambda e: e.started_at):
            value: Any = emission.data.get(key) if isinstance(emission.data, dict) else None
            if value is not None:
                found[endpoint, repr(value)].append(emission)
    return [(endpoint, emissions) for (endpoint, _), emissions in found.items()]
