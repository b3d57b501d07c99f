"""Runs every check over a contract's folder.

Law: findings come in a stable order, each once; a contract that does not load has at least one error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from hookproof.comparing.draft import Draft, read_draft
from hookproof.comparing.finding import Finding
from hookproof.comparing.lint_clauses import unreachable_clauses
from hookproof.comparing.lint_policy import policy_faults
from hookproof.comparing.lint_schemas import schema_faults
from hookproof.comparing.lint_sources import missing_sources
from hookproof.model.errors import IllFormedError
from hookproof.rules.catalogue import RULE_PARAMETERS

_CHECKS: tuple[Callable[[Draft], Iterator[Finding]], ...] = (schema_faults, unreachable_clauses, policy_faults, missing_sources)


def lint_folder(folder: Path) -> tuple[Finding, ...]:
    """Give everything that is wrong with the contract in a folder, by file and line.

    Raises ``IllFormedError`` if the folder cannot be read at all.
    """
    draft = read_draft(folder, RULE_PARAMETERS)
    for check in _CHECKS:
        draft.findings += check(draft)
    if not draft.documents and not draft.findings:
        raise IllFormedError(str(folder), "nothing in it can be read", place="whole folder", remedy="Name the folder of a contract.")
    return tuple(sorted(set(draft.findings)))
