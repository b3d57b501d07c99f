"""Odd but legal receivers before the real suite: no promise is called broken, and the judge names the reading that each one chose."""

from __future__ import annotations

from functools import cache

import pytest

from hookproof.model.contract import Role
from hookproof.model.verdict import Level, Outcome
from hookproof.reference.departures import Departures, Variant
from hookproof.reference.variants.catalogue import VARIANTS
from hookproof.staging.profile import PROFILES
from tests.kill_matrix.cases import CASES
from tests.kill_matrix.trial import Trial, short, tried
from tests.suites.courtroom import orbit
from tests.suites.mailroom import mailroom

LEAST = 25
RECEIVERS = {name: variant for name, variant in VARIANTS.items() if variant.role is Role.RECEIVER}
NAMED = pytest.mark.parametrize("variant", [pytest.param(v, id=v.id, marks=pytest.mark.xdist_group(v.id)) for v in RECEIVERS.values()])
"""Both tests of a variant are given to one worker, which judges it once."""
SETTLED = (Outcome.KEPT, Outcome.NOT_APPLICABLE)


@cache
def _tried(name: str) -> Trial:
    """Put a variant through everything."""
    return tried(Departures(variants=(name,)))


@NAMED
def test_a_legal_receiver_keeps_every_must(variant: Variant) -> None:
    """An odd but legal receiver breaks no MUST, breaks the named SHOULDs alone, and leaves nothing unobserved that it shows."""
    trial = _tried(variant.id)
    broken = {clause: found[0].judgement.reason for clause, found in trial.broken.items()}
    assert broken.keys() == variant.warned, broken
    legal = (*SETTLED, Outcome.NOT_OBSERVED) if variant.partial else SETTLED
    open_musts = [(v.clause, v.event, v.judgement.reason) for v in trial.verdicts if v.level is Level.MUST and v.outcome not in legal]
    assert not open_musts
    assert any(v.outcome is Outcome.KEPT and v.level is Level.MUST for v in trial.verdicts)


@NAMED
def test_the_reading_of_a_receiver_is_named(variant: Variant) -> None:
    """Where inputs are open the judge says what this receiver made of them."""
    trial = _tried(variant.id)
    assert not {clause: trial.reading(clause) for clause, words in variant.readings.items() if words not in trial.reading(clause)}


@pytest.mark.xdist_group("is-a-black-box")
def test_what_a_black_box_does_inside_is_not_observed() -> None:
    """Without a control profile nothing is said of effects, neither good nor bad, and answers are judged all the same."""
    trial = _tried("is-a-black-box")
    for clause in ("receiver/idempotent", "receiver/dedupe-by-id", "receiver/after-failure", "receiver/applied-as-sent"):
        assert trial.outcomes(clause) == {Outcome.NOT_OBSERVED}
    for clause in ("receiver/events", "verification/forged", "answers/no-redirects"):
        assert trial.outcomes(clause) == {Outcome.KEPT}


def test_without_the_secret_nothing_is_broken() -> None:
    """A receiver that verifies refuses what we cannot sign: that is no fault of its own, and proves nothing."""
    trial = tried(Departures(variants=("accepts-with-202",)), withheld={"signing": None})
    assert not {clause: found[0].judgement.reason for clause, found in trial.broken.items()}
    assert trial.outcomes("receiver/events") == {Outcome.NOT_OBSERVED}


def test_work_that_is_left_does_not_fail_for_the_next() -> None:
    """Who works later and is told to let the next event fail applies what it accepted before, and goes on working."""
    with mailroom(departures=Departures(variants=("works-later",))) as run:
        stage = run.tools.enter("failures")
        before, failing = stage.event(), stage.event()
        assert stage.send(before).accepted
        stage.fail_next(1)
        assert [effect.count for effect in stage.effects([before.event_id])] == [1]
        assert not stage.send(failing).accepted
        assert stage.send(stage.retried(failing)).accepted
        assert [effect.count for effect in stage.effects([failing.event_id])] == [1]


def test_there_are_many_variants() -> None:
    """Fewer would leave known ways of being odd untried."""
    assert len(RECEIVERS) >= LEAST


def test_warned_clauses_exist() -> None:
    """No SHOULD that a variant breaks is misspelt."""
    known = {short(verdict.clause) for verdict in _tried("accepts-with-202").verdicts}
    assert set().union(*(variant.warned | variant.readings.keys() for variant in RECEIVERS.values())) <= known


@pytest.mark.parametrize(
    ("flaw", "clause"),
    [
        ("last-delivery-wins", "receiver/newest-in-force"),
        ("anybody-may-send", "receiver/leave-to-send"),
        ("plain-http-too", "receiver/https-only"),
    ],
)
def test_whoever_keeps_a_further_promise_is_not_blamed(flaw: str, clause: str) -> None:
    """Under the contract that a flaw is judged by, a receiver without it keeps the promise."""
    case = CASES[flaw]
    trial = tried(Departures(variants=("accepts-with-202",)), judged_by=case.judged_by(orbit()), tls=case.tls, only={clause})
    assert trial.outcomes(clause) == {Outcome.KEPT}


def test_whoever_expands_nothing_is_not_blamed() -> None:
    """With the profile that sends them, compressed bodies are refused by whoever expands nothing."""
    clause = "robustness/compressed-bodies"
    assert tried(Departures(variants=("accepts-with-202",)), profile=PROFILES["hostile"], only={clause}).outcomes(clause) == {Outcome.KEPT}
