"""Oversized events: where the limit lies, what a cut event looks like, and that it is cut and never dropped.

Law: every size is measured under every legal reading (what is measured, how it is serialised); one reading must explain all
that was seen, and the report names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from hookproof.model.contract import Contract
from hookproof.model.transcript import Attempt, Emission
from hookproof.model.verdict import Judgement, Observations, not_applicable, not_observed
from hookproof.rules import bodies
from hookproof.rules.rule import Terms, rule
from hookproof.rules.view import Body, View

_SERIALISATIONS: Mapping[str, Mapping[str, Any]] = {
    "compact UTF-8": {"separators": (",", ":"), "ensure_ascii": False},
    "compact ASCII": {"separators": (",", ":"), "ensure_ascii": True},
    "spaced UTF-8": {"ensure_ascii": False},
    "spaced ASCII": {"ensure_ascii": True},
}
_CHARACTERS = "characters"
"""Not a size in bytes: what a target may have counted instead."""

LONGEST_IDENTIFIER = 1024
"""Bytes; what is longer may be left out of a cut event, whatever it is called."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One oversized or nearly oversized event: what was emitted, what arrived, and its sizes by (measured, serialisation)."""

    emission: Emission
    attempt: Attempt
    truncated: bool
    sizes: dict[tuple[str, str], int]
    characters: int


def _size(value: Any, how: Mapping[str, Any]) -> int:  # noqa: ANN401 -- any JSON value
    return len(json.dumps(value, **how).encode("utf-8", "surrogatepass"))


def sizes_of(data: Any, envelope: dict[str, Any], data_member: str) -> dict[tuple[str, str], int]:  # noqa: ANN401 -- any JSON value
    """Measure ``data`` and its whole envelope under each serialisation, in bytes."""
    return _enveloped(_inner(data), envelope, data_member)


def _inner(data: Any) -> dict[str, int]:  # noqa: ANN401 -- any JSON value
    """Measure a payload, which may be large: spaces are counted, not written."""
    text, spaces = json.dumps(data, **_SERIALISATIONS["compact UTF-8"]), _spaces(data)
    utf8, ascii_only = len(text.encode("utf-8", "surrogatepass")), _size(data, _SERIALISATIONS["compact ASCII"])
    sizes = (utf8, ascii_only, utf8 + spaces, ascii_only + spaces)
    return {**dict(zip(_SERIALISATIONS, sizes, strict=True)), _CHARACTERS: len(text)}


def _spaces(value: Any) -> int:  # noqa: ANN401 -- any JSON value
    """Count the commas and colons of a value, each of which a spaced serialisation follows with a space."""
    if isinstance(value, dict):
        return max(2 * len(value) - 1, 0) + sum(map(_spaces, value.values()))
    if isinstance(value, list | tuple):
        return max(len(value) - 1, 0) + sum(map(_spaces, value))
    return 0


def _measured(view: View, emission: Emission) -> dict[str, int]:
    """Give the sizes of what was emitted; measured once for all views of a transcript."""
    sizes = view.readings.sizes.get(emission.id)
    if sizes is None:
        sizes = view.readings.sizes[emission.id] = _inner(emission.data)
    return sizes


def _enveloped(sizes: Mapping[str, int], envelope: dict[str, Any], data_member: str) -> dict[tuple[str, str], int]:
    found = {}
    for name, how in _SERIALISATIONS.items():
        inner = sizes[name]
        found["data", name] = inner
        found["envelope", name] = inner + _size({**envelope, data_member: None}, how) - len("null")
    return found


def _lowered(view: View) -> dict[str, bool]:
    """Give the flag as it stands in the envelope of a whole event: false where the target sends it, so that it was measured too."""
    flag = view.contract.envelope.truncated_member
    sent = flag is not None and any(isinstance(b.value, dict) and b.value.get(flag) is False for b, _ in view.by_body)
    return {flag: False} if flag is not None and sent else {}


def probes(view: View) -> Iterator[Probe]:
    """Give every delivery of this situation that can tell something of the limit."""
    names = view.contract.envelope
    lowered = _lowered(view)
    for delivery in view.deliveries:
        body = view.body(delivery.attempts[0])
        if delivery.emission is None or not isinstance(body.value, dict) or delivery.emission.purpose == "canary":
            continue
        envelope = {name: value for name, value in body.value.items() if name != names.truncated_member} | lowered
        sizes = _measured(view, delivery.emission)
        yield Probe(
            emission=delivery.emission,
            attempt=delivery.attempts[0],
            truncated=is_cut(view.contract, body, delivery.emission),
            sizes=_enveloped(sizes, envelope, names.data_member or ""),
            characters=sizes[_CHARACTERS],
        )


def is_cut(contract: Contract, body: Body, emission: Emission | None) -> bool:
    """Whether an event arrived cut, whatever it says of itself: with a mark in its payload, or with most of the original lost."""
    data, promise = body.data, contract.policy.truncation
    if promise is None or not isinstance(data, dict):
        return False
    if promise.flag_member in data or promise.size_member in data:
        return True
    sent = emission.data if emission is not None else None
    lost = isinstance(sent, dict) and bool(sent.keys() - data.keys())
    return (lost or emission is None) and (_raised(contract, body) or (lost and 2 * _compact(data) < _compact(sent)))


def _raised(contract: Contract, body: Body) -> bool:
    value = body.value.get(contract.envelope.truncated_member or "") if isinstance(body.value, dict) else None
    return value not in (None, False)


def _compact(value: Any) -> int:  # noqa: ANN401 -- any JSON value
    return _size(value, _SERIALISATIONS["compact UTF-8"])


def _contradictions(found: list[Probe], measured: tuple[str, str], limit: int) -> list[Probe]:
    return [probe for probe in found if probe.truncated != (probe.sizes[measured] > limit)]


Judging = Callable[[View, Terms], Judgement]


def _of_payloads(judge: Judging) -> Judging:
    """Judge only what can be cut: a payload in a member of its own, with the members that name the event standing beside it."""

    @wraps(judge)
    def judged(view: View, terms: Terms) -> Judgement:
        if terms.contract.envelope.data_member is None:
            return not_applicable("no member of the body holds the payload, so nothing tells what of it is cut")
        return judge(view, terms)

    return judged


@rule("truncation", needs=("emit",))
@_of_payloads
def cut_above_one_limit(view: View, terms: Terms) -> Judgement:
    """One legal reading of the size limit explains which events were cut and which arrived whole, to the byte."""
    promise = terms.contract.policy.truncation
    if promise is None:
        return not_applicable("the contract promises no truncation")
    found = list(probes(view))
    seen = Observations(missing="no event around the size limit was delivered")
    if not any(probe.truncated for probe in found) and not any(min(p.sizes.values()) > max(promise.limits) for p in found):
        return seen.conclude()
    readings = {
        f"{limit:,} bytes of {what}, {how}": _contradictions(found, (what, how), limit)
        for limit in promise.limits
        for what in promise.measured_on
        for how in _SERIALISATIONS
    }
    explained = [name for name, against in readings.items() if not against]
    if explained:
        seen.saw(*(id_ for probe in found for id_ in (probe.emission.id, probe.attempt.id)))
        seen.read_as(" or ".join(explained[:4]))
        return seen.conclude()
    name, against = min(readings.items(), key=lambda item: len(item[1]))
    culprit = against[0]
    state = "cut" if culprit.truncated else "not cut"
    seen.broke(
        f"no legal reading explains the cuts; nearest is {name}, but an event of {min(culprit.sizes.values()):,} to "
        f"{max(culprit.sizes.values()):,} bytes was {state}{_characters_hint(found, promise.limits)}",
        culprit.emission.id,
        culprit.attempt.id,
        excerpt=culprit.attempt.body,
    )
    return seen.conclude()


def _characters_hint(found: list[Probe], limits: tuple[int, ...]) -> str:
    for limit in limits:
        if all(probe.truncated == (probe.characters > limit) for probe in found):
            return f"; {limit:,} characters instead of bytes would explain it"
    return ""


@rule("truncation", needs=("emit",))
def oversized_events_are_delivered(view: View, terms: Terms) -> Judgement:
    """An accepted event is delivered however large it is."""
    promise = terms.contract.policy.truncation
    seen = Observations(missing="no event above every limit was accepted")
    arrived = {delivery.event_id: delivery for delivery in view.deliveries}
    canaries = [d for d in view.deliveries if d.emission is not None and d.emission.purpose == "canary"]
    undecided = 0
    for emission in view.accepted:
        if promise is None or (size := _measured(view, emission)["compact UTF-8"]) <= max(promise.limits):
            continue
        if emission.event_id in arrived:
            seen.saw(emission.id, arrived[emission.event_id].ids[0])
        elif _unreadable(view, emission):
            undecided += 1
        elif canaries and canaries[-1].emission is not None and canaries[-1].emission.started_at > emission.done_at:
            seen.broke(f"an accepted event of {size:,} bytes never arrived, a later canary did", emission.id, canaries[-1].ids[0])
        else:
            undecided += 1
    if undecided and not seen.findings:
        return not_observed(f"{undecided} large events had not arrived in a form that can be read, or no canary came after them")
    return seen.conclude()


def _unreadable(view: View, emission: Emission) -> bool:
    """Whether something came to a subscriber that may be this event in a form that nobody can read."""
    places = [endpoint for endpoint, due in view.due.items() if emission in due]
    later = (a for place in places for a in view.by_endpoint.get(place, ()) if a.accepted_at > emission.started_at)
    return any(view.body(attempt).fault is not None for attempt in later)


def _cut(view: View) -> Iterator[tuple[Attempt, Emission | None, dict[str, Any]]]:
    for attempt in view.attempts:
        body, emission = view.body(attempt), view.meant(attempt)
        if is_cut(view.contract, body, emission):
            yield attempt, emission, body.data


def _members(emission: Emission) -> Mapping[str, Any]:
    return emission.data if isinstance(emission.data, dict) else {}


@rule("truncation", needs=("emit",))
@_of_payloads
def cut_events_have_their_shape(view: View, terms: Terms) -> Judgement:
    """A cut event keeps id, type and time, says that it is cut in both places, and gives the size that was over."""
    if terms.contract.policy.truncation is None:
        return not_applicable("the contract promises no truncation")
    seen = Observations(missing="no cut event was delivered")
    compiled = bodies.validators_of(view.contract).truncated
    for attempt, _emission, _data in _cut(view):
        faults = bodies.schema_faults(compiled, view.body(attempt).value)
        if faults:
            seen.broke(f"{faults[0][0]}: {faults[0][1]}", attempt.id, pointer=faults[0][0], excerpt=attempt.body)
        else:
            seen.saw(attempt.id)
    return seen.conclude()


@rule("truncation", needs=("emit",))
@_of_payloads
def cut_events_give_their_size(view: View, terms: Terms) -> Judgement:
    """The size that a cut event gives is that of the original under a legal reading, and it is over the limit."""
    promise = terms.contract.policy.truncation
    seen = Observations(missing="no cut event of ours was delivered")
    sized = {probe.attempt.id: probe for probe in probes(view) if probe.truncated}
    for attempt, _emission, data in _cut(view):
        probe = sized.get(attempt.id)
        if promise is None or probe is None:
            continue
        given = data.get(promise.size_member)
        legal = {size: f"size of {what}, {how}" for (what, how), size in probe.sizes.items()}
        if isinstance(given, int) and given in legal:
            seen.saw(attempt.id)
            seen.read_as(legal[given].partition(",")[0])
        else:
            span = f"{min(legal):,} to {max(legal):,}"
            seen.broke(f"{promise.size_member} is {given!r}; the original measures {span} bytes", attempt.id, excerpt=attempt.body)
    return seen.conclude()


@rule("truncation", needs=("emit",))
@_of_payloads
def cut_events_hold_identifiers_only(view: View, terms: Terms) -> Judgement:
    """A cut event's data holds its two marks and identifier members of the original, unchanged, and nothing else."""
    promise = terms.contract.policy.truncation
    seen = Observations(missing="no cut event of ours was delivered")
    for attempt, emission, data in _cut(view):
        if promise is None or emission is None:
            continue
        extra = sorted(set(data) - {promise.flag_member, promise.size_member, *promise.identifiers})
        original = _members(emission)
        wrong = [n for n in promise.identifiers if n in data and (n not in original or original[n] != data[n])]
        if extra or wrong:
            what = f"unpromised member {extra[0]!r}" if extra else f"identifier {wrong[0]!r} that differs from the original"
            seen.broke(f"cut data holds {what}", attempt.id, excerpt=attempt.body)
        else:
            seen.saw(attempt.id)
    return seen.conclude()


@rule("truncation", needs=("emit",))
@_of_payloads
def cut_events_keep_all_identifiers(view: View, terms: Terms) -> Judgement:
    """A cut event keeps every identifier member that the original carried."""
    promise = terms.contract.policy.truncation
    seen = Observations(missing="no cut event of ours with identifiers was delivered")
    for attempt, emission, data in _cut(view):
        if promise is None or emission is None:
            continue
        original = _members(emission)
        carried = [name for name in promise.identifiers if name in original and _compact(original[name]) <= LONGEST_IDENTIFIER]
        lost = [name for name in carried if name not in data]
        if lost:
            seen.broke(f"the original's identifier {lost[0]!r} is missing from the cut data", attempt.id, excerpt=attempt.body)
        elif carried:
            seen.saw(attempt.id)
    return seen.conclude()


@rule("truncation", needs=("emit",))
@_of_payloads
def cut_events_fit_the_limit(view: View, terms: Terms) -> Judgement:
    """What a cut event carries is itself no larger than any reading of the limit allows."""
    promise = terms.contract.policy.truncation
    seen = Observations(missing="no cut event was delivered")
    for attempt, _emission, data in _cut(view):
        if promise is None:
            continue
        size = _compact(data)
        if size > max(promise.limits):
            seen.broke(f"what a cut event carries measures {size:,} bytes, the limit is {max(promise.limits):,}", attempt.id)
        else:
            seen.saw(attempt.id)
    return seen.conclude()
