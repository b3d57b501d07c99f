"""What a verdict says beside its outcome: whose clause a body breaks, why nothing was staged, and how to see it again."""

from __future__ import annotations

from dataclasses import replace

from hookproof.judge import check_body, judge
from tests.rules.contract_value import CONTRACT, clause
from tests.rules.recording import Recording

STRICT = replace(CONTRACT, clauses=(clause("bodies-are-strict-json"),))


def test_a_body_is_blamed_on_the_clause_of_its_rule() -> None:
    """Clauses without a rule name no fault, and a rule without a clause gives one a name of its own."""
    held = replace(CONTRACT, clauses=(*STRICT.clauses, replace(clause("types-are-known"), rule=None)))
    assert check_body(held, b"{")[1][0].clause == "garden/topic/bodies-are-strict-json"
    _, faults = check_body(held, b'{"id":"1","type":"x","created_at":"2026-01-01T00:00:00Z","data":{}}')
    assert [fault.clause for fault in faults] == ["garden/body/types-are-known"]


def test_a_staging_that_failed_without_a_reason_says_so() -> None:
    """The reason is unknown, and a situation that was not staged at all proves nothing beside it."""
    recording = Recording()
    recording.situation = "retries"
    recording.note("begin")
    recording.note("failed")
    found = judge(STRICT, recording.transcript())[0]
    assert found.judgement.reason == "staging of 'retries' failed: unknown"


def test_without_a_way_to_reproduce_none_is_named() -> None:
    """A recording that nobody can run again gives no command."""
    recording = Recording()
    assert {verdict.reproduce for verdict in judge(STRICT, recording.transcript())} == {""}
