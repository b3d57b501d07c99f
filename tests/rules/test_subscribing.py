"""Subscribing well and badly: a refusal is evidence between two accepted controls only, and it leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.model.transcript import Exchange
from tests.rules.contract_value import CONTRACT
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording

LISTED, UNKNOWN, OPEN, EMPTY = (
    "listed-names-are-accepted",
    "unknown-names-are-refused",
    "unlisted-but-documented-names",
    "empty-lists-are-refused",
)
NOTHING, KEY, OTHERS = "refusals-create-nothing", "a-key-is-required", "other-tenants-are-shut-out"
EVERYWHERE = "a-key-is-required-everywhere"


def create(recording: Recording, events: Any, status: int = 201, endpoint: str = "x", **more: Any) -> Exchange:
    """Ask for a subscription."""
    return recording.exchange("createWebhook", status, request={"url": f"http://h/t/{endpoint}", "events": events}, **more)


def between_controls(events: Any, status: int, before: int = 201, after: int = 201, **more: Any) -> tuple[Recording, list[Exchange]]:
    """A bad request between two good ones that were answered as given."""
    recording = Recording("subscriptions")
    first = create(recording, ["rose.bloomed"], before)
    bad = create(recording, events, status, purpose="alone", **more)
    return recording, [first, bad, create(recording, ["rose.bloomed"], after)]


@pytest.mark.parametrize("events", [["rose.bloomed"], ["rose.bloomed", "rose.faded"], ["*"]])
def test_listed_names_are_accepted(events: list[str]) -> None:
    """Any listed names, or the wildcard alone, are accepted; a refusal is broken."""
    recording = Recording("subscriptions")
    good = create(recording, events, 200)
    kept(recording.judge(LISTED), good)
    bad = create(recording, events, 422)
    broken(recording.judge(LISTED), "answered 422", bad)


@pytest.mark.parametrize("events", [["early.media"], ["*", "rose.bloomed"], [], ["never.listed"], "rose.bloomed", [1]])
def test_other_lists_say_nothing_of_listed_names(events: Any) -> None:
    """Unlisted, mixed, empty and ill-formed lists are judged elsewhere."""
    recording = Recording("subscriptions")
    create(recording, events, 422)
    unseen(recording.judge(LISTED))


@pytest.mark.parametrize(
    ("rule", "events", "status"), [(UNKNOWN, ["never.listed"], 422), (UNKNOWN, ["rose.bloomed", "x"], 422), (EMPTY, [], 400)]
)
def test_a_refusal_counts_between_two_controls_only(rule: str, events: list[str], status: int) -> None:
    """The refusal between two accepted controls is kept with all three; a control that failed or is missing leaves it unseen."""
    recording, calls = between_controls(events, status)
    kept(recording.judge(rule), *calls)
    for before, after in ((500, 201), (201, 500), (422, 422)):
        recording, _ = between_controls(events, status, before, after)
        unseen(recording.judge(rule))
    alone = Recording("subscriptions")
    create(alone, events, status, purpose="alone")
    unseen(alone.judge(rule))


@pytest.mark.parametrize(
    ("rule", "events"), [(UNKNOWN, ["never.listed"]), (UNKNOWN, ["ROSE.BLOOMED"]), (UNKNOWN, [" rose.bloomed"]), (EMPTY, [])]
)
@pytest.mark.parametrize("status", [201, 500])
def test_what_must_be_refused_and_is_not_is_broken(rule: str, events: list[str], status: int) -> None:
    """An acceptance is broken even without controls, a server error between controls is no refusal."""
    recording, calls = between_controls(events, status)
    broken(recording.judge(rule), f"answered {status}", calls[1])
    alone = Recording("subscriptions")
    create(alone, events, status)
    (broken if status == 201 else unseen)(alone.judge(rule), "answered" if status == 201 else "")


def test_an_unknown_name_is_refused_with_the_promised_status() -> None:
    """Another refusal than 422 is broken for unknown names; every form must be tried."""
    recording, calls = between_controls(["never.listed"], 400)
    broken(recording.judge(UNKNOWN), "promised 422", calls[1])
    recording, _ = between_controls(["never.listed"], 422)
    unseen(recording.judge(UNKNOWN, forms=["alone", "upper case"]), "upper case")


def test_open_questions_are_reported_and_never_broken() -> None:
    """A documented name that is not listed, and a wildcard among names, may be accepted or refused."""
    for status in (201, 422):
        recording, calls = between_controls(["early.media"], status)
        assert kept(recording.judge(OPEN), calls[1]).reading == f"early.media answered {status}"
        unseen(recording.judge(UNKNOWN))
        recording, _ = between_controls(["*", "rose.bloomed"], status)
        unseen(recording.judge(UNKNOWN))
        unseen(recording.judge(OPEN))


def refused(status: int = 422, **more: Any) -> Recording:
    """An accepted control and a refused subscription of endpoint ``ghost``."""
    recording = Recording("subscriptions")
    recording.subscribe("good")
    create(recording, ["rose.bloomed"], 201, "good")
    create(recording, ["never.listed"], status, "ghost", **more)
    return recording


def test_a_refusal_leaves_nothing_behind() -> None:
    """What is neither listed beside a control nor reached while a control is, is kept; silence alone is named as such."""
    recording = refused()
    unseen(recording.judge(NOTHING))
    control = recording.attempt("good", recording.emit())
    unseen(recording.judge(NOTHING), "a canary after it")
    canary = recording.canary()
    assert kept(recording.judge(NOTHING), control, canary).reading == "seen by silence only, no listing"
    empty = recording.exchange("listWebhooks", 200, answer={"data": []})
    assert empty.id not in recording.judge(NOTHING).evidence
    listing = recording.exchange("listWebhooks", 200, answer={"data": [{"id": "id-good", "url": "http://h/t/good"}]})
    assert kept(recording.judge(NOTHING), control, listing).reading == ""


@pytest.mark.parametrize("listed", [True, False])
def test_a_ghost_is_broken(*, listed: bool) -> None:
    """A refused endpoint that is listed, or that gets an event, is broken, and what shows it is the evidence."""
    recording = refused()
    if listed:
        rows = [{"id": "id-good", "url": "http://h/t/good"}, {"id": "9", "url": "http://h/t/ghost"}]
        recording.exchange("listWebhooks", 200, answer={"data": rows})
    else:
        recording.attempt("ghost", recording.emit(), headers={})
    broken(recording.judge(NOTHING), "is listed" if listed else "got an event", recording.records[-1])


@pytest.mark.parametrize("request_body", [b"", b"[]", b"{", b'{"url":7}', b'{"url":""}'])
def test_a_request_that_names_no_endpoint_says_nothing(request_body: bytes) -> None:
    """A refused request without a URL leaves nothing that could be looked for."""
    recording = Recording("subscriptions")
    recording.subscribe("good")
    recording.exchange("createWebhook", 422, request=request_body)
    recording.attempt("good", recording.emit())
    judgement = recording.judge(NOTHING)
    assert judgement.outcome.value in ("not_observed", "kept")
    if request_body != b'{"url":7}':
        unseen(judgement)


@pytest.mark.parametrize("key", ["none", "wrong"])
def test_a_key_is_required(key: str) -> None:
    """401 and 403 are kept between controls and named; anything else is broken."""
    for status in (401, 403):
        recording, calls = between_controls(["rose.bloomed"], status, key=key)
        assert kept(recording.judge(KEY), *calls).reading == f"{key} key: {status}"
    for status in (201, 404, 422, 500):
        recording, calls = between_controls(["rose.bloomed"], status, key=key)
        broken(recording.judge(KEY), f"answered {status}", calls[1])
    recording, _ = between_controls(["rose.bloomed"], 401, after=401, key=key)
    unseen(recording.judge(KEY))


@pytest.mark.parametrize("operation", ["getWebhook", "updateWebhook", "deleteWebhook", "testWebhook"])
def test_other_tenants_are_shut_out_of_what_exists(operation: str) -> None:
    """A refusal counts while the owner is granted the same path before and after; what a stranger removed is broken."""
    for status, before, after in ((404, 200, 200), (403, 200, 200), (404, 404, 404), (404, 200, 404), (200, 200, 200)):
        recording = Recording("subscriptions")
        own = {"method": "GET", "path": "/hooks/1"}
        recording.exchange("getWebhook", before, **own)
        foreign = recording.exchange(operation, status, key="other", path="/hooks/1")
        unseen(recording.judge(OTHERS)) if status != 200 else broken(recording.judge(OTHERS), "answered 200", foreign)
        last = recording.exchange("getWebhook", after, **own)
        judgement = recording.judge(OTHERS)
        if status == 200:
            broken(judgement, "another tenant's key was answered 200", foreign)
        elif (operation, before, after) == ("deleteWebhook", 200, 404):
            broken(judgement, "yet it is gone", foreign, last)
        elif after == 404:
            unseen(judgement)
        else:
            assert kept(judgement, foreign, last).reading == f"status {status}"


def reading(recording: Recording, *events: str, **more: Any) -> Exchange:
    """Let somebody read the endpoint ``1``, by default its owner."""
    answer = {"data": {"id": "1", "events": list(events)}}
    return recording.exchange("getWebhook", 200, answer=answer, method="GET", path="/hooks/1", **more)


@pytest.mark.parametrize(("rule", "key"), [(OTHERS, "other"), (EVERYWHERE, "none"), (EVERYWHERE, "wrong")])
def test_a_refused_change_that_was_made_is_broken(rule: str, key: str) -> None:
    """What was refused and shows in the owner's next reading was done all the same; what was there before proves nothing."""
    for before, after, done in (("rose.faded", "rose.bloomed", True), ("rose.bloomed", "rose.bloomed", False), ("x", "x", False)):
        recording = Recording("subscriptions")
        reading(recording, before)
        bad = recording.exchange("updateWebhook", 401, request={"events": ["rose.bloomed"]}, key=key, method="PUT", path="/hooks/1")
        last = reading(recording, after)
        broken(recording.judge(rule), "yet it was changed", bad, last) if done else kept(recording.judge(rule), bad, last)


@pytest.mark.parametrize("key", ["none", "wrong"])
def test_a_key_is_required_everywhere(key: str) -> None:
    """401, 403 and 404 count between two grants to the owner; anything else there is broken, and nothing is said without both."""
    for status in (401, 403, 404, 200, 500):
        recording = Recording("subscriptions")
        first = reading(recording, "rose.bloomed")
        bad = recording.exchange("getWebhook", status, method="GET", path="/hooks/1", key=key)
        unseen(recording.judge(EVERYWHERE)) if status != 200 else broken(recording.judge(EVERYWHERE), "answered 200", bad, first)
        last = reading(recording, "rose.bloomed")
        judgement = recording.judge(EVERYWHERE)
        kept(judgement, first, bad, last) if 400 <= status < 500 else broken(judgement, f"answered {status}", bad, first)
    alone = Recording("subscriptions")
    alone.exchange("getWebhook", 401, method="GET", path="/hooks/1", key=key)
    alone.exchange("createWebhook", 200, key=key)
    unseen(alone.judge(EVERYWHERE))


def test_a_listing_shows_its_own_tenant_only() -> None:
    """A stranger may list: what the owner's listing shows must not be in it; without the owner's listing nothing is said."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    rows = {"data": [{"id": "id-e1"}]}
    empty = recording.exchange("listWebhooks", 200, answer={"data": []}, key="other", method="GET")
    unseen(recording.judge(OTHERS))
    own = recording.exchange("listWebhooks", 200, answer=rows, method="GET")
    unseen(recording.judge(OTHERS))
    empty = recording.exchange("listWebhooks", 200, answer={"data": []}, key="other", method="GET")
    kept(recording.judge(OTHERS), own, empty)
    leak = recording.exchange("listWebhooks", 200, answer=rows, key="other", method="GET")
    broken(recording.judge(OTHERS), "shows endpoint id-e1", leak)


@pytest.mark.parametrize(("status", "accepts"), [(199, False), (200, True), (299, True), (300, False)])
def test_every_2xx_and_nothing_else_accepts_a_subscription(status: int, *, accepts: bool) -> None:
    """What is no 2xx refuses a listed name."""
    recording = Recording("subscriptions")
    create(recording, ["rose.bloomed"], status)
    judgement = recording.judge(LISTED)
    kept(judgement) if accepts else broken(judgement, f"answered {status}")


@pytest.mark.parametrize(("rule", "events"), [(EMPTY, []), (UNKNOWN, [" "])])
@pytest.mark.parametrize(("status", "refuses"), [(399, False), (400, True), (499, True), (500, False)])
def test_any_4xx_refuses_what_is_no_name(rule: str, events: list[str], status: int, *, refuses: bool) -> None:
    """A malformed list may be told so by any client error, and by nothing else."""
    recording, calls = between_controls(events, status)
    judgement = recording.judge(rule)
    kept(judgement, *calls) if refuses else broken(judgement, f"answered {status}", calls[1])


def test_a_list_with_one_entry_that_is_no_text_is_ill_formed() -> None:
    """It is neither listed nor unknown; nothing is said of it."""
    recording, _ = between_controls(["never.listed", 7], 422)
    unseen(recording.judge(UNKNOWN, forms=[]))


def test_an_address_is_named_by_its_last_part() -> None:
    """A slash at the end changes nothing, and a refusal below 400 refuses nothing."""
    for status, judged in ((399, False), (400, True)):
        recording = Recording("subscriptions")
        bad = recording.exchange("createWebhook", status, request={"url": "http://h/t/ghost/", "events": ["x"]})
        recording.subscribe("e1")
        recording.attempt("e1", recording.emit())
        recording.canary()
        recording.attempt("ghost", recording.emit())
        judgement = recording.judge(NOTHING)
        broken(judgement, "got an event", bad) if judged else unseen(judgement)


def test_a_refusal_without_an_address_hides_no_other() -> None:
    """It is passed over; and the first later listing is part of what is kept."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    recording.exchange("createWebhook", 422, request={"events": ["x"]})
    bad = create(recording, ["x"], 422, endpoint="ghost")
    listings = [recording.exchange("listWebhooks", 200, answer={"data": [{"id": "id-e1"}]}, method="GET") for _ in range(2)]
    recording.attempt("e1", recording.emit())
    recording.canary()
    evidence = kept(recording.judge(NOTHING), bad, listings[0]).evidence
    assert listings[1].id not in evidence


@pytest.mark.parametrize(("rule", "key"), [(OTHERS, "other"), (EVERYWHERE, "none")])
def test_the_readings_next_to_a_refused_change_show_what_it_did(rule: str, key: str) -> None:
    """The owner's last reading before and the first after it count: earlier and later ones show other changes."""
    recording = Recording("subscriptions")
    change: dict[str, Any] = {"request": {"events": ["rose.bloomed"]}, "key": key, "method": "PUT", "path": "/hooks/1"}
    reading(recording, "rose.bloomed")
    before = reading(recording, "rose.faded")
    bad = recording.exchange("updateWebhook", 401, **change)
    after = reading(recording, "rose.bloomed")
    reading(recording, "rose.faded")
    broken(recording.judge(rule), "yet it was changed", bad, after)
    assert before.id not in recording.judge(rule).evidence
    recording = Recording("subscriptions")
    reading(recording, "rose.faded")
    last = reading(recording, "rose.bloomed")
    bad = recording.exchange("updateWebhook", 401, **change)
    first = reading(recording, "rose.bloomed")
    reading(recording, "rose.bloomed")
    assert kept(recording.judge(rule)).evidence == (last.id, bad.id, first.id)


@pytest.mark.parametrize("status", [404, 410, 500])
@pytest.mark.parametrize("theirs", ["", "deleteWebhook"])
def test_a_refused_deletion_is_blamed_for_404_alone(status: int, theirs: str) -> None:
    """Where the owner deleted it himself, or finds anything but 404, nobody else took it away; other paths excuse nothing."""
    recording = Recording("subscriptions")
    reading(recording, "rose.bloomed")
    bad = recording.exchange("deleteWebhook", 403, key="other", method="DELETE", path="/hooks/1")
    recording.exchange("deleteWebhook", 204, method="DELETE", path="/hooks/2")
    recording.exchange("updateWebhook", 200, method="PUT", path="/hooks/1")
    if theirs:
        recording.exchange(theirs, 204, method="DELETE", path="/hooks/1")
    gone = recording.exchange("getWebhook", status, method="GET", path="/hooks/1")
    recording.exchange("getWebhook", 200, method="GET", path="/hooks/1", answer={"data": {}})
    judgement = recording.judge(OTHERS)
    if status == 404 and not theirs:
        broken(judgement, "yet it is gone", bad, gone)
    else:
        assert not judgement.findings


@pytest.mark.parametrize(
    "granted",
    [{"operation": "getWebhook"}, {"operation": "testWebhook", "key": "wrong"}, {"operation": "testWebhook", "status": 404}],
    ids=str,
)
def test_an_operation_that_no_owner_was_granted_is_not_offered(granted: dict[str, Any]) -> None:
    """A server that answers 405 to strangers and owners alike shuts nobody out and lets nobody in."""
    recording = Recording("subscriptions")
    told = {"status": 200, "key": "own", "method": "POST", "path": "/hooks/1", **granted}
    recording.exchange(told.pop("operation"), told.pop("status"), **told)
    recording.exchange("testWebhook", 405, key="other", path="/hooks/1")
    assert "another tenant's key was answered 405" not in recording.judge(OTHERS).reason
    recording.exchange("testWebhook", 200, path="/hooks/1")
    broken(recording.judge(OTHERS), "another tenant's key was answered 405")


def test_the_owners_nearest_grants_are_the_evidence() -> None:
    """The last before and the first after are shown, for reading and for listing."""
    recording = Recording("subscriptions")
    recording.subscribe("e1")
    for path, operation, answer in (("/hooks/1", "getWebhook", {}), ("/hooks", "listWebhooks", {"data": [{"id": "id-e1"}]})):
        own: dict[str, Any] = {"method": "GET", "path": path}
        recording.exchange(operation, 200, answer={}, **own)
        before = recording.exchange(operation, 200, answer=answer, **own)
        foreign = recording.exchange(operation, 404 if operation == "getWebhook" else 200, key="other", answer={}, **own)
        after = [recording.exchange(operation, 200, answer={}, **own) for _ in range(2)]
        expected = (before.id, foreign.id, *([after[0].id] if operation == "getWebhook" else []))
        assert kept(recording.judge(OTHERS)).evidence[-len(expected) :] == expected
    recording = Recording("subscriptions")
    first, last = reading(recording), reading(recording)
    bad = recording.exchange("getWebhook", 500, method="GET", path="/hooks/1", key="none")
    reading(recording)
    assert broken(recording.judge(EVERYWHERE), "answered 500").evidence == (bad.id, last.id)
    assert first.id != last.id


def test_where_the_catalog_is_open_any_name_is_listed() -> None:
    """A subscription to a name that is not among the samples is to be accepted like any other."""
    recording = Recording("subscriptions", contract=replace(CONTRACT, open_catalog=True))
    bad = create(recording, ["never.listed"], 422)
    broken(recording.judge(LISTED), "answered 422", bad)
    closed = Recording("subscriptions")
    create(closed, ["never.listed"], 422)
    unseen(closed.judge(LISTED))


@pytest.mark.parametrize("first", [True, False])
def test_one_control_is_not_enough(*, first: bool) -> None:
    """A refusal with a control on one side only is not observed."""
    recording = Recording("subscriptions")
    if first:
        create(recording, ["rose.bloomed"])
    create(recording, ["never.listed"], 422, purpose="alone")
    if not first:
        create(recording, ["rose.bloomed"])
    unseen(recording.judge(UNKNOWN))


def test_a_request_that_is_no_named_operation_needs_a_key_too() -> None:
    """It is judged with the creations and not with the operations on what exists."""
    recording = Recording("subscriptions")
    first = create(recording, ["rose.bloomed"])
    bare = recording.exchange("", 401, key="none")
    last = create(recording, ["rose.bloomed"])
    assert kept(recording.judge(KEY)).evidence == (bare.id, first.id, last.id)
    unseen(recording.judge(EVERYWHERE))
    recording.records[1] = replace(bare, status=200)
    broken(recording.judge(KEY), "answered 200", bare)
    unseen(recording.judge(EVERYWHERE))
