"""Bodies that are their payloads: the event's name, its id and its moment stand among what happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Attempt
from hookproof.rules.catalogue import RULES
from hookproof.rules.view import View
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, void
from tests.rules.recording import Recording, compact

FLAT = replace(CONTRACT, envelope=replace(CONTRACT.envelope, data_member=None))
CUT = [name for name in RULES if name.startswith("cut-")]


def flat(data: dict[str, Any], body: dict[str, Any] | None = None, purpose: str = "") -> tuple[Recording, Attempt]:
    """Deliver an event whose body is its data, with id and name among them."""
    recording = Recording("catalog", contract=FLAT)
    recording.subscribe("e1", "room.opened")
    emission = recording.emit("room.opened", data, purpose=purpose)
    whole = {"id": emission.event_id, "type": "room.opened", "created_at": "2027-01-01T00:00:00Z", **(data if body is None else body)}
    return recording, recording.attempt("e1", emission, body=compact(whole))


def test_the_whole_body_is_the_payload() -> None:
    """It is judged whole, under the name that it bears, and what the platform wrote itself is no difference from what was said."""
    recording, attempt = flat({"leaf": 1, "room_id": "7"})
    read = View(recording.transcript(), FLAT).body(attempt)
    assert (read.type, read.shapes, read.data) == ("room.opened", (), read.value)
    for rule in ("types-are-known", "payloads-match-their-schema", "payloads-arrive-unchanged"):
        event = "room.opened" if rule.startswith("payloads") else None
        kept(recording.judge(rule, event) if event else recording.judge(rule), attempt)


@pytest.mark.parametrize(("purpose", "rule"), [("", "payloads-arrive-unchanged"), ("text", "hard-values-arrive-unchanged")])
def test_what_is_changed_is_found_where_it_stands(purpose: str, rule: str) -> None:
    """The pointer begins at the body, whether values are ordinary or hard."""
    recording, attempt = flat({"leaf": 1, "room_id": "7"}, {"leaf": 2, "room_id": "7"}, purpose)
    judgement = recording.judge(rule) if purpose else recording.judge(rule, "room.opened")
    assert broken(judgement, "/leaf: 1 was sent, 2 arrived", attempt).findings[0].pointer == "/leaf"


@pytest.mark.parametrize("rule", CUT)
def test_nothing_tells_what_is_cut(rule: str) -> None:
    """Of cut payloads nothing is promised where no member holds a payload."""
    recording, _ = flat({"leaf": 1, "room_id": "7"})
    assert void(recording.judge(rule)).reason == "no member of the body holds the payload, so nothing tells what of it is cut"


def test_the_rules_on_cut_payloads_are_all_of_them() -> None:
    """There are six."""
    assert len(CUT) == 6


def test_payloads_of_all_forms() -> None:
    """The member that holds it, all of a body without one, and all of a body that is known by its members alone."""
    body = {"data": {"leaf": 1}, "leaf": 2, "room_id": "7"}
    known = {name: replace(event, bare=("leaf", "room_id") if name == "room.opened" else ()) for name, event in CONTRACT.events.items()}
    bare = replace(CONTRACT, events=known)
    assert CONTRACT.payload(body) == {"leaf": 1}
    assert FLAT.payload(body) is body
    assert bare.payload(body) is body
    assert bare.payload({**body, "type": "room.opened"}) == {"leaf": 1}
    assert CONTRACT.payload({}) is None
    assert FLAT.envelope.filled == {"id", "type", "created_at", "truncated"}
