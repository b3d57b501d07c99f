"""What becomes of events while the storage fails: refused or delivered; loss only between two controls and before a canary."""

from __future__ import annotations

import json
from collections.abc import Callable

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
