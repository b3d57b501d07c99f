"""Laws of advice: what was not observed is counted once, at what this run lacked, with the flag that gives it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.capabilities import Capabilities
from hookproof.model.transcript import RunHeader
from hookproof.model.verdict import Level, Verdict, not_observed
from hookproof.reporting.advice import advice
from hookproof.reporting.tally import statement, undecided
from hookproof.staging.session import read_contract

CONTRACT = read_contract("orbit")
RECEIVERS = [clause.id for clause in CONTRACT.clauses if clause.rule and "receiver" in {role.value for role in clause.roles}]
EFFECTS = "orbit/receiver/applied-as-sent"


def header(**offered: object) -> RunHeader:
    """A run against a receiver that offers this and nothing else."""
    capabilities = {**Capabilities(roles=("receiver",)).to_json(), **offered}
    return RunHeader(
        contract="orbit", contract_digest="", role="receiver", target={}, capabilities=capabilities, seed=0, profile="quick", started_at="",
        salt="", hookproof="0", reproduce="",
    )  # fmt: skip


def unseen(clause: str, reason: str) -> Verdict:
    """A verdict that was not observed."""
    return Verdict(clause=clause, level=Level.MUST, judgement=not_observed(reason), event=None, reproduce="")


@given(
    st.lists(st.builds(unseen, st.sampled_from(RECEIVERS), st.sampled_from(["needs effects", "nobody told of the effects of it", "odd"])))
)
def test_every_clause_is_counted_at_most_once(verdicts: list[Verdict]) -> None:
    """The counts of all lines together are no more than the clauses that were not observed."""
    lines = list(advice(header(), CONTRACT, verdicts))
    assert sum(int(line.split()[0]) for line in lines) <= len({verdict.clause for verdict in verdicts})
    assert all(": give --" in line or ": offer it in" in line for line in lines)


def test_what_is_offered_is_not_asked_for() -> None:
    """A line names only what the run lacked: with effects told and a secret given there is no advice to give them."""
    verdicts = [unseen(EFFECTS, "nobody told with which data an event took effect"), unseen(RECEIVERS[0], "odd")]
    lacking = list(advice(header(), CONTRACT, verdicts))
    assert any("need signing" in line or "needs signing" in line for line in lacking)
    assert any("--effects-url" in line for line in lacking)
    assert list(advice(header(effects=True, signing={"profile": "standard-webhooks"}), CONTRACT, verdicts)) == []


def test_hostile_bodies_are_offered_by_their_profile() -> None:
    """What a milder profile leaves out names the profile that has it."""
    told = header(effects=True, signing={"profile": "standard-webhooks"})
    (line,) = advice(told, CONTRACT, [unseen("orbit/robustness/compressed-bodies", "sent by the profile `hostile` only")])
    assert line.startswith("1 clause needs hostile bodies: give --profile hostile")


def test_what_a_situation_needs_is_asked_for_too() -> None:
    """A clause whose rule could judge, but whose situation needs more, is counted at what the situation needs."""
    told = header(effects=True, signing={"profile": "standard-webhooks"})
    for need in ("time", "restart", "kill"):
        (line,) = advice(told, CONTRACT, [unseen("orbit/receiver/dedupe-by-id", f"needs {need}")])
        assert line == f"1 clause needs {need}: offer it in the control profile (docs/control-profile.md; --control-url says where)"


def test_a_platform_is_sent_to_the_control_profile() -> None:
    """Capabilities that a platform lacks are offered in its control profile."""
    platform = replace(header(), role="platform")
    clause = next(c for c in CONTRACT.clauses if c.rule and "platform" in {role.value for role in c.roles} and c.topic == "retries")
    (line,) = advice(platform, CONTRACT, [unseen(clause.id, "needs retry")])
    assert line == "1 clause needs retry: offer it in the control profile (docs/control-profile.md; --control-url says where)"


def test_nobody_conforms_of_whom_no_must_was_seen() -> None:
    """A run in which every MUST stayed unobserved is undecided, whatever else was kept."""
    verdicts = [unseen(EFFECTS, "odd")]
    assert undecided(verdicts, require_complete=False)
    kept = replace(unseen(RECEIVERS[1], ""), level=Level.SHOULD)
    kept = replace(kept, judgement=replace(kept.judgement, outcome=type(kept.judgement.outcome).KEPT, evidence=("x1",)))
    assert statement([*verdicts, kept]).startswith("undecided: 1 MUST not observed")
