"""Each check of ours fails on the mistakes that it is for, and on nothing that is legal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hookproof.model.contract import Role
from hookproof.reference.departures import ALLOWING
from hookproof.reference.variants.catalogue import VARIANTS
from hookproof.schemathesis_hooks import checks
from tests.schemathesis_hooks.asked import Desk, asking, before_reference
from tests.schemathesis_hooks.booth import KEY, OTHER_KEY, Booth, Request, opened

NEVER = "hookproof.never"
SLOW, SCOPELESS = "everything-300-milliseconds-late", "a-black-box"
ODD = [variant.id for variant in VARIANTS.values() if variant.role is Role.PLATFORM and variant.id not in (SLOW, SCOPELESS)]


def _everything(desk: Desk) -> None:
    """Ask well and badly, once each."""
    made = desk.create()
    desk.create("*")
    known = desk.session.settings.contract.catalog[0] if desk.session.settings.contract else ""
    for names in ([NEVER], [known, NEVER], [known.upper()], []):
        desk.ask("createWebhook", {"url": f"http://127.0.0.1:9/{len(names)}", "events": names})
    desk.ask("createWebhook", {"events": [known]})
    desk.ask("listWebhooks")
    if made:
        desk.ask("getWebhook", endpoint=made)
        desk.ask("updateWebhook", {"active": False}, endpoint=made)
        desk.ask("deleteWebhook", endpoint=made)


@pytest.fixture(autouse=True)
def _flaws_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWING, "1")


@pytest.mark.parametrize(
    ("flaw", "check"),
    [
        ("accepts-unlisted-names", "unknown_names_are_refused"),
        ("one-listed-name-is-enough", "unknown_names_are_refused"),
        ("names-are-compared-without-case", "unknown_names_are_refused"),
        ("unknown-names-are-answered-400", "unknown_names_are_refused"),
        ("inserts-before-checking", "refusals_create_nothing"),
        ("secrets-are-shown-again", "secrets_are_shown_once"),
        ("issued-secrets-are-shown-again", "secrets_are_shown_once"),
        ("endpoints-are-found-by-id-alone", "other_tenants_are_shut_out"),
        ("endpoints-are-read-by-id-alone", "other_tenants_are_shut_out"),
        ("listing-shows-every-tenant", "other_tenants_are_shut_out"),
        ("foreign-deletions-are-refused-and-made", "other_tenants_are_shut_out"),
        ("deletions-are-not-made", "deleting_twice_is_deleting_once"),
        ("deleted-endpoints-stay-listed", "deleting_twice_is_deleting_once"),
    ],
)
def test_a_check_fails_on_the_flaw_that_it_is_for(flaw: str, check: str) -> None:
    """Of a platform with one flaw the check that knows it says so, and no other check says anything."""
    with before_reference(flaws=(flaw,)) as desk:
        _everything(desk)
    assert set(desk.said) == {check}, desk.said


@pytest.mark.parametrize("variant", ["", *ODD])
def test_no_check_fails_on_what_is_legal(variant: str) -> None:
    """Neither the honest reference nor one with a legal oddity is blamed; but 422 is promised for unknown names."""
    with before_reference(variants=(variant,) if variant else ()) as desk:
        _everything(desk)
    assert not desk.said


def _showing_keys(_booth: Booth, request: Request) -> tuple[int, Any] | None:
    return (
        (200, {"data": [], "meta": {"next_cursor": None, "asked_by": request.key}})
        if (request.method, request.name) == ("GET", "")
        else None
    )


def _failing_second_deletions(booth: Booth, request: Request) -> tuple[int, Any] | None:
    return (500, {}) if request.method == "DELETE" and request.name not in booth.endpoints else None


def _deleting_the_next(booth: Booth, request: Request) -> tuple[int, Any] | None:
    if request.method == "DELETE" and request.name not in booth.endpoints:
        booth.endpoints.pop(next(iter(booth.endpoints)), None)
        return 204, None
    return None


def _forgetting_deletions(_booth: Booth, request: Request) -> tuple[int, Any] | None:
    return (204, None) if request.method == "DELETE" and request.key == KEY else None


def _storing_refused(booth: Booth, request: Request) -> tuple[int, Any] | None:
    status, document = booth.plainly(request)
    if request.method == "POST" and status == 422 and isinstance(request.body, dict):
        booth.add(request.body, request.key)
    return status, document


def _halting_for_others(booth: Booth, request: Request) -> tuple[int, Any] | None:
    if request.method == "PUT" and request.key == OTHER_KEY and request.name in booth.endpoints:
        booth.endpoints[request.name]["active"] = False
    return None


@pytest.mark.parametrize(
    ("habit", "check"),
    [
        (_showing_keys, "secrets_are_shown_once"),
        (_failing_second_deletions, "deleting_twice_is_deleting_once"),
        (_deleting_the_next, "deleting_twice_is_deleting_once"),
        (_forgetting_deletions, "deleting_twice_is_deleting_once"),
        (_storing_refused, "refusals_create_nothing"),
        (_halting_for_others, "other_tenants_are_shut_out"),
    ],
)
def test_a_check_fails_on_mistakes_that_no_flaw_makes(habit: Callable[[Booth, Request], tuple[int, Any] | None], check: str) -> None:
    """A mistake of a tiny platform is found by the check that knows it."""
    with opened(Booth(habit=habit)) as url, asking(url, key=KEY, other=OTHER_KEY) as desk:
        kept, gone = desk.create(), desk.create()
        desk.ask("createWebhook", {"url": "http://127.0.0.1:9/1", "events": [NEVER]})
        desk.ask("listWebhooks")
        desk.ask("deleteWebhook", endpoint=gone)
    assert kept
    assert check in desk.said
    assert KEY not in str(desk.said)


def test_a_plain_booth_is_not_blamed() -> None:
    """The tiny platform itself keeps every promise, so that what is blamed is its habit."""
    with opened(Booth()) as url, asking(url, key=KEY, other=OTHER_KEY) as desk:
        _everything_listed(desk)
    assert not desk.said


def _everything_listed(desk: Desk) -> None:
    made = desk.create()
    desk.ask("createWebhook", {"url": "http://127.0.0.1:9/1", "events": [NEVER]})
    desk.ask("listWebhooks")
    desk.ask("deleteWebhook", endpoint=made)


@pytest.mark.parametrize("status", [400, 403, 429, 503])
def test_whoever_refuses_everything_is_not_blamed_for_names(status: int) -> None:
    """A refusal of unknown names by another status means something only where the same request with a listed name is accepted."""
    refusing = Booth(habit=lambda _booth, request: (status, {}) if request.method == "POST" else None)
    with opened(refusing) as url, asking(url, key=KEY, other=OTHER_KEY) as desk:
        desk.create(NEVER)
    assert not desk.said


def test_a_check_looks_at_requests_of_the_owner_alone() -> None:
    """Answers to requests with another key say nothing of what the owner was promised."""
    with opened(Booth(habit=lambda _booth, _request: (201, {"data": {"id": "we_1"}}))) as url, asking(url, key=KEY) as desk:
        desk.ask("createWebhook", {"url": "http://127.0.0.1:9/1", "events": [NEVER]}, key="somebody-elses-key")
    assert not desk.said


def test_what_was_made_is_removed() -> None:
    """After a run nothing that it made is left."""
    booth = Booth()
    with opened(booth) as url, asking(url, key=KEY, other=OTHER_KEY) as desk:
        for _ in range(3):
            desk.create()
        assert len(booth.endpoints) == 3
        assert checks.remove_all(desk.session) == []
    assert not booth.endpoints


def test_what_cannot_be_removed_is_told() -> None:
    """A platform that refuses deletions is named with what is left there."""
    booth = Booth(habit=lambda _booth, request: (500, {}) if request.method == "DELETE" and request.key == KEY else None)
    with opened(booth) as url, asking(url, key=KEY) as desk:
        made = desk.create()
        assert checks.remove_all(desk.session) == [made]
