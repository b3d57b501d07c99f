"""Who gets which event: what was subscribed to, nothing else, nobody else's, and without waiting for others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hookproof.model.transcript import Attempt, Emission
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen, void
from tests.rules.recording import SECOND, Recording

GET, FILTERS, TENANTS = "subscribers-get-their-events", "filters-hold", "tenants-are-isolated"
SLOW, DELETED, EXPLICIT = "slow-endpoints-delay-nobody", "deleted-endpoints-get-nothing", "named-subscribers-get-explicit-only-events"


@pytest.mark.parametrize(("types", "via"), [(("rose.bloomed", "rose.faded"), "explicit"), (("*",), "wildcard")])
def test_a_subscriber_gets_its_events(types: tuple[str, ...], via: str) -> None:
    """An event that arrives is kept; one that does not is broken once a later canary did arrive, never before."""
    recording = Recording("routing")
    recording.canary()
    recording.subscribe("e1", *types)
    emission = recording.emit()
    assert emission.id not in recording.judge(GET, via=via).evidence
    canary = recording.canary()
    if via == "wildcard":
        recording.attempt("e1", next(r for r in recording.records if r.id == f"m{int(canary.id[1:]) - 1}"))  # type: ignore[arg-type] # the canary
    broken(recording.judge(GET, via=via), "never reached e1", emission, canary)
    arrived = recording.attempt("e1", emission)
    kept(recording.judge(GET, via=via), emission, arrived)
    other = "explicit" if via == "wildcard" else "wildcard"
    assert arrived.id not in recording.judge(GET, via=other).evidence


def test_an_endpoint_that_left_is_due_nothing() -> None:
    """Deleted endpoints, endpoints that answered 410, and explicit-only events at a wildcard are due nothing."""
    recording = Recording("routing")
    recording.subscribe("wild", "*")
    recording.subscribe("left")
    recording.subscribe("gone")
    recording.attempt("gone", recording.emit("rose.bloomed", scope="main"), 410)
    for emission in [r for r in recording.records if r.id.startswith("m")]:
        recording.attempt("wild", emission)  # type: ignore[arg-type] # ids that begin with m are emissions
    recording.emit("whisper.sent")
    recording.change("left", "deleted")
    recording.canary()
    kept(recording.judge(GET, via="wildcard"))
    assert "left" not in recording.judge(GET).reason


def test_an_event_from_before_the_subscription_is_not_due() -> None:
    """An endpoint that subscribed, or changed to a type, after an event is not due it."""
    recording = Recording("routing")
    recording.subscribe("e1", "rose.faded")
    recording.emit()
    recording.change("e1", "updated", "rose.bloomed")
    recording.subscribe("e2")
    recording.canary()
    assert "never reached" not in recording.judge(GET).reason


def test_filters_hold_or_name_the_intruder() -> None:
    """A spared event with a canary is kept; an event of another type, ours or not, is broken."""
    recording = Recording("routing")
    recording.subscribe("e1")
    other = recording.emit("rose.faded")
    unseen(recording.judge(FILTERS))
    canary = recording.canary()
    kept(recording.judge(FILTERS), other, canary)
    intruder = recording.attempt("e1", other)
    broken(recording.judge(FILTERS), "'rose.faded' reached e1", other, intruder)
    recording.records.pop()
    unknown = recording.attempt("e1", other, body=recording.body(other, id="foreign"))
    broken(recording.judge(FILTERS), "'rose.faded' reached e1", unknown)


def test_a_changed_filter_holds_from_its_change_on() -> None:
    """A late retry of an event from before the change is legal, an event after the change is not."""
    recording = Recording("routing")
    recording.subscribe("e1")
    before = recording.emit()
    recording.change("e1", "updated", "rose.faded")
    recording.attempt("e1", before)
    recording.canary()
    kept(recording.judge(FILTERS))
    after = recording.emit()
    culprit = recording.attempt("e1", after)
    broken(recording.judge(FILTERS), "'rose.bloomed' reached e1", after, culprit)


def test_whether_a_wildcard_names_explicit_events_is_open() -> None:
    """Both readings pass the filter and are named; a subscriber that names the event must get it."""
    for included in (True, False):
        recording = Recording("routing")
        recording.subscribe("wild", "*")
        recording.subscribe("named", "whisper.sent")
        emission = recording.emit("whisper.sent")
        if included:
            recording.attempt("wild", emission)
        unseen(recording.judge(EXPLICIT))
        canary = recording.canary()
        assert "reached" not in recording.judge(FILTERS).reason
        broken(recording.judge(EXPLICIT), "never reached named", emission, canary)
        arrived = recording.attempt("named", emission)
        reading = kept(recording.judge(EXPLICIT), arrived).reading
        assert reading == ("`*` includes it" if included else "`*` does not include it")


def test_tenants_are_isolated_or_the_leak_is_named() -> None:
    """Two tenants with canaries after each other's events are kept; one tenant's event at the other's endpoint is broken."""
    recording = Recording("routing")
    recording.subscribe("mine")
    recording.subscribe("theirs", scope="stranger")
    early = [recording.canary(scope) for scope in ("main", "stranger")]
    unseen(recording.judge(TENANTS))
    secret = recording.emit()
    recording.attempt("mine", secret)
    recording.emit(scope="stranger")
    unseen(recording.judge(TENANTS), "canaries")
    late = [recording.canary(scope) for scope in ("main", "stranger")]
    assert not {r.id for r in early} & set(kept(recording.judge(TENANTS), *late).evidence)
    leak = recording.attempt("theirs", secret)
    broken(recording.judge(TENANTS), "of tenant main reached theirs of stranger", leak)


def hanging(seconds: float, *, before: bool) -> Recording:
    """Hold a request while an event for a neighbour is due; it arrives before or after the hang ends."""
    recording = Recording("routing")
    recording.subscribe("stuck")
    recording.subscribe("free", "rose.faded")
    begun = recording.now
    held = recording.emit()
    event = recording.emit("rose.faded")
    ended = begun + round(seconds * SECOND)
    recording.attempt("stuck", held, mode="never", accepted_at=begun, closed_at=ended)
    recording.now = ended - SECOND // 10 if before else ended + SECOND
    recording.attempt("free", event)
    return recording


def test_a_slow_endpoint_delays_nobody() -> None:
    """An arrival during the hang is kept, arrivals only after it are broken, a short hang says nothing."""
    good, bad = hanging(5, before=True), hanging(5, before=False)
    kept(good.judge(SLOW), *good.records[-2:])
    broken(bad.judge(SLOW), "waited until stuck was given up", *bad.records[-2:])
    unseen(hanging(0.4, before=False).judge(SLOW))


def test_one_blocked_neighbour_is_enough() -> None:
    """Where some get their events during the hang and others only after it, those others are named."""
    recording = hanging(5, before=True)
    recording.subscribe("behind", "rose.faded")
    event = next(r for r in recording.records if isinstance(r, Emission) and r.type == "rose.faded")
    held = next(r for r in recording.records if isinstance(r, Attempt) and r.answer.mode == "never")
    recording.now = (held.closed_at or 0) + SECOND
    late = recording.attempt("behind", event)
    broken(recording.judge(SLOW), "to 1 of 2 other endpoints waited", held, late)


def test_whoever_is_always_late_is_not_blocked() -> None:
    """An endpoint that got its events no sooner before the hang was not delayed by it."""
    recording = Recording("routing")
    recording.subscribe("free", "rose.faded")
    before = recording.emit("rose.faded")
    recording.wait(3)
    recording.attempt("free", before)
    begun = hanging(5, before=False)
    shift = recording.now - begun.records[0].at + SECOND
    for record in begun.records:
        moved = {name: value + shift for name, value in vars(record).items() if name.endswith("_at") and value is not None}
        recording.records.append(replace(record, id=f"x{record.id}", at=record.at + shift, **moved))
    unseen(recording.judge(SLOW))


def test_what_waits_behind_the_hang_does_not_tell_what_is_usual() -> None:
    """An event from before the hang that came only after it is no measure of how late events usually are."""
    recording = hanging(5, before=False)
    pending = recording.emit("rose.faded")
    held = next(r for r in recording.records if isinstance(r, Attempt) and r.answer.mode == "never")
    recording.records[-1] = replace(pending, started_at=held.accepted_at - 2, done_at=held.accepted_at - 1)
    recording.attempt("free", pending)
    broken(recording.judge(SLOW), "to 1 of 1 other endpoints waited", held)


def test_a_deleted_endpoint_gets_nothing_more() -> None:
    """An event after the deletion with a canary is kept; a request for it, or a late one, is broken; one second is grace."""
    recording = Recording("routing")
    recording.subscribe("e1")
    flying = recording.emit()
    gone = recording.change("e1", "deleted")
    recording.attempt("e1", flying)
    recording.canary()
    unseen(recording.judge(DELETED))
    after = recording.emit()
    unseen(recording.judge(DELETED))
    canary = recording.canary()
    kept(recording.judge(DELETED), gone, after, canary)
    culprit = recording.attempt("e1", after)
    broken(recording.judge(DELETED), "was deleted and still got", gone, culprit)
    assert culprit.id not in recording.judge(FILTERS).evidence  # nobody is blamed twice
    recording.records.pop()
    recording.wait(5)
    late = recording.attempt("e1", flying)
    broken(recording.judge(DELETED), "was deleted and still got", gone, late)


def test_a_contract_without_explicit_events_promises_nothing_of_them() -> None:
    """Where no event is for explicit subscribers only the promise is not applicable."""
    recording = Recording("routing", contract=replace(CONTRACT, policy=replace(CONTRACT.policy, explicit_only=())))
    void(recording.judge(EXPLICIT))
