"""Idempotency keys of the reference: one key makes one event, at once, later, and after the process came back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.reference.capture import Capture
from tests.reference.tenant import CONTROL, MASTER, Tenant

EVENT = "bee.landed"


def emit(tenant: Tenant, key: Any, number: int = 1) -> httpx.Response:
    """Emit under a key."""
    return tenant.ask("POST", f"{tenant.base}/events", json={"type": EVENT, "data": {"n": number}, "idempotency_key": key})


def test_many_emissions_under_one_key_are_one_event(tenant: Tenant, capture: Capture) -> None:
    """Fifty at once and one later get one id, and one request arrives; the first content stays."""
    tenant.gate(f"{capture.url}/a", EVENT)
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: emit(tenant, "once"), range(50)))
    made.append(emit(tenant, "once", number=2))
    tenant.settled()
    assert {each.status_code for each in made} == {202}
    (event_id,) = {each.json()["id"] for each in made}
    assert [got.document["id"] for got in capture.got] == [event_id]
    assert capture.got[0].document["data"] == {"n": 1}


def test_keys_are_apart_by_themselves_and_by_tenant(tenant: Tenant, client: httpx.Client) -> None:
    """Another key, the same key of another tenant, and no key make events of their own."""
    made = [emit(tenant, "a"), emit(tenant, "b"), emit(Tenant(client), "a")]
    ids = {each.json()["id"] for each in made} | {tenant.emit(EVENT), tenant.emit(EVENT)}
    assert len(ids) == 5


@pytest.mark.parametrize("key", ["", 7, [], {"a": 1}, True])
def test_what_is_no_key_is_refused(tenant: Tenant, key: Any) -> None:
    """A key is a text that is not empty."""
    assert emit(tenant, key).status_code == 422


@pytest.mark.parametrize("key", ["\x00", "😀" * 200, "a' OR '1'='1"])
def test_any_text_is_a_key(tenant: Tenant, key: str) -> None:
    """Whatever a key holds, it is compared and nothing else."""
    first, second = emit(tenant, key), emit(tenant, key)
    assert first.json() == second.json()


def test_the_platform_says_that_it_knows_keys_and_how_long_it_waits(client: httpx.Client) -> None:
    """Both capabilities are declared, the time-out as it is in force here."""
    told = client.get(f"{CONTROL}/capabilities", headers={"X-API-Key": MASTER}).json()
    assert (told["idempotency"], told["answer_timeout_seconds"]) == (True, 1.5)
