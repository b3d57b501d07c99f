"""Nothing is missing from the matrix: no known defect, no clause, no expectation."""

from __future__ import annotations

import pytest

from hookproof.judge import items
from hookproof.model.contract import Role
from hookproof.model.errors import IllFormedError
from hookproof.model.verdict import Level
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.flaws.catalogue import FLAWS
from tests.kill_matrix.cases import CASES
from tests.kill_matrix.trial import short, tried
from tests.suites.courtroom import orbit

ROWS = {Role.PLATFORM: {f"P{number:03d}" for number in range(1, 85)}, Role.RECEIVER: {f"R{number:03d}" for number in range(1, 65)}}
ROLES = pytest.mark.parametrize("role", ROWS, ids=lambda role: role.value)
UNSEEN = {"early-exit-comparison"}
"""Flaws that nobody can see from outside, whatever is tried; what the contract says of them is excluded."""


@ROLES
def test_every_known_defect_has_a_flaw(role: Role) -> None:
    """Each row of the list of known defects of platforms, and of receivers, is seeded at least once."""
    assert ROWS[role] - {flaw.row for flaw in FLAWS.values()} == set()


def test_every_flaw_has_a_case_and_no_case_is_left_over() -> None:
    """Flaws and expectations are the same set."""
    assert FLAWS.keys() == CASES.keys()


@ROLES
def test_every_clause_is_broken_by_a_flaw(role: Role) -> None:
    """A clause that no flaw breaks would be a check that cannot fail; MAY clauses only report what was seen."""
    judged = {short(item.clause.id) for item in items(orbit(), role) if item.clause.level is not Level.MAY}
    assert not judged - {clause for flaw in FLAWS.values() if flaw.role is role for clause in flaw.breaks}


def test_every_flaw_is_found_or_told() -> None:
    """A flaw breaks a clause or shows in a reading, unless nobody can see it."""
    assert {name for name, flaw in FLAWS.items() if not flaw.breaks and not CASES[name].readings} == UNSEEN


def test_no_reading_is_idle() -> None:
    """Without the flaw the judge does not say what a case expects of it."""
    honest = tried(Departures(variants=("accepts-with-202",)))
    for name, case in CASES.items():
        assert not [words for clause, words in case.readings.items() if words in honest.reading(clause)], name


def test_flaws_name_clauses_that_exist() -> None:
    """Neither what a flaw breaks nor what it implies is a misspelt clause."""
    known = {short(clause.id) for clause in orbit().clauses}
    for flaw in FLAWS.values():
        promised = known | {short(clause.id) for clause in CASES[flaw.id].judged_by(orbit()).clauses}
        assert {*flaw.breaks, *flaw.implies} <= promised, flaw.id


@pytest.mark.parametrize("value", [None, "", "0", "true"])
def test_flaws_are_impossible_unless_allowed(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable set to 1 no flaw can be switched on."""
    monkeypatch.delenv(ALLOWING) if value is None else monkeypatch.setenv(ALLOWING, value)
    with pytest.raises(IllFormedError, match=ALLOWING):
        Departures(flaws=(next(iter(FLAWS)),)).found()
