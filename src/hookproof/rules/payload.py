"""The payload of every event: valid against its schema, its sums right, and arriving as it was emitted.

Law: what the platform adds is forward compatibility and legal; what it drops or changes is not.
"""

from __future__ import annotations

from typing import Any

from hookproof.model.transcript import Attempt
from hookproof.model.verdict import Judgement, Observations, not_observed
from hookproof.rules import bodies
from hookproof.rules.json_text import JsonFault, parse
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import View


def first_difference(sent: Any, arrived: Any, at: str = "") -> tuple[str, str] | None:  # noqa: ANN401 -- any two JSON values
    """Give (pointer, sentence) of the first place where ``arrived`` lacks or changes what was sent; extra members are legal."""
    if isinstance(sent, dict):
        return _object_difference(sent, arrived, at)
    if isinstance(sent, list):
        if not isinstance(arrived, list) or len(arrived) != len(sent):
            return at, f"a list of {len(sent)} was sent, {_kind(arrived)} arrived"
        pairs = enumerate(zip(sent, arrived, strict=True))
        return next((found for i, (a, b) in pairs if (found := first_difference(a, b, f"{at}/{i}")) is not None), None)
    same = _kind(sent) == _kind(arrived) and sent == arrived
    return None if same else (at, f"{_short(sent)} was sent, {_short(arrived)} arrived")


def _object_difference(sent: dict[str, Any], arrived: Any, at: str) -> tuple[str, str] | None:  # noqa: ANN401 -- any JSON value
    if not isinstance(arrived, dict):
        return at, f"an object was sent, {_kind(arrived)} arrived"
    for name, value in sent.items():
        place = at + bodies.pointer_of([name])
        if name not in arrived:
            return place, "the member is missing"
        if (found := first_difference(value, arrived[name], place)) is not None:
            return found
    return None


def _kind(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, dict) else "a number"


def _short(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004 -- a line's worth


@rule("catalog", needs=("emit",), per_event=True)
def payloads_match_their_schema(view: View, terms: Terms) -> Judgement:
    """Every delivered payload of the event is valid against its schema."""
    assert terms.event is not None
    seen = Observations(missing=_why_unseen(view, terms.event.name))
    compiled = bodies.validators_of(terms.contract).event(terms.event)
    for body, attempts in view.by_type.get(terms.event.name, ()):
        ids = [attempt.id for attempt in attempts]
        faults = () if body.truncated else bodies.schema_faults(compiled, body.data, at=bodies.data_pointer(body, terms.contract))
        if faults:
            pointer, message = faults[0]
            seen.broke(f"{pointer}: {message}", *ids, pointer=pointer, excerpt=attempts[0].body)
        elif not body.truncated:
            seen.saw(*ids)
    return seen.conclude()


def _why_unseen(view: View, event: str) -> str:
    if event in view.refused:
        return f"the target refused to emit it (status {view.refused[event].status})"
    return "no delivery of the event was seen"


@rule("catalog", needs=("emit",), per_event=True)
def payloads_arrive_unchanged(view: View, terms: Terms) -> Judgement:
    """What was emitted under the event arrives with the same value at every member."""
    assert terms.event is not None
    seen = Observations(missing=_why_unseen(view, terms.event.name))
    for body, attempts in view.by_type.get(terms.event.name, ()):
        ids = [attempt.id for attempt in attempts]
        emission = view.named(attempts[0])
        if emission is None or body.truncated or emission.type != terms.event.name:
            continue
        found = first_difference(emission.data, body.data, bodies.data_pointer(body, terms.contract))
        if found is None:
            seen.saw(emission.id, *ids)
        else:
            seen.broke(f"{found[0]}: {found[1]}", emission.id, *ids, pointer=found[0], excerpt=attempts[0].body)
    return seen.conclude()


@rule("catalog", needs=("emit",))
def sums_add_up(view: View, terms: Terms) -> Judgement:
    """Totals equal the sum of their parts wherever the contract promises it."""
    seen = Observations(missing="no event with a promised sum was delivered")
    for event in terms.contract.events.values():
        for body, attempts in view.by_type.get(event.name, ()) if event.relations else ():
            ids = [attempt.id for attempt in attempts]
            faults = bodies.sum_faults(body, event, bodies.data_pointer(body, terms.contract))
            for fault in faults[:1]:
                seen.broke(fault.message, *ids, pointer=fault.pointer, excerpt=attempts[0].body)
            if not faults:
                seen.saw(*ids)
    return seen.conclude()


@rule("values", needs=("emit",), parameters=("kind",))
def hard_values_arrive_unchanged(view: View, terms: Terms) -> Judgement:
    """Values that careless code spoils arrive unchanged: every kind of Unicode text, or extreme numbers."""
    kind = terms.parameters["kind"]
    seen = Observations(missing=f"no event with hard {kind} was delivered")
    refused = [e for e in view.emissions if e.purpose == kind and e.event_id is None]
    for attempt in view.attempts:
        body = view.body(attempt)
        emission = view.named(attempt)
        if emission is None or emission.purpose != kind or body.truncated:
            continue
        found = first_difference(emission.data, _exact_data(attempt, view), bodies.data_pointer(body, terms.contract))
        if found is None:
            seen.saw(emission.id, attempt.id)
        else:
            seen.broke(f"{found[0]}: {found[1]}", emission.id, attempt.id, pointer=found[0], excerpt=attempt.body)
    if refused and not seen.findings:
        return not_observed(f"the target refused to emit {len(refused)} of them (status {refused[0].status})")
    return seen.conclude()


def _exact_data(attempt: Attempt, view: View) -> Any:  # noqa: ANN401 -- any JSON value
    try:
        value = parse(attempt.body)
    except JsonFault:
        return None
    return view.contract.payload(value) if isinstance(value, dict) else value
