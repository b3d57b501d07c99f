"""An endpoint that is inactive gets nothing of what happens then; what happened before and what follows later is legal."""

from __future__ import annotations

from dataclasses import replace

from hookproof.model.transcript import Emission
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

OFF, GET = "disabled-endpoints-get-nothing", "subscribers-get-their-events"


def paused(*, served: bool = True) -> tuple[Recording, Emission]:
    """Set an endpoint inactive after it got an event, and emit another."""
    recording = Recording("routing")
    recording.subscribe("e1")
    first = recording.emit()
    if served:
        recording.attempt("e1", first)
    recording.change("e1", "disabled")
    return recording, recording.emit()


def test_an_inactive_endpoint_gets_nothing() -> None:
    """With an event before and a canary after, silence is kept; without the canary nothing is said; an arrival is broken."""
    recording, missed = paused()
    off = recording.endpoints["e1"]
    unseen(recording.judge(OFF))
    canary = recording.canary()
    kept(recording.judge(OFF), off, missed, canary)
    culprit = recording.attempt("e1", missed)
    broken(recording.judge(OFF), "was set inactive before it happened", off, culprit)


def test_an_endpoint_that_never_got_anything_says_nothing() -> None:
    """Silence after silence is no evidence."""
    recording, _ = paused(served=False)
    recording.canary()
    unseen(recording.judge(OFF))


def test_what_was_on_its_way_and_what_was_kept_back_is_legal() -> None:
    """An event from before may come while the endpoint is inactive; one that happened meanwhile may come when it is active again."""
    recording = Recording("routing")
    recording.subscribe("e1")
    flying = recording.emit()
    recording.attempt("e1", flying, 500)
    recording.change("e1", "disabled")
    kept_back = recording.emit()
    recording.attempt("e1", flying)
    recording.canary()
    recording.change("e1", "enabled")
    recording.attempt("e1", kept_back)
    recording.attempt("e1", recording.emit())
    recording.canary()
    kept(recording.judge(OFF))
    kept(recording.judge(GET, via="explicit"))
    assert "reached" not in recording.judge("filters-hold").reason


def test_an_inactive_endpoint_is_due_nothing_until_it_is_active_again() -> None:
    """What happens while an endpoint is inactive need not reach it; what happens after that must."""
    recording, _ = paused()
    recording.canary()
    kept(recording.judge(GET, via="explicit"))
    recording.change("e1", "enabled")
    due = recording.emit()
    canary = recording.canary()
    broken(recording.judge(GET, via="explicit"), "never reached e1", due, canary)


def test_a_second_pause_is_judged_by_itself() -> None:
    """Between two pauses events are legal, in each of them they are not."""
    recording, _ = paused()
    recording.canary()
    recording.change("e1", "enabled")
    recording.attempt("e1", recording.emit())
    again = recording.change("e1", "disabled")
    missed = recording.emit()
    recording.canary()
    kept(recording.judge(OFF), again, missed)
    culprit = recording.attempt("e1", missed)
    broken(recording.judge(OFF), "was set inactive", again, culprit)


def test_a_deletion_ends_the_pause() -> None:
    """What reaches a deleted endpoint breaks another promise."""
    recording, missed = paused()
    recording.canary()
    recording.change("e1", "deleted")
    recording.attempt("e1", missed)
    kept(recording.judge(OFF))


def test_a_pause_is_judged_by_what_came_before_it_and_a_canary_within_it() -> None:
    """What arrived in the moment of the switch came before nothing; a canary after the pause witnesses nothing of it."""
    recording, missed = paused(served=False)
    off = recording.endpoints["e1"]
    emission = next(r for r in recording.records if isinstance(r, Emission))
    recording.attempt("e1", emission, accepted_at=off.at)
    recording.canary()
    unseen(recording.judge(OFF))
    recording, missed = paused()
    recording.change("e1", "enabled")
    recording.canary()
    unseen(recording.judge(OFF))
    recording, missed = paused()
    early = recording.canary()
    recording.records[-1] = replace(early, accepted_at=early.accepted_at - 1)
    on = recording.change("e1", "enabled")
    recording.records[-2] = replace(early, accepted_at=on.at)
    unseen(recording.judge(OFF))
    recording.records[-2] = early
    late = recording.attempt("e1", missed, accepted_at=on.at)
    assert late.id not in kept(recording.judge(OFF), early).evidence


def test_the_canarys_first_attempt_is_the_witness() -> None:
    """However often it was sent, also after the pause; one from before the event witnesses nothing."""
    recording = Recording("routing")
    recording.subscribe("e1")
    recording.attempt("e1", recording.emit())
    recording.change("e1", "disabled")
    recording.canary()
    missed = recording.emit()
    unseen(recording.judge(OFF))
    canary = recording.canary()
    recording.change("e1", "enabled")
    recording.records.append(replace(canary, id="again", accepted_at=recording.now + 1))
    judgement = kept(recording.judge(OFF), missed, canary)
    assert "again" not in judgement.evidence


def test_an_event_in_the_very_moment_of_the_switch_is_within_the_pause() -> None:
    """From the switch to the request that ended the pause, both included."""
    recording, missed = paused()
    off = recording.endpoints["e1"]
    place = recording.records.index(missed)
    recording.records[place] = missed = replace(missed, started_at=off.at)
    canary = recording.canary()
    kept(recording.judge(OFF), missed, canary)
