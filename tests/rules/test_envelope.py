"""Every body: strict JSON, the envelope's shape, a known type, a time with a zone that is true, an honest truncation flag."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Attempt, Emission
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen, void
from tests.rules.recording import SECOND, Recording, compact, rfc3339

JSON, SHAPE, TYPE, ZONE = "bodies-are-strict-json", "envelopes-have-their-shape", "types-are-known", "creation-times-have-a-zone"
TRUE, WHOLE = "creation-times-are-true", "small-events-are-whole"
LONE = b'{"id":"i","type":"rose.bloomed","created_at":"2026-01-01T00:00:00Z","data":{"leaf":1,"x":"\\ud83d"}}'


def one(body: bytes | None = None, **members: Any) -> tuple[Recording, Attempt]:
    """Deliver one event whose envelope has these members, or these bytes."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit()
    return recording, recording.attempt("e1", emission, body=recording.body(emission, **members) if body is None else body, headers={})


@pytest.mark.parametrize("name", [JSON, SHAPE, TYPE, ZONE, TRUE, WHOLE])
def test_an_honest_body_is_kept(name: str) -> None:
    """An envelope as promised keeps every promise of the envelope, and the attempt is the evidence."""
    recording, attempt = one()
    kept(recording.judge(name), attempt)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a":"\xe9"}', "not UTF-8: byte 6 is 0xe9"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a":1,"b":2,"a":1}', "'a' occurs twice"),
        (b'{"a":[{"b":1,"b":1}]}', "'b' occurs twice"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b'{"a":-Infinity}', "-Infinity is not JSON"),
        (b'{"a":1} {"b":2}', "not JSON"),
        (b'{"a":"\n"}', "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 129 + b"]" * 129, "nested too deeply"),
        (b'{"a":' * 600 + b"1" + b"}" * 600, "nested too deeply"),
        (LONE, "half of a surrogate pair"),
        (b'{"\\udc00":1}', "half of a surrogate pair"),
    ],
)
def test_what_some_reader_would_read_otherwise_is_broken(body: bytes, reason: str) -> None:
    """Each way of not being strict JSON is broken for its own reason."""
    recording, attempt = one(body)
    broken(recording.judge(JSON), reason, attempt)


def test_deep_but_readable_bodies_and_long_numbers_are_json() -> None:
    """As deep as every reader goes, and numbers of any size, are strict JSON."""
    for body in (b"[" * 128 + b"]" * 128, b"[" + b"{}," * 500 + b"1]", b"9" * 4000, b"1e999", b"-0.0", '{"a":"😀\\u0000"}'.encode()):
        recording, attempt = one(body)
        kept(recording.judge(JSON), attempt)


def test_many_members_are_read_in_time() -> None:
    """A body of a hundred thousand members of which the last repeats the last but one is refused at once."""
    names = [*(f'"m{i}":1' for i in range(100_000)), '"m99999":1']
    recording, _ = one(("{" + ",".join(names) + "}").encode())
    broken(recording.judge(JSON), "'m99999' occurs twice")


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"id": ""}, "/id"),
        ({"id": 7}, "/id"),
        ({"type": ["x"]}, "/type"),
        ({"created_at": 1_700_000_000}, "/created_at"),
        ({"data": []}, "/data"),
        ({"data": "{}"}, "/data"),
        ({"truncated": "true"}, "/truncated"),
    ],
)
def test_a_member_of_another_shape_is_broken_where_it_is(members: dict[str, Any], pointer: str) -> None:
    """A member of the wrong JSON type is broken and the finding points at it."""
    recording, attempt = one(**members)
    judgement = broken(recording.judge(SHAPE), pointer, attempt)
    assert judgement.findings[0].pointer == pointer


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"{}", b'{"id":"a"}'])
def test_what_is_no_envelope_is_broken(body: bytes) -> None:
    """JSON that is not the envelope breaks its shape; what is not JSON at all breaks another promise."""
    recording, attempt = one(body)
    broken(recording.judge(SHAPE), "", attempt)
    garbled, _ = one(b"{")
    unseen(garbled.judge(SHAPE))


def test_added_members_are_legal() -> None:
    """Members that the contract does not name are forward compatibility."""
    recording, attempt = one(api_version="2")
    kept(recording.judge(SHAPE), attempt)


def test_a_type_must_be_known_and_the_one_that_happened() -> None:
    """An unknown type is broken, and so is a known one under which the event was not emitted."""
    recording, attempt = one(type="rose.exploded")
    broken(recording.judge(TYPE), "'rose.exploded'", attempt)
    recording, attempt = one(type="rose.faded")
    broken(recording.judge(TYPE), "'rose.bloomed' was emitted, 'rose.faded' arrived", attempt)
    recording, _ = one(b"{")
    unseen(recording.judge(TYPE))


@pytest.mark.parametrize(
    "text", ["2026-09-21T14:13:20Z", "2026-09-21T14:13:20.123456789+02:00", "20260921T141320Z", "2026-09-21T14:13+0200"]
)
def test_every_iso_form_with_a_zone_is_legal(text: str) -> None:
    """Basic and extended format, fractions of any length, and offsets are ISO 8601."""
    recording, attempt = one(created_at=text)
    kept(recording.judge(ZONE), attempt)


@pytest.mark.parametrize(
    "text", ["2026-09-21T14:13:20", "2026-09-21", "Mon, 21 Sep 2026 14:13:20 GMT", "1790000000", "", "2026-13-01T00:00:00Z"]
)
def test_a_time_without_a_zone_or_of_another_form_is_broken(text: str) -> None:
    """What is no ISO 8601 date and time with a zone is broken at its member."""
    recording, attempt = one(created_at=text)
    assert broken(recording.judge(ZONE), "ISO 8601", attempt).findings[0].pointer == "/created_at"


@pytest.mark.parametrize("off", [-3600.0, -2.1, 2.1, 7200.0])
@pytest.mark.parametrize("time", ["virtual", "real"])
def test_a_creation_time_lies_at_the_emission(off: float, time: str) -> None:
    """A second beside the emission is legal on either clock, more is broken."""
    for seconds, sees in ((0.9 if off > 0 else -0.9, True), (off, False)):
        recording = Recording("catalog", time=time)
        recording.subscribe("e1")
        emission = recording.emit()
        attempt = recording.attempt("e1", emission, body=recording.body(emission, created_at=rfc3339(recording.clock() + seconds)))
        if sees:
            kept(recording.judge(TRUE), attempt)
        else:
            broken(recording.judge(TRUE), "s from the emission", emission, attempt)


@pytest.mark.parametrize(("off", "legal"), [(-1.0, True), (1.0, True), (-1.5, False), (1.5, False)])
def test_a_second_is_a_second(off: float, legal: bool) -> None:  # noqa: FBT001 -- a table
    """Exactly one second beside the emission is still legal, half a second more is not."""
    recording = Recording("catalog")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, body=recording.body(emission, created_at=rfc3339(recording.clock() + off)))
    kept(recording.judge(TRUE)) if legal else broken(recording.judge(TRUE), "s from the emission")


def test_an_event_may_be_created_as_long_as_its_emission_lasts() -> None:
    """Without a clock of the target's the moment lies anywhere between asking and being told, and a second more."""
    for late, legal in ((5.5, True), (-0.5, True), (6.5, False)):
        recording = Recording("catalog", time="real")
        recording.subscribe("e1")
        emission = recording.records[-1] = replace(told := recording.emit(), done_at=told.started_at + 5 * SECOND)
        created = rfc3339(emission.started_wall / SECOND + late)
        recording.attempt("e1", emission, body=recording.body(emission, created_at=created))
        kept(recording.judge(TRUE)) if legal else broken(recording.judge(TRUE), "s from the emission")


def test_the_first_of_equal_bodies_is_shown() -> None:
    """What is wrong with a body is shown by the first attempt that carried it, and its kept time by the first send."""
    recording, first = one(type="rose.exploded")
    emission = next(r for r in recording.records if isinstance(r, Emission))
    recording.attempt("e1", emission, body=first.body)
    recording.attempt("e1", emission, body=b'{"id": 7}')
    assert broken(recording.judge(TYPE), "'rose.exploded'").findings[0].excerpt == first.body
    assert kept(recording.judge(TRUE)).evidence == (first.id,)


def test_a_creation_time_stays_the_same_on_every_attempt() -> None:
    """An event whose creation time moves with its retries is broken."""
    recording, first = one()
    emission = next(r for r in recording.records if isinstance(r, Emission))
    recording.elapse(30)
    second = recording.attempt("e1", emission, body=recording.body(emission, created_at="2026-09-21T13:33:50Z"))
    broken(recording.judge(TRUE), "was created at", first, second)


def test_unreadable_creation_times_are_judged_elsewhere() -> None:
    """Where no creation time can be read nothing is said of its truth."""
    for recording, _ in (one(created_at="yesterday"), one(id="foreign"), one(b"[]")):
        unseen(recording.judge(TRUE))


def test_an_explicit_false_is_a_reading_and_anything_else_is_a_lie() -> None:
    """A small event may carry false, which is named; true, null and texts are broken."""
    recording, attempt = one(truncated=False)
    assert kept(recording.judge(WHOLE), attempt).reading == "flag sent as false"
    for value in (True, "false", 0):
        recording, attempt = one(truncated=value)
        broken(recording.judge(WHOLE), repr(value), attempt)


def test_a_flag_is_judged_far_below_the_limit_only() -> None:
    """An event near or above the limit may be cut; what its flag means is judged elsewhere."""
    limit = min(CONTRACT.policy.truncation.limits) if CONTRACT.policy.truncation else 0
    bare = len(json.dumps({"leaf": 1, "id": "r1", "x": ""}))
    for filler, judged in ((0, True), (limit // 2 - bare - 1, True), (limit // 2 - bare, False), (limit, False)):
        recording = Recording("truncation")
        recording.subscribe("e1")
        emission = recording.emit(data={"leaf": 1, "id": "r1", "x": "a" * filler})
        attempt = recording.attempt("e1", emission, body=recording.body(emission, truncated=True))
        broken(recording.judge(WHOLE), "True", attempt) if judged else unseen(recording.judge(WHOLE))


def test_a_contract_without_a_flag_makes_no_promise_of_it() -> None:
    """Where the envelope has no truncation member a member with an empty name means nothing."""
    contract = replace(CONTRACT, envelope=replace(CONTRACT.envelope, truncated_member=None, id_member=None))
    recording = Recording("catalog", contract=contract)
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit(), body=compact({"": True}))
    void(recording.judge(WHOLE))
    unseen(recording.judge("ids-are-unique"))
