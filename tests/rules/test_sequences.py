"""Promises across events: companions, the last of a subject, and one that follows another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

ALONG, LAST, FOLLOWS = "companions-are-sent-along", "nothing-follows-the-last", "one-follows-the-other"


def test_a_companion_is_sent_along_to_whoever_named_both() -> None:
    """A companion with the same payload is kept; without it the event is broken once a canary arrived, for each event anew."""
    recording = Recording("sequences")
    recording.subscribe("both", "pair.opened", "pair.noted")
    recording.subscribe("one", "pair.opened")
    emission = recording.emit("pair.opened")
    recording.attempt("both", emission)
    unseen(recording.judge(ALONG))
    canary = recording.canary()
    broken(recording.judge(ALONG), "without its companion 'pair.noted'", emission, canary)
    along = recording.attempt("both", emission, body=recording.body(emission, type="pair.noted", id="along"))
    kept(recording.judge(ALONG), emission, along)
    again = recording.emit("pair.opened")
    recording.canary()
    broken(recording.judge(ALONG), "without its companion", again)


def test_a_companion_with_another_payload_is_none() -> None:
    """A companion that tells of something else does not count."""
    recording = Recording("sequences")
    recording.subscribe("both", "pair.opened", "pair.noted")
    emission = recording.emit("pair.opened")
    recording.attempt("both", emission, body=recording.body(emission, type="pair.noted", id="a", data={"leaf": 2}))
    recording.canary()
    broken(recording.judge(ALONG), "without its companion")


def test_a_companion_changed_as_its_event_was_is_one() -> None:
    """What happens to every payload on its way breaks another promise; the companion came along all the same."""
    recording = Recording("sequences")
    recording.subscribe("both", "pair.opened", "pair.noted")
    emission = recording.emit("pair.opened", {"leaf": 1, "none": None})
    changed = {"leaf": 1}
    recording.attempt("both", emission, body=recording.body(emission, data=changed))
    along = recording.attempt("both", emission, body=recording.body(emission, type="pair.noted", id="a", data=changed))
    recording.canary()
    kept(recording.judge(ALONG), along)


def rooms(order: tuple[str, ...], created: dict[str, str]) -> Recording:
    """Deliver events of one room in an order, with these creation times."""
    recording = Recording("sequences")
    recording.subscribe("e1", "room.opened", "room.closed")
    for kind in order:
        emission = recording.emit(kind)
        recording.attempt("e1", emission, body=recording.body(emission, created_at=f"2026-01-01T00:00:{created[kind]}Z"))
    return recording


@pytest.mark.parametrize(
    ("order", "closed", "reading"),
    [
        (("room.opened", "room.closed"), "30", "last by delivery"),
        (("room.opened", "room.closed"), "10", "last by delivery"),
        (("room.closed", "room.opened"), "30", "last by creation time"),
        (("room.closed", "room.opened"), "10", None),
    ],
)
def test_the_closing_event_is_last_by_delivery_or_by_creation(order: tuple[str, ...], closed: str, reading: str | None) -> None:
    """Either order is legal and named; an event that is later in both is broken. Silence after the last needs a canary."""
    recording = rooms(order, {"room.opened": "20", "room.closed": closed})
    if reading is None:
        broken(recording.judge(LAST), "'room.opened' of '7' came after", recording.records[-1])
        return
    unseen(recording.judge(LAST))
    recording.canary()
    assert kept(recording.judge(LAST)).reading == reading


def test_another_subject_and_a_retry_do_not_disturb() -> None:
    """Events of another room, and a later retry of an earlier event, leave the closing event last."""
    recording = rooms(("room.opened", "room.closed"), {"room.opened": "20", "room.closed": "30"})
    other = recording.emit("room.opened", {"leaf": 1, "room_id": "8"})
    recording.attempt("e1", other)
    recording.canary()
    kept(recording.judge(LAST))
    alone = Recording("sequences")
    alone.subscribe("e1", "room.closed")
    alone.attempt("e1", alone.emit("room.closed"))
    alone.canary()
    unseen(alone.judge(LAST))


def test_a_follower_arrives_for_the_same_subject() -> None:
    """A follower of the same call is kept; none, one of another call, or one that claims to be older is broken."""
    recording = Recording("sequences")
    recording.subscribe("e1", "early.media", "early.answered")
    first = recording.attempt("e1", recording.emit("early.media"))
    recording.canary()
    unseen(recording.judge(FOLLOWS))
    then = recording.emit("early.answered")
    unseen(recording.judge(FOLLOWS))
    canary = recording.canary()
    broken(recording.judge(FOLLOWS), "never followed by", first, then, canary)
    recording.attempt("e1", then, body=recording.body(then, id="x", data={"leaf": 1, "call_id": "other"}))
    broken(recording.judge(FOLLOWS), "never followed by")
    older = recording.attempt("e1", then, body=recording.body(then, created_at="2001-01-01T00:00:00Z"))
    broken(recording.judge(FOLLOWS), "older than", first, older)
    recording.records.pop()
    follower = recording.attempt("e1", then)
    kept(recording.judge(FOLLOWS), first, follower)


@pytest.mark.parametrize("subject", [["c"], {"a": 1}, None, 1.5])
def test_a_subject_of_any_type_is_compared_and_never_crashes(subject: Any) -> None:
    """Subjects that are lists, objects or missing do not stop the judge."""
    recording = Recording("sequences")
    recording.subscribe("e1", "early.media", "early.answered", "room.closed", "room.opened")
    for kind in ("early.media", "early.answered", "room.opened", "room.closed"):
        emission = recording.emit(kind, {"leaf": 1, "call_id": subject, "room_id": subject})
        recording.attempt("e1", emission)
    recording.canary()
    for rule in (FOLLOWS, LAST):
        unseen(recording.judge(rule)) if subject is None else kept(recording.judge(rule))


def test_nothing_is_said_without_a_canary_that_came_later() -> None:
    """Neither a canary from before the event nor none at all witnesses that a companion or a follower is missing."""
    for sings in (False, True):
        recording = Recording("sequences")
        recording.subscribe("e1", "pair.opened", "pair.noted", "early.media", "early.answered")
        if sings:
            recording.canary()
        recording.attempt("e1", recording.emit("pair.opened"))
        recording.attempt("e1", recording.emit("early.media"))
        recording.emit("early.answered")
        for rule in (ALONG, FOLLOWS):
            unseen(recording.judge(rule))


def test_one_companion_does_for_one_event() -> None:
    """Two equal events want a companion each; who named both at first is asked, whatever was changed later."""
    recording = Recording("sequences")
    recording.subscribe("both", "pair.opened", "pair.noted")
    recording.change("both", "updated", "pair.opened", "rose.faded")
    first, second = recording.emit("pair.opened"), recording.emit("pair.opened")
    along = recording.attempt("both", first, body=recording.body(first, type="pair.noted", id="along"))
    canary = recording.canary()
    assert broken(recording.judge(ALONG), "without its companion").evidence == (second.id, canary.id)
    assert along.id != second.id


def test_a_subject_that_is_not_told_hides_no_other() -> None:
    """A closing event without a subject, and one alone, are passed over; so is a first event whose follower is still due."""
    recording = Recording("sequences")
    recording.subscribe("e1", "room.opened", "room.closed", "early.media", "early.answered")
    for data in ({"leaf": 1}, {"leaf": 1, "room_id": "9"}):
        recording.attempt("e1", recording.emit("room.closed", data))
    closing = recording.emit("room.closed")
    recording.attempt("e1", closing, body=recording.body(closing, created_at="2020-01-01T00:00:00Z"))
    culprit = recording.attempt("e1", recording.emit("room.opened"))
    broken(recording.judge(LAST), "came after 'room.closed' at e1", culprit)
    recording.attempt("e1", recording.emit("early.media", {"leaf": 1, "call_id": "d"}))
    media = recording.attempt("e1", recording.emit("early.media"))
    recording.emit("early.answered")
    canary = recording.canary()
    recording.records.append(replace(canary, id="again", accepted_at=canary.accepted_at + 1))
    recording.emit("early.answered", {"leaf": 1, "call_id": "d"})
    judgement = broken(recording.judge(FOLLOWS), "never followed by", media, canary)
    assert "again" not in judgement.evidence


def test_the_first_follower_is_compared() -> None:
    """A later repeat of the follower does not make up for a first one that claims to be older."""
    recording = Recording("sequences")
    recording.subscribe("e1", "early.media", "early.answered")
    first = recording.attempt("e1", recording.emit("early.media"))
    then = recording.emit("early.answered")
    older = recording.attempt("e1", then, 500, body=recording.body(then, created_at="2001-01-01T00:00:00Z"))
    recording.attempt("e1", then)
    recording.canary()
    broken(recording.judge(FOLLOWS), "older than", first, older)
