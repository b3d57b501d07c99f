"""Order by key: what happened later is not sent before what happened earlier was taken; other keys are free."""

from __future__ import annotations

from hookproof.model.transcript import Emission
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

ORDER = "events-of-a-key-keep-their-order"


def row(*leaves: int) -> tuple[Recording, list[Emission]]:
    """Emit events with these values of the key, one after the other, to one endpoint."""
    recording = Recording("order")
    recording.subscribe("e1")
    return recording, [recording.emit(data={"leaf": leaf}) for leaf in leaves]


def test_a_row_in_which_nothing_passes_is_kept() -> None:
    """The first fails, is taken at its retry, and only then the others come."""
    recording, (first, second) = row(1, 1)
    recording.attempt("e1", first, 500)
    recording.elapse(30)
    taken, after = recording.attempt("e1", first), recording.attempt("e1", second)
    kept(recording.judge(ORDER), taken, after)


def test_whoever_passes_a_failed_event_breaks_the_order() -> None:
    """A later event that is sent before an earlier one of its key was taken is broken."""
    recording, (first, second) = row(1, 1)
    recording.attempt("e1", first, 500)
    culprit = recording.attempt("e1", second)
    unseen(recording.judge(ORDER))
    recording.elapse(30)
    taken = recording.attempt("e1", first)
    broken(recording.judge(ORDER), "which happened earlier", culprit, taken)


def test_another_key_may_pass() -> None:
    """An event with another value of the key, or with none, has no row to keep."""
    recording, (first, second) = row(1, 2)
    recording.attempt("e1", first, 500)
    recording.attempt("e1", second)
    recording.elapse(30)
    recording.attempt("e1", first)
    unseen(recording.judge(ORDER))


def test_a_row_without_a_failure_says_nothing() -> None:
    """Where nothing failed nothing could be passed."""
    recording, (first, second) = row(1, 1)
    recording.attempt("e1", first)
    recording.attempt("e1", second)
    unseen(recording.judge(ORDER))


def test_what_happened_at_once_has_no_order() -> None:
    """Emissions that overlap are not compared."""
    recording, (first, second) = row(1, 1)
    at = recording.records.index(second)
    recording.records[at] = type(second)(**{**vars(second), "started_at": first.started_at})
    recording.attempt("e1", first, 500)
    recording.attempt("e1", second)
    recording.elapse(30)
    recording.attempt("e1", first)
    unseen(recording.judge(ORDER))
