"""Bodies of deliveries, right ones and each with one thing wrong, and what the contract says of them.

Law: a corpus holds at least twenty bodies for each event, taken ones and refused ones among them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from hookproof.generate.deliveries import cut, enveloped
from hookproof.generate.payloads import payloads
from hookproof.model.contract import Contract, Event
from hookproof.model.verdict import Level
from hookproof.rules.bodies import validator, violations
from hookproof.staging.session import read_contract

NAMES = ("active_reach", "mobtexting", "orbit", "standard_webhooks", "whatsapp_crm")
VALID = 6
TIMES = ("2027-01-31T12:00:00+05:30", "2027-01-31t12:00z", "20270131T120000,5-0800", "2027-W05-7T12Z")
NO_TIMES = ("2027-01-31T12:00:00", "2027-01-31 12:00:00Z", "2027-13-01T12:00:00Z", "2027-01-31T24:00:00Z", "2027-01-31", "", "T")
WRONG: tuple[Any, ...] = (None, True, 0, 7.5, "", "text", [], {}, [None], {"a": None})


@cache
def contract(name: str) -> Contract:
    """Load one contract."""
    return read_contract(name)


def right(promised: Contract, event: Event, count: int = VALID, seed: int = 5) -> list[Any]:
    """Give bodies of an event as its platform would send them."""
    data = [*event.examples, *payloads(event, count, seed)]
    return [enveloped(promised, f"evt_{number}", event.name, "2027-01-31T12:00:00Z", each) for number, each in enumerate(data)]


def bodies(promised: Contract, event: Event) -> list[Any]:
    """Give right bodies of an event, and bodies with one thing changed."""
    whole = right(promised, event)
    fullest = whole[len(event.examples)]
    return [*whole, *_times(promised, whole[0]), *_changed(fullest), *_retyped(promised, fullest), *_truncated(promised, event, whole[0])]


@cache
def corpus(name: str) -> tuple[tuple[Event, tuple[tuple[Any, str | None], ...]], ...]:
    """Give for each event of a contract its bodies, each with what ``kept`` says of it."""
    promised = contract(name)
    events = sorted(promised.events.values(), key=lambda event: event.name)
    return tuple((event, tuple((body, kept(promised, body)) for body in bodies(promised, event))) for event in events)


def _times(promised: Contract, body: Any) -> Iterator[Any]:
    member = promised.envelope.created_member
    yield from ({**body, member: time} for time in (*TIMES, *NO_TIMES) if member)


def _changed(body: Any) -> Iterator[Any]:
    """Give the body without each of its members, and with each replaced by values of other types, down to the members of its data."""
    for path in _paths(body, 3):
        yield _put(body, path, ...)
        yield from (_put(body, path, value) for value in WRONG)


def _paths(value: Any, levels: int) -> Iterator[tuple[str, ...]]:
    for name, part in value.items() if isinstance(value, dict) and levels else ():
        yield (name,)
        yield from ((name, *rest) for rest in _paths(part, levels - 1))


def _put(body: Any, path: tuple[str, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    node = changed
    for step in path[:-1]:
        node = node[step]
    if value is ...:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return changed


def _retyped(promised: Contract, body: Any) -> Iterator[Any]:
    """Give the body under names of other events and under none, and with more members than are known."""
    member = promised.envelope.type_member
    yield {**body, "x_more": {"any": [1]}}
    for name in ("no.such.event", *sorted(promised.events)[:2]):
        yield from [{**body, member: name}] if member else []
    yield from ([], "text", None, 3)


def _truncated(promised: Contract, event: Event, body: Any) -> Iterator[Any]:
    how, names = promised.policy.truncation, promised.envelope
    if names.truncated_member is None or event.bare:
        return
    yield {**body, names.truncated_member: False}
    yield {**body, names.truncated_member: True}
    yield {**body, names.truncated_member: 1}
    if how is not None and names.data_member is not None:
        whole = cut(how, body, names.data_member, names.truncated_member, 300_000)
        yield whole
        yield {**whole, names.truncated_member: False}
        yield {**whole, names.type_member: "no.such.event"}
        yield from _changed(whole)


def kept(promised: Contract, body: Any) -> str | None:
    """Give the event that a body is known as, an empty name if it has none; None if the contract refuses it.

    Promises that no schema can state (sums) are left out; schemas of MUST clauses belong to the contract.
    """
    read, found = violations(json.dumps(body).encode(), promised)
    if any(violation.rule != "sums-add-up" for violation in found):
        return None
    binding = [c.parameters["schema"] for c in promised.clauses if c.level is Level.MUST and "schema" in c.parameters]
    if not all(_compiled(json.dumps(schema)).is_valid(read.value) for schema in binding):
        return None
    return read.type or next(iter(read.shapes), "")


@cache
def _compiled(schema: str) -> Any:
    return validator(json.loads(schema))
