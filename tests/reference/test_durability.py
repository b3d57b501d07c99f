"""What was acknowledged survives a restart and a kill of the embedded platform."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import httpx
import pytest

from hookproof.model.errors import UnreachableError
from hookproof.reference import host
from hookproof.reference.platform import ReferencePlatform
from hookproof.reference.records import Scope
from hookproof.reference.store import Store
from tests.reference.capture import HANG, Capture, answer
from tests.reference.contract_value import CONTRACT, GATES, SLOW_DELAYS
from tests.reference.tenant import CONTROL, MASTER, Tenant

EVENT = "rose.whispered"
ACTIONS = pytest.mark.parametrize("action", ["restart", "kill"])


def lifecycle(client: httpx.Client, action: str) -> None:
    """Order it, and wait until the platform answers again."""
    assert client.post(f"{CONTROL}/lifecycle", json={"action": action}, headers={"X-API-Key": MASTER}).status_code == 202
    for _ in range(100):
        try:
            assert client.get(f"{CONTROL}/capabilities", headers={"X-API-Key": MASTER}).status_code == 200
        except httpx.TransportError:  # a kept-alive connection to the one before
            continue
        return
    pytest.fail("the platform did not come back")


@ACTIONS
def test_schedules_secrets_and_clocks_go_on_where_they_were(tenant: Tenant, capture: Capture, action: str) -> None:
    """Between any two attempts the platform may go and come back: same moments, same bytes, same keys, same number."""
    capture.usual["/a"] = answer(500)
    gate = f"{GATES}/{tenant.gate(f'{capture.url}/a', EVENT)}"
    tenant.ask("PUT", gate, json={"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "description": "é"})
    before = tenant.ask("GET", gate).json()["data"]
    event_id = tenant.emit(EVENT, {"n": 1.10})
    tenant.settled()
    for delay in SLOW_DELAYS:
        lifecycle(tenant.client, action)
        tenant.advance(delay)
    lifecycle(tenant.client, action)
    tenant.advance(10_000)
    assert tenant.moments(event_id) == [0, *accumulate(SLOW_DELAYS)]
    assert [each["attempt"] for each in tenant.attempts(event_id)] == [1, 2, 3, 4]
    assert len({each.body for each in capture.got}) == 1
    assert [len(each.headers["webhook-signature"].split(" ")) for each in capture.got] == [2] * 4
    assert tenant.ask("GET", gate).json()["data"] == before


@ACTIONS
def test_what_is_in_flight_or_queued_is_sent_again_or_after(tenant: Tenant, capture: Capture, action: str) -> None:
    """Of twenty events at an endpoint that hangs none is lost."""
    capture.usual["/a"] = HANG
    tenant.gate(f"{capture.url}/a", EVENT)
    events = {tenant.emit(EVENT) for _ in range(20)}
    capture.wait(8)
    capture.usual["/a"] = answer(200)
    lifecycle(tenant.client, action)
    tenant.advance(10_000)
    assert {each.document["id"] for each in capture.got} == events
    assert {tenant.attempts(each)[-1]["status"] for each in events} == {200}


@ACTIONS
def test_an_advance_under_way_arrives_all_the_same(tenant: Tenant, capture: Capture, action: str) -> None:
    """The target of an acknowledged advance is durable, like everything acknowledged."""
    capture.scripts["/a"].append(HANG)
    tenant.gate(f"{capture.url}/a", EVENT)
    before = tenant.settled()["now"]
    event_id = tenant.emit(EVENT)
    capture.wait(1)
    moved = tenant.ask("POST", f"{tenant.base}/clock/advance", json={"seconds": 500})
    assert (moved.status_code, moved.json()["status"], moved.json()["now"]) == (202, "advancing", before)
    lifecycle(tenant.client, action)
    after = tenant.settled()["now"]
    assert tenant.attempts(event_id)[-1]["status"] == 200
    assert tenant.advance(0)["now"] == after != before


def test_an_acknowledged_event_is_in_the_file(tmp_path: Path, capture: Capture) -> None:
    """Another connection sees event and delivery when the 202 arrives; an endpoint when the 201 does."""
    file = tmp_path / "platform.sqlite"
    with ReferencePlatform(CONTRACT, api_key=MASTER, database=file) as platform, httpx.Client(base_url=platform.url) as client:
        tenant = Tenant(client)
        capture.usual["/a"] = HANG
        gate = tenant.gate(f"{capture.url}/a", EVENT)
        other = sqlite3.connect(file)
        for number in range(1, 6):
            event_id = tenant.emit(EVENT)
            rows = other.execute("SELECT endpoint_id, state FROM deliveries WHERE event_id = ?", (event_id,)).fetchall()
            assert rows == [(gate, "pending")]
            assert other.execute("SELECT count(*) FROM events").fetchone() == (number + 1,)  # and the creation
        other.close()


def test_a_file_outlives_its_platform(tmp_path: Path, capture: Capture) -> None:
    """A platform opened on the file of another goes on with it."""
    file = tmp_path / "platform.sqlite"
    capture.scripts["/a"].append(answer(500))
    with ReferencePlatform(CONTRACT, api_key=MASTER, database=file) as platform, httpx.Client(base_url=platform.url) as client:
        tenant = Tenant(client)
        tenant.gate(f"{capture.url}/a", EVENT)
        event_id = tenant.emit(EVENT)
        tenant.settled()
    with ReferencePlatform(CONTRACT, api_key=MASTER, database=file) as platform, httpx.Client(base_url=platform.url) as client:
        tenant.client = client
        tenant.advance(SLOW_DELAYS[0])
        assert [each["status"] for each in tenant.attempts(event_id)] == [500, 200]


def test_a_kill_loses_what_was_not_committed(tmp_path: Path) -> None:
    """The store forgets an open transaction, and everybody who waited for it is told nothing."""

    async def killed() -> None:
        store = Store(tmp_path / "x.sqlite")
        store.save_scope(Scope(id="safe", name="", api_key="1", clock=0, target=0))
        await store.commit()
        store.save_scope(Scope(id="lost", name="", api_key="2", clock=0, target=0))
        waiting = asyncio.ensure_future(store.commit())
        await asyncio.sleep(0)
        store.abandon()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(killed())
    again = Store(tmp_path / "x.sqlite")
    assert [scope.id for scope in again.scopes()] == ["safe"]
    again.close()


@pytest.mark.parametrize(("lasting", "level"), [(True, 2), (False, 0)], ids=["kept", "thrown away"])
def test_only_a_file_that_is_kept_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: int, *, lasting: bool) -> None:
    """Whoever names a database has every commit synced; the file of an embedded platform goes with the platform."""
    seen: list[int] = []

    class Watched(Store):
        def __init__(self, path: Path, *, lasting: bool = True) -> None:
            super().__init__(path, lasting=lasting)
            seen.append(self._connection.execute("PRAGMA synchronous").fetchone()[0])

    monkeypatch.setattr(host, "Store", Watched)
    with ReferencePlatform(CONTRACT, api_key=MASTER, database=tmp_path / "platform.sqlite" if lasting else None):
        pass
    assert seen == [level]


def test_those_who_write_in_one_turn_share_a_commit(tmp_path: Path) -> None:
    """Fifty waiters, one commit."""

    async def together() -> int:
        store = Store(tmp_path / "x.sqlite")

        async def write(number: int) -> None:
            store.save_scope(Scope(id=f"s{number}", name="", api_key=str(number), clock=0, target=0))
            await store.commit()

        await asyncio.gather(*map(write, range(50)))
        store.close()
        return store.commits

    assert asyncio.run(together()) == 1


def test_a_failed_commit_is_told_to_all_who_waited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is an error for the caller, and the next commit is a fresh one."""

    async def full() -> None:
        store = Store(tmp_path / "x.sqlite")

        def fail() -> None:
            message = "database or disk is full"
            raise sqlite3.OperationalError(message)

        with monkeypatch.context() as patched:
            patched.setattr(store, "commit_now", fail)
            store.save_scope(Scope(id="lost", name="", api_key="1", clock=0, target=0))
            with pytest.raises(sqlite3.OperationalError):
                await store.commit()
        store.save_scope(Scope(id="safe", name="", api_key="2", clock=0, target=0))
        await store.commit()
        assert [scope.id for scope in store.scopes()] == ["safe"]
        store.close()

    asyncio.run(full())


def test_a_taken_port_is_unreachable(platform: ReferencePlatform) -> None:
    """The error names the address, and nothing is left running."""
    port = int(platform.url.rpartition(":")[2])
    with pytest.raises(UnreachableError, match=str(port)):
        ReferencePlatform(CONTRACT, api_key=MASTER, port=port).start()


def test_an_unusable_file_is_told_to_the_caller(tmp_path: Path) -> None:
    """What fails in the platform's thread fails in ``start``."""
    (tmp_path / "x").write_text("no database at all, however long one looks at it")
    with pytest.raises(UnreachableError, match="not a database"):
        ReferencePlatform(CONTRACT, api_key=MASTER, database=tmp_path / "x").start()


def test_a_lifecycle_callback_replaces_the_embedded_lifecycle(tmp_path: Path) -> None:
    """It is told the action after the acknowledgement, and the platform goes on."""
    told: list[str] = []
    hook: Callable[[str], None] = told.append
    platform = ReferencePlatform(CONTRACT, api_key=MASTER, database=tmp_path / "x", on_lifecycle=hook)
    with platform, httpx.Client(base_url=platform.url) as client:
        lifecycle(client, "kill")
    platform.close()
    assert told == ["kill"]
