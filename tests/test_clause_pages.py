"""Laws of ``explain``: every clause of every contract has a page with all its parts; one that is not judged says why."""

from __future__ import annotations

import io
import re

import pytest
from click.testing import CliRunner
from rich.console import Console

from hookproof import cli
from hookproof.cli import door
from hookproof.contracts import known_contracts
from hookproof.model.contract import Clause, Role
from hookproof.reference.flaws.catalogue import FLAWS
from hookproof.reporting.terminal import explain_clause
from hookproof.rules.catalogue import RULES
from hookproof.staging.session import read_contract

CONTRACTS = {name: read_contract(name) for name in known_contracts()}
CLAUSES = [clause for contract in CONTRACTS.values() for clause in contract.clauses]


@pytest.fixture(autouse=True)
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each contract once: the pages are what is tested."""
    monkeypatch.setattr(cli, "read_contract", CONTRACTS.__getitem__)


def parts(clause: Clause) -> dict[str, str]:
    """Open a clause's page and give its parts by label, each on one line."""
    told = CliRunner().invoke(door, ["explain", clause.id], standalone_mode=False)
    assert told.exception is None
    lines = told.output.splitlines()
    assert lines[0] == clause.id
    found: dict[str, list[str]] = {}
    label = ""
    for line in lines[1:]:
        head = line[2:13].strip()
        label = head if line[2:3].strip() else label
        found.setdefault(label, []).append(line[13:].strip())
    return {name: " ".join(texts) for name, texts in found.items()}


def squeezed(text: str) -> str:
    """Compare texts however they were folded."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("clause", CLAUSES, ids=[clause.id for clause in CLAUSES])
def test_every_clause_has_a_whole_page(clause: Clause) -> None:
    """Promise, level, roles, source, how it is judged or why not, how to mend, and every flaw that it catches."""
    page = parts(clause)
    assert squeezed(page["promise"]) == squeezed(clause.promise)
    assert page["level"].startswith(clause.level.value)
    assert page["judges"] == ", ".join(role.value for role in clause.roles)
    assert squeezed(page["source"]) == squeezed(str(clause.source))
    assert page["to mend"]
    if clause.rule is None:
        assert squeezed(page["not judged"]) == squeezed(clause.excluded or "")
        assert page["not judged"]
        assert page["catches"] == "nothing, because it is not judged"
        return
    rule = RULES[clause.rule]
    assert squeezed(page["judged by"]) == squeezed(f"{rule.name}: {rule.promise}")
    assert page["needs"]
    assert page["staged in"]
    promise = clause.id.partition("/")[2]
    caught = [flaw.id for flaw in FLAWS.values() if promise in flaw.breaks]
    assert all(f"{flaw}:" in page["catches"] for flaw in caught)
    assert caught or "no flaw that we ship" in page["catches"]


def test_a_receiver_is_not_told_of_a_subscription_api() -> None:
    """What a clause needs is said in words of the role that it judges."""
    for clause in CLAUSES:
        if clause.roles == (Role.RECEIVER,) and clause.rule is not None and not RULES[clause.rule].needs:
            assert "subscription API" not in parts(clause)["needs"]


def test_pages_are_whole_at_any_width() -> None:
    """On a narrow terminal nothing of a page is lost."""
    clause = next(clause for clause in CLAUSES if clause.rule and clause.mend)
    wide, narrow = (Console(file=io.StringIO(), width=width) for width in (200, 60))
    for console in (wide, narrow):
        explain_clause(console, clause, RULES[clause.rule or ""], [("a-flaw", "It does what it must not.")])
    texts = [squeezed(console.file.getvalue()) for console in (wide, narrow) if isinstance(console.file, io.StringIO)]
    assert texts[0] == texts[1]
