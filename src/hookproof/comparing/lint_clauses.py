"""Finds clauses that can never be judged: what their rule looks for, this contract has not.

Law: a reason is given only where no recording whatever could make the clause kept or broken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from hookproof.comparing.draft import Draft
from hookproof.comparing.finding import Finding, finding_at
from hookproof.contracts.document import Path, did_you_mean
from hookproof.contracts.schema_check import members
from hookproof.model.contract import Clause, Contract
from hookproof.rules.catalogue import RULES
from hookproof.rules.rule import Rule
from hookproof.signing.schemes import SCHEMES

Lack = tuple[Path, str, str]
"""The key path below the clause, why it can never be judged, and what to do."""
_REMOVE = "Remove the clause, say under excluded why nobody can judge it, or mend what is missing."


def unreachable_clauses(draft: Draft) -> Iterator[Finding]:
    """Give the clauses of a contract that could be read which nothing can make kept or broken."""
    contract = draft.contract
    if contract is None:
        return
    for position, clause in enumerate(contract.clauses):
        if clause.rule is None:
            continue
        rule = RULES[clause.rule]
        for path, cause, remedy in (*_foreign_roles(clause, rule), *_lacks(contract, clause, rule)):
            where = ("clauses", position, *path)
            yield finding_at("unreachable-clause", draft.documents["clauses.yaml"], where, f"{clause.id}: {cause}", remedy)


def _foreign_roles(clause: Clause, rule: Rule) -> Iterator[Lack]:
    for number, role in enumerate(clause.roles):
        if role is not rule.role:
            remedy = f"Leave out {role.value}, or name a rule that judges it."
            yield ("roles", number), f"no suite of the role {role.value} stages what the rule {rule.name} judges", remedy


def _lacks(contract: Contract, clause: Clause, rule: Rule) -> Iterator[Lack]:
    wanted = _NEEDED.get(rule.name) or _NEEDED.get(rule.judge.__module__.rpartition(".")[2])
    if wanted is not None and (cause := wanted(contract, clause.parameters)) is not None:
        yield ("rule",), cause, _REMOVE
    if rule.per_event and not contract.events:
        yield ("rule",), "the contract has no event", _REMOVE
    for name, value in clause.parameters.items():
        check = _PARAMETERS.get((rule.name, name)) or _PARAMETERS.get(("", name))
        if check is not None:
            yield from ((("parameters", name, *path), cause, remedy) for path, cause, remedy in check(contract, value))
    if "policies" in rule.parameters and not _follows(contract, tuple(clause.parameters.get("policies", ()))):
        yield ("parameters",), "no event follows exactly these retry policies, in this order", "Name the policies of an assignment."


def _follows(contract: Contract, names: tuple[str, ...]) -> bool:
    missing = [name for name in names if name not in contract.policy.retry]  # told on its own
    legal = {tuple(policy.name for policy in contract.policy.policies_for(event)) for event in contract.events}
    lines = {line.policies for line in contract.policy.assignments}  # events of an open catalog follow the lines too
    return bool(missing) or names in (legal | lines if contract.open_catalog else legal)


def _unless(has: Callable[[Contract], object], cause: str) -> Callable[[Contract, Mapping[str, Any]], str | None]:
    return lambda contract, _parameters: None if has(contract) else cause


def _told(contract: Contract, parameters: Mapping[str, Any]) -> str | None:
    action = parameters.get("action")
    return None if action in contract.policy.management else f"the policy names no event for the action {action!r} under management"


def _cut(contract: Contract, _parameters: Mapping[str, Any]) -> str | None:
    if contract.policy.truncation is None:
        return "the policy says that nothing is ever truncated"
    return "no member of the body holds the payload (data_member), so nothing can be cut" if contract.envelope.data_member is None else None


def _by_wildcard(contract: Contract, parameters: Mapping[str, Any]) -> str | None:
    form = {"wildcard": "all", "prefix": "prefix"}.get(parameters.get("via", ""))
    return f"the policy knows no wildcard of the form {form!r}" if form and form not in contract.policy.wildcards else None


_NEEDED: Mapping[str, Callable[[Contract, Mapping[str, Any]], str | None]] = {
    "truncation": _cut,
    "oversized-events-are-delivered": _unless(lambda c: c.policy.truncation, "the policy says that nothing is ever truncated"),
    "consent": _unless(lambda c: c.policy.consent, "the policy says that nobody is asked for consent"),
    "management-is-told": _told,
    "companions-are-sent-along": _unless(lambda c: c.policy.companions, "the policy names no companions"),
    "named-subscribers-get-explicit-only-events": _unless(lambda c: c.policy.explicit_only, "the policy names no such event"),
    "sums-add-up": _unless(lambda c: any(e.relations for e in c.events.values()), "no event has relations"),
    "creation-times-have-a-zone": _unless(lambda c: c.envelope.created_member, "the envelope has no creation time"),
    "creation-times-are-true": _unless(lambda c: c.envelope.created_member, "the envelope has no creation time"),
    "id-stays-the-same": _unless(lambda c: c.envelope.identified, "deliveries have no id"),
    "ids-are-unique": _unless(lambda c: c.envelope.identified, "deliveries have no id"),
    "subscribers-get-their-events": _by_wildcard,
}
"""By the name of a rule or of its module: why a contract can never have what the rule looks for, None if it can."""


def _policies(contract: Contract, value: list[str]) -> Iterator[Lack]:
    for number, name in enumerate(value):
        if name not in contract.policy.retry:
            yield (number,), f"there is no retry policy {name!r}", did_you_mean(name, contract.policy.retry)


def _schemes(contract: Contract, value: list[str]) -> Iterator[Lack]:
    del contract
    for number, name in enumerate(value):
        if name not in SCHEMES:
            yield (number,), f"there is no signature scheme {name!r}", did_you_mean(name, SCHEMES)


def _event(contract: Contract, value: str) -> Iterator[Lack]:
    if value not in contract.events and not contract.open_catalog:
        yield (), f"{value!r} is no event of the contract", did_you_mean(value, contract.events)


def _pattern(contract: Contract, value: str) -> Iterator[Lack]:
    if not contract.open_catalog and not any(fnmatchcase(name, value) for name in contract.events):
        yield (), f"{value!r} covers no event of the contract", did_you_mean(value, contract.events)


def _key(contract: Contract, value: str) -> Iterator[Lack]:
    known = frozenset[str]().union(*(members(event.schema) for event in contract.events.values()))
    open_ = any(event.schema.get("properties") is None for event in contract.events.values())
    if value not in known and not open_ and not contract.open_catalog:
        yield (), f"no event has a member {value!r}", did_you_mean(value, known)


def _successes(contract: Contract, value: list[int | str]) -> Iterator[Lack]:
    del contract
    for number, status in enumerate(value):
        if not str(status).startswith("2"):
            yield (number,), f"{status!r} is no success", "Name statuses from 200 to 299, or 2xx."


_PARAMETERS: Mapping[tuple[str, str], Callable[[Contract, Any], Iterator[Lack]]] = {
    ("success-ends-the-schedule", "statuses"): _successes,
    ("", "policies"): _policies,
    ("", "schemes"): _schemes,
    ("", "last"): _event,
    ("", "first"): _event,
    ("", "then"): _event,
    ("", "among"): _pattern,
    ("", "key"): _key,
}
"""By rule (or any) and parameter: what a value of it can never meet."""
