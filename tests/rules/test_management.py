"""The subscription API afterwards: described answers, reads that show writes, gone after deletion, secrets once, events told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen, void
from tests.rules.recording import Recording

DESCRIBED, READS, GONE, ONCE = (
    "answers-match-the-description",
    "reads-show-what-was-written",
    "deleted-endpoints-are-gone",
    "secrets-are-shown-once",
)
TOLD, LOG, TEST = "management-is-told", "the-delivery-log-is-true", "a-test-call-sends-a-delivery"
HOSTILE: list[bytes] = [
    b"",
    b"[]",
    b"{",
    b'{"data":"\\ud800"}',
    b'{"data":' * 3000,
    b'{"data":{"id":[[]],"events":[["a"],{}],"url":7}}',
    b"\xff",
]


def read(recording: Recording, status: int = 200, answer: Any = None, endpoint: str = "e1", operation: str = "getWebhook") -> Any:
    """Read an endpoint, or the list."""
    path = "/hooks" if operation == "listWebhooks" else f"/hooks/id-{endpoint}"
    return recording.exchange(operation, status, answer=answer, method="GET", path=path)


def shown(*events: str, endpoint: str = "e1") -> dict[str, Any]:
    """The honest answer to a read."""
    return {"data": {"id": f"id-{endpoint}", "url": f"http://h/t/{endpoint}", "events": list(events)}}


def test_answers_match_their_description() -> None:
    """Described statuses and bodies are kept, referenced descriptions included; others are broken."""
    recording = Recording("subscriptions")
    good = [
        recording.exchange("createWebhook", 201, answer={"data": {"id": "1"}, "more": 1}),
        recording.exchange("createWebhook", 422, answer={"error": {}}),
        recording.exchange("deleteWebhook", 204),
    ]
    kept(recording.judge(DESCRIBED), *good)
    flawed: list[tuple[int, Any, str]] = [(500, {}, "not described"), (201, {"data": {}}, "the answer 201"), (422, {}, "the answer 422")]
    for status, answer, reason in flawed:
        bad = recording.exchange("createWebhook", status, answer=answer)
        broken(recording.judge(DESCRIBED), reason, bad)
        recording.records.pop()


@pytest.mark.parametrize("answer", HOSTILE)
def test_hostile_answers_break_the_description_and_never_the_judge(answer: bytes) -> None:
    """No bytes of an answer stop a rule; what is no described body is broken."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    recording.exchange("createWebhook", 422, answer=answer)
    broken(recording.judge(DESCRIBED), "")
    read(recording, answer=answer)
    broken(recording.judge(READS), "does not show")
    for operation in ("listWebhooks", "listDeliveries", "testWebhook"):
        read(recording, answer=answer, operation=operation)
    recording.change("e1", "deleted")
    read(recording, answer=answer)
    read(recording, answer=answer, operation="listWebhooks")
    for rule in (GONE, ONCE, LOG, TEST, "refusals-create-nothing"):
        recording.judge(rule)


def test_a_call_without_answer_or_description_is_not_judged() -> None:
    """No HTTP answer is no answer of another shape, and a contract without a description promises none."""
    recording = Recording("subscriptions")
    recording.exchange("createWebhook", 0, failure="reset")
    unseen(recording.judge(DESCRIBED))
    void(Recording("subscriptions", contract=replace(CONTRACT, subscription_api={})).judge(DESCRIBED))


def test_reads_show_what_was_last_written() -> None:
    """A read shows address and events as last accepted, in any order; older, other or missing ones are broken."""
    recording = Recording("subscriptions")
    recording.subscribe("e1", "rose.bloomed")
    first = read(recording, answer=shown("rose.bloomed"))
    kept(recording.judge(READS), first)
    changed = recording.change("e1", "updated", "rose.faded", "rose.bloomed")
    second = read(recording, answer=shown("rose.bloomed", "rose.faded"))
    kept(recording.judge(READS), changed, second)
    others: list[Any] = [shown("rose.bloomed"), shown("rose.bloomed", "rose.faded", endpoint="e9"), {}, {"data": []}]
    for answer in others:
        stale = read(recording, answer=answer)
        broken(recording.judge(READS), "does not show", changed, stale)
        recording.records.pop()
    unseen(Recording("subscriptions").judge(READS))


def test_a_deleted_endpoint_is_neither_found_nor_listed() -> None:
    """404, 410 and a listing of others are kept where reads work; an empty listing shows nothing; an endpoint still shown is broken."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    read(recording, answer=shown("rose.bloomed"))
    gone = recording.change("e1", "deleted")
    missing = read(recording, 404)
    empty = read(recording, answer={"data": []}, operation="listWebhooks")
    assert empty.id not in kept(recording.judge(GONE), gone, missing).evidence
    recording.subscribe("e2")
    listing = read(recording, answer={"data": [{"id": "id-e2"}]}, operation="listWebhooks")
    kept(recording.judge(GONE), gone, missing, listing)
    for status, operation in ((200, "getWebhook"), (200, "listWebhooks")):
        still = read(recording, status, {"data": [{"id": "id-e1"}]}, operation=operation)
        broken(recording.judge(GONE), "is still shown", gone, still)
        recording.records.pop()


def test_reads_that_never_work_do_not_show_absence() -> None:
    """A listing that failed, and 404 where no read ever succeeded, are not observed."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    recording.change("e1", "deleted")
    read(recording, 404)
    read(recording, 500, operation="listWebhooks")
    unseen(recording.judge(GONE))


@pytest.mark.parametrize("operation", ["getWebhook", "listWebhooks", "updateWebhook", "listDeliveries"])
def test_a_secret_is_shown_at_creation_only(operation: str) -> None:
    """Answers without the secret are kept, one that shows it again is broken; creation may show it."""
    recording = Recording("subscriptions")
    recording.exchange("createWebhook", 201, answer=b'{"secret":"{{secret of e1}}"}')
    unseen(recording.judge(ONCE))
    fine = read(recording, answer={}, operation=operation)
    kept(recording.judge(ONCE), fine)
    for name in (b"secret of e1", b"issued secret for e1"):
        leak = read(recording, answer=b'{"secret":"{{%s}}"}' % name, operation=operation)
        broken(recording.judge(ONCE), f"{operation} shows the signing secret", leak)
        recording.records.pop()


@pytest.mark.parametrize(
    ("action", "done", "kind"),
    [
        ("created", "created", "gate.made"),
        ("updated", "updated", "gate.changed"),
        ("updated", "rotated", "gate.changed"),
        ("deleted", "deleted", "gate.removed"),
    ],
)
def test_management_is_told_to_other_subscribers(action: str, done: str, kind: str) -> None:
    """The promised event with the endpoint's id is kept; none, or one about another endpoint, is broken by a later canary."""
    recording = Recording("subscriptions")
    if action != "created":
        recording.subscribe("e1")
    recording.canary()
    recording.subscribe("watcher", kind)
    if action == "created":
        recording.subscribe("e1")
    else:
        recording.change("e1", done)
    record = recording.records[-1]
    assert record.id not in recording.judge(TOLD, action=action).evidence
    emission = recording.emit("rose.faded")
    recording.attempt("watcher", emission, body=recording.body(emission, type=kind, id="other", data={"endpoint_id": "id-e9"}))
    canary = recording.canary()
    broken(recording.judge(TOLD, action=action), f"id-e1 was {done}", record, canary)
    news = recording.attempt(
        "watcher", emission, body=recording.body(emission, type=kind, id="n", data={"x": [[]], "endpoint_id": "id-e1"})
    )
    kept(recording.judge(TOLD, action=action), record, news)


def test_each_change_is_told_anew() -> None:
    """What was told of an earlier change tells nothing of a later one."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    recording.subscribe("watcher", "gate.changed")
    recording.change("e1", "updated")
    emission = recording.emit("rose.faded")
    told = {"type": "gate.changed", "data": {"endpoint_id": "id-e1"}}
    recording.attempt("watcher", emission, body=recording.body(emission, id="n1", **told))
    rotated = recording.change("e1", "rotated", secret="new")
    canary = recording.canary()
    broken(recording.judge(TOLD), "was rotated, but watcher got no", rotated, canary)
    recording.attempt("watcher", emission, body=recording.body(emission, id="n2", **told))
    kept(recording.judge(TOLD), rotated)


def test_management_without_watchers_or_promise_is_not_judged() -> None:
    """Nobody else subscribed: not observed; no such event in the contract: not applicable."""
    recording = Recording("subscriptions")
    recording.subscribe("e1", "gate.changed")
    recording.change("e1", "updated", "gate.changed", "rose.faded")
    recording.canary()
    unseen(recording.judge(TOLD))
    void(recording.judge(TOLD, action="paused"))


def test_a_delivery_log_tells_the_truth() -> None:
    """A log with the event and our last answer to it is kept; a missing event or another status is broken."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    emission = recording.emit()
    recording.attempt("e1", emission, 500)
    attempt = recording.attempt("e1", emission, 204)
    recording.canary()
    entries = [{"event_id": emission.event_id, "response_status": status} for status in (500, 204)]
    for rows in (entries, entries[::-1], entries[1:], [*entries, {"event_id": "test", "response_status": 200}]):
        log = read(recording, answer={"data": rows}, operation="listDeliveries")
        kept(recording.judge(LOG), attempt, log)
        recording.records.pop()
    other: list[tuple[list[Any], str]] = [
        ([], "does not list"),
        ([{"event_id": emission.event_id, "response_status": [204]}], "gives status [204]"),
        (["x"], "does not list"),
    ]
    for wrong, reason in other:
        log = read(recording, answer={"data": wrong}, operation="listDeliveries")
        broken(recording.judge(LOG), reason, attempt, log)
        recording.records.pop()


def test_a_delivery_log_invents_nothing() -> None:
    """An event of ours that never came there is broken where it is called answered, and legal where it is still due."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    known, other = recording.emit(), recording.emit("rose.faded")
    recording.attempt("e1", known)
    recording.canary()
    entry = {"event_id": known.event_id, "response_status": 200}
    log = read(recording, answer={"data": [entry, {"event_id": other.event_id, "response_status": None}]}, operation="listDeliveries")
    kept(recording.judge(LOG), log)
    recording.records.pop()
    log = read(recording, answer={"data": [entry, {"event_id": other.event_id, "response_status": 200}]}, operation="listDeliveries")
    broken(recording.judge(LOG), "never came to that endpoint", other, log)


def test_a_log_without_deliveries_says_nothing() -> None:
    """No delivery before the log was read, one that may not have been written down yet, or no readable id in it, is not observed."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    read(recording, answer={"data": []}, operation="listDeliveries")
    unseen(recording.judge(LOG))
    recording.attempt("e1", recording.emit(), body=b"{")
    recording.canary()
    recording.attempt("e1", recording.emit())
    read(recording, answer={"data": []}, operation="listDeliveries")
    unseen(recording.judge(LOG))


def test_a_test_call_sends_a_delivery() -> None:
    """A delivery of an event that we did not emit is kept; none by the time of a later canary is broken; a refusal says nothing."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    read(recording, 404, operation="testWebhook")
    unseen(recording.judge(TEST))
    call = read(recording, 202, operation="testWebhook")
    recording.attempt("e1", recording.emit())
    unseen(recording.judge(TEST))
    canary = recording.canary()
    broken(recording.judge(TEST), "nothing was sent", call, canary)
    emission = recording.emit()
    sent = recording.attempt("e1", emission, body=recording.body(emission, id="test"))
    kept(recording.judge(TEST), call, sent)


def taken(
    key: str = "other", status: int = 404, operation: str = "deleteWebhook", path: str = "/hooks/id-e1", *, before: bool = True
) -> Any:
    """Let somebody try to delete an endpoint, and its owner not find it."""
    recording = Recording("subscriptions")
    recording.subscribe("e1", "rose.bloomed")
    tried: dict[str, Any] = {"key": key, "path": path, "method": "DELETE"}
    if before:
        tried = {**tried, "done_at": recording.now + 3 * recording.tick}
        recording.exchange(operation, 204, **tried)
    read(recording, status)
    if not before:
        recording.exchange(operation, 204, **tried)
    return recording


@pytest.mark.parametrize("key", ["other", "none", "wrong"])
@pytest.mark.parametrize("status", [404, 410])
def test_what_somebody_else_may_have_deleted_is_no_unfaithful_read(key: str, status: int) -> None:
    """Where a deletion without right was tried at that very path before, not finding the endpoint is another promise's business."""
    unseen(taken(key, status).judge(READS), "no endpoint was read")


@pytest.mark.parametrize(
    "more",
    [
        {"key": "own"},
        {"operation": "getWebhook"},
        {"path": "/hooks/id-e9"},
        {"before": False},
        {"status": 200},
        {"status": 403},
        {"status": 405},
        {"status": 409},
        {"status": 411},
    ],
    ids=str,
)
def test_an_endpoint_that_nobody_took_away_must_be_found(more: dict[str, Any]) -> None:
    """A deletion by the owner, of something else, later, or no deletion at all excuses nothing; nor does another status."""
    broken(taken(**more).judge(READS), "does not show")


def test_the_last_writing_counts_for_events_and_address() -> None:
    """An endpoint that was made anew under another name of ours is read at the new one."""
    recording = Recording("subscriptions")
    recording.subscribe("e1", "rose.bloomed", target="id-x")
    recording.subscribe("e2", "rose.bloomed", target="id-x")
    fine = read(recording, answer=shown("rose.bloomed", endpoint="e2"), endpoint="x")
    kept(recording.judge(READS), fine)
    recording.records.pop()
    read(recording, answer=shown("rose.bloomed", endpoint="e1"), endpoint="x")
    broken(recording.judge(READS), "does not show")


def test_a_listing_is_believed_by_what_it_shows_alive() -> None:
    """A listing that shows only what was deleted, what belongs to another tenant, or what came later, does not work."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    recording.subscribe("gone")
    recording.subscribe("f1", scope="other")
    recording.change("gone", "deleted")
    recording.change("e1", "deleted")
    for name in ("gone", "f1", "later"):
        read(recording, answer={"data": [{"id": f"id-{name}"}]}, operation="listWebhooks")
    recording.subscribe("later")
    recording.subscribe("nameless", target="")
    recording.endpoints["nameless"] = recording.records[-1] = replace(recording.endpoints["nameless"], endpoint_id="")
    read(recording, answer={"data": [{"id": ""}]}, operation="listWebhooks")
    judgement = recording.judge(GONE)
    assert {finding.message for finding in broken(judgement, "is still shown").findings} == {
        "deleted endpoint id-gone is still shown by listWebhooks (200)"
    }
    recording.records = [r for r in recording.records if b'"id-gone"' not in getattr(r, "response_body", b"")]
    unseen(recording.judge(GONE), "no deletion was followed")


@pytest.mark.parametrize(("status", "gone"), [(403, False), (404, True), (405, False), (409, False), (410, True), (411, False)])
def test_only_404_and_410_say_that_nothing_is_there(status: int, *, gone: bool) -> None:
    """Any other answer about a deleted endpoint shows that it is still known."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    read(recording, answer=shown("rose.bloomed"))
    recording.change("e1", "deleted")
    last = read(recording, status)
    kept(recording.judge(GONE), last) if gone else broken(recording.judge(GONE), f"getWebhook ({status})", last)


@pytest.mark.parametrize("done", ["disabled", "enabled"])
def test_switching_an_endpoint_is_a_change(done: str) -> None:
    """What goes by a name of its own in a recording is told as a change, to those who were subscribed from the first."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    recording.subscribe("watcher", "gate.changed")
    recording.change("watcher", "updated", "rose.faded")
    recording.change("e1", done)
    record = recording.records[-1]
    emission = recording.emit("rose.faded")
    news = recording.attempt("watcher", emission, body=recording.body(emission, type="gate.changed", id="n", data={"endpoint_id": "id-e1"}))
    kept(recording.judge(TOLD), record, news)


def test_a_change_that_was_not_told_and_has_no_canary_is_told_of_as_such() -> None:
    """Without a canary the reason says how many changes are open; one that is broken is not hidden by one that is open."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    recording.subscribe("watcher", "gate.changed")
    recording.change("e1", "updated")
    unseen(recording.judge(TOLD), "1 changes had not been told, and no canary came after them")
    recording.canary()
    recording.change("e1", "updated")
    broken(recording.judge(TOLD), "got no 'gate.changed'")


@pytest.mark.parametrize(("status", "counts"), [(199, False), (200, True), (299, True), (300, False)])
def test_a_test_call_counts_where_it_was_accepted(status: int, *, counts: bool) -> None:
    """Every 2xx accepts a test, and nothing else does; the first delivery is its evidence."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    call = read(recording, status, operation="testWebhook")
    emission = recording.emit()
    sent = [recording.attempt("e1", emission, body=recording.body(emission, id=name)) for name in ("t1", "t2")]
    if counts:
        assert kept(recording.judge(TEST)).evidence == (call.id, sent[0].id)
    else:
        unseen(recording.judge(TEST))


def test_what_was_there_before_the_test_is_no_answer_to_it() -> None:
    """A delivery under an id that came before the call, or in the moment of it, is a repeat of something else."""
    for moment in (0, 1):
        recording = Recording("subscriptions")
        recording.subscribe("e1")
        emission = recording.emit()
        recording.attempt("e1", emission, body=recording.body(emission, id="old"))
        before = recording.records[-1]
        call = read(recording, 202, operation="testWebhook")
        recording.records[-2] = replace(before, accepted_at=call.started_at - moment)  # type: ignore[call-arg] # it is an attempt
        again = recording.attempt("e1", emission, body=recording.body(emission, id="old"))
        canary = recording.canary()
        assert again.id not in broken(recording.judge(TEST), "nothing was sent", call, canary).evidence
