"""The control profile of the reference: every route and status."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest

from hookproof.model.capabilities import Capabilities
from tests.reference.tenant import CONTROL, MASTER, Tenant

KEYED = {"X-API-Key": MASTER}


def test_capabilities_are_readable_by_the_model(client: httpx.Client) -> None:
    """The document is legal, and promises everything that the profile knows for platforms."""
    declared = Capabilities.from_json(client.get(f"{CONTROL}/capabilities", headers=KEYED).json(), subject="reference")
    needs = ("emit", "retry", "time", "restart", "kill", "power-cut", "signing", "inspect", "faults", "scopes")
    assert all(declared.offers(need) for need in needs)
    assert (declared.contract, declared.jitter_ratio, declared.scheduler_resolution_seconds) == ("garden", 0, 0)


def test_only_the_master_key_opens_what_is_above_scopes(client: httpx.Client, tenant: Tenant) -> None:
    """A scope's key does not make scopes, read capabilities or kill."""
    for headers in ({}, {"X-API-Key": "wrong"}, {"X-API-Key": tenant.key}):
        for method, path in (("GET", "/capabilities"), ("POST", "/scopes"), ("POST", "/lifecycle")):
            assert client.request(method, CONTROL + path, headers=headers, json={}).status_code == 401


def test_scope_routes_take_the_master_key_and_the_scopes_own(client: httpx.Client, tenant: Tenant) -> None:
    """A stranger is 401; another tenant does not find the scope; nobody finds one that is not there."""
    clock, other = f"{tenant.base}/clock", Tenant(client)
    keys = [({}, 401), ({"X-API-Key": "no"}, 401), (KEYED, 200), ({"X-API-Key": tenant.key}, 200), ({"X-API-Key": other.key}, 404)]
    assert [client.get(clock, headers=headers).status_code for headers, _ in keys] == [status for _, status in keys]
    assert client.get(f"{CONTROL}/scopes/none/clock", headers=KEYED).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("{control}/scopes", {}),
        ("{control}/scopes", {"name": 1}),
        ("{control}/lifecycle", {"action": "explode"}),
        ("{scope}/events", {"type": "bee.flown", "data": {}}),
        ("{scope}/events", {"type": ["bee.landed"], "data": {}}),
        ("{scope}/events", {"type": "bee.landed"}),
        ("{scope}/events", {"type": "bee.landed", "data": []}),
        ("{scope}/events", []),
        ("{scope}/clock/advance", {}),
        ("{scope}/clock/advance", {"seconds": "1"}),
        ("{scope}/clock/advance", {"seconds": True}),
        ("{scope}/clock/advance", {"seconds": -1}),
        ("{scope}/clock/advance", {"seconds": 1e300}),
    ],
)
def test_ill_formed_control_requests_are_422(client: httpx.Client, tenant: Tenant, path: str, body: object) -> None:
    """Each is refused with a code and a message."""
    refused = client.post(path.format(control=CONTROL, scope=tenant.base), json=body, headers=KEYED)
    assert refused.status_code == 422
    assert set(refused.json()["error"]) == {"code", "message"}


def test_attempts_need_an_event_id(tenant: Tenant) -> None:
    """Without one it is 422; of an unknown event there are none."""
    assert tenant.ask("GET", f"{tenant.base}/attempts").status_code == 422
    assert tenant.attempts("evt_none") == []


def test_a_deleted_scope_is_gone_with_its_key(client: httpx.Client, tenant: Tenant) -> None:
    """204, then neither the scope nor its key is known."""
    assert client.delete(tenant.base, headers=KEYED).status_code == 204
    assert client.delete(tenant.base, headers=KEYED).status_code == 404
    assert tenant.ask("GET", f"{tenant.base}/clock").status_code == 401


def test_the_master_key_names_a_tenant_that_stays(client: httpx.Client) -> None:
    """A caller that knows nothing of scopes has the default one."""
    assert client.get(f"{CONTROL}/scopes/default/clock", headers=KEYED).status_code == 200
    assert client.delete(f"{CONTROL}/scopes/default", headers=KEYED).status_code == 409


def test_a_virtual_clock_moves_only_when_told(tenant: Tenant) -> None:
    """It stands still between readings and moves by exactly what is asked, however it is divided."""
    first, second = tenant.settled(), tenant.settled()
    assert first == second
    assert first["next_due_at"] is None
    for seconds in (0, 0.25, 3599.75):
        tenant.advance(seconds)
    moved = datetime.fromisoformat(tenant.settled()["now"]) - datetime.fromisoformat(first["now"])
    assert moved.total_seconds() == 3600
