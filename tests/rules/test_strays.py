"""Events that are known by a mark whatever their id: slips of the id are attempts of theirs, copies are events of their own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.transcript import Attempt, Emission
from hookproof.rules.marks import mark, mark_of
from hookproof.rules.view import View
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

DOUBLES, UNIQUE, TENANTS = "events-are-not-doubled", "ids-are-unique", "tenants-are-isolated"
MARKED = {"leaf": 1, "id": "r1" + mark("0123456789abcdef")}


def told(situation: str = "routing", data: Any = MARKED) -> tuple[Recording, Emission]:
    """Emit a marked event to one subscriber."""
    recording = Recording(situation)
    recording.subscribe("e1")
    return recording, recording.emit(data=data)


def arrive(recording: Recording, emission: Emission, event_id: str | None, status: int = 200, **members: Any) -> Attempt:
    """Let it arrive under an id."""
    return recording.attempt("e1", emission, status, body=recording.body(emission, id=event_id, **members))


def grouped(recording: Recording, emission: Emission) -> list[list[str]]:
    """Give the ids of the attempts of each delivery that is known to be of the emission."""
    view = View(recording.transcript(), recording.contract)
    return [list(d.ids) for d in view.deliveries if d.emission is not None and d.emission.id == emission.id]


@given(st.text(st.characters(codec="utf-8")), st.binary(min_size=6, max_size=64))
def test_a_mark_is_found_behind_any_text(text: str, digest: bytes) -> None:
    """Whatever stands before it, the mark is the one that was put there."""
    assert mark_of({"a": 1, "b": text + mark(digest.hex())}) == mark(digest.hex())
    assert mark_of({"a": mark(digest.hex()) + " more"}) is None


@pytest.mark.parametrize("data", [None, [], "x", {}, {"a": 1}, {"a": ["x.hookproof-0123456789ab"]}, {"a": "x.hookproof-0123456789AB"}])
def test_what_has_no_mark_has_none(data: Any) -> None:
    """No other value is taken for a marked one."""
    assert mark_of(data) is None


def test_fresh_ids_on_retries_are_slips() -> None:
    """Failed attempts, each under another id, are attempts of one event; so is the one that ends it, and one without id."""
    recording, emission = told("retries")
    ids = [arrive(recording, emission, name, 500).id for name in (emission.event_id, "f1", "f2", None)]
    ids.append(arrive(recording, emission, "f3").id)
    assert grouped(recording, emission) == [ids]


def test_one_other_id_throughout_is_a_slip() -> None:
    """An endpoint at which an event has an id of its own, the same on all attempts, got that event."""
    recording, emission = told("retries")
    ids = [arrive(recording, emission, "own", status).id for status in (500, 200)]
    assert grouped(recording, emission) == [ids]


def test_a_second_id_that_repeats_is_another_event() -> None:
    """Two ids, each tried twice, are two events."""
    recording, emission = told("retries")
    own = [arrive(recording, emission, name, 500).id for name in (emission.event_id, "copy") * 2]
    assert grouped(recording, emission) == [own[::2]]


@pytest.mark.parametrize("order", [1, -1])
def test_what_surrounds_a_success_is_another_event(order: int) -> None:
    """An event that was answered is not tried again under another id: it was made twice."""
    recording, emission = told("retries")
    names = [emission.event_id, "copy"][::order]
    ids = [arrive(recording, emission, name).id for name in names]
    assert grouped(recording, emission) == [[ids[names.index(emission.event_id)]]]


def test_another_type_or_no_mark_is_never_a_slip() -> None:
    """A companion carries the mark under a type of its own; what is unmarked can be anything."""
    recording, emission = told("retries")
    arrive(recording, emission, "companion", type="rose.faded")
    arrive(recording, emission, "x", data={"leaf": 1, "id": "r1"})
    assert grouped(recording, emission) == []


def test_a_doubled_event_is_broken() -> None:
    """One id with a later canary is kept, a second id at the same endpoint is broken, a companion is none."""
    recording, emission = told()
    first = arrive(recording, emission, emission.event_id)
    unseen(recording.judge(DOUBLES))
    arrive(recording, emission, "companion", type="rose.faded")
    canary = recording.canary()
    kept(recording.judge(DOUBLES), emission, first, canary)
    second = arrive(recording, emission, "copy")
    broken(recording.judge(DOUBLES), "reached e1 under 2 ids", first, second)


def test_an_event_without_a_mark_says_nothing_of_doubles() -> None:
    """Two equal events may be two happenings."""
    recording, emission = told(data={"leaf": 1, "id": "r1"})
    arrive(recording, emission, emission.event_id)
    arrive(recording, emission, "other")
    recording.canary()
    unseen(recording.judge(DOUBLES))


def test_a_changed_payload_is_still_the_same_event() -> None:
    """One id with two payloads of one mark is no shared id; with two marks it is."""
    recording, emission = told("retries")
    first = arrive(recording, emission, emission.event_id, 500)
    arrive(recording, emission, emission.event_id, data={**MARKED, "attempt": 2})
    recording.attempt("e1", recording.emit("rose.faded"))
    kept(recording.judge(UNIQUE), first)
    other = arrive(recording, emission, emission.event_id, data={"leaf": 1, "id": "r2" + mark("f" * 12)})
    broken(recording.judge(UNIQUE), "two different events", first, other)


def test_a_copy_at_another_tenant_is_a_leak() -> None:
    """An event that is copied to another tenant under a new id is known by its mark."""
    recording, emission = told()
    recording.subscribe("theirs", scope="stranger")
    copy = recording.attempt("theirs", emission, body=recording.body(emission, id="copy"))
    broken(recording.judge(TENANTS), "of tenant main reached theirs of stranger", copy)


def test_strange_ids_that_all_repeat_are_events_of_their_own() -> None:
    """Two ids that are not the event's, each tried twice, are no slips of it."""
    recording, emission = told("retries")
    for name in ("one", "two") * 2:
        arrive(recording, emission, name, 500)
    assert grouped(recording, emission) == []
