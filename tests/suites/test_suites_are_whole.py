"""The suites judge every clause, and speak of no provider and no event."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

import suites.platform.situations as platform_situations
import suites.receiver.situations as receiver_situations
from hookproof.judge import items
from hookproof.model.contract import Role
from hookproof.model.transcript import Exchange
from hookproof.rules.catalogue import RULES
from hookproof.rules.parameters import FAULTS, FORMS, PURPOSES
from hookproof.staging.profile import PROFILES
from hookproof.staging.session import read_contract
from hookproof.staging.situation import scan
from suites.platform import test_further as of_platforms
from suites.platform.situations.subscribing import unknown_forms
from suites.receiver import test_further as of_receivers
from tests.kill_matrix.cases import CASES
from tests.suites.courtroom import orbit
from tests.suites.mailroom import mailroom

SUITES = Path(__file__).resolve().parents[2] / "suites"


def test_every_topic_of_the_contract_has_its_suite_file() -> None:
    """No clause of the platform role is left without a test function that judges its topic, in the file named like it."""
    topics = {item.clause.topic for item in items(orbit(), Role.PLATFORM)}
    judged: dict[str, str] = {}
    for file in (SUITES / "platform").glob("test_*.py"):
        judged |= dict.fromkeys(re.findall(r'judges\("([a-z-]+)"\)', file.read_text()), file.stem)
    assert judged == {topic: "test_" + topic.replace("-", "_") for topic in topics}


@pytest.mark.parametrize("further", [of_platforms, of_receivers])
def test_no_topic_is_judged_twice_or_never(further: ModuleType) -> None:
    """The module for further topics leaves out exactly those that have a module of their own."""
    files = Path(str(further.__file__)).parent.glob("test_*.py")
    assert {*further.KNOWN} == {topic for file in files for topic in re.findall(r'judges\("([a-z-]+)"\)', file.read_text())}


def test_every_word_that_a_clause_may_name_is_sent() -> None:
    """Nothing that a clause may name is left unsent by the suites, and nothing is sent that no clause could name."""
    sent: dict[str, set[str]] = {"purpose": set(), "fault": set()}
    for name in ("orbit", "standard_webhooks"):
        with mailroom(judged_by=read_contract(name), profile=PROFILES["hostile"]) as run:
            for item in items(run.tools.contract, Role.RECEIVER):
                run.verdict(item)
            for exchange in run.tools.recorder.transcript().records:
                if isinstance(exchange, Exchange):
                    sent["purpose"].add(exchange.purpose)
                    sent["fault"].add(exchange.fault)
    assert sent == {"purpose": {"", *PURPOSES}, "fault": {"", *FAULTS}}
    assert {*FORMS} == {*unknown_forms("a.b")}


def test_every_situation_that_a_rule_judges_is_staged() -> None:
    """A rule that names a situation which nobody stages could never observe anything."""
    staged = {*scan(platform_situations), *scan(receiver_situations)}
    wanted = {name for rule in RULES.values() for name in rule.situations}
    assert wanted == staged


def test_no_suite_names_a_provider_or_an_event() -> None:
    """What is promised lives in contracts alone."""
    names = {orbit().name, *orbit().events}
    text = "\n".join(file.read_text() for file in SUITES.rglob("*.py"))
    assert not [name for name in names if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text)]


def test_every_rule_is_used_by_a_clause() -> None:
    """A rule that no clause names, of the contract or of one that a flaw is judged by, is dead, and its flaws are never killed."""
    contracts = [orbit(), *(case.judged_by(orbit()) for case in CASES.values())]
    assert {clause.rule for contract in contracts for clause in contract.clauses} - {None} == set(RULES)
