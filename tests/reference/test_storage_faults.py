"""While the storage fails nothing is accepted and nothing is forgotten; a power cut loses no more than a kill; answers are not kept."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from hookproof.reference.platform import ReferencePlatform
from tests.reference.capture import HANG, Capture, answer
from tests.reference.contract_value import CONTRACT, GATES, SLOW_DELAYS
from tests.reference.tenant import CONTROL, MASTER, Tenant
from tests.reference.test_durability import EVENT, lifecycle

KEYED = {"X-API-Key": MASTER}
FAULTS = pytest.mark.parametrize("fault", ["down", "full"])


@pytest.fixture
def own(capture: Capture) -> Iterator[Tenant]:
    """Give a tenant of a platform that nobody else uses: its storage fails for all."""
    assert capture
    platform = ReferencePlatform(CONTRACT, api_key=MASTER, real_timeout_cap=1.5)
    with platform, httpx.Client(base_url=platform.url, timeout=20) as client:
        yield Tenant(client)


def storage(client: httpx.Client, state: str) -> None:
    """Break or mend the storage."""
    assert client.post(f"{CONTROL}/faults", json={"storage": state}, headers=KEYED).status_code == 204


@FAULTS
def test_what_cannot_be_stored_is_refused(own: Tenant, capture: Capture, fault: str) -> None:
    """Every call that would have to store something is 503 and changes nothing; reading goes on; afterwards all works."""
    gate = own.gate(f"{capture.url}/a", EVENT)
    before = own.ask("GET", f"{GATES}/{gate}").json()["data"]
    storage(own.client, fault)
    calls = [
        ("POST", f"{own.base}/events", {"type": EVENT, "data": {}}),
        ("POST", f"{own.base}/clock/advance", {"seconds": 1}),
        ("POST", GATES, {"url": f"{capture.url}/b", "events": [EVENT]}),
        ("PUT", f"{GATES}/{gate}", {"description": "changed"}),
        ("DELETE", f"{GATES}/{gate}", None),
        ("POST", f"{GATES}/{gate}/test", None),
        ("DELETE", own.base, None),
    ]
    for method, path, body in calls:
        refused = own.ask(method, path, json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "storage_unavailable"), path
    assert own.client.post(f"{CONTROL}/scopes", json={"name": "more"}, headers=KEYED).status_code == 503
    assert own.ask("GET", GATES).json()["data"] == [before]
    storage(own.client, "ok")
    own.emit(EVENT)
    own.settled()
    assert [each.path for each in capture.got] == ["/a"]


@FAULTS
@pytest.mark.parametrize("ended", ["mended", "killed"])
def test_an_outcome_that_cannot_be_stored_is_held(own: Tenant, capture: Capture, fault: str, ended: str) -> None:
    """An attempt that ends while the storage fails is recorded when it is mended, and made again if the process dies before."""
    capture.scripts["/a"].append(HANG)
    own.gate(f"{capture.url}/a", EVENT)
    event_id = own.emit(EVENT)
    capture.wait(1)
    storage(own.client, fault)
    capture.wait_closed()
    assert own.attempts(event_id) == []
    assert own.ask("GET", f"{own.base}/clock").json()["status"] == "advancing"
    if ended == "mended":
        storage(own.client, "ok")
    else:
        lifecycle(own.client, "kill")
    own.settled()
    own.advance(30 + SLOW_DELAYS[0])
    assert [each["status"] for each in own.attempts(event_id)] == ([None, 200] if ended == "mended" else [200])


@pytest.mark.parametrize("body", [{}, {"storage": "on fire"}, {"storage": None}, {"fail_next": 1}, {"storage": ["down"]}])
def test_unknown_faults_are_422(own: Tenant, body: object) -> None:
    """Only the three states are known, and only the master key may set them."""
    assert own.client.post(f"{CONTROL}/faults", json=body, headers=KEYED).status_code == 422
    assert own.ask("POST", f"{CONTROL}/faults", json={"storage": "down"}).status_code == 401


def test_a_power_cut_loses_nothing_that_was_acknowledged(own: Tenant, capture: Capture) -> None:
    """Every commit is synced, so schedules, endpoints and events are all there after it."""
    capture.usual["/a"] = answer(500)
    own.gate(f"{capture.url}/a", EVENT)
    event_id = own.emit(EVENT)
    own.settled()
    for delay in SLOW_DELAYS:
        lifecycle(own.client, "power-cut")
        own.advance(delay)
    assert [each["attempt"] for each in own.attempts(event_id)] == [1, 2, 3, 4]


@pytest.mark.parametrize("size", [0, 1, 100_000, 3_000_000])
def test_of_a_large_answer_only_the_beginning_is_read(own: Tenant, capture: Capture, size: int) -> None:
    """The account says how much was read: all of a small body, and never much more than 64 KiB."""
    capture.usual["/a"] = answer(200, body=b"x" * size)
    own.gate(f"{capture.url}/a", EVENT)
    event_id = own.emit(EVENT)
    own.settled()
    (told,) = own.attempts(event_id)
    assert told["status"] == 200
    assert min(size, 65_536) <= told["response_bytes"] < 2 * 65_536
