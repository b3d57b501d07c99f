"""The platform as a process of its own: really killed, really restarted, cleanly stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import httpx
import pytest

from tests.children import ending
from tests.reference.capture import HANG, Capture, answer
from tests.reference.contract_value import SLOW_DELAYS
from tests.reference.tenant import CONTROL, MASTER, Tenant

EVENT = "rose.whispered"
ROOT = Path(__file__).parents[2]
KEYED = {"X-API-Key": MASTER}


@pytest.fixture(params=[signal.SIGTERM, signal.SIGINT])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[httpx.Client]:
    """Give a client of a served platform, which afterwards ends cleanly on the signal, its child with it."""
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    command = [sys.executable, str(Path(__file__).parent / "serve_garden.py"), str(tmp_path / "x.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=paths) as parent, ending(parent):
        assert parent.stdout is not None
        try:
            url = parent.stdout.readline().strip()
            with httpx.Client(base_url=url, timeout=20) as client:
                yield client
        finally:
            parent.send_signal(request.param)
            status = parent.wait(20)
    assert status == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


def lifecycle(client: httpx.Client, action: str) -> None:
    """Order it; the next connection waits at the parent's socket for the child to come."""
    assert client.post(f"{CONTROL}/lifecycle", json={"action": action}, headers=KEYED).status_code == 202
    for _ in range(100):
        try:
            client.get(f"{CONTROL}/capabilities", headers=KEYED).raise_for_status()
        except httpx.TransportError:  # a connection that the one before had accepted
            continue
        return
    pytest.fail("the platform did not come back")


def test_sigkill_and_restart_lose_nothing(served: httpx.Client, capture: Capture) -> None:
    """Between attempts and in the middle of them the process may die: each event is still delivered on schedule."""
    tenant = Tenant(served)
    capture.usual["/a"] = answer(500)
    tenant.gate(f"{capture.url}/a", EVENT)
    event_id = tenant.emit(EVENT)
    tenant.settled()
    for delay, action in zip(SLOW_DELAYS, ("kill", "restart", "power-cut"), strict=True):
        lifecycle(served, action)
        tenant.advance(delay)
    assert tenant.moments(event_id) == [0, *accumulate(SLOW_DELAYS)]

    capture.usual["/a"] = HANG
    events = {tenant.emit(EVENT) for _ in range(10)}
    capture.usual["/a"] = answer(200)
    lifecycle(served, "kill")
    tenant.advance(10_000)
    assert {tenant.attempts(each)[-1]["status"] for each in events} == {200}
