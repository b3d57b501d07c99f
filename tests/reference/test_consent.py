"""The reference asks for consent where its contract promises it: once, before anything is sent, and keeps to the granted rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from hookproof.reference.platform import ReferencePlatform
from tests.reference.capture import Capture, answer
from tests.reference.contract_value import CONTRACT
from tests.reference.tenant import MASTER, Tenant

ANY = ("WebHook-Allowed-Origin: *", "WebHook-Allowed-Rate: *")


@pytest.fixture
def asking() -> Iterator[Tenant]:
    """Give a tenant of a platform whose contract promises consent."""
    contract = replace(CONTRACT, policy=replace(CONTRACT.policy, consent=True))
    with ReferencePlatform(contract, api_key=MASTER, real_timeout_cap=1.5) as started, httpx.Client(base_url=started.url) as client:
        yield Tenant(client)


def methods(capture: Capture, path: str) -> list[str]:
    """Give the methods of what came to a path, in order."""
    return [got.head[0].split(" ")[0] for got in capture.at(path)]


@pytest.mark.parametrize("lines", [ANY, ("WebHook-Allowed-Origin: reference.hookproof.test",)])
def test_who_consents_is_asked_once_and_sent_to(asking: Tenant, capture: Capture, lines: tuple[str, ...]) -> None:
    """Any origin or ours is consent; the question and every delivery name our origin."""
    capture.usual["/a"] = answer(200, *lines)
    asking.gate(f"{capture.url}/a", "rose.whispered")
    for _ in range(3):
        asking.emit()
    asking.settled()
    assert methods(capture, "/a") == ["OPTIONS", "POST", "POST", "POST"]
    assert {got.headers["webhook-request-origin"] for got in capture.at("/a")} == {"reference.hookproof.test"}


@pytest.mark.parametrize("lines", [(), ("Allow: POST, OPTIONS",), ("WebHook-Allowed-Origin: other.test",), ("WebHook-Allowed-Rate: 100",)])
def test_who_does_not_consent_is_asked_again_later_and_never_sent_to(asking: Tenant, capture: Capture, lines: tuple[str, ...]) -> None:
    """A status is no consent, nor is another's; within a minute nobody is asked twice."""
    capture.usual["/a"] = answer(200, *lines)
    asking.gate(f"{capture.url}/a", "rose.whispered")
    for _ in range(3):
        asking.emit()
    asking.settled()
    assert methods(capture, "/a") == ["OPTIONS"]
    asking.advance(61)
    capture.usual["/a"] = answer(200, *ANY)
    asking.advance(10_000)
    assert set(methods(capture, "/a")[:2]) == {"OPTIONS"}
    assert methods(capture, "/a").count("POST") == 3


def test_what_is_over_the_rate_waits_for_its_minute(asking: Tenant, capture: Capture) -> None:
    """As many as granted are sent in each minute of the tenant's clock, and none is lost."""
    capture.usual["/a"] = answer(200, "WebHook-Allowed-Origin: *", "WebHook-Allowed-Rate: 4")
    asking.gate(f"{capture.url}/a", "rose.whispered")
    for _ in range(10):
        asking.emit()
    asking.settled()
    for sent in (4, 8, 10):
        assert methods(capture, "/a").count("POST") == sent
        asking.advance(60)
    assert methods(capture, "/a").count("POST") == 10


def test_nobody_is_asked_where_nothing_is_promised(tenant: Tenant, capture: Capture) -> None:
    """Without the promise there is no question and no further field."""
    tenant.gate(f"{capture.url}/a", "rose.whispered")
    tenant.emit()
    tenant.settled()
    assert methods(capture, "/a") == ["POST"]
    assert "webhook-request-origin" not in capture.at("/a")[0].headers
