"""What is read of a recording before any rule sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.rules.marks import mark
from hookproof.rules.view import Readings, View
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


def read(recording: Recording) -> View:
    """Read a recording by itself."""
    return View(recording.transcript(), CONTRACT)


@pytest.mark.parametrize("status", [300, 302, 399])
def test_a_get_without_content_after_a_redirect_delivers_nothing(status: int) -> None:
    """Who follows a redirect asks for what is there; that is no attempt of the event, whatever came before it."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    first = recording.attempt("e1", emission, status)
    recording.attempt("e1", emission, method="GET", body=b"", headers={})
    assert [delivery.ids for delivery in read(recording).sole] == [(first.id,)]


@pytest.mark.parametrize(
    ("status", "more"),
    [
        (299, {"method": "GET", "body": b""}),
        (400, {"method": "GET", "body": b""}),
        (302, {"method": "POST", "body": b""}),
        (302, {"method": "GET", "body": b"x"}),
    ],
    ids=str,
)
def test_anything_else_that_names_nothing_may_be_the_event(status: int, more: dict[str, Any]) -> None:
    """After another answer, by another method, or with content, what has no id is taken for an attempt."""
    recording = Recording()
    recording.subscribe("e1")
    emission = recording.emit()
    sent = [recording.attempt("e1", emission, status), recording.attempt("e1", emission, headers={}, **more)]
    assert [delivery.ids for delivery in read(recording).sole] == [tuple(attempt.id for attempt in sent)]


def test_a_get_as_the_first_request_may_be_the_event() -> None:
    """Before any redirect was answered nobody follows one."""
    recording = Recording()
    recording.subscribe("e1")
    only = recording.attempt("e1", recording.emit(), method="GET", body=b"", headers={})
    assert [delivery.ids for delivery in read(recording).sole] == [(only.id,)]


def test_the_first_refusal_of_each_type_is_told() -> None:
    """What was accepted is no refusal, and of several the first counts."""
    recording = Recording()
    recording.emit("rose.faded")
    first = recording.emit("rose.faded", refused=422)
    recording.emit("rose.faded", refused=500)
    assert read(recording).refused == {"rose.faded": first}


def test_an_endpoint_is_off_from_its_switch_to_the_next() -> None:
    """Only switches count, from the moment of the record on, whatever else was changed."""
    recording = Recording()
    recording.subscribe("e1")
    made = recording.endpoints["e1"]
    off = recording.change("e1", "disabled")
    changed = recording.change("e1", "updated")
    on = recording.change("e1", "enabled")
    view = read(recording)
    moments = (made.at, off.at - 1, off.at, changed.at, on.at - 1, on.at)
    assert [view.switched_off("e1", at) for at in moments] == [False, False, True, True, True, False]


def test_a_change_was_asked_for_when_its_request_began() -> None:
    """Where a record names its exchange, the beginning of that counts; another's does not."""
    recording = Recording()
    recording.exchange("createWebhook")
    asked = recording.exchange("updateWebhook")
    recording.subscribe("e1")
    record = replace(recording.endpoints["e1"], exchange=asked.id)
    view = read(recording)
    assert view.asked_at(record) == asked.started_at
    assert view.asked_at(recording.endpoints["e1"]) == recording.endpoints["e1"].at


def test_only_what_was_noted_as_hidden_is_veiled() -> None:
    """Other notes about an attempt alter nothing."""
    recording = Recording()
    recording.subscribe("e1")
    attempt = recording.attempt("e1", recording.emit())
    recording.note("seen", attempt=attempt.id)
    assert read(recording).exact(attempt)


def test_an_endpoint_belongs_to_the_scope_in_which_it_was_registered() -> None:
    """Whatever later records say; an endpoint that never was belongs to none."""
    recording = Recording()
    recording.subscribe("e1")
    recording.records.append(replace(recording.endpoints["e1"], id="later", scope="other"))
    view = read(recording)
    assert (view.scope_of("e1"), view.scope_of("nobody")) == ("main", "")


def test_a_clock_that_cannot_be_read_never_moved() -> None:
    """An advance with a reading that is no time tells nothing of the clock."""
    recording = Recording()
    recording.subscribe("e1")
    recording.elapse(10)
    good = recording.records[-1]
    recording.records[-1:] = [replace(good, before="now"), replace(good, after="then")]  # type: ignore[call-arg] # they are advances
    attempt = recording.attempt("e1", recording.emit())
    assert read(recording).virtual_window(attempt) is None


def test_joined_views_see_what_each_part_sees() -> None:
    """Attempts in order of arrival, and everything that is indexed by endpoint, event, scope and body."""
    recording = Recording("one")
    for situation, endpoint in (("one", "e1"), ("two", "e2")):
        recording.situation = situation
        recording.subscribe(endpoint, scope=situation)
        emission = recording.emit(scope=situation, data={"leaf": 1, "id": "r1" + mark(f"{endpoint * 8}".encode().hex())})
        recording.attempt(endpoint, emission)
        recording.attempt(endpoint, emission, body=recording.body(emission, id=f"slip of {endpoint}"))
        recording.canary(situation)
        recording.elapse(5, situation)
    transcript = recording.transcript()
    readings = Readings()
    parts = tuple(View(transcript.of((name,)), CONTRACT, readings) for name in ("two", "one"))
    joined = View.joined(parts)
    whole = View(transcript, CONTRACT)
    assert joined.attempts == whole.attempts
    for name in ("emissions", "accepted", "subscriptions", "advances", "deliveries", "sole"):
        assert sorted(map(repr, getattr(joined, name))) == sorted(map(repr, getattr(whole, name))), name
    for name in ("emission_of", "by_endpoint", "canaries", "due"):
        assert dict(getattr(joined, name)) == dict(getattr(whole, name)), name
    assert sorted([a.id for a in found] for _, found in joined.by_body) == sorted([a.id for a in found] for _, found in whole.by_body)
    assert [joined.meant(attempt) for attempt in whole.attempts] == [whole.meant(attempt) for attempt in whole.attempts]
    assert (joined.transcript, joined.readings) == (parts[0].transcript, readings)
