"""Every rule that a MUST is judged by is either fair to free schedules, and then it is said when not, or left out with a reason."""

from __future__ import annotations

from hookproof.contracts import known_contracts
from hookproof.model.contract import Role
from hookproof.model.transcript import Attempt, Subscription
from hookproof.model.verdict import Level
from hookproof.rules.catalogue import RULES
from hookproof.staging.fairness import ALTERED, EVERYWHERE, FEATURES, LEFT_OUT, SOUND, STRANGE, judged_by, without
from hookproof.staging.session import read_contract
from tests.rules.recording import Recording
from tests.suites.courtroom import orbit


def test_every_binding_rule_is_decided_on() -> None:
    """No rule of a MUST is forgotten, and none is both judged and left out."""
    binding = {
        clause.rule
        for name in known_contracts()
        for clause in read_contract(name).clauses_for(Role.PLATFORM)
        if clause.rule is not None and Level.MUST in (clause.level, clause.level_if_declared)
    }
    assert binding <= SOUND.keys() | LEFT_OUT.keys()
    assert not SOUND.keys() & LEFT_OUT.keys()


def test_only_rules_and_features_that_exist_are_named() -> None:
    """The table speaks of rules and features that there are."""
    assert SOUND.keys() | LEFT_OUT.keys() <= RULES.keys()
    assert {feature for features in SOUND.values() for feature in features} <= set(FEATURES)
    assert all(LEFT_OUT.values())


def rules(*features: str, endpoint: str = EVERYWHERE) -> dict[str, frozenset[str]]:
    """Give the rules that judge, and the endpoints that each leaves out."""
    done = {feature: {endpoint} for feature in features}
    return {item.rule.name: left_out for item, left_out in judged_by(orbit(), done, ["contact.created"])}


def test_features_take_rules_away() -> None:
    """What is done everywhere keeps the rules from judging to which it is unfair, and no others; only named events' payloads are judged."""
    every = rules()
    assert set(every) - set(rules(ALTERED)) == {name for name, unfair in SOUND.items() if ALTERED in unfair} & set(every)
    assert "payloads-match-their-schema" in set(every) - set(rules(STRANGE))
    assert {item.event.name for item, _ in judged_by(orbit(), {}, ["contact.created"]) if item.event} == {"contact.created"}


def test_features_take_endpoints_away() -> None:
    """What is done with one endpoint keeps that one out of the rules to which it is unfair."""
    found = rules(ALTERED, endpoint="e1")
    assert set(found) == set(rules())
    assert {name for name, left_out in found.items() if left_out} == {n for n, unfair in SOUND.items() if ALTERED in unfair} & set(found)


def test_an_endpoint_that_is_left_out_never_was() -> None:
    """A recording without an endpoint holds neither its subscription nor a request to it, and all else."""
    recording = Recording()
    for endpoint in ("e1", "e2"):
        recording.subscribe(endpoint, "rose.bloomed")
    event = recording.emit()
    for endpoint in ("e1", "e2"):
        recording.attempt(endpoint, event)
    whole = recording.transcript()
    rest = without(whole, ["e1"]).records
    gone = [record for record in whole.records if record not in rest]
    assert all(isinstance(record, Attempt | Subscription) and record.endpoint == "e1" for record in gone)
    assert len(gone) == 2
    assert without(whole, ()) is whole
