"""What every rule about receivers looks at: deliveries with their controls, and what somebody inside says of effects.

Law: a faulty delivery counts only between two accepted controls; without them its refusal proves nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from hookproof.model.transcript import Effect, Exchange
from hookproof.model.verdict import Judgement, Outcome, not_applicable
from hookproof.rules.rule import Terms
from hookproof.rules.view import View

CONTROL = "control"
UNMAKEABLE = "unmakeable"
"""Name of the note that under the declared scheme there is no delivery of a kind: a scheme without a time knows no stale one."""
UNSIGNED = "what is not signed was refused, and without the receiver's secret nothing can be signed"


def faulty(view: View, faults: Sequence[str]) -> list[Exchange]:
    """Give the deliveries with one of these faults, in order; all faulty ones if none is named."""
    return [x for x in view.exchanges if x.fault and (not faults or x.fault in faults)]


def correct(view: View, purposes: Sequence[str]) -> list[Exchange]:
    """Give the correct deliveries with one of these purposes, in order."""
    return [x for x in view.exchanges if not x.fault and x.purpose in purposes]


def controls(view: View, seen: Exchange) -> tuple[list[Exchange], list[Exchange]]:
    """Give the controls of a delivery's case, before and after it."""
    same = [x for x in view.exchanges if seen.case and x.case == seen.case and x.purpose == CONTROL]
    return [x for x in same if x.done_at <= seen.started_at], [x for x in same if x.started_at >= seen.done_at]


def spoiled(view: View, seen: Exchange) -> str:
    """Say why nothing can be concluded from a delivery's case; empty if its controls were sent and accepted."""
    before, after = controls(view, seen)
    if not before or not after:
        return "a control is missing"
    refused = next((x for x in (*before, *after) if not x.accepted), None)
    return "" if refused is None else f"a correct control got {told(refused)}"


def unsignable(terms: Terms, seen: Exchange) -> bool:
    """Whether a refusal proves nothing because the contract has deliveries signed and the receiver's secret is not known to us."""
    return terms.contract.policy.signing is not None and terms.capabilities.signing is None and 400 <= seen.status <= 499  # noqa: PLR2004 -- 4xx


def under_the_scheme(view: View, terms: Terms, kinds: Sequence[str], judgement: Judgement) -> Judgement:
    """Say that a promise is none here, where the suite noted of every kind of delivery it is about that the scheme has no such thing."""
    if judgement.outcome is not Outcome.NOT_OBSERVED or not kinds:
        return judgement
    unmakeable = {note.facts.get("kind") for note in view.notes if note.name == UNMAKEABLE}
    if not unmakeable.issuperset(kinds):
        return judgement
    return not_applicable(f"under the scheme {terms.capabilities.signing} no delivery can be {' or '.join(kinds)}")


def witnessed(view: View) -> bool:
    """Whether any correct delivery was accepted."""
    return any(x.accepted and not x.fault for x in view.exchanges)


def told(seen: Exchange) -> str:
    """Say in words what a receiver answered."""
    return f"status {seen.status}" if seen.status else f"no answer ({seen.failure})"


def effects(view: View) -> Mapping[str, tuple[Effect, ...]]:
    """Give what was said of each event's effects, in order."""
    found: dict[str, list[Effect]] = defaultdict(list)
    for record in view.effects:
        found[record.event_id].append(record)
    return {event_id: tuple(said) for event_id, said in found.items()}


def discredited(view: View) -> str:
    """Say why nothing counts that was told of effects; empty if it was told that an event that was never sent took none."""
    sent = {x.event_id for x in view.exchanges}
    asked = [effect for effect in view.effects if effect.event_id not in sent and effect.count is not None]
    wrong = next((effect for effect in asked if effect.count), None)
    if wrong is not None:
        return f"who tells of effects ({wrong.via}) said that an event that was never sent took effect {wrong.count} times"
    return "" if asked else "nobody said of an event that was never sent that it took no effect"


def grades(said: Iterable[Effect], watched: float) -> str:
    """Say who was asked about effects, and for how many seconds at least after the last delivery nothing more came."""
    seen_by = " and ".join(sorted({effect.via for effect in said}))
    return f"effects seen by {seen_by}, last looked at {int(watched * 10) / 10:.1f} s after the last delivery"
