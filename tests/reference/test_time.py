"""Time that passes by itself: scaled and real."""

from __future__ import annotations

from datetime import datetime

import httpx

from hookproof.reference.platform import ReferencePlatform
from hookproof.reference.timekeeping import Timekeeping
from tests.reference.capture import HANG, Capture, answer
from tests.reference.contract_value import CONTRACT, SLOW_DELAYS
from tests.reference.tenant import CONTROL, MASTER, Tenant

SCALE = 1000
CAP = 2.0
"""Real seconds for an answer; what is answered at once must be, on a busy machine too."""
EVENT = "rose.whispered"


def test_scaled_time_divides_delays_and_nothing_else(capture: Capture) -> None:
    """A whole schedule runs by itself, never early; stamps are the wall clock's; Retry-After is divided too; advance is 409."""
    capture.scripts["/a"].extend([answer(500), answer(429, "Retry-After: 90"), HANG])
    scaled = ReferencePlatform(CONTRACT, api_key=MASTER, time="scaled", time_scale=SCALE, real_timeout_cap=CAP)
    with scaled as platform, httpx.Client(base_url=platform.url) as client:
        tenant = Tenant(client)
        declared = client.get(f"{CONTROL}/capabilities", headers={"X-API-Key": MASTER}).json()
        assert (declared["time"], declared["time_scale"]) == ("scaled", SCALE)
        tenant.gate(f"{capture.url}/a", EVENT)
        event_id = tenant.emit(EVENT)
        capture.wait(4)
        tenant.settled()
        _, second, third, fourth = tenant.moments(event_id)
        assert [each["failure"] for each in tenant.attempts(event_id)] == [None, None, "timeout", None]
        assert second >= SLOW_DELAYS[0] / SCALE
        assert third - second >= 90 / SCALE
        assert fourth - third >= CAP + SLOW_DELAYS[2] / SCALE
        stamps = [datetime.fromisoformat(each["scheduled_at"]) for each in tenant.attempts(event_id)]
        assert stamps == sorted(stamps)
        assert tenant.ask("POST", f"{tenant.base}/clock/advance", json={"seconds": 1}).status_code == 409


def test_real_time_schedules_the_promised_moment(capture: Capture) -> None:
    """The next attempt is announced for the full delay after the failure, and a close leaves it for later."""
    capture.usual["/a"] = answer(500)
    with ReferencePlatform(CONTRACT, api_key=MASTER, time="real") as platform, httpx.Client(base_url=platform.url) as client:
        tenant = Tenant(client)
        tenant.gate(f"{capture.url}/a", EVENT)
        event_id = tenant.emit(EVENT)
        reading = tenant.settled()
        (made,) = tenant.attempts(event_id)
        assert reading["next_due_at"] == made["next_attempt_at"]
        gap = datetime.fromisoformat(made["next_attempt_at"]) - datetime.fromisoformat(made["sent_at"])
        assert gap.total_seconds() >= SLOW_DELAYS[0]


def test_only_real_time_waits_the_whole_time_out() -> None:
    """Virtual and scaled time cap the real wait."""
    waits = [Timekeeping(mode=mode, timeout_cap=1.0).wait_for(30) for mode in ("virtual", "scaled", "real")]
    assert waits == [1.0, 1.0, 30]
