"""What stays away means something only beside what comes, and what is granted only beside what is refused: the same in recordings."""

from __future__ import annotations

from tests.rules.outcomes import kept, unseen
from tests.rules.recording import Recording


def _create(recording: Recording, events: list[str], status: int, name: str = "x") -> None:
    recording.exchange("createWebhook", status, request={"url": f"http://h/t/{name}", "events": events}, purpose="alone")


def test_acceptance_means_nothing_where_everything_is_accepted() -> None:
    """Listed names are accepted only if, where an unlisted one was tried, one such request was refused."""
    recording = Recording("subscriptions")
    _create(recording, ["rose.bloomed"], 201)
    _create(recording, ["never.listed"], 201)
    unseen(recording.judge("listed-names-are-accepted"), "whatever it is asked")
    _create(recording, ["never.listed.either"], 422)
    kept(recording.judge("listed-names-are-accepted"))


def test_a_filter_holds_nothing_back_from_whom_nothing_comes() -> None:
    """An endpoint that gets nothing of what it is due, and an event that reaches nobody, are no evidence of a filter."""
    recording = Recording("routing")
    recording.subscribe("mine")
    recording.subscribe("theirs", "rose.faded")
    due, other = recording.emit(), recording.emit("rose.faded")
    recording.canary()
    unseen(recording.judge("filters-hold"))
    recording.attempt("theirs", other)
    assert due.id not in kept(recording.judge("filters-hold"), other).evidence  # kept away from the witness's endpoint alone
    recording.attempt("mine", due)
    kept(recording.judge("filters-hold"), due, other)


def test_tenants_of_which_nothing_comes_are_not_isolated() -> None:
    """Witnesses alone, with nothing else delivered to anybody, say nothing of tenants."""
    recording = Recording("routing")
    recording.subscribe("mine")
    recording.subscribe("theirs", scope="stranger")
    event = recording.emit()
    recording.emit(scope="stranger")
    late = [recording.canary(scope) for scope in ("main", "stranger")]
    unseen(recording.judge("tenants-are-isolated"))
    recording.attempt("mine", event)
    kept(recording.judge("tenants-are-isolated"), *late)


def test_nothing_after_a_deletion_means_nothing_where_nothing_comes() -> None:
    """An event after a deletion that reaches none of those who are still due it says nothing of the deleted endpoint."""
    recording = Recording("routing")
    recording.subscribe("gone")
    recording.subscribe("stays")
    recording.change("gone", "deleted")
    after = recording.emit()
    recording.canary()
    unseen(recording.judge("deleted-endpoints-get-nothing"))
    recording.attempt("stays", after)
    kept(recording.judge("deleted-endpoints-get-nothing"), after)


def test_stopping_means_nothing_of_a_target_that_never_goes_on() -> None:
    """Where first attempts failed and none was repeated, that answered events are not repeated is no merit."""
    recording = Recording()
    recording.subscribe("done")
    recording.subscribe("failed", "rose.faded")
    recording.attempt("done", recording.emit())
    failure = recording.emit("rose.faded")
    recording.attempt("failed", failure, 500)
    recording.elapse(1_000)
    recording.canary()
    for rule in ("success-ends-the-schedule", "answered-events-are-not-sent-again"):
        unseen(recording.judge(rule), "never sends anything again")
    recording.attempt("failed", failure)
    for rule in ("success-ends-the-schedule", "answered-events-are-not-sent-again"):
        kept(recording.judge(rule))


def test_answers_that_show_nothing_hide_no_secret() -> None:
    """Where no creation showed a secret, an answer is evidence only if it shows an endpoint of ours."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    recording.exchange("createWebhook", 201, answer={})
    recording.exchange("getWebhook", 200, answer={})
    unseen(recording.judge("secrets-are-shown-once"))
    shown = recording.exchange("getWebhook", 200, answer={"data": {"url": "http://h/t/e1"}})
    kept(recording.judge("secrets-are-shown-once"), shown)


def test_what_cannot_be_read_has_no_shape() -> None:
    """A body that is no JSON, has no time or no payload is no evidence of their form."""
    for body in (b"", b"\x00", b"{}"):
        recording = Recording("catalog")
        recording.subscribe("e1")
        recording.attempt("e1", recording.emit(), body=body)
        unseen(recording.judge("creation-times-have-a-zone"))
        unseen(recording.judge("small-events-are-whole"))
        if body != b"{}":
            unseen(recording.judge("envelopes-have-their-shape"))


def test_a_delivery_without_an_id_is_not_the_test_that_was_asked_for() -> None:
    """What comes after a test call is the test only under an id that is there and is new."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    event = recording.emit()
    recording.attempt("e1", event, body=recording.body(event, id="seen"), headers={})
    recording.exchange("testWebhook", 202, path="/hooks/id-e1/test")
    recording.attempt("e1", event, body=b"garbage", headers={})
    recording.attempt("e1", event, body=recording.body(event, id="seen"), headers={})
    unseen(recording.judge("a-test-call-sends-a-delivery"))
    sent = recording.attempt("e1", event, body=recording.body(event, id="new"), headers={})
    kept(recording.judge("a-test-call-sends-a-delivery"), sent)
