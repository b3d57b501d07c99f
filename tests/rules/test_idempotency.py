"""What makes a repeat recognisable: the id, the body, and no id for two events."""

from __future__ import annotations

from typing import Any

import pytest

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
