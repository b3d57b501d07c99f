"""Every flaw before the real suite: found, for the right reason, by the right evidence, and nothing else is blamed.

Law: the first flaw of every known defect meets every situation and every clause, in every run. Further forms of the same defect meet what
they break and imply; with ``HOOKPROOF_MATRIX=whole``, as at night, they meet everything too.
"""

from __future__ import annotations

import os

import pytest

from hookproof.model.verdict import Outcome
from hookproof.reference.departures import Departures, Flaw
from hookproof.reference.flaws.catalogue import FLAWS
from hookproof.staging.profile import PROFILES
from tests.kill_matrix.cases import CASES
from tests.kill_matrix.reason import Reason
from tests.kill_matrix.trial import Trial, tried
from tests.suites.courtroom import orbit

WHOLE = os.environ.get("HOOKPROOF_MATRIX") == "whole"
FIRST = frozenset({flaw.row: flaw.id for flaw in reversed(list(FLAWS.values()))}.values())


def _met(flaw: Flaw) -> tuple[str, ...] | None:
    """Give the clauses that a flaw meets; None for all."""
    return None if WHOLE or flaw.id in FIRST or not flaw.breaks else (*flaw.breaks, *flaw.implies)


def _check_reason(flaw: Flaw, trial: Trial, reason: Reason) -> None:
    records = trial.records()
    findings = [finding for verdict in trial.broken[reason.clause] for finding in verdict.judgement.findings]
    told = " | ".join(finding.message for finding in findings)
    assert reason.words in told, f"{flaw.id}: {reason.clause} is broken for another reason: {told[:600]}"
    for finding in findings:
        evidence = [records[name] for name in finding.evidence]
        assert any(reason.shown(trial.view, record) for record in evidence), f"{flaw.id}: {reason.clause} blames {finding}"


@pytest.mark.parametrize("flaw", FLAWS.values(), ids=FLAWS.keys())
def test_a_flaw_is_killed_for_the_right_reason(flaw: Flaw) -> None:
    """The named clauses are broken with the right words and evidence, and no clause outside the declared implications is."""
    case = CASES[flaw.id]
    profile = PROFILES[case.profile]
    trial = tried(Departures(flaws=(flaw.id,)), judged_by=case.judged_by(orbit()), only=_met(flaw), profile=profile, tls=case.tls)
    broken = {clause: [verdict.judgement.reason for verdict in verdicts[:2]] for clause, verdicts in trial.broken.items()}
    assert set(flaw.breaks) <= set(broken), f"{flaw.id} escapes: {[(c, trial.outcomes(c)) for c in flaw.breaks]}, broken: {broken}"
    unexpected = {clause: reasons for clause, reasons in broken.items() if clause not in (*flaw.breaks, *flaw.implies)}
    assert not unexpected, f"{flaw.id} is blamed on others: {unexpected}"
    assert {reason.clause for reason in case.reasons} == set(flaw.breaks)
    for reason in case.reasons:
        _check_reason(flaw, trial, reason)
    for clause, words in case.readings.items():
        assert words in trial.reading(clause), f"{flaw.id}: {clause} is read as {trial.reading(clause)}"


HOOKED = [flaw for flaw in FLAWS.values() if flaw.needs]


@pytest.mark.parametrize("flaw", HOOKED, ids=[flaw.id for flaw in HOOKED])
def test_a_flaw_behind_a_missing_hook_is_not_observed(flaw: Flaw) -> None:
    """Without the hook that shows it, a flaw's clauses are neither kept nor broken."""
    case = CASES[flaw.id]
    assert case.withheld is not None
    trial = tried(Departures(flaws=(flaw.id,)), judged_by=case.judged_by(orbit()), withheld=case.withheld, only=flaw.breaks)
    for clause in flaw.breaks:
        assert trial.outcomes(clause) == {Outcome.NOT_OBSERVED}, f"{flaw.id}: {clause}"
