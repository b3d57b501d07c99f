"""What is read of a recording before any rule sees it."""

from __future__ import annotations

from hookproof.rules.view import View
from tests.rules.contract_value import CONTRACT
from tests.rules.recording import Recording


def test_what_is_no_message_still_means_its_event() -> None:
    """A malformed attempt has no body to read; a field of its head names its event, and it counts as a send of it."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, 500)
    second = recording.attempt("e1", emission, 400, body=b"", malformed="more than one Host")
    nameless = recording.attempt("e1", emission, 400, malformed="more than one Host", headers={})
    view = View(recording.transcript(), CONTRACT)
    assert (view.meant(second), view.meant(nameless)) == (emission, None)
    assert view.body(nameless).event_id is None
    (delivery,) = view.deliveries
    assert delivery.ids == (first.id, second.id)
    assert [attempts for _, attempts in view.by_body] == [(first,)]


def test_only_what_was_recorded_as_it_came_is_exact() -> None:
    """Malformed attempts and those in which we hid a secret are not what was signed."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    plain = recording.attempt("e1", emission)
    altered = recording.attempt("e1", emission)
    cut = recording.attempt("e1", emission, malformed="cut")
    recording.note("hidden", attempt=altered.id, names=["secret of e1"], places=["body"])
    view = View(recording.transcript(), CONTRACT)
    assert [view.exact(attempt) for attempt in (plain, altered, cut)] == [True, False, False]
