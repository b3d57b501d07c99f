"""The references conform to every contract, from the contract alone; what departs from it is found under every contract.

Law: every clause of both roles has an outcome, and nothing stays unobserved but what only the hostile profile sends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

import pytest

from hookproof.judge import items
from hookproof.model.contract import Contract, Role
from hookproof.model.verdict import Outcome, Verdict
from hookproof.reference import envelope
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.flaws.catalogue import FLAWS
from hookproof.reference.jsontext import compact
from hookproof.reference.receiver.reception import Reception
from hookproof.staging.run import Run
from hookproof.staging.session import read_contract
from tests.suites.courtroom import courtroom
from tests.suites.mailroom import mailroom

FURTHER = ("active_reach", "mobtexting", "standard_webhooks", "whatsapp_crm")
HOSTILE_ONLY = {"robustness/compressed-bodies"}
ROOMS: dict[Role, Callable[..., AbstractContextManager[Run[Any]]]] = {Role.PLATFORM: courtroom, Role.RECEIVER: mailroom}
FOUND = {
    "active_reach": {
        "first-endpoints-secret-signs-all": "signature/valid",
        "only-listed-2xx-are-success": "retries/any-2xx-is-success",
        "filters-are-ignored": "fan-out/filters",
        "waits-are-a-second-short": "retries/schedule",
        "one-send-too-few": "retries/sends",
        "retries-have-fresh-ids": "idempotency/id-stable",
        "nulls-dropped": "payload/unchanged",
        "old-secret-accepted": "verification/revoked",
        "never-remembered": "receiver/idempotent",
    },
    "mobtexting": {
        "success-does-not-end-the-schedule": "retries/stop-after-success",
        "client-errors-end-the-delivery": "retries/client-errors",
        "waits-are-a-second-short": "retries/sms-schedule",
        "one-send-too-many": "retries/sms-sends",
        "unsigned-retries": "signature/signed",
        "redirects-take-signatures-along": "http/redirects-secrets",
        "control-characters-unescaped": "envelope/strict-json",
        "attempt-counted-in-the-body": "idempotency/payload-stable",
        "open-without-a-secret": "verification/no-secret",
        "extra-members-refused": "receiver/extra-members",
    },
    "standard_webhooks": {
        "retries-have-fresh-ids": "idempotency/id-stable",
        "creations-are-sent-twice": "idempotency/no-doubles",
        "time-outs-are-final": "retries/timeouts",
        "gone-is-a-failure-like-any-other": "http/gone",
        "secret-used-as-text": "signature/valid",
        "wrong-key-accepted": "verification/forged",
        "repeats-by-content": "receiver/distinct-ids",
        "check-then-act": "receiver/idempotent",
    },
    "whatsapp_crm": {
        "filters-are-cached-for-ever": "fan-out/filters",
        "redirects-are-followed-for-ever": "http/redirect-loops",
        "false-values-dropped": "payload/empties",
        "integers-in-doubles": "payload/numbers",
        "check-then-act": "receiver/idempotent",
        "remembered-in-memory": "receiver/dedupe-across-restart",
        "failure-is-success": "receiver/failure-told",
    },
}
"""Flaws and a clause by which each is found, by contract."""
CASES = [(name, flaw, clause) for name, flaws in FOUND.items() for flaw, clause in flaws.items()]


@cache
def contract(name: str) -> Contract:
    """Load one contract."""
    return read_contract(name)


def judged(name: str, role: Role, only: Collection[str] | None = None, **how: Any) -> dict[str, set[Verdict]]:
    """Judge the reference of a role by a contract; give its verdicts by clause, without the provider's name."""
    found: dict[str, set[Verdict]] = {}
    with ROOMS[role](judged_by=contract(name), **how) as run:
        chosen = [item for item in items(contract(name), role) if only is None or item.clause.id.partition("/")[2] in only]
        run.planned = tuple(dict.fromkeys(situation for item in chosen for situation in item.rule.situations))
        for item in chosen:
            found.setdefault(item.clause.id.partition("/")[2], set()).add(run.verdict(item))
    return found


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", FURTHER)
def test_the_reference_conforms(name: str, role: Role) -> None:
    """Every clause is kept by the reference that was built from the contract alone."""
    verdicts = judged(name, role)
    others = {
        clause: [(v.outcome, v.judgement.reason) for v in found if v.outcome is not Outcome.KEPT]
        for clause, found in verdicts.items()
        if clause not in HOSTILE_ONLY
    }
    assert not {clause: told for clause, told in others.items() if told}
    assert len(verdicts) == len(list(contract(name).clauses_for(role)))


@pytest.mark.parametrize(("name", "flaw", "clause"), CASES)
def test_a_flaw_is_found(name: str, flaw: str, clause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks a promise of a provider is found, whatever its envelope, its schedule and its signature."""
    monkeypatch.setenv(ALLOWING, "1")
    role = FLAWS[flaw].role
    verdicts = judged(name, role, only={clause}, departures=Departures(flaws=(flaw,)))
    assert Outcome.BROKEN in {verdict.outcome for verdict in verdicts[clause]}, [v.judgement.reason for v in verdicts[clause]]


@pytest.mark.parametrize("name", [name for name in FURTHER if contract(name).policy.signing is not None])
def test_a_receiver_that_verifies_nothing_is_found(name: str) -> None:
    """Under every scheme unsigned, forged and altered deliveries are sent, and taking them is found."""
    clauses = {"verification/unsigned", "verification/forged", "verification/altered"}
    verdicts = judged(name, Role.RECEIVER, clauses, reception=Reception(verify=lambda *_: None))
    assert {clause: {v.outcome for v in found} for clause, found in verdicts.items()} == {key: {Outcome.BROKEN} for key in clauses}


def mixed_up(contract: Contract, _event_id: str, event_type: str, _created_at: int, content: dict[str, Any]) -> bytes:
    """Wrap what should come bare, leave bare what should come wrapped."""
    known = contract.events[event_type]
    if not known.bare:
        return compact(content)
    names = contract.envelope
    return compact({str(names.type_member): event_type, str(names.data_member): content})


def test_envelopes_that_are_mixed_up_are_found() -> None:
    """An event that should come bare and comes wrapped breaks the shape, and so does the reverse, though both can be read."""
    verdicts = judged("mobtexting", Role.PLATFORM, {"envelope/shape"}, conduct=Conduct(render=mixed_up))
    assert {v.outcome for v in verdicts["envelope/shape"]} == {Outcome.BROKEN}


def without_status(contract: Contract, event_id: str, event_type: str, created_at: int, content: dict[str, Any]) -> bytes:
    """Leave out one member."""
    return envelope.render(contract, event_id, event_type, created_at, {n: v for n, v in content.items() if n != "status"})


def test_a_dropped_member_is_found_in_every_form() -> None:
    """What is missing is missed in a wrapped event, in a bare one, and in one that shares its shape with others; and only there."""
    promised = contract("mobtexting")
    verdicts = judged("mobtexting", Role.PLATFORM, {"payload/schema", "payload/unchanged"}, conduct=Conduct(render=without_status))
    lacking = {name for name, event in promised.events.items() if "status" in event.schema["required"]}
    for clause in ("payload/schema", "payload/unchanged"):
        assert {v.event for v in verdicts[clause] if v.outcome is Outcome.BROKEN} == lacking
        assert {v.event for v in verdicts[clause] if v.outcome is Outcome.KEPT} == promised.events.keys() - lacking


def unnamed(contract: Contract, event_id: str, event_type: str, created_at: int, content: dict[str, Any]) -> bytes:
    """Leave the workspace empty, in the envelope and among the data."""
    own = {**content, "workspace_id": ""} if "workspace_id" in content else content
    whole = envelope.render(contract, event_id, event_type, created_at, own)
    return whole.replace(compact(contract.envelope.constants["workspace_id"]), b'""')


def test_an_empty_workspace_is_found() -> None:
    """A workspace without a name is none."""
    verdicts = judged("active_reach", Role.PLATFORM, {"envelope/workspace"}, conduct=Conduct(render=unnamed))
    assert {v.outcome for v in verdicts["envelope/workspace"]} == {Outcome.BROKEN}
