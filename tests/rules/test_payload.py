"""Payloads: valid against their schema, sums right, and as emitted; additions are legal, losses and changes are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.rules.payload import first_difference
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording, compact

SCHEMA, SAME, SUMS, HARD = "payloads-match-their-schema", "payloads-arrive-unchanged", "sums-add-up", "hard-values-arrive-unchanged"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def sent(data: Any, arrived: Any, kind: str = "rose.bloomed", *, purpose: str = "", situation: str = "catalog") -> Recording:
    """Emit one value and deliver another."""
    recording = Recording(situation)
    recording.subscribe("e1", kind)
    emission = recording.emit(kind, data, purpose=purpose)
    recording.attempt("e1", emission, body=recording.body(emission, data=arrived))
    return recording


def test_a_valid_payload_is_kept_and_an_invalid_one_points_at_its_fault() -> None:
    """The schema of the event's own name decides."""
    good = sent({"leaf": 1}, {"leaf": 1, "new": [{}]})
    kept(good.judge(SCHEMA, "rose.bloomed"), good.records[-1])
    unseen(good.judge(SCHEMA, "rose.faded"), "no delivery")
    for wrong, pointer in (({}, "/data"), ({"leaf": "1"}, "/data/leaf"), ({"leaf": None}, "/data/leaf"), ([], "/data")):
        bad = sent({"leaf": 1}, wrong)
        assert broken(bad.judge(SCHEMA, "rose.bloomed"), "", bad.records[-1]).findings[0].pointer == pointer


def test_cut_payloads_are_judged_elsewhere_and_refused_events_are_named() -> None:
    """A cut payload has no schema of its own; an event that the target declined to emit says so."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, body=recording.body(emission, truncated=True, data={}))
    unseen(recording.judge(SCHEMA, "rose.bloomed"))
    unseen(recording.judge(SAME, "rose.bloomed"))
    recording.emit("rose.faded", refused=422)
    for rule in (SCHEMA, SAME):
        unseen(recording.judge(rule, "rose.faded"), "refused to emit it (status 422)")


@given(value=VALUES, added=VALUES)
def test_what_was_sent_equals_itself_and_additions_are_legal(value: Any, added: Any) -> None:
    """No value differs from itself, and an object with a member more is no difference."""
    assert first_difference(value, value) is None
    assert first_difference({"a": value}, {"b": added, "a": value}) is None


@pytest.mark.parametrize(
    ("value", "arrived", "pointer"),
    [
        ({"leaf": 1}, {}, "/data/leaf"),
        ({"leaf": 1}, {"leaf": 2}, "/data/leaf"),
        ({"leaf": 1}, {"leaf": True}, "/data/leaf"),
        ({"leaf": 0}, {"leaf": False}, "/data/leaf"),
        ({"leaf": 1}, {"leaf": "1"}, "/data/leaf"),
        ({"leaf": None}, {}, "/data/leaf"),
        ({"leaf": ""}, {"leaf": None}, "/data/leaf"),
        ({"leaf": {}}, {"leaf": []}, "/data/leaf"),
        ({"leaf": [1, 2]}, {"leaf": [2, 1]}, "/data/leaf/0"),
        ({"leaf": [1]}, {"leaf": [1, 1]}, "/data/leaf"),
        ({"leaf": [1, 2]}, {"leaf": [1]}, "/data/leaf"),
        ({"leaf": [1]}, {"leaf": {"0": 1}}, "/data/leaf"),
        ({"leaf": {"a": 1, "b": 2}}, {"leaf": {"a": 1, "b": 3}}, "/data/leaf/b"),
        ({"leaf": "\U0001f600"}, {"leaf": "\ufffd"}, "/data/leaf"),
        ({"leaf": 2**53 + 1}, {"leaf": float(2**53)}, "/data/leaf"),
        ({"a/b~c": 1}, {}, "/data/a~1b~0c"),
        ({"leaf": 1}, [], "/data"),
        ({"leaf": 1}, None, "/data"),
    ],
)
def test_a_loss_or_a_change_is_broken_where_it_is(value: Any, arrived: Any, pointer: str) -> None:
    """Whatever is dropped, retyped, reordered or altered is broken, and the finding points at it."""
    recording = sent(value, arrived)
    assert broken(recording.judge(SAME, "rose.bloomed"), pointer, recording.records[-1]).findings[0].pointer == pointer


def test_equal_numbers_are_the_same_value() -> None:
    """1 and 1.0 are one JSON number, and so are a float and its longer spelling."""
    kept(sent({"leaf": 1, "x": 1.1}, {"leaf": 1.0, "x": 1.1000}).judge(SAME, "rose.bloomed"))


def test_what_was_not_emitted_is_not_compared() -> None:
    """A delivery whose event is not ours, or arrives under another type, is judged elsewhere."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit("rose.faded")
    recording.attempt("e1", emission, body=recording.body(emission, type="rose.bloomed", data={}))
    recording.attempt("e1", emission, body=recording.body(emission, type="rose.bloomed", id="foreign", data={}))
    unseen(recording.judge(SAME, "rose.bloomed"))


def test_sums_add_up_or_point_at_the_total() -> None:
    """A total that is the sum of its parts is kept, another is broken; what is no integer is the schema's business."""
    right = {"leaf": 1, "total": 3, "good": 2, "bad": 1}
    kept(sent(right, right, "sum.counted").judge(SUMS))
    wrong = sent(right, {**right, "total": 4}, "sum.counted")
    assert broken(wrong.judge(SUMS), "total is 4, the sum of good, bad is 3", wrong.records[-1]).findings[0].pointer == "/data/total"
    kept(sent(right, {**right, "total": "4"}, "sum.counted").judge(SUMS))
    unseen(sent({"leaf": 1}, {"leaf": 1}).judge(SUMS))


@pytest.mark.parametrize(("kind", "value"), [("text", "\u0000\U0010ffff\u202e'"), ("numbers", 2**63 + 1), ("numbers", -1e-300)])
def test_hard_values_arrive_or_are_broken_or_refused(kind: str, value: Any) -> None:
    """A hard value of the asked kind that arrives is kept, a spoilt one broken, a refused one not observed."""
    data = {"leaf": 1, "x": value}
    good = sent(data, data, purpose=kind, situation="values")
    kept(good.judge(HARD, kind=kind), good.records[-1])
    unseen(good.judge(HARD, kind="other"))
    spoilt = sent(data, {"leaf": 1, "x": str(value) + "?"}, purpose=kind, situation="values")
    assert broken(spoilt.judge(HARD, kind=kind), "was sent").findings[0].pointer == "/data/x"
    good.emit(data=data, purpose=kind, refused=400)
    unseen(good.judge(HARD, kind=kind), "status 400")


def test_a_hard_value_in_an_unreadable_body_is_broken() -> None:
    """A body whose text was spoilt beyond reading does not pass for one that arrived."""
    recording = Recording("values")
    recording.subscribe("e1")
    emission = recording.emit(data={"leaf": 1, "x": "é"}, purpose="text")
    whole = compact({"id": emission.event_id, "type": "rose.bloomed", "created_at": "x", "data": None})
    recording.attempt("e1", emission, body=whole)
    broken(recording.judge(HARD), "an object was sent", recording.records[-1])


def test_two_contracts_are_judged_each_by_its_own_schemas() -> None:
    """What one contract's schema allows says nothing of another contract with an event of the same name."""
    strict = replace(CONTRACT.events["rose.bloomed"], schema={"type": "object", "required": ["thorn"]})
    other = replace(CONTRACT, events={**CONTRACT.events, "rose.bloomed": strict})
    for contract, says in ((CONTRACT, "kept"), (other, "broken"), (CONTRACT, "kept")):
        recording = Recording("catalog", contract=contract)
        recording.subscribe("e1")
        recording.attempt("e1", recording.emit(data={"leaf": 1}))
        assert recording.judge(SCHEMA, "rose.bloomed").outcome.value == says
