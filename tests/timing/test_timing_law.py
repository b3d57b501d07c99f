"""The timing law in small: a few hundred waits of a correct platform, quiet and beside hogs, and every wrong schedule.

Law: the large campaign is ``benchmarks/timing_campaign.py``; both use the same trials.
"""

from __future__ import annotations

import os
from dataclasses import replace
from threading import Event, Timer

import pytest

from hookproof.model.verdict import Outcome
from hookproof.reference.platform import ReferencePlatform
from hookproof.wire.listener import CaptureListener
from tests.rules.contract_value import SLOW
from tests.rules.outcomes import broken, kept
from tests.rules.recording import Recording
from tests.rules.test_schedule import WAITS as RULE
from tests.rules.test_schedule import crowd as late_crowd
from tests.rules.test_schedule import failing as failing_event
from tests.timing.hogs import hogs
from tests.timing.schedules import DOUBLING, SCALE, SCHEDULES, Schedule, promising, uneven
from tests.timing.trial import KEY, SENDS, Crowd, failing, gaps, judged, platform, tools

DELAYS = uneven(12, 40, 120)
CROWD = Crowd(endpoints=4, events=8)


@pytest.mark.parametrize("count", [0, 4], ids=["quiet", "beside hogs"])
def test_a_correct_platform_is_never_too_early(count: int) -> None:
    """However busy the machine, no wait of a correct platform in another process lies below the bound, and its schedule is kept.

    The canary comes right after the last send, before one more would have been due, so the number of sends is not observed.
    """
    contract = promising(DELAYS)
    with platform("right", "scaled", DELAYS) as url, hogs(count), tools(url, contract, 0.0) as opened:
        transcript = failing(opened, CROWD)
    seen = gaps(transcript, DELAYS)
    assert len(seen) == CROWD.endpoints * CROWD.events * len(DELAYS)
    assert [gap for gap in seen if gap.early] == []
    assert judged(contract, transcript).outcome is Outcome.KEPT
    assert judged(contract, transcript, SENDS).outcome is Outcome.NOT_OBSERVED


def test_a_host_that_stood_still_makes_no_platform_early() -> None:
    """While our listener stands still longer than the platform waits for answers, the platform gives up and goes on: it is not early."""
    contract = promising(DELAYS)
    with platform("right", "scaled", DELAYS) as url, tools(url, contract, 0.0) as opened:
        assert isinstance(opened.listener, CaptureListener)
        assert opened.listener._loop is not None
        standstill = Timer(0.6, opened.listener._loop.call_soon_threadsafe, (Event().wait, 4.0))
        standstill.start()
        transcript = failing(opened, CROWD)
        standstill.join()
    seen = gaps(transcript, DELAYS)
    assert any(gap.given_up for gap in seen)
    assert [gap for gap in seen if gap.early] == []
    assert judged(contract, transcript).outcome is Outcome.KEPT


def _tried(schedule: Schedule, time: str, crowd: Crowd) -> Outcome:
    contract = promising(DOUBLING)
    believed = promising(schedule.followed(DOUBLING))
    with (
        ReferencePlatform(believed, api_key=KEY, time=time, time_scale=SCALE, conduct=schedule.conduct) as target,
        tools(target.url, contract, schedule.declared) as opened,
    ):
        return judged(contract, failing(opened, crowd)).outcome


@pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=lambda schedule: schedule.name)
def test_a_virtual_clock_tells_right_from_wrong(schedule: Schedule) -> None:
    """On a virtual clock every wrong schedule is broken, early or late, and every right one is kept."""
    expected = Outcome.KEPT if schedule.fault is None else Outcome.BROKEN
    assert _tried(schedule, "virtual", Crowd(endpoints=1, events=4)) is expected


@pytest.mark.parametrize("name", ["right-with-jitter", "constant", "linear", "shifted-back", "capped"])
def test_scaled_time_proves_what_is_early(name: str) -> None:
    """In scaled time the sound bound alone breaks a schedule with a wait that is hundreds of milliseconds too short, and spares the right.

    What is too short by less can be hidden by a busy machine; the campaign tries it.
    """
    expected = Outcome.KEPT if SCHEDULES[name].fault is None else Outcome.BROKEN
    assert _tried(SCHEDULES[name], "scaled", Crowd(endpoints=2, events=4)) is expected


def test_lateness_is_open_where_nobody_watched_the_host() -> None:
    """Two crowds that are late prove nothing unless it was measured meanwhile that our own host was not."""
    recording = late_crowd(tuple(10 * wait for wait in SLOW), kind="rose.bloomed")
    recording.records = [record for record in recording.records if getattr(record, "name", "") != "canary-lateness"]
    assert "lateness not decidable" in kept(recording.judge(RULE, policies=["slow"])).reading


@pytest.mark.parametrize(("seconds", "outcome"), [(1, Outcome.BROKEN), (10, Outcome.KEPT)], ids=["prompt", "slow"])
def test_a_target_that_is_slow_with_everything_is_not_late_by_its_schedule(seconds: float, outcome: Outcome) -> None:
    """What a target needs for a first send, due at once, is no lateness of its retries: a crowd is late only by more than that."""
    recording = Recording(time="real")
    for name in ("e1", "e2"):
        recording.subscribe(name)
    emissions = [recording.emit() for _ in range(8)]
    for wait in (seconds, *(wait * 1.25 + 5 for wait in SLOW)):
        recording.wait(wait)
        for emission in emissions:
            for name in ("e1", "e2"):
                recording.attempt(name, emission, 500)
    recording.note("canary-lateness", seconds=0.0)
    assert recording.judge(RULE, policies=["slow"]).outcome is outcome


@pytest.mark.parametrize("given_up", [{"closed_at": 1}, {"answer_done_at": None}], ids=["closed by the platform", "never answered whole"])
@pytest.mark.parametrize("time", ["scaled", "real"])
def test_who_gave_up_before_our_answer_is_not_early_by_it(time: str, given_up: dict[str, int | None]) -> None:
    """A platform that timed out while our own host stood still waits since then: a short gap after our late answer proves nothing."""
    recording = Recording(time=time, time_scale=10.0 if time == "scaled" else 1.0)
    first, *_ = failing_event(recording, (1.0, *SLOW[1:]))
    broken(recording.judge(RULE, policies=["slow"]), "at most")
    at = recording.records.index(first)
    recording.records[at] = replace(first, **given_up)  # type: ignore[arg-type] # each is a moment or none
    kept(recording.judge(RULE, policies=["slow"]))


def test_hogs_are_gone_when_they_are_not_needed() -> None:
    """Every hog lives while it is asked for and has ended afterwards, also when what it was needed for fails."""
    known: list[int] = []

    def fail() -> None:
        with hogs(2) as started:
            known.extend(started)
            for hog in started:
                os.kill(hog, 0)
            raise ValueError("meanwhile")

    with pytest.raises(ValueError, match="meanwhile"):
        fail()
    assert len(known) == 2
    for hog in known:
        with pytest.raises(ProcessLookupError):
            os.kill(hog, 0)
