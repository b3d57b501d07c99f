"""A target of which nothing arrives, that misnames its events or whose clock goes astray is an error with a cause."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.model.capabilities import Capabilities
from hookproof.model.errors import CapabilityError, UnreachableError
from hookproof.ports import ClockReading, Scope
from hookproof.staging.cast import Tenant
from hookproof.staging.liveness import final_error, patience_left, require_life, require_move
from hookproof.staging.profile import PROFILES
from tests.rules.contract_value import CONTRACT
from tests.rules.recording import SECOND, Recording, rfc3339

URL = "http://127.0.0.1:9"
START = 1_800_000_000


def _tools(recording: Recording | None = None, *, moment: int = 0, **capabilities: Any) -> Any:
    told = Capabilities(**{"time": "virtual", "emit": "pipeline", **capabilities})
    recorder = SimpleNamespace(transcript=(recording or Recording()).transcript, moment=lambda: moment)
    return SimpleNamespace(
        recorder=recorder,
        contract=CONTRACT,
        platform=SimpleNamespace(url=URL),
        capabilities=told,
        tenants=[],
        profile=PROFILES["ci"],
        vain=0,
    )


def test_nothing_that_was_emitted_arrived() -> None:
    """If no event ever arrived the error counts what was taken; news of endpoints are no sign of life, a garbled body is."""
    recording = Recording()
    recording.subscribe("e1", "*")
    event = recording.emit()
    recording.emit(refused=422)
    told = recording.attempt("e1", event, body=recording.body(event, id="m", type="gate.made"))
    with pytest.raises(UnreachableError, match="took 1 of 2 events") as caught:
        require_life(_tools(recording))
    assert URL in str(caught.value)
    recording.records.remove(told)
    recording.attempt("e1", event, body=b"\x00", headers={})
    assert not require_life(_tools(recording))


def _moved(seconds: float, by: float, *, ran: float = 0.0, **capabilities: Any) -> None:
    tenant = Tenant(name="t", scope=Scope(id="s", api_key="k"), now=rfc3339(START), read_at=0)
    reading = ClockReading(now=rfc3339(START + by), ready=True, pending=0, next_due_at=None)
    require_move(_tools(moment=round(ran * SECOND), **capabilities), tenant, reading, seconds)


@given(seconds=st.floats(0, 1e7), off=st.floats(-0.9, 0.9), ran=st.floats(0, 600))
def test_a_clock_that_goes_where_it_is_moved_is_one(seconds: float, off: float, ran: float) -> None:
    """A clock may be told in whole seconds, and may run by itself meanwhile."""
    _moved(seconds, seconds + off, ran=ran)
    _moved(seconds, seconds + ran, ran=ran)


@given(seconds=st.floats(0, 1e7), off=st.floats(1.1, 1e8), back=st.booleans())
def test_a_clock_that_goes_elsewhere_is_none(seconds: float, off: float, *, back: bool) -> None:
    """A clock that stands, leaps or runs back is an error that says how far it went and how far it was to go."""
    with pytest.raises(CapabilityError, match="when asked to move by"):
        _moved(seconds, seconds - off if back else seconds + off)


def test_a_declared_resolution_is_granted() -> None:
    """A clock of ten-second steps may be ten seconds off."""
    _moved(25, 20, scheduler_resolution_seconds=10)
    with pytest.raises(CapabilityError):
        _moved(25, 20)


def test_a_clock_without_a_zone_is_none() -> None:
    """A time that could be anywhere moves nowhere."""
    tenant = Tenant(name="t", scope=Scope(id="s", api_key="k"), now="2027-01-01T00:00:00", read_at=0)
    reading = ClockReading(now="2027-01-01T00:00:00", ready=True, pending=0, next_due_at=None)
    with pytest.raises(CapabilityError, match="without a zone"):
        require_move(_tools(), tenant, reading, 0)


def test_a_witness_that_never_came_ends_the_run() -> None:
    """A canary that was taken and never came is named with its situation; one that came, or was refused, is none."""
    recording = Recording("routing")
    recording.subscribe("e1")
    recording.canary()
    recording.emit("canary.sang", purpose="canary", refused=422)
    assert final_error(recording.transcript(), CONTRACT, URL) is None
    lost = recording.emit("canary.sang", purpose="canary")
    error = final_error(recording.transcript(), CONTRACT, URL)
    assert isinstance(error, UnreachableError)
    assert f"{lost.event_id!r} for a healthy endpoint (routing)" in str(error)


def test_ids_that_come_in_no_envelope_end_the_run() -> None:
    """If not one id that was given to an emission comes in a delivery, the target misnames its events."""
    recording = Recording("routing")
    recording.subscribe("e1")
    for _ in range(2):
        event = recording.emit()
        recording.attempt("e1", event, body=recording.body(event, id=f"other-{event.id}"), headers={})
    error = final_error(recording.transcript(), CONTRACT, URL)
    assert isinstance(error, CapabilityError)
    assert "came in no envelope" in str(error)
    recording.attempt("e1", recording.emit())
    assert final_error(recording.transcript(), CONTRACT, URL) is None


def test_patience_ends_with_too_many_disappointments() -> None:
    """A target that lost much is waited for less long each time; one that did not is given what was asked, or the profile's patience."""
    tools = _tools(time="real")
    assert patience_left(tools, None) == tools.profile.patience
    assert patience_left(tools, 3.0) == 3.0
    tools.vain = 100
    assert 0 < patience_left(tools, None) < 1
