"""Oversized events: one legal reading of the limit explains every cut, and a cut event keeps its promises."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.transcript import Attempt, Emission
from hookproof.rules.truncation import sizes_of
from tests.rules.contract_value import CONTRACT, LIMIT
from tests.rules.outcomes import broken, kept, unseen, void
from tests.rules.recording import Recording, compact

CUT, DELIVERED, SHAPE = "cut-above-one-limit", "oversized-events-are-delivered", "cut-events-have-their-shape"
SIZE, ONLY, KEPT = "cut-events-give-their-size", "cut-events-hold-identifiers-only", "cut-events-keep-all-identifiers"
FITS = "cut-events-fit-the-limit"


def filled(size: int, filler: str = "a") -> dict[str, Any]:
    """Make data of about so many bytes in compact UTF-8, never more."""
    empty = len(compact({"leaf": 1, "id": "r1", "x": ""}))
    return {"leaf": 1, "id": "r1", "x": filler * ((size - empty) // len(compact(filler).strip(b'"')))}


def deliver(recording: Recording, data: dict[str, Any], *, cut: bool, **members: Any) -> tuple[Emission, Attempt]:
    """Deliver an event whole or cut; ``members`` replace those of the cut data, None removes one."""
    emission = recording.emit("rose.bloomed", data)
    small = {"_truncated": True, "_original_bytes": len(compact(data)), "id": "r1", **members}
    short = {name: value for name, value in small.items() if value is not None}
    body = recording.body(emission, data=short, truncated=True) if cut else None
    return emission, recording.attempt("e1", emission, body=body)


TEXTS = st.text(st.characters(exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_sizes_are_those_of_what_would_be_written(value: Any) -> None:
    """Each size is the length in bytes of the payload, or of its envelope, when it is really written in that way."""
    ways = [(separators, ascii_only) for separators in ((",", ":"), (", ", ": ")) for ascii_only in (False, True)]
    for measured, written in (("data", value), ("envelope", {"id": "é", "d": value})):
        texts = [json.dumps(written, separators=separators, ensure_ascii=ascii_only) for separators, ascii_only in ways]
        found = sizes_of(value, {"id": "é", "d": "replaced"}, "d")
        expected = dict(zip(("compact UTF-8", "compact ASCII", "spaced UTF-8", "spaced ASCII"), texts, strict=True))
        assert all(found[measured, how] == len(text.encode("utf-8", "surrogatepass")) for how, text in expected.items())


def start(**more: Any) -> Recording:
    """Begin a recording with one subscriber."""
    recording = Recording("truncation", **more)
    recording.subscribe("e1")
    return recording


@pytest.mark.parametrize("limit", [LIMIT, LIMIT + 100])
@pytest.mark.parametrize("filler", ["a", "é", "€", "😀"])
def test_each_legal_limit_is_kept_to_the_byte_and_named(limit: int, filler: str) -> None:
    """A limit on compact data explains what lies just below and just above it, for characters of every width."""
    recording = start()
    data = filled(limit, filler)
    data["x"] += "a" * (limit - len(compact(data)))
    deliver(recording, data, cut=False)
    emission, attempt = deliver(recording, {**data, "x": data["x"] + "a"}, cut=True)
    judgement = kept(recording.judge(CUT), emission, attempt)
    assert f"{limit:,} bytes of data, compact UTF-8" in judgement.reading


def test_the_envelope_and_spaced_text_may_be_measured() -> None:
    """Measuring the envelope, or spaced ASCII, are legal readings."""
    for measured in ("envelope", "spaced ASCII"):
        recording = start()
        for size in range(200, 600, 3):
            data = filled(size)
            probe = Recording("truncation")
            whole = probe.body(probe.emit("rose.bloomed", data))
            true_size = (
                len(json.dumps(data))
                if measured == "spaced ASCII"
                else len(whole) + len(f"evt_m{len(recording.records) + 1}") - len("evt_m1")
            )
            deliver(recording, data, cut=true_size > LIMIT)
        assert measured in kept(recording.judge(CUT)).reading


@pytest.mark.parametrize("limit", [LIMIT // 2, LIMIT + 50, 2 * LIMIT])
def test_another_limit_is_broken(limit: int) -> None:
    """A limit that no reading gives is broken, cut too early or too late."""
    recording = start()
    for size in range(100, 1000, 10):
        deliver(recording, filled(size), cut=size > limit)
    broken(recording.judge(CUT), "no legal reading explains the cuts")


def test_counting_characters_is_broken_and_said_so() -> None:
    """A limit on characters is broken by wide ones, and the finding names the mistake."""
    recording = start()
    for count in range(100, 800, 20):
        data = {"leaf": 1, "x": "€" * count}
        deliver(recording, data, cut=len(compact(data).decode()) > LIMIT)
    broken(recording.judge(CUT), "characters instead of bytes would explain it")


def test_never_cutting_is_broken_and_small_events_alone_say_nothing() -> None:
    """A huge event that arrives whole is broken; only small ones are not observed."""
    recording = start()
    deliver(recording, filled(100), cut=False)
    unseen(recording.judge(CUT))
    for rule in (SHAPE, SIZE, ONLY, KEPT):
        unseen(recording.judge(rule))
    deliver(recording, filled(5000), cut=False)
    broken(recording.judge(CUT), "was not cut", recording.records[-1])


def test_an_oversized_event_is_never_dropped() -> None:
    """An event over every limit that arrives is kept; one that does not is broken by a later canary only."""
    recording = start()
    emission, attempt = deliver(recording, filled(5000), cut=True)
    kept(recording.judge(DELIVERED), emission, attempt)
    lost = recording.emit("rose.bloomed", filled(5000))
    unseen(recording.judge(DELIVERED), "no canary came after")
    canary = recording.canary()
    broken(recording.judge(DELIVERED), "never arrived", lost, canary)
    small = start()
    small.emit("rose.bloomed", filled(100))
    small.canary()
    unseen(small.judge(DELIVERED))


def test_an_honest_cut_keeps_every_promise() -> None:
    """Both marks, the size and the identifiers: kept, with the attempt as evidence and the size's reading named."""
    recording = start()
    _, attempt = deliver(recording, filled(5000), cut=True)
    for rule in (SHAPE, SIZE, ONLY, KEPT):
        kept(recording.judge(rule), attempt)
    assert recording.judge(SIZE).reading == "size of data"


@pytest.mark.parametrize(
    ("rule", "members", "reason"),
    [
        (SHAPE, {"_truncated": None}, "/data"),
        (SHAPE, {"_truncated": "true"}, "/data/_truncated"),
        (SHAPE, {"_original_bytes": None}, "/data"),
        (SHAPE, {"_original_bytes": "5000"}, "/data/_original_bytes"),
        (SIZE, {"_original_bytes": 4000}, "is 4000"),
        (SIZE, {"_original_bytes": None}, "is None"),
        (SIZE, {"_original_bytes": True}, "is True"),
        (SIZE, {"_original_bytes": [1]}, "is [1]"),
        (ONLY, {"x": "a"}, "unpromised member 'x'"),
        (ONLY, {"id": "other"}, "identifier 'id'"),
        (ONLY, {"room_id": "7"}, "identifier 'room_id'"),
        (KEPT, {"id": None}, "identifier 'id' is missing"),
    ],
)
def test_a_flawed_cut_is_broken_for_its_reason(rule: str, members: dict[str, Any], reason: str) -> None:
    """Each thing wrong with a cut event breaks its own promise on that attempt."""
    recording = start()
    _, attempt = deliver(recording, filled(5000), cut=True, **members)
    broken(recording.judge(rule), reason, attempt)


def test_a_cut_with_one_mark_is_still_seen_as_cut() -> None:
    """Cut data without the envelope's flag, and a flag of another type, break the shape instead of hiding."""
    for flag in (None, "true"):
        recording = start()
        emission = recording.emit("rose.bloomed", filled(5000))
        attempt = recording.attempt(
            "e1", emission, body=recording.body(emission, data={"_truncated": True, "_original_bytes": 5000}, truncated=flag)
        )
        broken(recording.judge(SHAPE), "", attempt)


@pytest.mark.parametrize(
    ("marks", "flag"),
    [({}, None), ({"_truncated": None}, "true"), ({"_truncated": None, "_original_bytes": None}, None)],
)
def test_a_cut_without_its_flags_is_no_other_limit(marks: dict[str, Any], flag: Any) -> None:
    """What an event lost says that it was cut, whatever it says itself: the limit is kept, the shape is broken."""
    recording = start()
    deliver(recording, filled(LIMIT), cut=False)
    emission = recording.emit("rose.bloomed", filled(5000))
    small = {"_truncated": True, "_original_bytes": len(compact(filled(5000))), "id": "r1", **marks}
    data = {name: value for name, value in small.items() if value is not None}
    attempt = recording.attempt("e1", emission, body=recording.body(emission, data=data, truncated=flag))
    kept(recording.judge(CUT), emission, attempt)
    broken(recording.judge(SHAPE), "", attempt)


def test_a_whole_event_that_calls_itself_cut_is_whole() -> None:
    """A flag on a whole payload is no cut: neither the limit nor the shape of cut events is touched by it."""
    recording = start()
    deliver(recording, filled(5000), cut=True)
    emission = recording.emit("rose.bloomed", filled(100))
    whole = recording.attempt("e1", emission, body=recording.body(emission, truncated=True))
    kept(recording.judge(CUT), whole)
    for rule in (SHAPE, SIZE, ONLY, KEPT, FITS):
        assert whole.id not in kept(recording.judge(rule)).evidence


def test_an_event_that_nobody_can_read_may_be_the_one_that_is_missed() -> None:
    """Half a body that came to the subscriber breaks the promise of JSON, and is not said to have been dropped."""
    recording = start()
    lost = recording.emit("rose.bloomed", filled(5000))
    recording.attempt("e1", lost, body=recording.body(lost)[:LIMIT])
    recording.canary()
    unseen(recording.judge(DELIVERED), "in a form that can be read")


def test_what_is_left_of_a_cut_event_fits() -> None:
    """A cut event up to the greatest limit is kept, one that is still over it is broken."""
    for size, fits in ((LIMIT + 100, True), (LIMIT + 101, False)):
        recording = start()
        empty = {"_truncated": True, "_original_bytes": 5000, "id": ""}
        name = "x" * (size - len(compact(empty)))
        emission = recording.emit("rose.bloomed", {**filled(5000), "id": name})
        attempt = recording.attempt("e1", emission, body=recording.body(emission, data={**empty, "id": name}, truncated=True))
        kept(recording.judge(FITS), attempt) if fits else broken(recording.judge(FITS), "the limit is 500", attempt)
    unseen(start().judge(FITS))


@pytest.mark.parametrize("length", [1022, 1023])
def test_an_enormous_identifier_may_be_left_out(length: int) -> None:
    """What is over a kilobyte as JSON identifies nothing, and its loss is none."""
    recording = start()
    emission = recording.emit("rose.bloomed", {**filled(5000), "id": "x" * length})
    small = {"_truncated": True, "_original_bytes": len(compact(emission.data))}
    attempt = recording.attempt("e1", emission, body=recording.body(emission, data=small, truncated=True))
    broken(recording.judge(KEPT), "identifier 'id' is missing", attempt) if length == 1022 else unseen(recording.judge(KEPT))


def test_an_original_without_identifiers_or_members_is_judged_calmly() -> None:
    """Where the original carried no identifier none can be lost."""
    recording = start()
    for data in ({"leaf": 1, "x": "a" * 5000}, ["a" * 5000]):
        emission = recording.emit("rose.bloomed", data)
        short = {"_truncated": True, "_original_bytes": len(compact(data))}
        recording.attempt("e1", emission, body=recording.body(emission, data=short, truncated=True))
    unseen(recording.judge(KEPT))
    kept(recording.judge(ONLY))


def test_a_contract_without_truncation_promises_nothing_of_it() -> None:
    """Where nothing is cut by contract the limit and the shape are not applicable."""
    contract = replace(CONTRACT, policy=replace(CONTRACT.policy, truncation=None))
    recording = start(contract=contract)
    emission = recording.emit()
    recording.attempt("e1", emission, body=recording.body(emission, data={"": 1}))
    void(recording.judge(CUT))
    void(recording.judge(SHAPE))
    for rule in (DELIVERED, SIZE, ONLY, KEPT):
        unseen(recording.judge(rule))


@pytest.mark.parametrize("sent", [True, False])
def test_a_lowered_flag_is_measured_where_it_is_sent(sent: bool) -> None:  # noqa: FBT001 -- a table
    """A target that sends the flag as false measured it with the envelope; one that leaves it out did not."""
    recording = start()
    more = len(b',"truncated":false') if sent else 0
    for size in range(LIMIT - 140, LIMIT + 60, 3):
        data = filled(size)
        emission = recording.emit("rose.bloomed", data)
        whole = recording.body(emission, **({"truncated": False} if sent else {}))
        cut = len(recording.body(emission)) + more > LIMIT
        small = {"_truncated": True, "_original_bytes": len(compact(data)), "id": "r1"}
        recording.attempt("e1", emission, body=recording.body(emission, data=small, truncated=True) if cut else whole)
    reading = kept(recording.judge(CUT)).reading
    assert f"{LIMIT:,} bytes of envelope, compact UTF-8" in reading


def test_both_compact_readings_are_compact() -> None:
    """ASCII without spaces is measured without spaces."""
    recording = start()
    for size in range(200, 600, 3):
        data = filled(size, "é")
        emission = recording.emit("rose.bloomed", data)
        ascii_size = len(json.dumps(data, separators=(",", ":")))
        small = {"_truncated": True, "_original_bytes": len(compact(data)), "id": "r1"}
        cut = ascii_size > LIMIT
        recording.attempt("e1", emission, body=recording.body(emission, data=small, truncated=True) if cut else None)
    assert f"{LIMIT:,} bytes of data, compact ASCII" in kept(recording.judge(CUT)).reading


@pytest.mark.parametrize(("members", "cut"), [(("_truncated",), True), (("_original_bytes",), True), ((), False)])
def test_one_of_the_two_marks_is_enough_to_be_cut(members: tuple[str, ...], *, cut: bool) -> None:
    """Whatever else is missing: what bears a mark of cutting was cut."""
    recording = start()
    emission = recording.emit("rose.bloomed", {"leaf": 1, "id": "r1"})
    data = {"leaf": 1, "id": "r1", **dict.fromkeys(members, 1)}
    recording.attempt("e1", emission, body=recording.body(emission, data=data))
    assert (recording.judge(FITS).outcome == "kept") is cut


@pytest.mark.parametrize(("left", "cut"), [(49, True), (50, False), (51, False), (60, False)])
def test_what_lost_more_than_half_was_cut(left: int, *, cut: bool) -> None:
    """Without any mark an event was cut if a member is lost and what is left measures less than half."""
    recording = start()
    whole = {"k": "a" * (left - 8), "x": ""}
    whole["x"] = "a" * (100 - len(compact(whole)))
    emission = recording.emit("rose.bloomed", whole)
    recording.attempt("e1", emission, body=recording.body(emission, data={"k": whole["k"]}))
    assert len(compact({"k": whole["k"]})) == left
    assert len(compact(whole)) == 100
    assert (recording.judge(FITS).outcome == "kept") is cut


def test_a_raised_flag_alone_does_not_make_a_whole_event_cut() -> None:
    """An event of ours that lost nothing is whole; of a stranger the flag is all that can be known, and false or null raise nothing."""
    for flag, cut in ((True, True), ("yes", True), (False, False), (None, False)):
        recording = start()
        emission = recording.emit("rose.bloomed", {"leaf": 1, "id": "r1"})
        raised = recording.body(emission, truncated=True)
        recording.attempt("e1", emission, body=raised)
        unseen(recording.judge(FITS))
        body = json.dumps({"id": "stranger", "type": "rose.bloomed", "created_at": "x", "data": {"id": "r9"}, "truncated": flag}).encode()
        recording.attempt("e1", emission, body=body)
        assert (recording.judge(FITS).outcome == "kept") is cut


def test_an_oversized_event_that_nobody_could_read_is_not_called_lost() -> None:
    """What came to a subscriber after the emission and cannot be read may be it; what came before, or elsewhere, may not."""
    for when, place, lost in (("after", "e1", False), ("before", "e1", True), ("after", "e2", True)):
        recording = start()
        recording.subscribe("e2", "rose.faded")
        other = recording.emit("rose.faded")
        if when == "before":
            recording.attempt(place, other, body=b"{")
        emission = recording.emit("rose.bloomed", filled(900))
        if when == "after":
            recording.attempt(place, other, body=b"{")
        canary = recording.canary()
        if lost:
            broken(recording.judge(DELIVERED), "never arrived, a later canary did", emission, canary)
        else:
            unseen(recording.judge(DELIVERED), "1 large events had not arrived in a form that can be read")


def test_a_canary_from_before_witnesses_no_loss_and_the_last_one_does() -> None:
    """The last canary counts; while it came before the event nothing is said but how many events are open."""
    recording = start()
    recording.canary()
    emission = recording.emit("rose.bloomed", filled(900))
    unseen(recording.judge(DELIVERED), "1 large events had not arrived")
    canary = recording.canary()
    broken(recording.judge(DELIVERED), "never arrived", emission, canary)


@pytest.mark.parametrize("rule", [ONLY, KEPT])
def test_a_strangers_cut_event_hides_none_of_ours(rule: str) -> None:
    """What belongs to no emission is passed over."""
    recording = start()
    stranger = recording.emit("rose.bloomed", filled(900))
    recording.records.pop()
    deliver(recording, filled(900), cut=True)
    body = recording.body(stranger, id="stranger", data={"_truncated": True, "_original_bytes": 900}, truncated=True)
    first = recording.attempt("e1", stranger, body=body)
    recording.records.insert(1, recording.records.pop())
    recording.records[1] = replace(first, accepted_at=1)
    more = {"extra": 1} if rule == ONLY else {"id": None}
    _, culprit = deliver(recording, filled(950), cut=True, **more)
    broken(recording.judge(rule), "", culprit)


def test_a_size_of_an_event_that_is_whole_is_not_judged() -> None:
    """Only what was cut gives a size that counts, against the sizes of that very event."""
    recording = start()
    _, fine = deliver(recording, filled(900), cut=True)
    kept(recording.judge(SIZE), fine)
    deliver(recording, filled(300), cut=False)
    assert kept(recording.judge(SIZE)).evidence == (fine.id,)
