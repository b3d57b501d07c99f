"""What becomes of events while the storage fails: refused or delivered; loss only between two controls and before a canary."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from hookproof.model.transcript import Emission
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

STATES = pytest.mark.parametrize(
    ("state", "rule"), [("down", "nothing-is-lost-while-storage-is-down"), ("full", "nothing-is-lost-while-storage-is-full")]
)


class Outage:
    """A tenant whose storage fails between two controls, told step by step."""

    def __init__(self, state: str) -> None:
        self.recording = recording = Recording(f"storage_{state}")
        recording.subscribe("e1")
        recording.attempt("e1", recording.emit(purpose="control"))
        recording.subscribe("waiting", "rose.faded")
        self.waiting = recording.emit("rose.faded")
        self.first = recording.attempt("waiting", self.waiting, 503)
        recording.note("storage", state=state)

    def over(self, *, control: bool = True) -> None:
        """Mend the storage and emit the second control."""
        self.recording.note("storage", state="ok")
        after = self.recording.emit(purpose="control")
        if control:
            self.recording.attempt("e1", after)

    def retried(self) -> None:
        """Send what waited, as promised."""
        self.recording.elapse(30)
        self.recording.attempt("waiting", self.waiting)


@STATES
def test_refused_events_are_no_loss(state: str, rule: str) -> None:
    """An event refused with any status while the storage fails is fine, once both controls and a canary came."""
    outage = Outage(state)
    refused = outage.recording.emit(refused=503)
    outage.over()
    outage.retried()
    unseen(outage.recording.judge(rule))
    canary = outage.recording.canary()
    kept(outage.recording.judge(rule), refused, canary)


@STATES
def test_what_is_accepted_meanwhile_must_arrive(state: str, rule: str) -> None:
    """An event that was accepted while the storage failed is broken if it never came, and kept when it came at last."""
    outage = Outage(state)
    accepted = outage.recording.emit()
    outage.over()
    outage.retried()
    canary = outage.recording.canary()
    broken(outage.recording.judge(rule), f"while the storage was {state} and never delivered", accepted, canary)
    arrived = outage.recording.attempt("e1", accepted)
    kept(outage.recording.judge(rule), accepted, arrived)


@STATES
def test_without_a_second_control_nothing_is_said(state: str, rule: str) -> None:
    """Where the endpoint gets nothing afterwards either, what was accepted meanwhile is not blamed on the storage."""
    outage = Outage(state)
    outage.recording.emit()
    outage.over(control=False)
    outage.recording.canary()
    unseen(outage.recording.judge(rule))


@STATES
def test_an_endpoint_accepted_meanwhile_must_get_its_events(state: str, rule: str) -> None:
    """A subscription that was answered with success while the storage failed works afterwards."""
    for arrives in (False, True):
        outage = Outage(state)
        recording = outage.recording
        recording.emit(refused=507)
        recording.subscribe("fresh")
        made = recording.endpoints["fresh"]
        outage.over()
        control = next(r for r in reversed(recording.records) if isinstance(r, Emission))
        if arrives:
            recording.attempt("fresh", control)
        outage.retried()
        recording.canary()
        if arrives:
            kept(recording.judge(rule), made, control)
        else:
            broken(recording.judge(rule), f"endpoint fresh was accepted while the storage was {state}", made, control)


@STATES
def test_what_waited_before_must_come_whole(state: str, rule: str) -> None:
    """A retry that was pending is broken if it comes cut, changed or never, and only when it was due before the canary."""
    bodies: dict[str, Callable[[bytes], bytes]] = {
        "half": lambda raw: raw[: len(raw) // 2],
        "changed": lambda raw: raw.replace(b'"leaf":1', b'"leaf":2'),
        "whole": lambda raw: raw,
    }
    for name, change in bodies.items():
        outage = Outage(state)
        outage.recording.emit(refused=503)
        outage.over()
        outage.recording.elapse(30)
        again = outage.recording.attempt("waiting", outage.waiting, body=change(outage.recording.body(outage.waiting)))
        outage.recording.canary()
        if name == "whole":
            kept(outage.recording.judge(rule), outage.first, again)
        else:
            broken(outage.recording.judge(rule), "came damaged", outage.first, again)
    for waits, lost in ((10, False), (60, True)):
        outage = Outage(state)
        refused = outage.recording.emit(refused=503)
        outage.over()
        outage.recording.elapse(waits)
        canary = outage.recording.canary()
        if lost:
            broken(outage.recording.judge(rule), "never came again", outage.first, canary)
        else:
            kept(outage.recording.judge(rule), refused)


def test_another_fault_is_not_this_one() -> None:
    """What was emitted while the storage was full says nothing of storage that is down."""
    outage = Outage("full")
    outage.recording.emit()
    outage.over()
    outage.recording.canary()
    unseen(outage.recording.judge("nothing-is-lost-while-storage-is-down"))


def test_a_body_that_never_was_readable_is_not_the_storages_fault() -> None:
    """If the first attempt could not be read either, the retry is not called damaged."""
    outage = Outage("down")
    recording = outage.recording
    recording.records.remove(outage.first)
    spoilt = b"\xef\xbb\xbf" + json.dumps({}).encode()
    recording.records.insert(3, recording.attempt("waiting", outage.waiting, 503, body=spoilt))
    del recording.records[-1]
    recording.emit(refused=503)
    outage.over()
    recording.elapse(30)
    recording.attempt("waiting", outage.waiting, body=spoilt)
    recording.canary()
    kept(recording.judge("nothing-is-lost-while-storage-is-down"))


DOWN = "nothing-is-lost-while-storage-is-down"


def test_the_evidence_are_the_controls_the_event_and_the_canary() -> None:
    """The first controls before and after, the last arrival of the event, and the first attempt of the canary are shown."""
    outage = Outage("down")
    recording = outage.recording
    before = next(r for r in recording.records if getattr(r, "endpoint", "") == "e1" and r.id.startswith("a"))
    accepted = recording.emit()
    outage.over()
    after = recording.records[-1]
    outage.retried()
    arrivals = [recording.attempt("e1", accepted, status) for status in (500, 200)]
    canary = recording.canary()
    recording.records.append(replace(canary, id="again", accepted_at=canary.accepted_at + 1))
    judgement = kept(recording.judge(DOWN))
    assert judgement.evidence[:5] == (accepted.id, arrivals[-1].id, before.id, after.id, canary.id)
    assert "again" not in judgement.evidence
    recording.records = [record for record in recording.records if record not in arrivals]
    assert broken(recording.judge(DOWN), "never delivered").evidence == (accepted.id, before.id, after.id, canary.id)


def test_the_storages_notes_alone_begin_and_end_an_outage() -> None:
    """Other notes in between, of whatever state, change nothing."""
    outage = Outage("down")
    recording = outage.recording
    recording.note("queue", state="ok")
    accepted = recording.emit()
    recording.note("queue", state="down")
    outage.over()
    recording.note("storage", state="ok")
    outage.retried()
    canary = recording.canary()
    broken(recording.judge(DOWN), "never delivered", accepted, canary)


def test_another_tenants_losses_are_told_by_its_own_controls() -> None:
    """What was emitted for another tenant is no loss of this one, nor are its endpoints and its waiting events."""
    outage = Outage("down")
    recording = outage.recording
    recording.subscribe("theirs", scope="other")
    foreign = recording.emit(scope="other", refused=503)
    refused = recording.emit(refused=503)
    outage.over()
    outage.retried()
    recording.emit(scope="other")
    recording.canary()
    judgement = kept(recording.judge(DOWN), refused)
    assert not {recording.endpoints["theirs"].id, foreign.id} & set(judgement.evidence)


def test_what_was_emitted_before_or_after_the_outage_is_not_judged_by_it() -> None:
    """An event that never came and was accepted outside the outage is judged elsewhere."""
    recording = Recording("storage_down")
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit())
    recording.emit()
    recording.note("storage", state="down")
    refused = recording.emit(refused=503)
    recording.note("storage", state="ok")
    recording.attempt("e1", recording.emit())
    recording.emit()
    recording.canary()
    assert kept(recording.judge(DOWN)).evidence[0] == refused.id


def test_an_endpoint_that_was_changed_later_was_accepted_meanwhile_all_the_same() -> None:
    """The first record of an endpoint says when it was accepted, and is the evidence; an older one was not accepted meanwhile."""
    outage = Outage("down")
    recording = outage.recording
    recording.subscribe("old", "rose.faded")
    recording.records.insert(0, recording.records.pop())
    recording.records[0] = replace(recording.records[0], at=1)
    recording.emit(refused=507)
    recording.subscribe("fresh")
    made = recording.endpoints["fresh"]
    outage.over()
    control = next(r for r in reversed(recording.records) if isinstance(r, Emission))
    recording.change("fresh", "updated", "rose.bloomed")
    recording.change("old", "updated", "rose.faded")
    recording.emit("rose.faded")
    outage.retried()
    canary = recording.canary()
    recording.records.append(replace(canary, id="again", accepted_at=canary.accepted_at + 1))
    assert broken(recording.judge(DOWN), "endpoint fresh was accepted").evidence == (made.id, control.id, canary.id)
    came = recording.attempt("fresh", control)
    assert {made.id, control.id, came.id} <= set(kept(recording.judge(DOWN)).evidence)


def test_an_endpoint_accepted_meanwhile_is_owed_nothing_of_the_outage() -> None:
    """What was emitted while the storage failed is judged as a loss, not as a subscription that does not work."""
    outage = Outage("down")
    recording = outage.recording
    recording.emit(refused=507)
    recording.subscribe("fresh", "rose.faded")
    meanwhile = recording.emit("rose.faded")
    outage.over()
    outage.retried()
    recording.attempt("waiting", meanwhile)
    recording.canary()
    judgement = recording.judge(DOWN)
    assert "endpoint fresh" not in " ".join(finding.message for finding in judgement.findings)


def test_what_was_taken_before_the_outage_or_first_came_in_it_does_not_wait() -> None:
    """An event that was answered 2xx, or whose first send came after the outage began, waited for no retry then."""
    for status, shift in ((200, 0), (500, 10**9)):
        outage = Outage("down")
        recording = outage.recording
        place = recording.records.index(outage.first)
        answer = replace(outage.first.answer, status=status)
        recording.records[place] = replace(outage.first, answer=answer, accepted_at=outage.first.accepted_at + shift)
        refused = recording.emit(refused=503)
        outage.over()
        recording.elapse(60)
        recording.canary()
        kept(recording.judge(DOWN), refused)


def test_whatever_does_not_wait_hides_nothing_that_does() -> None:
    """Endpoints without a delivery, of other tenants and with later events are passed over; the first arrival after it is shown."""
    outage = Outage("down")
    recording = outage.recording
    for name, scope in (("silent", "main"), ("theirs", "other")):
        recording.subscribe(name, "rose.faded", scope=scope)
        recording.records.insert(0, recording.records.pop())
        recording.records[0] = replace(recording.records[0], at=1)
    refused = recording.emit(refused=503)
    outage.over()
    recording.elapse(30)
    again = [recording.attempt("waiting", outage.waiting, status) for status in (500, 200)]
    canary = recording.canary()
    judgement = kept(recording.judge(DOWN), refused, canary)
    assert outage.first.id in judgement.evidence
    assert (again[0].id in judgement.evidence, again[1].id in judgement.evidence) == (True, False)


def test_a_retry_before_the_outage_is_none_after_it() -> None:
    """An event that was retried in vain before the storage failed still waits; it must come again."""
    recording = Recording("storage_down")
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit())
    recording.subscribe("waiting", "rose.faded")
    waiting = recording.emit("rose.faded")
    first = recording.attempt("waiting", waiting, 503)
    recording.attempt("waiting", waiting, 503)
    recording.note("storage", state="down")
    recording.emit(refused=503)
    recording.note("storage", state="ok")
    recording.attempt("e1", recording.emit())
    recording.elapse(60)
    canary = recording.canary()
    broken(recording.judge(DOWN), "never came again", first, canary)
