"""Short assertions on judgements that show the judgement when they fail."""

from __future__ import annotations

from hookproof.model.transcript import Record
from hookproof.model.verdict import Judgement, Outcome


def kept(judgement: Judgement, *evidence: Record) -> Judgement:
    """The promise was kept and the verdict rests on these records among others."""
    assert judgement.outcome is Outcome.KEPT, judgement
    assert {record.id for record in evidence} <= set(judgement.evidence), judgement
    return judgement


def broken(judgement: Judgement, because: str, *evidence: Record) -> Judgement:
    """The promise was broken, for this reason, and the culprits are these records among others."""
    assert judgement.outcome is Outcome.BROKEN, judgement
    assert because in judgement.reason, judgement
    assert {record.id for record in evidence} <= set(judgement.evidence), judgement
    return judgement


def unseen(judgement: Judgement, because: str = "") -> Judgement:
    """Nothing could be said, and the verdict says why."""
    assert judgement.outcome is Outcome.NOT_OBSERVED, judgement
    assert because in judgement.reason, judgement
    assert not judgement.evidence
    return judgement


def void(judgement: Judgement) -> Judgement:
    """The contract makes no such promise."""
    assert judgement.outcome is Outcome.NOT_APPLICABLE, judgement
    return judgement
