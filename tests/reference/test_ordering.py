"""The dispatcher that keeps order: what shares a key goes one after the other, what does not goes its own way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from hookproof.model.contract import Clause, Role, Source
from hookproof.model.verdict import Level
from hookproof.reference.ordering import PROMISE
from hookproof.reference.platform import ReferencePlatform
from tests.reference.capture import Capture, answer
from tests.reference.contract_value import CONTRACT, GATES, SLOW_DELAYS
from tests.reference.tenant import MASTER, Tenant

EVENT = "rose.whispered"
PROMISED = Clause(
    id="garden/sequences/order",
    level=Level.MUST,
    roles=(Role.PLATFORM,),
    promise="in order",
    source=Source(document="Garden", section="all"),
    rule=PROMISE,
    parameters={"key": "rose"},
)


@pytest.fixture(scope="module")
def orderly() -> Iterator[httpx.Client]:
    """Give a client of a platform that keeps the order of roses."""
    contract = replace(CONTRACT, clauses=(PROMISED,))
    with (
        ReferencePlatform(contract, api_key=MASTER, real_timeout_cap=1.5) as platform,
        httpx.Client(base_url=platform.url, timeout=20) as client,
    ):
        yield client


def numbers(capture: Capture) -> list[int]:
    """Give what arrived, by its number."""
    return [got.document["data"]["n"] for got in capture.got]


def emitted(tenant: Tenant, *roses: str) -> None:
    """Emit an event for each rose, numbered."""
    for number, rose in enumerate(roses, start=1):
        tenant.emit(EVENT, {"rose": rose, "n": number})
    tenant.settled()


def test_nothing_passes_a_failed_event_of_its_key(orderly: httpx.Client, capture: Capture) -> None:
    """Those behind it come after its retry, in their order; another key and none at all do not wait."""
    tenant = Tenant(orderly)
    capture.scripts["/a"].append(answer(500))
    tenant.gate(f"{capture.url}/a", EVENT)
    emitted(tenant, "red", "red", "red", "white")
    tenant.emit(EVENT, {"n": 5})
    tenant.settled()
    assert sorted(numbers(capture)) == [1, 4, 5]
    tenant.advance(SLOW_DELAYS[0])
    assert numbers(capture)[3:] == [1, 2, 3]


def test_an_event_that_is_given_up_frees_its_row(orderly: httpx.Client, capture: Capture) -> None:
    """After the last attempt of the first the second is sent."""
    tenant = Tenant(orderly)
    capture.scripts["/a"].extend([answer(500)] * 4)
    tenant.gate(f"{capture.url}/a", EVENT)
    emitted(tenant, "red", "red")
    tenant.advance(sum(SLOW_DELAYS))
    assert numbers(capture) == [1, 1, 1, 1, 2]


def test_a_row_ends_with_its_endpoint(orderly: httpx.Client, capture: Capture) -> None:
    """What waits behind a failed event is not sent to an endpoint that was deleted."""
    tenant = Tenant(orderly)
    capture.scripts["/a"].append(answer(500))
    gate = tenant.gate(f"{capture.url}/a", EVENT)
    emitted(tenant, "red", "red")
    assert tenant.ask("DELETE", f"{GATES}/{gate}").status_code == 204
    tenant.advance(10_000)
    assert numbers(capture) == [1]


def test_without_the_promise_nothing_waits(client: httpx.Client, capture: Capture) -> None:
    """The plain dispatcher sends what is due."""
    tenant = Tenant(client)
    capture.scripts["/a"].append(answer(500))
    tenant.gate(f"{capture.url}/a", EVENT)
    emitted(tenant, "red", "red")
    assert sorted(numbers(capture)) == [1, 2]


def test_every_promised_key_has_its_rows(capture: Capture) -> None:
    """Where two keys are promised an event waits for those before it by either of them."""
    by_bee = replace(PROMISED, id="garden/sequences/bees", parameters={"key": "bee"})
    with (
        ReferencePlatform(replace(CONTRACT, clauses=(PROMISED, by_bee)), api_key=MASTER, real_timeout_cap=1.5) as platform,
        httpx.Client(base_url=platform.url, timeout=20) as client,
    ):
        tenant = Tenant(client)
        capture.scripts["/a"].append(answer(500))
        tenant.gate(f"{capture.url}/a", EVENT)
        for number, data in enumerate(({"bee": "x", "rose": "red"}, {"bee": "x"}, {"rose": "red"}, {"bee": "y"}), start=1):
            tenant.emit(EVENT, {**data, "n": number})
        tenant.settled()
        assert numbers(capture) == [1, 4]
        tenant.advance(1000)
        tenant.settled()
        assert numbers(capture)[:3] == [1, 4, 1]
        assert sorted(numbers(capture)[3:]) == [2, 3]


def test_what_was_sent_while_an_endpoint_was_off_holds_nothing_back(orderly: httpx.Client, capture: Capture) -> None:
    """Emissions that race with switching an endpoint off leave nothing in a row that later events of the key would wait for."""
    tenant = Tenant(orderly)
    gate = tenant.gate(f"{capture.url}/a", EVENT)
    for turn in range(8):
        emitting = [threading.Thread(target=tenant.emit, args=(EVENT, {"rose": f"r{turn}", "n": 0})) for _ in range(4)]
        off = threading.Thread(target=tenant.ask, args=("PUT", f"{GATES}/{gate}"), kwargs={"json": {"active": False}})
        for thread in (*emitting[:2], off, *emitting[2:]):
            thread.start()
        for thread in (*emitting, off):
            thread.join()
        tenant.ask("PUT", f"{GATES}/{gate}", json={"active": True})
        tenant.settled()
        tenant.emit(EVENT, {"rose": f"r{turn}", "n": turn + 1})
        tenant.settled()
    assert [number for number in numbers(capture) if number] == [*range(1, 9)]
