"""The envelope of every delivery: strict JSON, promised members, known type, a time with a zone, honest truncation flag.

Law: a finding names the pointer; one attempt gives one finding per rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from hookproof.model.contract import Contract
from hookproof.model.transcript import Attempt
from hookproof.model.verdict import Judgement, Observations, not_applicable
from hookproof.rules import bodies
from hookproof.rules.bodies import Violation
from hookproof.rules.rule import Terms, rule
from hookproof.rules.timing import NANO
from hookproof.rules.view import Body, View, seconds_of

Faults = Callable[[Body, Contract], Sequence[Violation] | None]
"""What is wrong with a body; None where it cannot be told, so that it is no evidence."""


def _each_body(view: View, faults: Faults) -> Judgement:
    seen = Observations(missing="nothing was delivered")
    for body, attempts in view.by_body:
        ids = [attempt.id for attempt in attempts]
        found = faults(body, view.contract)
        for violation in (found or ())[:1]:
            message = f"{violation.pointer or 'body'}: {violation.message}"
            seen.broke(message, *ids, pointer=violation.pointer, excerpt=attempts[0].body)
        if found is not None and not found:
            seen.saw(*ids)
    return seen.conclude()


def _readable(faults: Faults) -> Faults:
    """Judge only what is JSON; unreadable bodies break their own clause."""

    def judge(body: Body, contract: Contract) -> Sequence[Violation] | None:
        return faults(body, contract) if body.fault is None else None

    return judge


@rule("catalog", "retries", "values", "truncation")
def bodies_are_strict_json(view: View, _terms: Terms) -> Judgement:
    """Every body is one JSON text in UTF-8 without byte order mark, duplicate names or half characters."""
    return _each_body(view, lambda body, _contract: bodies.json_faults(body))


@rule("catalog", "retries", "values", optional=("schema",))
def envelopes_have_their_shape(view: View, terms: Terms) -> Judgement:
    """Every body has the envelope's members with their JSON types; ``schema`` is another one of the whole body that it keeps to."""
    schema = terms.parameters.get("schema")
    if schema is None:
        return _each_body(view, _readable(bodies.envelope_faults))
    compiled = bodies.validator(schema)

    def faults(body: Body, _contract: Contract) -> Sequence[Violation]:
        return [Violation(rule="", pointer=p, message=m) for p, m in bodies.schema_faults(compiled, body.value)]

    return _each_body(view, _readable(faults))


@rule("catalog", "retries", "values")
def types_are_known(view: View, _terms: Terms) -> Judgement:
    """Every body names an event type of the contract, and the one under which its event was accepted."""
    seen = Observations(missing="nothing was delivered")
    pointer = bodies.pointer_of([view.contract.envelope.type_member or ""])
    for body, attempts in view.by_body:
        ids = [attempt.id for attempt in attempts]
        emission = view.named(attempts[0])
        if body.fault is not None:
            continue
        if body.type is None and body.shapes:
            continue  # it is one of several events with one shape, and not one of ours that was marked
        if body.type is None or (body.type not in view.contract.events and not view.contract.open_catalog):
            seen.broke(f"the contract knows no event type {body.type!r}", *ids, pointer=pointer, excerpt=attempts[0].body)
        elif emission is not None and emission.type != body.type:
            seen.broke(f"{emission.type!r} was emitted, {body.type!r} arrived", emission.id, *ids, pointer=pointer)
        else:
            seen.saw(*ids)
    return seen.conclude()


@rule("catalog", "retries", "values")
def creation_times_have_a_zone(view: View, _terms: Terms) -> Judgement:
    """Every creation time is an ISO 8601 date and time with a zone."""
    return _each_body(view, _readable(_stated_times))


def _stated_times(body: Body, contract: Contract) -> Sequence[Violation] | None:
    """Judge a time that is there; a missing one breaks the envelope's shape."""
    text = body.value.get(contract.envelope.created_member) if isinstance(body.value, dict) else None
    return bodies.time_faults(body, contract) if isinstance(text, str) else None


@rule("catalog", "retries", needs=("emit",))
def creation_times_are_true(view: View, terms: Terms) -> Judgement:
    """An event's creation time lies at its emission, within one second, and is the same on every attempt."""
    seen = Observations(missing="no delivery of ours has a readable creation time")
    name = view.contract.envelope.created_member or ""
    for delivery in view.deliveries:
        emission = delivery.emission
        texts = {str(view.body(a).value.get(name)) for a in delivery.attempts if isinstance(view.body(a).value, dict)}
        if emission is None or not texts:
            continue
        if len(texts) > 1:
            seen.broke(f"event {delivery.event_id!r} was created at {' and at '.join(sorted(texts))}", *delivery.ids)
            continue
        found = seconds_of(texts.pop())
        least, most = _emission_window(emission.clock, emission.started_wall, emission.done_at - emission.started_at)
        if found is None or least is None:
            continue
        if least - 1 <= found <= most + 1:
            seen.saw(delivery.ids[0])
        else:
            seen.broke(
                f"created_at lies {found - least:.1f} s from the emission",
                emission.id,
                delivery.ids[0],
                pointer=bodies.pointer_of([name]),
            )
    return seen.conclude(grade=terms.capabilities.grade)


def _emission_window(clock: str | None, started_wall: int, lasted: int) -> tuple[float | None, float]:
    if clock is not None:
        now = seconds_of(clock)
        return now, now or 0.0
    return started_wall / NANO, (started_wall + lasted) / NANO


@rule("catalog", "values", "truncation")
def small_events_are_whole(view: View, _terms: Terms) -> Judgement:
    """No event far below the size limit is marked as truncated; an explicit false is a legal reading."""
    seen = Observations(missing="nothing was delivered")
    flag = view.contract.envelope.truncated_member
    if flag is None:
        return not_applicable("the contract's envelope has no such member")
    for body, attempts in view.by_body:
        value, ids = body.value, [attempt.id for attempt in attempts]
        if not isinstance(value, dict) or view.contract.envelope.data_member not in (None, *value):
            continue
        if not _far_below_the_limit(view, attempts[0]):
            continue
        if value.get(flag, False) is False:
            seen.saw(*ids)
            seen.read_as("flag sent as false" if flag in value else "")
        else:
            seen.broke(f"{flag!r} is {value[flag]!r} on a whole payload", *ids, pointer=bodies.pointer_of([flag]))
    return seen.conclude()


def _far_below_the_limit(view: View, attempt: Attempt) -> bool:
    """Whether an event is so small that no reading of the limit is in doubt."""
    promise, emission = view.contract.policy.truncation, view.meant(attempt)
    size = len(attempt.body) if emission is None else len(json.dumps(emission.data))
    return promise is None or (2 * size < min(promise.limits) and not (emission is None and view.body(attempt).truncated))
