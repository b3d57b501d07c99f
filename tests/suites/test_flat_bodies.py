"""A contract whose bodies are their payloads is judged from itself alone, in both roles, like one with an envelope.

Law: what needs a member that holds the payload says so, and everything else has an outcome that rests on deliveries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from hookproof.comparing import lint_folder
from hookproof.judge import check_body, items
from hookproof.model.contract import Contract, Role
from hookproof.model.verdict import Outcome, Verdict
from hookproof.reference import envelope
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.flaws.catalogue import FLAWS
from hookproof.staging.run import Run
from tests.suites.courtroom import courtroom
from tests.suites.flat import FORMS, read, written
from tests.suites.mailroom import mailroom

NOON = "2027-01-31T12:00:00Z"
PAID: dict[str, Any] = {"currency": "EUR", "paid_at": NOON, "net": 2, "tax": 1}
ROOMS: dict[Role, Callable[..., AbstractContextManager[Run[Any]]]] = {Role.PLATFORM: courtroom, Role.RECEIVER: mailroom}


def judged(contract: Contract, role: Role, only: Collection[str] | None = None, **how: Any) -> dict[str, set[Verdict]]:
    """Judge the reference of a role by a contract; give its verdicts by clause, without the contract's name."""
    found: dict[str, set[Verdict]] = {}
    with ROOMS[role](judged_by=contract, **how) as run:
        chosen = [item for item in items(contract, role) if only is None or item.clause.id.partition("/")[2] in only]
        run.planned = tuple(dict.fromkeys(situation for item in chosen for situation in item.rule.situations))
        for item in chosen:
            found.setdefault(item.clause.id.partition("/")[2], set()).add(run.verdict(item))
    return found


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("form", FORMS)
def test_the_reference_conforms(form: str, role: Role, tmp_path: Path) -> None:
    """Every clause is kept by the reference; only what is said of cut payloads is not applicable."""
    contract = read(tmp_path, form)
    verdicts = judged(contract, role)
    others = {
        clause: {(v.outcome, v.judgement.reason) for v in found if v.outcome is not Outcome.KEPT} for clause, found in verdicts.items()
    }
    cut = {clause for clause in verdicts if clause in ("truncation/limit", "truncation/shape")}
    assert {clause: told for clause, told in others.items() if told} == {
        clause: {(Outcome.NOT_APPLICABLE, "no member of the body holds the payload, so nothing tells what of it is cut")} for clause in cut
    }
    assert len(verdicts) == len(list(contract.clauses_for(role)))


FOUND = [
    ("header", "nulls-dropped", "payload/unchanged"),
    ("header", "integers-in-doubles", "payload/numbers"),
    ("body", "retries-have-fresh-ids", "idempotency/id-stable"),
    ("body", "filters-are-ignored", "fan-out/filters"),
    ("neither", "waits-are-a-second-short", "retries/schedule"),
    ("header", "never-remembered", "receiver/idempotent"),
    ("body", "extra-members-refused", "receiver/extra-members"),
    ("neither", "never-remembered", "receiver/idempotent"),
]
"""A form, a flaw, and a clause by which it is found."""


@pytest.mark.parametrize(("form", "flaw", "clause"), FOUND)
def test_a_flaw_is_found(form: str, flaw: str, clause: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks a promise is found without an envelope too."""
    monkeypatch.setenv(ALLOWING, "1")
    verdicts = judged(read(tmp_path, form), FLAWS[flaw].role, {clause}, departures=Departures(flaws=(flaw,)))
    assert Outcome.BROKEN in {verdict.outcome for verdict in verdicts[clause]}, [v.judgement.reason for v in verdicts[clause]]


def nearly_empty(contract: Contract, event_id: str, event_type: str, created_at: int, content: dict[str, Any]) -> bytes:
    """Leave out every member of the payload but the one that may tell events apart."""
    return envelope.render(contract, event_id, event_type, created_at, {n: v for n, v in content.items() if n == "order_id"})


def misnamed(contract: Contract, event_id: str, _event_type: str, created_at: int, content: dict[str, Any]) -> bytes:
    """Give every event the name of one."""
    return envelope.render(contract, event_id, "order.paid", created_at, content)


@pytest.mark.parametrize("form", FORMS)
def test_a_dropped_member_is_found_in_every_event(form: str, tmp_path: Path) -> None:
    """What is missing is missed by the schema and by what was sent, for each event, with a pointer that begins at the body."""
    clauses = {"payload/schema", "payload/unchanged"}
    verdicts = judged(read(tmp_path, form), Role.PLATFORM, clauses, conduct=Conduct(render=nearly_empty))
    for clause in clauses:
        assert {v.outcome for v in verdicts[clause]} == {Outcome.BROKEN}
    assert {finding.pointer for v in verdicts["payload/unchanged"] for finding in v.judgement.findings} == {"/carrier", "/reason", "/total"}


@pytest.mark.parametrize("form", ["header", "body"])
def test_a_wrong_name_is_found(form: str, tmp_path: Path) -> None:
    """An event under another's name breaks the clause on names, where an id tells which event it is."""
    verdicts = judged(read(tmp_path, form), Role.PLATFORM, {"envelope/known-type"}, conduct=Conduct(render=misnamed))
    assert {v.outcome for v in verdicts["envelope/known-type"]} == {Outcome.BROKEN}


@pytest.mark.parametrize("form", FORMS)
def test_a_body_on_its_own_is_its_payload(form: str, tmp_path: Path) -> None:
    """A body alone is judged whole: what is right is told with its name, what is wrong with a pointer that begins at the body."""
    contract = read(tmp_path, form)
    right = {"event": "order.shipped", "order_id": "o1", "carrier": "c", **({"id": "e1", "created_at": NOON} if form == "body" else {})}
    assert check_body(contract, json.dumps(right).encode()) == ("order.shipped", ())
    _, (fault,) = check_body(contract, json.dumps({**right, "carrier": 7}).encode())
    assert (fault.clause, fault.pointer) == (f"flat_{form}/payload/schema", "/carrier")
    kind, (fault, *_) = check_body(contract, json.dumps({**right, "event": "order.lost"}).encode())
    assert (kind, fault.clause, fault.pointer) == ("order.lost", f"flat_{form}/envelope/known-type", "/event")
    _, (fault,) = check_body(contract, json.dumps({**right, "event": "order.paid", "carrier": 7, **PAID, "total": 9}).encode())
    assert (fault.clause, fault.pointer) == (f"flat_{form}/payload/sums", "/total")


@pytest.mark.parametrize("form", ["header", "body"])
def test_order_is_known_by_a_member_of_the_body(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a row stands in the body itself: a platform that keeps rows conforms, one that does not is found."""
    contract = read(tmp_path, form)
    monkeypatch.setenv(ALLOWING, "1")
    for flaws, outcome in (((), Outcome.KEPT), (("failed-events-are-overtaken",), Outcome.BROKEN)):
        (verdict,) = judged(contract, Role.PLATFORM, {"sequences/order"}, departures=Departures(flaws=flaws))["sequences/order"]
        assert verdict.outcome is outcome


@pytest.mark.parametrize("form", FORMS)
def test_lint_tells_what_a_flat_body_cannot_show(form: str, tmp_path: Path) -> None:
    """Clauses on cut payloads are unreachable where no member holds a payload; nothing else is found."""
    found = lint_folder(written(tmp_path, form))
    clauses = {finding.cause.partition(":")[0].partition("/")[2] for finding in found if finding.check == "unreachable-clause"}
    assert clauses == {"truncation/limit", "truncation/shape"}
