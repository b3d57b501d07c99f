"""Reads ``clauses.yaml``: every promise, and which rule judges it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hookproof.contracts.document import Document, Path, did_you_mean
from hookproof.contracts.formats import value_faults
from hookproof.contracts.schema_check import check_schema
from hookproof.model.contract import Clause, Role, Source
from hookproof.model.verdict import Level

Rules = Mapping[str, Mapping[str, Any]]
"""By known rule: the JSON Schema of the parameters that it is told."""

_WORDS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PARTS = 3


def read_clauses(document: Document, contract: str, rules: Rules | None) -> tuple[Clause, ...]:
    """Give the clauses in the order of the file; without ``rules`` their names are not checked."""
    seen: set[str] = set()
    clauses = []
    for position, item in enumerate(document.value["clauses"]):
        path: Path = ("clauses", position)
        _check_id(document, (*path, "id"), item["id"], contract)
        if item["id"] in seen:
            raise document.fault((*path, "id"), f"the id {item['id']!r} is used twice", "Give each clause its own id.")
        seen.add(item["id"])
        clause = _clause(item)
        _check_rule(document, path, clause, rules)
        clauses.append(clause)
    return tuple(clauses)


def _clause(item: dict[str, Any]) -> Clause:
    declared = item.get("level_if_declared")
    typed = {
        "level": Level(item["level"]),
        "roles": tuple(map(Role, item["roles"])),
        "source": Source(**item["source"]),
        "level_if_declared": Level(declared) if declared else None,
    }
    return Clause(**{**item, **typed})


def _check_id(document: Document, path: Path, text: str, contract: str) -> None:
    parts = text.split("/")
    if parts[0] != contract:
        raise document.fault(path, f"the id {text!r} does not start with {contract + '/'!r}", f"Write {contract}/<topic>/<promise>.")
    if len(parts) != _PARTS or not all(map(_WORDS.fullmatch, parts[1:])):
        cause = f"the id {text!r} is not <contract>/<topic>/<promise>"
        raise document.fault(path, cause, "Use lower-case letters, digits and dashes in three parts.")


def _check_rule(document: Document, path: Path, clause: Clause, rules: Rules | None) -> None:
    if (clause.rule is None) == (clause.excluded is None):
        cause = "it has neither rule nor excluded" if clause.rule is None else "it has both rule and excluded"
        raise document.fault(path, f"{clause.id}: {cause}", "Name the rule that judges it, or say under excluded why nobody can.")
    if rules is None or clause.rule is None:
        return
    if clause.rule not in rules:
        raise document.fault((*path, "rule"), f"there is no rule {clause.rule!r}", did_you_mean(clause.rule, rules))
    for fault in value_faults(document, (*path, "parameters"), dict(clause.parameters), rules[clause.rule]):
        raise fault
    if "schema" in clause.parameters:
        check_schema(document, (*path, "parameters", "schema"), clause.parameters["schema"])
