"""What becomes of events while the target's storage fails: refused or delivered, never accepted and lost.

Law: a loss is only said of what was accepted with a 2xx, and only between two controls that the same endpoint got.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hookproof.model.transcript import Attempt, Emission
from hookproof.model.verdict import Judgement, Observations
from hookproof.rules.durability import next_wait
from hookproof.rules.payload import first_difference
from hookproof.rules.routing import last_canary
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import passed
from hookproof.rules.view import Delivery, View


class _Outage:
    """One stretch of failing storage as one tenant saw it: emissions made meanwhile, and the controls around it."""

    def __init__(self, view: View, begin: int, end: int, canary: Delivery) -> None:
        self.view, self.begin, self.end, self.canary = view, begin, end, canary
        self.scope = canary.emission.scope if canary.emission else ""
        self.got = {(d.endpoint, d.event_id): d for d in view.deliveries}

    def delivered(self, endpoint: str, emission: Emission) -> Attempt | None:
        """Give the last attempt that carried an emission to an endpoint."""
        found = self.got.get((endpoint, emission.event_id or ""))
        return found.attempts[-1] if found else None

    def witnesses(self, endpoint: str) -> tuple[str, ...]:
        """Give the deliveries of emissions before and after the outage to an endpoint, and the canary; nothing without all three."""
        due = self.view.due.get(endpoint, ())
        before = next((a for e in due if e.done_at <= self.begin and (a := self.delivered(endpoint, e))), None)
        after = next((a for e in due if e.started_at >= self.end and (a := self.delivered(endpoint, e))), None)
        return (before.id, after.id, self.canary.ids[0]) if before and after else ()


def _outages(view: View, state: str) -> Iterator[_Outage]:
    marks = [note for note in view.notes if note.name == "storage"]
    for begin, end in pairwise(marks):
        if begin.facts.get("state") != state or end.facts.get("state") != "ok":
            continue
        for scope in view.canaries:
            canary = last_canary(view, scope)
            if canary is not None and canary.emission is not None and canary.emission.started_at >= end.at:
                yield _Outage(view, begin.at, end.at, canary)


def _judge_meanwhile(outage: _Outage, state: str, seen: Observations) -> None:
    """What was emitted while the storage failed was refused, or is delivered as well as the controls."""
    meanwhile = [e for e in outage.view.emissions if outage.begin <= e.started_at <= outage.end and e.scope == outage.scope]
    for endpoint in outage.view.history:
        witnesses = outage.witnesses(endpoint)
        for emission in meanwhile if witnesses else ():
            if emission.event_id is None:
                seen.saw(emission.id, *witnesses)
            elif not outage.view.covered(endpoint, emission):
                continue
            elif arrived := outage.delivered(endpoint, emission):
                seen.saw(emission.id, arrived.id, *witnesses)
            else:
                seen.broke(
                    f"event {emission.event_id!r} was accepted ({emission.status}) while the storage was {state} and never delivered",
                    emission.id,
                    *witnesses,
                )


def _judge_subscribed(outage: _Outage, state: str, seen: Observations) -> None:
    """An endpoint that was accepted while the storage failed gets what is emitted after."""
    view = outage.view
    for endpoint, records in view.history.items():
        if not outage.begin <= records[0].at <= outage.end or records[0].scope != outage.scope:
            continue
        for emission in (e for e in view.due[endpoint] if e.started_at >= outage.end):
            if arrived := outage.delivered(endpoint, emission):
                seen.saw(records[0].id, emission.id, arrived.id)
            else:
                sentence = f"endpoint {endpoint} was accepted while the storage was {state} and got nothing afterwards"
                seen.broke(sentence, records[0].id, emission.id, outage.canary.ids[0])


def _judge_waiting(outage: _Outage, terms: Terms, state: str, seen: Observations) -> None:
    """What was accepted before and waits for its retry comes after the outage, whole."""
    view = outage.view
    for delivery in view.sole:
        emission, first = delivery.emission, delivery.attempts[0] if delivery.attempts else None
        if emission is None or first is None or emission.scope != outage.scope or emission.done_at > outage.begin:
            continue
        taken = any(attempt.answer.succeeds and attempt.accepted_at <= outage.begin for attempt in delivery.attempts)
        if taken or first.accepted_at > outage.begin:
            continue
        later = [attempt for attempt in delivery.attempts[1:] if attempt.accepted_at > outage.begin]
        if damaged := next((attempt for attempt in later if _differs(view, first, attempt)), None):
            seen.broke(
                f"event {emission.event_id!r} waited for its retry while the storage was {state} and came damaged",
                first.id,
                damaged.id,
                excerpt=damaged.body,
            )
        elif later:
            seen.saw(first.id, later[0].id)
        elif (wait := next_wait(terms, emission, 1)) is not None and (
            passed(view, terms, outage.scope, emission.done_at, outage.canary.attempts[0]) >= wait
        ):
            seen.broke(
                f"event {emission.event_id!r} waited for its retry while the storage was {state} and never came again",
                first.id,
                outage.canary.ids[0],
            )


def _differs(view: View, first: Attempt, later: Attempt) -> bool:
    """Whether a readable body was followed by one that is not, or by other data; how bodies may differ otherwise is judged elsewhere."""
    one, two = view.body(first), view.body(later)
    return later.malformed is None and one.fault is None and (two.fault is not None or first_difference(one.data, two.data) is not None)


def _survives(view: View, terms: Terms, state: str) -> Judgement:
    seen = Observations(missing=f"nothing was emitted while the storage was {state}, between two delivered events and before a canary")
    for outage in _outages(view, state):
        _judge_meanwhile(outage, state, seen)
        if seen.evidence or seen.findings:  # the controls came
            _judge_subscribed(outage, state, seen)
            _judge_waiting(outage, terms, state, seen)
    return seen.conclude()


@rule("storage_down", needs=("emit", "faults"))
def nothing_is_lost_while_storage_is_down(view: View, terms: Terms) -> Judgement:
    """What is accepted while the storage is down is delivered once it is back, and what was accepted before is not harmed."""
    return _survives(view, terms, "down")


@rule("storage_full", needs=("emit", "faults"))
def nothing_is_lost_while_storage_is_full(view: View, terms: Terms) -> Judgement:
    """What is accepted while the storage is full is delivered once there is space, and what was accepted before is not harmed."""
    return _survives(view, terms, "full")
