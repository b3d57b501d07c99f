"""Which clauses a change touches, and whose certificates rest on them.

Law: a rule is touched by every part of a contract that its module reads; ``tests`` hold the table against the modules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hookproof.model.contract import Contract, Role
from hookproof.rules.catalogue import RULES

EVERYTHING = frozenset({"envelope", "name"})
"""What every rule rests on: bodies are read by the envelope, and ids begin with the name."""
ASPECTS: Mapping[str, frozenset[str]] = {
    module: frozenset(words.split())
    for module, words in {
        "accounting": "retry",
        "awaiting": "timeout",
        "consent": "consent",
        "durability": "retry",
        "envelope": "events catalog truncation",
        "http_form": "retry fields",
        "idempotency": "identity truncation",
        "identity": "identity signing",
        "ingest": "",
        "jitter": "retry",
        "management": "management api",
        "network": "",
        "order": "retry",
        "payload": "events catalog",
        "receiving": "events catalog signing timeout identity success",
        "receiving_answers": "timeout success events catalog",
        "receiving_effects": "events catalog signing identity",
        "receiving_guards": "timeout signing",
        "redirects": "retry success",
        "retries": "retry timeout success",
        "routing": "events catalog explicit_only wildcards companions",
        "schedule": "retry",
        "secrecy": "signing",
        "sequences": "companions events",
        "signature": "signing",
        "storage": "retry",
        "subscribing": "catalog wildcards api events",
        "switching": "api",
        "truncation": "truncation",
    }.items()
}
"""By the module of a rule: the parts of a contract that it reads."""


def touched(contract: Contract, aspects: Collection[str]) -> tuple[str, ...]:
    """Give the ids of the judged clauses whose rules read one of these parts, in the contract's order."""
    wanted = frozenset(aspects)
    return tuple(
        clause.id
        for clause in contract.clauses
        if clause.rule is not None and wanted & (EVERYTHING | ASPECTS[RULES[clause.rule].judge.__module__.rpartition(".")[2]])
    )


def by_role(contracts: Collection[Contract], ids: Collection[str]) -> Mapping[Role, tuple[str, ...]]:
    """Give for each role which of these clauses it is judged by, in either contract; certificates of that role rest on them."""
    found: dict[Role, dict[str, None]] = {role: {} for role in Role}
    for contract in contracts:
        for clause in contract.clauses:
            if clause.id in ids and clause.rule is not None:
                for role in clause.roles:
                    found[role][clause.id] = None
    return {role: tuple(clauses) for role, clauses in found.items()}
