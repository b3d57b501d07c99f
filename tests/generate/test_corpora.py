"""Corpora: every body is what it is said to be, to the judge, and contract, seed and profile decide them all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hookproof.contracts import known_contracts
from hookproof.generate.corpora import PROFILES, Corpus
from hookproof.generate.deliveries import compact
from hookproof.generate.envelopes import around_limits
from hookproof.judge import check_body
from hookproof.model.contract import Contract
from hookproof.model.errors import IllFormedError
from hookproof.staging.profile import PROFILES as RUNS
from hookproof.staging.session import read_contract
from tests.suites.courtroom import orbit


def small(contract: Contract, count: int) -> Contract:
    """Give a contract with its first events alone, and those whose schemas say most."""
    wordy = sorted(contract.events, key=lambda name: -len(json.dumps(contract.events[name].schema)))[:count]
    names = {*sorted(contract.events)[:count], *wordy}
    return replace(contract, events={name: event for name, event in contract.events.items() if name in names})


@pytest.mark.parametrize("name", known_contracts())
def test_right_bodies_are_kept_and_faulty_ones_are_broken(name: str) -> None:
    """The judge keeps every right body and breaks every faulty one, at the place that is named or at the choice that it spoils."""
    corpus = Corpus(contract=small(read_contract(name), 8), seed=1)
    right = [specimen for specimen in corpus.valid() if check_body(corpus.contract, specimen.text)[1]]
    assert right == []
    seen = 0
    for specimen in corpus.faulty():
        assert specimen.fault is not None
        _, faults = check_body(corpus.contract, specimen.text)
        assert faults, specimen
        relations = corpus.contract.events[specimen.event].relations
        strict = not relations and not corpus.contract.events[specimen.event].bare
        assert not strict or all(specimen.fault.pointer.startswith(fault.pointer) for fault in faults), (specimen, faults)
        seen += 1
    assert seen > len(corpus.contract.events)


def test_the_size_limit_is_met_from_both_sides() -> None:
    """Around every legal limit of every thing that may be measured there is a body one byte below, at it and one byte above, each legal."""
    contract = orbit()
    promise = contract.policy.truncation
    assert promise is not None
    found = list(around_limits(contract, contract.events["message.delivered"], 0))
    assert {(each.limit, each.measured) for each in found} == {(limit, what) for limit in promise.limits for what in promise.measured_on}
    assert {each.size - each.limit for each in found} == {-1, 0, 1}
    for each in found:
        assert each.truncated == (each.size > each.limit)
        assert check_body(contract, compact(each.body))[1] == ()
        whole = compact(each.body if each.measured == "envelope" else each.body["data"])
        assert each.truncated or len(whole) == each.size
        assert not each.truncated or each.body["truncated"] is True
    assert {len(letter.encode()) for each in found for letter in json.dumps(each.body, ensure_ascii=False)} == {1, 2, 3, 4}


def test_a_contract_without_a_limit_has_no_sized_bodies() -> None:
    """Where nothing is cut there is nothing around a limit; where it is, the profile says for how many events."""
    assert list(Corpus(contract=read_contract("whatsapp_crm")).sized()) == []
    assert len({specimen.event for specimen in Corpus(contract=orbit(), profile="certify").sized()}) == PROFILES["certify"].sized


def test_contract_seed_and_profile_decide_every_byte() -> None:
    """The same three give the same digest; another seed, profile or contract gives another."""
    contract = small(orbit(), 2)
    digest = Corpus(contract=contract, profile="quick").digest
    assert Corpus(contract=contract, profile="quick").digest == digest
    others = {
        Corpus(contract=contract, profile="quick", seed=1).digest,
        Corpus(contract=contract, profile="ci").digest,
        Corpus(contract=small(read_contract("active_reach"), 2), profile="quick").digest,
    }
    assert len(others | {digest}) == 4


def test_a_larger_profile_begins_with_the_smaller() -> None:
    """A profile changes how many bodies there are, never which come first."""
    contract = small(orbit(), 1)
    name = min(contract.events)
    few, more = (list(Corpus(contract=contract, profile=profile).valid([name])) for profile in ("quick", "ci"))
    assert more[: len(few)] == few
    assert len(more) == PROFILES["ci"].valid


def test_profiles_are_those_of_a_run() -> None:
    """Every profile of a corpus is one of a run; another name is refused."""
    assert PROFILES.keys() <= RUNS.keys()
    with pytest.raises(IllFormedError, match="unknown profile"):
        _ = Corpus(contract=orbit(), profile="huge").extent
