"""Which events of a contract a situation works with: plain ones in a stable order, and what to name to ask for all of them.

Law: the choice follows from the contract alone, so that the same contract is staged the same way for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hookproof.generate.marks import marked
from hookproof.model.contract import Contract, Event, Provenance
from hookproof.rules.marks import mark_of

_PREFIX = re.compile(r"[^.:]*[.:]?")
_KNOWN_SHAPES = (Provenance.DOCUMENTED, Provenance.SAMPLE, Provenance.INFERRED)
_ENOUGH = 4
"""Event types under one policy that situations tell apart."""


def plain_kinds(contract: Contract, policies: tuple[str, ...] | None) -> list[Event]:
    """Give the listed events of known shape without special routing that ride these policies, by default the contract's first.

    Where the first policy is that of few events, others stand around them: the first of all is the canary, which needs no retry.
    """
    policy = contract.policy
    special = {*policy.explicit_only, *policy.companions, *policy.companions.values(), *policy.management.values()}
    named = (contract.events[name] for name in contract.catalog if name not in special)
    found = [event for event in named if event.provenance in _KNOWN_SHAPES]
    wanted = tuple(policy.retry)[:1] if policies is None else policies
    fitting = [event for event in found if tuple(each.name for each in policy.policies_for(event.name)) == wanted]
    if policies is not None or len(fitting) >= _ENOUGH:
        return fitting
    others = [event for event in found if event not in fitting]
    return [*others[:1], *fitting, *others[1:]]


def plain_events(contract: Contract) -> list[Event]:
    """Give the listed events of known shape; where none has an id those come first that have something that serves instead."""
    named = (contract.events[name] for name in contract.catalog)
    found = [event for event in named if event.provenance in _KNOWN_SHAPES and event.examples]
    if contract.envelope.identified:
        return found
    return sorted(found, key=lambda event: not any(name in event.examples[0] for name in contract.policy.identity))


def everything(contract: Contract) -> tuple[str, ...]:
    """Give what a subscription names that asks for every event: ``*``, or every prefix, or every name."""
    policy, names = contract.policy, contract.catalog
    if policy.wildcard("*"):
        return ("*",)
    prefixes = (f"{found[0]}*" for name in names if (found := _PREFIX.match(name)))
    return tuple(dict.fromkeys(prefixes)) if "prefix" in policy.wildcards else names


def told_apart(contract: Contract, name: str, data: Any, marks: Iterator[str]) -> Any:  # noqa: ANN401 -- any JSON value
    """Give what a platform is told of an event, None standing for its first example, marked where its deliveries must be told apart.

    What is marked already, or known by the id of its envelope, stays as it is.
    """
    event, needed = contract.events.get(name), not contract.envelope.identified
    if data is None and event is not None:
        return marked(event, told(contract, name, event.examples[0]), next(marks), needed=needed)
    content = told(contract, name, data)
    if not needed or event is None or mark_of(content) is not None:
        return content
    return marked(event, content, next(marks), needed=True)


def told(contract: Contract, name: str, payload: Any) -> Any:  # noqa: ANN401 -- any JSON value
    """Give what a platform is told of an event: its payload, without what the platform itself writes into a body that is the payload."""
    bare = name in contract.events and contract.events[name].bare
    if contract.envelope.data_member is not None or bare or not isinstance(payload, dict):
        return payload
    return {member: value for member, value in payload.items() if member not in contract.envelope.filled}
