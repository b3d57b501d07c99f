"""When the reference tries again, at which exact virtual moments, and when it stops."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import accumulate, pairwise

import pytest

from tests.reference.capture import HANG, RESET, Capture, answer
from tests.reference.contract_value import GATES, QUICK_DELAYS, SLOW_DELAYS
from tests.reference.tenant import Tenant

SLOW, QUICK = "rose.whispered", "bee.landed"
MOMENTS = {SLOW: [0, *accumulate(SLOW_DELAYS)], QUICK: [0, QUICK_DELAYS[0]]}
LONG = 10_000


@pytest.mark.parametrize("event_type", [SLOW, QUICK])
def test_a_failing_endpoint_gets_the_schedule_of_the_events_policy_and_nothing_more(
    tenant: Tenant, capture: Capture, event_type: str
) -> None:
    """Attempts fall on the exact moments, in one stride or in many, carry one body, and are all accounted for."""
    capture.usual = {"/a": answer(500), "/b": answer(500)}
    gate = tenant.gate(f"{capture.url}/a", event_type)
    event_id = tenant.emit(event_type, {"n": 1})
    tenant.advance(LONG)
    assert tenant.moments(event_id) == MOMENTS[event_type]
    account = tenant.attempts(event_id)
    assert [(each["attempt"], each["status"], each["failure"]) for each in account] == [
        (number, 500, None) for number, _ in enumerate(account, 1)
    ]
    assert all(each["scheduled_at"] == each["sent_at"] for each in account)
    assert [each["next_attempt_at"] for each in account] == [each["sent_at"] for each in account[1:]] + [None]
    assert len({each.body for each in capture.at("/a")}) == 1
    assert len(capture.at("/a")) == len(account)
    (row,) = tenant.ask("GET", f"{GATES}/{gate}/deliveries").json()["data"]
    assert row["status"] == "exhausted"


def test_nothing_is_sent_before_its_moment_and_exactly_one_attempt_at_it(tenant: Tenant, capture: Capture) -> None:
    """Up to a microsecond before the due moment all is silent; at the moment one attempt is made."""
    capture.usual["/a"] = answer(503)
    tenant.gate(f"{capture.url}/a", SLOW)
    tenant.emit(SLOW)
    tenant.settled()
    for number, delay in enumerate(SLOW_DELAYS, 1):
        before = tenant.advance(delay - 0.000001)
        assert len(capture.got) == number
        reading = tenant.advance(0.000001)
        assert before["next_due_at"] == reading["now"]
        assert len(capture.got) == number + 1
    assert tenant.settled()["next_due_at"] is None


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_ends_a_delivery(tenant: Tenant, capture: Capture, status: int) -> None:
    """Nothing follows a 2xx, first or later."""
    capture.scripts["/a"].extend([answer(500), answer(status) if status != 204 else b"HTTP/1.1 204 X\r\n\r\n"])
    tenant.gate(f"{capture.url}/a", SLOW)
    event_id = tenant.emit(SLOW)
    tenant.advance(LONG)
    assert [each["status"] for each in tenant.attempts(event_id)] == [500, status]


FAILURES = {
    "301": (answer(301, "Location: /trap"), 301, None),
    "400": (answer(400), 400, None),
    "404": (answer(404), 404, None),
    "500": (answer(500), 500, None),
    "reset": (RESET, None, "reset"),
    "silence": (b"", None, "closed"),
    "half a head": (b"HTTP/1.1 200 O", None, "closed"),
    "half a body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", None, "closed"),
    "half a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", None, "closed"),
    "only an interim answer": (b"HTTP/1.1 100 Continue\r\n\r\n", None, "closed"),
    "no HTTP": (b"SSH-2.0-OpenSSH\r\n\r\n", None, "malformed"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_every_failure_is_tried_again_and_named(tenant: Tenant, capture: Capture, name: str) -> None:
    """What is not a whole 2xx is retried on schedule; a redirect is not followed."""
    reply, status, failure = FAILURES[name]
    capture.scripts["/a"].append(reply)
    tenant.gate(f"{capture.url}/a", QUICK)
    event_id = tenant.emit(QUICK)
    tenant.advance(LONG)
    first, second = tenant.attempts(event_id)
    assert (first["status"], first["failure"], second["status"]) == (status, failure, 200)
    assert tenant.moments(event_id) == MOMENTS[QUICK]
    assert capture.at("/trap") == []


def test_a_refused_connection_is_tried_again(tenant: Tenant, capture: Capture) -> None:
    """A port on which nobody listens is a failure like any other."""
    with socket.create_server(("127.0.0.1", 0)) as closing:
        port = closing.getsockname()[1]
    tenant.gate(f"http://127.0.0.1:{port}/a", QUICK)
    event_id = tenant.emit(QUICK)
    tenant.advance(LONG)
    assert [each["failure"] for each in tenant.attempts(event_id)] == ["refused", "refused"]
    assert capture.got == []


def test_an_unanswered_attempt_fails_at_the_promised_time_out_on_the_virtual_clock(tenant: Tenant, capture: Capture) -> None:
    """The delay counts from sent plus time-out, however short the real wait was."""
    capture.scripts["/a"].append(HANG)
    tenant.gate(f"{capture.url}/a", QUICK)
    event_id = tenant.emit(QUICK)
    tenant.advance(LONG)
    assert [each["failure"] for each in tenant.attempts(event_id)] == ["timeout", None]
    assert tenant.moments(event_id) == [0, 30 + QUICK_DELAYS[0]]


def test_an_endless_answer_counts_by_its_head(tenant: Tenant, capture: Capture) -> None:
    """At most 64 KiB of a body are waited for."""
    capture.scripts["/a"].append(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + bytes(70_000))
    tenant.gate(f"{capture.url}/a", QUICK)
    event_id = tenant.emit(QUICK)
    tenant.advance(LONG)
    assert [each["status"] for each in tenant.attempts(event_id)] == [200]


def test_410_disables_the_endpoint(tenant: Tenant, capture: Capture) -> None:
    """No retry, what was pending there is dropped, nothing new is sent; the endpoint shows itself inactive."""
    capture.scripts["/a"].extend([answer(500), answer(410)])
    gate = tenant.gate(f"{capture.url}/a", SLOW, QUICK)
    tenant.gate(f"{capture.url}/witness", SLOW)
    tenant.emit(SLOW)
    tenant.settled()
    tenant.emit(SLOW)
    tenant.advance(LONG)
    tenant.emit(SLOW)
    tenant.advance(LONG)
    assert (len(capture.at("/a")), len(capture.at("/witness"))) == (2, 3)
    assert tenant.ask("GET", f"{GATES}/{gate}").json()["data"]["active"] is False


@pytest.mark.parametrize("change", ["delete", "deactivate"])
def test_what_is_pending_at_a_removed_endpoint_is_never_sent(tenant: Tenant, capture: Capture, change: str) -> None:
    """Neither deletion nor deactivation is followed by a retry, not even after reactivation."""
    capture.usual["/a"] = answer(500)
    gate = f"{GATES}/{tenant.gate(f'{capture.url}/a', SLOW)}"
    tenant.emit(SLOW)
    tenant.settled()
    if change == "delete":
        tenant.ask("DELETE", gate)
    else:
        tenant.ask("PUT", gate, json={"active": False})
        tenant.emit(SLOW)
        tenant.ask("PUT", gate, json={"active": True})
    assert tenant.advance(LONG)["next_due_at"] is None
    assert len(capture.got) == 1


@pytest.mark.parametrize(
    ("status", "asked", "gap"),
    [
        (429, "20", 20),
        (503, "20", 20),
        (429, "3", 10),
        (500, "20", 10),
        (429, "86400", 86400),
        (429, "86401", 10),
        (429, "-5", 10),
        (429, "1.5", 10),
        (429, "soon", 10),
        (429, "Wed, 99 Foo 2020 99:99:99 GMT", 10),
        (429, "Wed, 21 Oct 2015 07:28:00 GMT", 10),
    ],
)
def test_a_receiver_may_ask_for_a_longer_wait(tenant: Tenant, capture: Capture, status: int, asked: str, gap: int) -> None:
    """Retry-After on 429 and 503 lengthens the next delay within bounds; shorter, absurd or unreadable wishes change nothing."""
    capture.scripts["/a"].append(answer(status, f"Retry-After: {asked}"))
    tenant.gate(f"{capture.url}/a", QUICK)
    event_id = tenant.emit(QUICK)
    tenant.advance(2 * 86_400)
    assert tenant.moments(event_id) == [0, gap]


def test_a_date_in_retry_after_is_read_on_the_scopes_clock(tenant: Tenant, capture: Capture) -> None:
    """The next attempt falls on the very second that was asked for, though the clock is virtual."""
    asked = (datetime.fromisoformat(tenant.advance(500_000)["now"]) + timedelta(seconds=90)).astimezone(UTC).replace(microsecond=0)
    capture.scripts["/a"].append(answer(429, f"Retry-After: {format_datetime(asked, usegmt=True)}"))
    tenant.gate(f"{capture.url}/a", QUICK)
    event_id = tenant.emit(QUICK)
    tenant.advance(LONG)
    assert datetime.fromisoformat(tenant.attempts(event_id)[1]["sent_at"]) == asked


def test_a_hanging_endpoint_delays_no_other(tenant: Tenant, capture: Capture) -> None:
    """While twenty deliveries hang at one endpoint, everything for the other has arrived."""
    capture.usual["/slow"] = HANG
    tenant.gate(f"{capture.url}/slow", SLOW)
    tenant.gate(f"{capture.url}/quick", SLOW)
    events = [tenant.emit(SLOW) for _ in range(20)]
    arrived = capture.wait(20, "/quick")
    assert tenant.ask("GET", f"{tenant.base}/clock").json()["pending"] >= 1
    assert sorted(each.document["id"] for each in arrived) == sorted(events)
    tenant.settled()
    assert len(capture.at("/slow")) == 20


def test_many_deliveries_at_many_moments_keep_the_walk_in_order(tenant: Tenant, capture: Capture) -> None:
    """An advance over interleaved schedules sends everything in the order of the due moments."""
    capture.usual["/a"] = answer(500)
    tenant.gate(f"{capture.url}/a", SLOW, QUICK)
    for number in range(10):
        tenant.emit(SLOW if number % 2 else QUICK)
        tenant.advance(7)
    tenant.advance(LONG)
    stamps = [int(each.headers["webhook-timestamp"]) for each in capture.got]
    assert len(stamps) == 5 * 4 + 5 * 2
    assert all(earlier <= later for earlier, later in pairwise(stamps))
