"""Flaws of promises that Orbit does not make are judged by contracts that make them; a platform that keeps those is not blamed."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from hookproof.judge import items
from hookproof.model.contract import Contract, RetryPolicy, Role
from hookproof.model.verdict import Outcome
from hookproof.reference.conduct import Conduct
from hookproof.reference.outcomes import Outcome as Ending
from hookproof.reference.outcomes import retry_at
from hookproof.reference.timekeeping import Timekeeping
from tests.kill_matrix.cases import CASES
from tests.kill_matrix.trial import short
from tests.suites.courtroom import courtroom, orbit


def _jittered() -> Conduct:
    dice = random.Random(3)  # noqa: S311 -- reproducible jitter, no secret

    def jittery(policy: RetryPolicy | None, made: int, failed_at: int, outcome: Ending, timekeeping: Timekeeping) -> int | None:
        due = retry_at(policy, made, failed_at, outcome, timekeeping)
        return None if due is None else failed_at + round((due - failed_at) * dice.uniform(1.0, 1.2))

    return Conduct(retry_at=jittery, declared={"jitter_ratio": 0.2})


def _promised_by(*flaws: str) -> Contract:
    contract = orbit()
    for flaw in flaws:
        contract = CASES[flaw].judged_by(contract)
    return contract


@pytest.mark.parametrize(
    ("flaws", "conduct", "clauses"),
    [
        (
            (
                "client-errors-end-the-delivery",
                "declared-jitter-is-absent",
                "a-slow-answer-is-sent-again-meanwhile",
                "failed-events-are-overtaken",
                "idempotency-keys-race",
            ),
            _jittered(),
            ("retries/client-errors", "retries/jitter", "retries/one-at-a-time", "sequences/order-by-key", "idempotency/emission-keys"),
        ),
        (("an-empty-schedule-means-the-built-in-one",), Conduct(), ("retries/call-sends",)),
        (("a-wait-of-zero-means-the-built-in-one",), Conduct(), ("retries/call-schedule", "retries/call-sends")),
        (("consent-is-not-asked",), Conduct(), ("network/consent", "network/granted-rate")),
        (("answers-are-shown",), Conduct(), ("subscription-api/answers-not-shown",)),
    ],
    ids=["added promises", "no retries", "retries at once", "consent", "answers"],
)
def test_whoever_keeps_a_further_promise_is_not_blamed(flaws: tuple[str, ...], conduct: Conduct, clauses: tuple[str, ...]) -> None:
    """Under the contract that makes the promise, a platform that keeps it breaks nothing, and the promise is seen kept."""
    promised = _promised_by(*flaws)
    every = list(items(promised, Role.PLATFORM))
    with courtroom(conduct=conduct, judged_by=promised) as run:
        run.planned = tuple(dict.fromkeys(name for item in every for name in item.rule.situations))
        verdicts = [run.verdict(item) for item in every]
    assert not [(v.clause, v.judgement.reason) for v in verdicts if v.outcome is Outcome.BROKEN]
    kept = {short(v.clause) for v in verdicts if v.outcome is Outcome.KEPT}
    assert set(clauses) <= kept, [(v.clause, v.judgement.reason) for v in verdicts if short(v.clause) in clauses]


def test_a_flaw_of_a_further_promise_leaves_other_contracts_alone() -> None:
    """What a contract adds for one flaw is its own: the others' clauses are those of Orbit."""
    assert {clause.id for clause in replace(orbit()).clauses} <= {clause.id for clause in _promised_by("idempotency-keys-race").clauses}
