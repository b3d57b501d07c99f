"""Every promise is known to be one of presence, of absence or of form."""

from __future__ import annotations

import pytest

from hookproof.model.contract import Role
from hookproof.rules.catalogue import RULES
from tests.degenerate.classes import classified, kinds_of
from tests.suites.courtroom import orbit

JUDGED = {clause.id: clause.rule or "" for clause in orbit().clauses_for(Role.PLATFORM)}


@pytest.mark.parametrize("clause", JUDGED)
def test_a_judged_clause_stands_in_one_class(clause: str) -> None:
    """A clause judged by a rule that nobody has classified, or that stands in two classes, fails the build."""
    assert len(kinds_of(JUDGED[clause])) == 1


def test_only_rules_are_classified() -> None:
    """No class names a rule that is gone."""
    assert classified() <= set(RULES)
