"""Bodies without an envelope: known by their members, told apart by their mark, and judged as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.judge import check_body
from hookproof.model.transcript import Attempt
from hookproof.model.verdict import Level
from hookproof.rules.marks import mark
from hookproof.rules.view import View
from tests.rules.contract_value import CONTRACT, clause
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording, compact

KNOWN, SHAPE, MATCH, SAME, SUMS, HARD = (
    "types-are-known",
    "envelopes-have-their-shape",
    "payloads-match-their-schema",
    "payloads-arrive-unchanged",
    "sums-add-up",
    "hard-values-arrive-unchanged",
)
SHAPES = {
    "rose.bloomed": ("leaf", "petals"),
    "rose.faded": ("leaf", "petals"),
    "room.opened": ("leaf", "room_id"),
    "sum.counted": ("total",),
}
BARE = replace(
    CONTRACT,
    events={name: replace(event, bare=SHAPES.get(name, ())) for name, event in CONTRACT.events.items()},
    envelope=replace(CONTRACT.envelope, id_member=None, data_member=None, created_member=None, id_header="x-event"),
)


def bare(data: Any, kind: str = "room.opened", body: Any = None, purpose: str = "") -> tuple[Recording, Attempt]:
    """Deliver an event whose body is its data alone, under its id in a header field."""
    recording = Recording("catalog", contract=BARE)
    recording.subscribe("e1", kind)
    emission = recording.emit(kind, data, purpose=purpose)
    raw = compact(data if body is None else body)
    return recording, recording.attempt("e1", emission, body=raw, headers={"X-Event": str(emission.event_id)})


def test_a_body_is_known_by_its_members() -> None:
    """One event of a shape is the type; with a type member, with members missing or without any shape nothing is known so."""
    recording, attempt = bare({"leaf": 1, "room_id": "7"})
    body = View(recording.transcript(), BARE).body(attempt)
    assert (body.type, body.shapes, body.data) == ("room.opened", ("room.opened",), {"leaf": 1, "room_id": "7"})
    kept(recording.judge(KNOWN), attempt)
    kept(recording.judge(SHAPE), attempt)
    for odd, kind in (({"leaf": 1, "room_id": "7", "type": "x"}, "x"), ({"leaf": 1}, None)):
        recording, attempt = bare(odd)
        body = View(recording.transcript(), BARE).body(attempt)
        assert (body.type, body.shapes) == (kind, ())
        broken(recording.judge(KNOWN), f"the contract knows no event type {kind!r}", attempt)
        broken(recording.judge(SHAPE), "", attempt)


def test_of_several_events_with_one_shape_the_mark_tells_which() -> None:
    """Without a mark of ours it may be any of them: nothing is said of its type; with one it is the emission's."""
    for kind in ("rose.bloomed", "rose.faded"):
        data = {"leaf": 1, "petals": 5, "id": "r1" + mark("0123456789abcdef")}
        recording, attempt = bare(data, kind)
        assert View(recording.transcript(), BARE).body(attempt).type == kind
        kept(recording.judge(KNOWN), attempt)
        kept(recording.judge(MATCH, kind), attempt)
        recording, attempt = bare({"leaf": 1, "petals": 5}, kind)
        assert View(recording.transcript(), BARE).body(attempt).type is None
        unseen(recording.judge(KNOWN))
        kept(recording.judge(SHAPE), attempt)
    recording, _ = bare({"leaf": 1, "petals": 5, "id": "r1" + mark("0123456789abcdef")}, "rose.faded", {"leaf": 1, "petals": 5, "id": "no"})
    unseen(recording.judge(KNOWN))


@pytest.mark.parametrize("event", ["rose.bloomed", "room.opened"])
def test_the_whole_body_is_the_payload(event: str) -> None:
    """What is wrong with it is told by pointers that begin at the body itself, live and for a body alone."""
    member = "petals" if event == "rose.bloomed" else "room_id"
    data = {"leaf": 1, member: "7", "id": "r1" + mark("0123456789abcdef")}
    recording, attempt = bare(data, event, {**data, "leaf": "1"})
    assert broken(recording.judge(MATCH, event), "/leaf: ", attempt).findings[0].pointer == "/leaf"
    assert broken(recording.judge(SAME, event), "/leaf: 1 was sent, '1' arrived", attempt).findings[0].pointer == "/leaf"
    _, faults = check_body(BARE, compact({member: "7", "leaf": "x"}))
    assert [fault.pointer for fault in faults] == ["/leaf"]
    recording, attempt = bare(data, event, purpose="text")
    kept(recording.judge(HARD), attempt)
    recording, attempt = bare(data, event, {**data, "leaf": 2}, purpose="text")
    assert broken(recording.judge(HARD), "/leaf: 1 was sent, 2 arrived", attempt).findings[0].pointer == "/leaf"


def test_sums_of_a_bare_body_begin_at_the_body() -> None:
    """The total's pointer has one step."""
    data = {"leaf": 1, "total": 3, "good": 1, "bad": 1}
    recording, attempt = bare(data, "sum.counted")
    assert broken(recording.judge(SUMS), "total is 3", attempt).findings[0].pointer == "/total"


@pytest.mark.parametrize("open_catalog", [True, False])
def test_where_the_catalog_is_open_any_name_is_legal(*, open_catalog: bool) -> None:
    """A type that is not listed is known where listed ones are samples; a missing one never is, and another than emitted neither."""
    contract = replace(CONTRACT, open_catalog=open_catalog)
    recording = Recording("catalog", contract=contract)
    recording.subscribe("e1", "*")
    emission = recording.emit()
    stranger = recording.attempt("e1", emission, body=recording.body(emission, id="x", type="rose.withered"))
    judgement = recording.judge(KNOWN)
    kept(judgement, stranger) if open_catalog else broken(judgement, "no event type 'rose.withered'", stranger)
    nameless = recording.attempt("e1", emission, body=recording.body(emission, id="x", type=None))
    broken(recording.judge(KNOWN), "", nameless)
    recording.records[-2:] = [other := recording.attempt("e1", emission, body=recording.body(emission, type="rose.withered"))]
    broken(recording.judge(KNOWN), "'rose.bloomed' was emitted" if open_catalog else "knows no event type", other)


def test_a_schema_of_the_clause_is_kept_to_by_the_whole_body() -> None:
    """A clause may bring a schema of its own: each readable body is held to it, and the violation names its place."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit()
    attempt = recording.attempt("e1", emission)
    kept(recording.judge(SHAPE, schema={"type": "object", "required": ["id"]}), attempt)
    judgement = broken(recording.judge(SHAPE, schema={"properties": {"data": {"required": ["thorn"]}}}), "/data: ", attempt)
    assert judgement.findings[0].pointer == "/data"
    unreadable = recording.attempt("e1", emission, body=b"{")
    assert unreadable.id not in kept(recording.judge(SHAPE, schema={"type": "object"})).evidence


def test_a_body_that_one_of_its_events_allows_is_right() -> None:
    """Where members do not tell the event, a body that any candidate allows is right; else the nearest candidate's faults are told."""
    strict = {"type": "object", "properties": {"petals": {"type": "string", "minLength": 3}, "leaf": {"const": 7}}}
    events = {**BARE.events, "rose.bloomed": replace(BARE.events["rose.bloomed"], schema=strict)}
    kind, faults = check_body(replace(BARE, events=events), compact({"leaf": 1, "petals": 5}))
    assert (kind, faults) == (None, ())
    far = {**events, "rose.faded": replace(BARE.events["rose.faded"], schema={"type": "object", "required": ["a", "b"]})}
    _, (fault,) = check_body(replace(BARE, events=far), compact({"leaf": 7, "petals": 5}))
    assert fault.pointer == "/petals"


def test_a_body_on_its_own_keeps_what_a_clause_asks_by_a_schema_of_its_own() -> None:
    """A MUST with a schema of the whole body is judged too and blamed alone; a SHOULD is not, and neither takes another clause's blame."""
    own = replace(clause(SHAPE), id="garden/envelope/leaf", parameters={"schema": {"type": "object", "required": ["petals"]}})
    body = compact({"leaf": 1, "petals": 5})
    for level, blamed in ((Level.MUST, ["garden/envelope/leaf"]), (Level.SHOULD, [])):
        contract = replace(BARE, clauses=(clause(SHAPE), replace(own, level=level)))
        assert check_body(contract, body)[1] == ()
        assert [fault.clause for fault in check_body(contract, compact({"leaf": 1, "room_id": "r"}))[1]] == blamed
        assert {fault.clause for fault in check_body(contract, b"[]")[1]} == {clause(SHAPE).id, *blamed}
