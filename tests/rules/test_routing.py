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


def test_an_event_that_came_under_a_strange_id_is_not_called_lost() -> None:
    """Each arrival of its type under an id of nobody's explains one event that did not come, and no more than one."""
    recording = Recording("routing")
    recording.subscribe("e1")
    first, second = recording.emit(), recording.emit()
    recording.attempt("e1", first, body=recording.body(first, id="strange"))
    canary = recording.canary()
    broken(recording.judge(GET), "never reached e1", second, canary)
    assert first.id not in recording.judge(GET).evidence
    recording.attempt("e1", second, body=recording.body(second, id="stranger"))
    assert "never reached" not in recording.judge(GET).reason


def test_events_without_a_canary_are_counted_and_hide_no_loss() -> None:
    """The reason tells how many are open; a loss of another tenant, which has a canary, is broken all the same."""
    recording = Recording("routing")
    recording.subscribe("e1")
    recording.subscribe("f1", scope="other")
    recording.emit()
    unseen(recording.judge(GET), "1 events had not reached a subscriber, and no canary came after them")
    lost = recording.emit(scope="other")
    canary = recording.canary("other")
    broken(recording.judge(GET), "never reached f1", lost, canary)


def test_a_stray_is_told_by_its_first_attempt() -> None:
    """What reached an endpoint under an unknown id is judged and shown by the first attempt under it."""
    recording = Recording("routing")
    recording.subscribe("e1")
    emission = recording.emit("rose.faded")
    sent = [
        recording.attempt("e1", emission, 500, body=recording.body(emission, id="strange", type=kind))
        for kind in ("rose.faded", "rose.bloomed")
    ]
    assert broken(recording.judge(FILTERS), "'rose.faded' reached e1").evidence == (sent[0].id,)
    recording.subscribe("e2")
    for kind in ("rose.bloomed", "rose.faded"):
        recording.attempt("e2", emission, 500, body=recording.body(emission, id="other", type=kind))
    assert "e2" not in " ".join(finding.message for finding in recording.judge(FILTERS).findings)


@pytest.mark.parametrize("kinds", [("rose.bloomed", "canary.sang"), ("canary.sang",)])
def test_tenants_with_events_of_their_own_at_home_show_isolation(kinds: tuple[str, ...]) -> None:
    """An event beside the canaries must have come to its own tenant, and a single tenant is isolated from nobody."""
    recording = Recording("routing")
    recording.subscribe("mine")
    emission = recording.emit()
    if "rose.bloomed" in kinds:
        recording.attempt("mine", emission)
    recording.canary()
    unseen(recording.judge(TENANTS), "fewer than two tenants")
    for scope in ("second", "third"):
        recording.subscribe(f"at {scope}", scope=scope)
        recording.emit(scope=scope)
    sung = [recording.canary(scope) for scope in ("main", "second", "third")]
    judgement = recording.judge(TENANTS)
    kept(judgement, *sung) if "rose.bloomed" in kinds else unseen(judgement)


def test_a_canary_after_events_of_its_own_tenant_alone_shows_no_isolation() -> None:
    """What could have leaked must have been accepted for another tenant, and before the canary was emitted."""
    recording = Recording("routing")
    recording.subscribe("mine")
    recording.subscribe("theirs", scope="stranger")
    recording.attempt("mine", recording.emit())
    for scope in ("stranger", "main"):
        recording.canary(scope)
    unseen(recording.judge(TENANTS))


@pytest.mark.parametrize(("done", "ended", "blocked"), [(2.4, 5.0, True), (2.6, 5.0, True), (4.74, 5.0, True), (4.76, 5.0, False)])
def test_what_was_emitted_late_in_the_hang_had_no_time(done: float, ended: float, *, blocked: bool) -> None:
    """An event that happened less than a quarter of a second before the end of the hang waited for nobody."""
    recording = hanging(ended, before=False)
    held = next(r for r in recording.records if isinstance(r, Attempt) and r.answer.mode == "never")
    place = next(i for i, r in enumerate(recording.records) if isinstance(r, Emission) and r.type == "rose.faded")
    moment = held.accepted_at + round(done * SECOND)
    event = replace(recording.records[place], started_at=moment - 1, done_at=moment)  # type: ignore[call-arg] # it is an emission
    recording.records[place] = event
    judgement = recording.judge(SLOW)
    broken(judgement, "waited until stuck was given up", held) if blocked else unseen(judgement)


@pytest.mark.parametrize(("usual", "blocked"), [(0.9, True), (0.98, True), (1.02, False)])
def test_whoever_usually_needs_a_fifth_of_the_hang_was_not_blocked(usual: float, *, blocked: bool) -> None:
    """Five times the longest delay of before is grace, told by the first attempts of events that came before."""
    recording = Recording("routing")
    recording.subscribe("free", "rose.faded")
    recording.subscribe("stuck")
    before = recording.emit("rose.faded")
    recording.now = before.done_at + round(usual * SECOND)
    recording.attempt("free", before, 500)
    recording.wait(7)
    recording.attempt("free", before)
    held, begun = recording.emit(), recording.now
    event = recording.emit("rose.faded")
    recording.attempt("stuck", held, mode="never", accepted_at=begun, closed_at=event.done_at + 5 * SECOND)
    recording.now = event.done_at + 6 * SECOND
    recording.attempt("free", event)
    judgement = recording.judge(SLOW)
    broken(judgement, "to 1 of 1 other endpoints waited") if blocked else unseen(judgement)


def test_a_short_hang_hides_no_long_one_and_eight_of_many_are_shown() -> None:
    """A request that was held only for a moment is passed over; of many endpoints eight are evidence."""
    for before in (True, False):
        recording = Recording("routing")
        recording.subscribe("brief", "call.made")
        recording.attempt("brief", recording.emit("call.made"), mode="never", closed_at=recording.now + SECOND // 10)
        recording.subscribe("stuck")
        names = [f"n{number}" for number in range(12)]
        for name in names:
            recording.subscribe(name, "rose.faded")
        held, begun = recording.emit(), recording.now
        event = recording.emit("rose.faded")
        recording.attempt("stuck", held, mode="never", accepted_at=begun, closed_at=begun + 5 * SECOND)
        recording.now = begun + (SECOND if before else 6 * SECOND)
        arrivals = [recording.attempt(name, event) for name in names]
        judgement = recording.judge(SLOW)
        if before:
            assert len(kept(judgement, *arrivals[:8]).evidence) == 9
        else:
            assert len(broken(judgement, "to 12 of 12 other endpoints", *arrivals[:8]).evidence) == 9


def test_a_deletion_after_many_changes_counts_from_its_own_record() -> None:
    """Moment, scope and evidence of a deletion are those of the last record, whatever came before it."""
    recording = Recording("routing")
    recording.subscribe("e1")
    recording.wait(10)
    recording.change("e1", "updated", "rose.bloomed", "rose.faded")
    recording.records.append(replace(recording.endpoints["e1"], id="odd", scope="other"))
    recording.wait(10)
    between = recording.emit()
    recording.attempt("e1", between)
    recording.wait(10)
    gone = recording.change("e1", "deleted")
    after = [recording.emit("rose.faded"), recording.emit()]
    canary = recording.canary()
    assert kept(recording.judge(DELETED)).evidence == (gone.id, after[-1].id, canary.id)
    late = recording.attempt("e1", between, accepted_at=gone.at + SECOND)
    kept(recording.judge(DELETED))
    recording.records[-1] = late = replace(late, accepted_at=gone.at + SECOND + 1)
    assert broken(recording.judge(DELETED), "was deleted").evidence == (gone.id, late.id)


def test_who_named_an_explicit_event_at_first_is_told_by_its_first_record() -> None:
    """Subscribers that changed later are asked by what they named first, each in its own tenant."""
    recording = Recording("routing")
    recording.subscribe("named", "whisper.sent")
    recording.subscribe("wild", "*")
    recording.subscribe("theirs", "*", scope="other")
    recording.change("named", "updated", "whisper.sent", "rose.faded")
    recording.change("wild", "updated", "rose.faded")
    emission = recording.emit("whisper.sent")
    recording.attempt("theirs", emission)
    arrived = recording.attempt("named", emission)
    recording.canary()
    assert kept(recording.judge(EXPLICIT), emission, arrived).reading == "`*` does not include it"


@pytest.mark.parametrize(("types", "via"), [(("rose.*",), "prefix"), (("rose.*", "*"), "wildcard"), (("rose.bloomed",), "explicit")])
def test_each_way_to_subscribe_is_judged_by_its_own_clause(types: tuple[str, ...], via: str) -> None:
    """What an endpoint named at first says how it subscribed, whatever it names later."""
    policy = replace(CONTRACT.policy, wildcards=("all", "prefix"))
    recording = Recording("routing", contract=replace(CONTRACT, policy=policy))
    recording.subscribe("e1", *types)
    made = recording.endpoints["e1"]
    emission = recording.emit()
    recording.attempt("e1", emission)
    recording.records.append(replace(made, id="later", at=recording.now, action="updated", event_types=("pair.noted",)))
    recording.canary()
    for way in ("prefix", "wildcard", "explicit"):
        assert (emission.id in recording.judge(GET, via=way).evidence) is (way == via)
