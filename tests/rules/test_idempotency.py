"""What makes a repeat recognisable: the id, the body, and no id for two events."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.transcript import Attempt
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

ID, BODY, UNIQUE, HEADER = "id-stays-the-same", "body-stays-the-same", "ids-are-unique", "ids-survive-in-every-header"


def repeated(first: dict[str, Any] | None = None, second: dict[str, Any] | None = None, raw: bytes | None = None) -> Recording:
    """Send an event twice; the members given replace those of the envelope in each send."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500, body=recording.body(emission, **(first or {})))
    recording.elapse(30)
    recording.attempt("e1", emission, body=recording.body(emission, **(second or {})) if raw is None else raw)
    return recording


@pytest.mark.parametrize("rule", [ID, BODY, HEADER])
def test_an_honest_repeat_is_kept(rule: str) -> None:
    """The same id and body on both sends are kept, with both as evidence."""
    recording = repeated()
    kept(recording.judge(rule), *[r for r in recording.records if r.id.startswith("a")])
    kept(recording.judge(BODY, compare="bytes"))


@pytest.mark.parametrize("rule", [ID, BODY])
def test_a_single_send_says_nothing_of_repeats(rule: str) -> None:
    """One send, however right, is not observed."""
    recording = Recording()
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit())
    unseen(recording.judge(rule), "sent twice")


@pytest.mark.parametrize(("first", "second"), [({}, {"id": "new"}), ({"id": "old"}, {}), ({}, {"id": 7})])
def test_an_id_that_changes_is_broken(first: dict[str, Any], second: dict[str, Any]) -> None:
    """An id that changes on any attempt is broken on the attempt that does not carry the accepted one."""
    recording = repeated(first, second)
    broken(recording.judge(ID), "carries id", recording.records[-1 if second else -3])


def test_an_unreadable_retry_is_no_repeat_of_the_id() -> None:
    """A retry whose body cannot be read carries no id."""
    recording = repeated(raw=b"{")
    broken(recording.judge(ID), "carries id None", recording.records[-1])
    broken(recording.judge(BODY), "differs from the first at byte")


def test_what_nobody_can_read_repeats_nothing() -> None:
    """Where no attempt can be read, and where one is no HTTP message at all, nothing is said of ids or bodies."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    for _ in range(2):
        recording.attempt("e1", emission, 500, body=b"\xef\xbb\xbf" + recording.body(emission))
    unseen(recording.judge(ID))
    kept(recording.judge(BODY))
    cut = Recording()
    cut.subscribe("e1")
    emission = cut.emit()
    cut.attempt("e1", emission, 500)
    cut.attempt("e1", emission, body=b"{", malformed="connection closed inside the request")
    unseen(cut.judge(ID))
    unseen(cut.judge(BODY))


@pytest.mark.parametrize("data", [{"leaf": 2}, {"leaf": True}, {"leaf": 1, "id": "r1", "try": 2}, {}])
def test_a_changed_payload_is_broken(data: dict[str, Any]) -> None:
    """A member changed, retyped, added or dropped on a retry is another payload."""
    recording = repeated(second={"data": data})
    broken(recording.judge(BODY), "differs from the first at byte", recording.records[-1])


def test_other_bytes_of_the_same_value_are_a_matter_of_the_reading() -> None:
    """Spacing, order, escapes and the spelling of numbers keep the value and break the bytes."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit(data={"leaf": 1, "x": "é"})
    recording.attempt("e1", emission, 500)
    spelt = recording.body(emission).replace(b'"leaf":1', b'"leaf": 1.0').replace("é".encode(), b"\\u00e9")
    second = recording.attempt("e1", emission, body=spelt)
    kept(recording.judge(BODY), second)
    broken(recording.judge(BODY, compare="bytes"), "differs", second)


def test_big_numbers_are_compared_exactly() -> None:
    """Two numbers that only a double confuses are two values."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit(data={"leaf": 1, "x": 0.5})
    for text in (b"1.00000000000000000001", b"1.00000000000000000002"):
        recording.attempt("e1", emission, 500, body=recording.body(emission).replace(b"0.5", text))
    broken(recording.judge(BODY), "differs")


def test_ids_serve_one_event_each() -> None:
    """Different ids are kept; one id for two types, two payloads or two emissions is broken."""
    recording = Recording()
    recording.subscribe("e1", "*")
    one, two = recording.emit(), recording.emit("rose.faded")
    first = recording.attempt("e1", one)
    unseen(recording.judge(UNIQUE), "fewer than two")
    second = recording.attempt("e1", two)
    kept(recording.judge(UNIQUE), first, second)
    for members in ({"type": "rose.faded"}, {"data": {"leaf": 9}}):
        culprit = recording.attempt("e1", one, body=recording.body(one, **members))
        broken(recording.judge(UNIQUE), "two different events", first, culprit)
        recording.records.pop()
    again = recording.emit(event_id=one.event_id)
    broken(recording.judge(UNIQUE), "given the same id", one, again)


def test_the_id_header_equals_the_envelope() -> None:
    """A webhook-id that differs is broken; where there is none nothing is said."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    culprit = recording.attempt("e1", emission, headers={"Webhook-Id": "delivery-1"})
    broken(recording.judge(HEADER), "'delivery-1'", culprit)
    recording.records.pop()
    recording.attempt("e1", emission, headers={})
    unseen(recording.judge(HEADER))


@given(st.integers(0, 300), st.integers(0, 400))
def test_the_first_difference_of_two_bodies_is_shown(before: int, after: int) -> None:
    """The excerpt begins sixty bytes before the first differing one, or at the start, and ends two hundred after it."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    bodies = [b"{" * before + letter + b"}" * after for letter in (b"1", b"2")]
    recording.attempt("e1", emission, 500, body=recording.body(emission))
    first, again = (recording.attempt("e1", emission, 500, body=body) for body in bodies)
    recording.records.remove(next(record for record in recording.records if record.id.startswith("a")))
    judgement = broken(recording.judge(BODY), f"differs from the first at byte {before}", first, again)
    assert judgement.findings[0].excerpt == bodies[1][max(0, before - 60) : before + 200]


def test_a_body_that_goes_on_differs_at_its_start() -> None:
    """Where one body is the beginning of the other no byte differs, and the whole is shown from its start."""
    recording = repeated(raw=b"")
    first, last = (record for record in recording.records if isinstance(record, Attempt))
    longer = replace(last, body=first.body + b" x")
    recording.records[-1] = longer
    judgement = broken(recording.judge(BODY), "at byte 0", first, longer)
    assert judgement.findings[0].excerpt == longer.body[:200]


def test_one_id_under_three_events_is_told_each_time() -> None:
    """Each event that borrows an id is told against the first that had it, at the member that holds it."""
    recording = Recording()
    recording.subscribe("e1", "*")
    one, two = recording.emit(), recording.emit("rose.faded")
    first = recording.attempt("e1", one)
    recording.attempt("e1", two)
    culprits = [recording.attempt("e1", one, body=recording.body(one, data={"leaf": leaf})) for leaf in (8, 9)]
    judgement = recording.judge(UNIQUE)
    assert [(finding.evidence, finding.pointer) for finding in judgement.findings] == [((first.id, c.id), "/id") for c in culprits]
    del recording.records[-2:]
    recording.attempt("e1", two, body=recording.body(two, id=None))
    kept(recording.judge(UNIQUE))


def test_a_nameless_body_has_no_id_to_keep() -> None:
    """A header is compared with an id that is there, and one that is compared hides none that is not."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, headers={})
    recording.attempt("e1", emission, body=recording.body(emission, id=None))
    culprit = recording.attempt("e1", emission, headers={"Webhook-Id": "x"})
    assert broken(recording.judge(HEADER), "'x'").evidence == (culprit.id,)


@pytest.mark.parametrize(("again", "same"), [(b"0.10", True), (b"1e-1", True), (b"0.1000000000000000055", False), (b"0.11", False)])
def test_fractions_are_compared_digit_by_digit(again: bytes, *, same: bool) -> None:
    """Another way to write a fraction is the same value; one that only a float cannot tell apart is another."""
    recording = repeated({"data": {"leaf": 0.1}}, raw=b"")
    first, culprit = recording.records[-3:][0], recording.records[-1]
    assert isinstance(first, Attempt)
    assert isinstance(culprit, Attempt)
    recording.records[-1] = replace(culprit, body=first.body.replace(b"0.1", again))
    judgement = recording.judge(BODY)
    kept(judgement) if same else broken(judgement, "differs")
