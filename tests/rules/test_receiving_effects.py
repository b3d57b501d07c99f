"""What events do inside a receiver: the data that were sent, the newest state, and nothing that an answer would betray."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Exchange
from hookproof.rules.receiving_effects import first_difference
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording
from tests.rules.test_receiving import UNSENT, deliver

ONCE, APPLIED, NEWEST, ALIKE = (
    "events-take-effect-once",
    "data-are-applied-as-sent",
    "newer-state-stays-in-force",
    "forgeries-are-answered-alike",
)
BARE = replace(CONTRACT, envelope=replace(CONTRACT.envelope, data_member=None))


def applied(sent: Any, told: Any, status: int = 202, *, enveloped: bool = True) -> tuple[Recording, Exchange]:
    """Deliver data and let somebody tell with which data the event took effect."""
    recording = Recording("applying", contract=CONTRACT if enveloped else BARE)
    body = {"data": sent} if enveloped else sent
    exchange = recording.exchange("deliver", status, request=body, purpose="applied", event_id="evt_1")
    for earlier in (told, {"other": 0}, {"other": 1}):
        recording.effect("evt_1", 1, earlier)
    recording.effect("evt_1", 1, told)
    return recording, exchange


@pytest.mark.parametrize("enveloped", [True, False])
def test_data_are_applied_as_they_were_sent(*, enveloped: bool) -> None:
    """The last word about an accepted event counts, whether its data stand in an envelope or are the whole body."""
    recording, sent = applied({"n": 1, "a": [1, {"b": None}]}, {"a": [1, {"b": None}], "n": 1}, enveloped=enveloped)
    kept(recording.judge(APPLIED), sent, recording.records[-1])
    recording, sent = applied({"n": 1}, {"n": 1.0}, enveloped=enveloped)
    broken(recording.judge(APPLIED), "/n was 1 and became 1.0", sent, recording.records[-1])


def test_what_nobody_told_or_was_refused_was_not_applied() -> None:
    """A refused event, one whose content nobody told, and one of another purpose say nothing."""
    recording, _ = applied({"n": 1}, {"n": 2}, 401)
    unseen(recording.judge(APPLIED), "nobody told with which data")
    recording = Recording("applying")
    recording.exchange("deliver", 202, request={"data": {"n": 1}}, purpose="applied", event_id="evt_1")
    recording.effect("evt_1", 1)
    recording.effect("evt_1", 0, {"n": 2})
    unseen(recording.judge(APPLIED))
    recording.exchange("deliver", 202, request={"data": {"n": 1}}, purpose="event", event_id="evt_2")
    recording.effect("evt_2", 1, {"n": 2})
    unseen(recording.judge(APPLIED))


@pytest.mark.parametrize(
    ("sent", "told", "where"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ([1, [2]], [1, [2]], ""),
        (None, None, ""),
        (1, 1.0, "/ was 1 and became 1.0"),
        (1, True, "/ was 1 and became True"),
        (1, 2, "/ was 1 and became 2"),
        ("1", 1, "/ was '1' and became 1"),
        ({"a": 1}, {}, "/a was lost"),
        ({}, {"a": 1}, "/a was added"),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, "/a/b was 1 and became 2"),
        ([0, {"a": [1]}], [0, {"a": [True]}], "/1/a/0 was 1 and became True"),
        ([1], [1, 2], "/ was [1] and became [1, 2]"),
        ([1, 2], [1], "/ was [1, 2] and became [1]"),
        ({"a": 1, "b": 1}, {"b": 1, "a": 2, "c": 1}, "/a was 1 and became 2"),
        ([1], {"0": 1}, "/ was [1] and became {'0': 1}"),
    ],
)
def test_two_values_differ_where_they_first_do(sent: Any, told: Any, where: str) -> None:
    """Members, places, kinds and values are compared; the pointer leads to the first that is lost, added or another."""
    assert first_difference(sent, told) == where


def ordered(in_force: bool | None, newer: int = 202, older: int = 202) -> tuple[Recording, list[str]]:  # noqa: FBT001 -- what is told
    """Deliver the newer event, then the older one, and let somebody tell whether the newer still holds."""
    recording = Recording("order")
    for gone in ("evt_gone", "evt_gone_too"):
        deliver(recording, older, "older-after-newer", event_id=gone)
    first = deliver(recording, newer, "newer-first", event_id="evt_new")
    last = deliver(recording, older, "older-after-newer", event_id="evt_old")
    for holds in (in_force, not in_force, not in_force, in_force):
        recording.records[-1] = told = replace(recording.effect("evt_new", 1), in_force=holds)
    return recording, [first.id, last.id, told.id]


def test_the_newer_state_stays_in_force() -> None:
    """The last word counts: still in force is kept, replaced is broken by the last older event that was accepted."""
    recording, evidence = ordered(in_force=True)
    assert list(kept(recording.judge(NEWEST)).evidence) == evidence
    recording, evidence = ordered(in_force=False)
    assert list(broken(recording.judge(NEWEST), "'evt_old' replaced what the newer one said").evidence) == evidence


def test_a_state_of_which_nobody_told_is_not_judged() -> None:
    """Without a word, without an accepted newer event and without an accepted older one nothing is said."""
    recording = Recording("order")
    unseen(recording.judge(NEWEST), "nobody told whether the newer event is still in force")
    for newer, older in ((401, 202), (202, 401)):
        unseen(ordered(False, newer, older)[0].judge(NEWEST))  # noqa: FBT003 -- what is told
    recording, _ = ordered(None)
    recording.records = [r for r in recording.records if getattr(r, "in_force", None) is None]
    unseen(recording.judge(NEWEST))


def forged(known: int, unknown: int, *bodies: bytes, control: int = 202, situation: str = "forging") -> tuple[Recording, list[Exchange]]:
    """Forge a delivery under an id that the receiver knows, and under one that it does not."""
    recording = Recording("forging")
    deliver(recording, control, situation=situation)
    answers = [*bodies, b"", b""]
    sent = [
        deliver(recording, known, "", fault="forged-known", response_body=answers[0]),
        deliver(recording, unknown, "", fault="forged-unknown", response_body=answers[1]),
    ]
    return recording, sent


def test_forgeries_are_answered_alike() -> None:
    """The same status and body are kept; another status or another body tells who is known."""
    recording, sent = forged(401, 401, b"no", b"no")
    assert kept(recording.judge(ALIKE)).evidence == tuple(exchange.id for exchange in sent)
    recording, sent = forged(409, 401)
    broken(recording.judge(ALIKE), "a known id got status 409, of an unknown one status 401", *sent)
    recording, sent = forged(401, 401, b"seen before", b"no")
    broken(recording.judge(ALIKE), "or another body", *sent)


def test_each_forgery_of_a_known_id_is_held_against_the_first_of_an_unknown() -> None:
    """What unknown ids got after the first tells nothing of known ones, and one finding is made of each known id."""
    recording, sent = forged(409, 401)
    deliver(recording, 400, "", fault="forged-unknown")
    (finding,) = broken(recording.judge(ALIKE), "a known id got status 409, of an unknown one status 401").findings
    assert finding.evidence == tuple(exchange.id for exchange in sent)


def test_forgeries_without_answer_or_control_say_nothing() -> None:
    """A hung-up connection is no other answer, and a receiver that accepted nothing in this situation shows nothing."""
    for known, unknown in ((0, 401), (401, 0)):
        recording, sent = forged(known, unknown)
        assert kept(recording.judge(ALIKE)).evidence == tuple(exchange.id for exchange in sent if exchange.status)
    unseen(forged(0, 0)[0].judge(ALIKE), "no forgeries were answered")
    for more in ({"control": 401}, {"situation": "events"}):
        unseen(forged(409, 401, **more)[0].judge(ALIKE))
    recording, _ = forged(409, 401)
    recording.records[0] = replace(recording.records[0], purpose="event")  # type: ignore[call-arg] # the first record is an exchange
    unseen(recording.judge(ALIKE))


def test_an_event_of_which_nobody_told_hides_no_other() -> None:
    """Each event that was repeated is judged by what was told of it."""
    recording = Recording("duplicates")
    deliver(recording, 202, "repeated", event_id="evt_silent")
    sent = deliver(recording, 202, "repeated", event_id="evt_1")
    recording.effect(UNSENT, 0)
    told = recording.effect("evt_1", 2)
    broken(recording.judge(ONCE), "took effect 2 times", sent, told)


@pytest.mark.parametrize(
    ("purpose", "need"),
    [("within-week", "time"), ("across-restart", "restart"), ("after-failure", "faults"), ("before-kill", "kill"), ("across-kill", "kill")],
)
def test_what_cannot_be_done_inside_a_receiver_is_named(purpose: str, need: str) -> None:
    """The reason names what such a repeat needs and the receiver did not offer, and nothing where it did or nothing is needed."""
    recording = Recording("duplicates", time="real", lifecycle=[], faults=False)
    assert unseen(recording.judge(ONCE, purposes=[purpose, "repeated"])).reason == f"needs {need}"
    able = unseen(Recording("duplicates").judge(ONCE, purposes=[purpose])).reason
    assert able == f"nobody told of the effects of a repeated event ({purpose})"
    assert unseen(recording.judge(ONCE, purposes=["repeated"])).reason.startswith("nobody told")
