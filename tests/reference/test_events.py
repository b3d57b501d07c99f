"""What the reference sends: envelope, headers, signatures, audience, companions, truncation."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from hookproof.reference.headers import DeliveryHeaders
from tests.reference.capture import Capture, Got, answer
from tests.reference.contract_value import GATES, LIMIT
from tests.reference.tenant import SECRET, Tenant

OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
PLAIN = "bee.landed"


def only(tenant: Tenant, capture: Capture) -> Got:
    """Give the one request that came once everything is settled."""
    tenant.settled()
    (got,) = capture.got
    return got


def verifies(secret: str, got: Got) -> bool:
    """Let the official library judge, tag by tag, without its check of the present time."""
    moment = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), UTC)
    return Webhook(secret).sign(got.headers["webhook-id"], moment, got.body.decode()) in got.headers["webhook-signature"].split(" ")


def test_a_delivery_has_the_envelope_the_headers_and_both_signatures(tenant: Tenant, capture: Capture) -> None:
    """Everything that names the event agrees with the body; the timestamp is the attempt's, in whole seconds."""
    tenant.gate(f"{capture.url}/a?b=c", PLAIN)
    event_id = tenant.emit(PLAIN, {"n": 1})
    got, names = only(tenant, capture), DeliveryHeaders.branded()
    now = datetime.fromisoformat(tenant.settled()["now"])
    assert got.head[0] == "POST /a?b=c HTTP/1.1"
    assert got.document == {"id": event_id, "type": PLAIN, "created_at": got.document["created_at"], "data": {"n": 1}}
    assert datetime.fromisoformat(got.document["created_at"]) == now
    assert re.fullmatch(r"evt_[0-9a-f]{32}", event_id)
    headers = got.headers
    expected = {"content-type": "application/json; charset=utf-8", "user-agent": names.user_agent, "webhook-id": event_id}
    expected |= {
        "webhook-timestamp": str(int(now.timestamp())),
        str(names.event_id).lower(): event_id,
        str(names.event_type).lower(): PLAIN,
    }
    assert headers | expected == headers
    assert len(headers[str(names.delivery_id).lower()]) == 36
    assert verifies(SECRET, got)
    assert re.fullmatch(rf"t={headers['webhook-timestamp']},v1=[0-9a-f]{{64}}", headers[str(names.signature).lower()])


def test_every_attempt_is_signed_anew_over_the_same_bytes(tenant: Tenant, capture: Capture) -> None:
    """Body and ids stay; timestamp and signature follow the clock."""
    capture.scripts["/a"].append(answer(500))
    tenant.gate(f"{capture.url}/a", PLAIN)
    tenant.emit(PLAIN, {"n": 1})
    tenant.advance(10)
    first, second = capture.got
    same = ("webhook-id", "x-devotel-delivery-id")
    assert first.body == second.body
    assert [first.headers[name] for name in same] == [second.headers[name] for name in same]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) in (10, 11)
    assert verifies(SECRET, first)
    assert verifies(SECRET, second)


def test_both_secrets_sign_during_the_overlap_and_only_the_new_one_after(tenant: Tenant, capture: Capture) -> None:
    """The newer signature stands first; a microsecond decides the end of the overlap."""
    gate = f"{GATES}/{tenant.gate(f'{capture.url}/a', PLAIN)}"
    tenant.ask("PUT", gate, json={"secret": OTHER_SECRET})
    tenant.emit(PLAIN)
    tenant.advance(3599.999999)
    tenant.emit(PLAIN)
    tenant.advance(0.000001)
    tenant.emit(PLAIN)
    tenant.settled()
    assert [(verifies(OTHER_SECRET, got), verifies(SECRET, got)) for got in capture.got] == [(True, True), (True, True), (True, False)]
    assert [len(got.headers["webhook-signature"].split(" ")) for got in capture.got] == [2, 2, 1]
    assert [got.headers["x-devotel-signature"].count("v1=") for got in capture.got] == [2, 2, 1]
    newer = {got.headers["webhook-signature"].split(" ")[0] for got in capture.got}
    assert len(newer) == 3


def test_the_same_secret_again_is_no_rotation(tenant: Tenant, capture: Capture) -> None:
    """One signature, as before."""
    tenant.ask("PUT", f"{GATES}/{tenant.gate(f'{capture.url}/a', PLAIN)}", json={"secret": SECRET})
    tenant.emit(PLAIN)
    assert " " not in only(tenant, capture).headers["webhook-signature"]


def test_an_endpoint_gets_what_it_asked_for(tenant: Tenant, capture: Capture) -> None:
    """By name, or by ``*`` except the types that must be named; an inactive endpoint gets nothing."""
    for path, events in {"/named": [PLAIN], "/all": ["*"], "/explicit": ["rose.whispered"]}.items():
        tenant.gate(capture.url + path, *events)
    tenant.gate(f"{capture.url}/off", "*", active=False)
    for event_type in ("rose.whispered", "rose.noted", PLAIN):
        tenant.emit(event_type)
    tenant.settled()
    told = {path: [each.document["type"] for each in capture.at(path)] for path in ("/named", "/all", "/explicit", "/off")}
    told["/all"] = sorted(name for name in told["/all"] if not name.startswith("gate."))
    assert told == {"/named": [PLAIN], "/all": [PLAIN, "rose.noted"], "/explicit": ["rose.whispered"], "/off": []}


def test_tenants_hear_nothing_of_each_other(client: httpx.Client, tenant: Tenant, capture: Capture) -> None:
    """An event reaches the endpoints of its own tenant alone."""
    tenant.gate(f"{capture.url}/mine", "*")
    other = Tenant(client)
    other.gate(f"{capture.url}/theirs", "*")
    other.emit(PLAIN)
    other.settled()
    tenant.settled()
    assert (capture.at("/mine"), len(capture.at("/theirs"))) == ([], 1)


def test_a_companion_is_sent_along_with_the_same_content_and_an_id_of_its_own(tenant: Tenant, capture: Capture) -> None:
    """Subscribers of the companion get it though only the other type was emitted."""
    tenant.gate(f"{capture.url}/main", "rose.bloomed")
    tenant.gate(f"{capture.url}/along", "rose.noted")
    event_id = tenant.emit("rose.bloomed", {"rose_id": 7})
    tenant.settled()
    (main,), (along,) = capture.at("/main"), capture.at("/along")
    assert (main.document["id"], main.document["data"], along.document["data"]) == (event_id, {"rose_id": 7}, {"rose_id": 7})
    assert (along.document["type"], along.document["id"] != event_id) == ("rose.noted", True)


@pytest.mark.parametrize("letter", ["a", "é", "€", "😀", '"', "\n"])
@pytest.mark.parametrize("over", [-1, 0, 1])
def test_content_is_cut_when_its_bytes_are_over_the_limit(tenant: Tenant, capture: Capture, letter: str, over: int) -> None:
    """Exactly at the limit it is whole; one byte more leaves the flag, the size and the identifiers."""
    tenant.gate(f"{capture.url}/a", PLAIN)
    content: dict[str, Any] = {"rose_id": "r1", "kept": False, "text": "", "fill": ""}
    width = len(json.dumps(letter, ensure_ascii=False).encode()) - 2
    room = LIMIT + over - len(json.dumps(content, separators=(",", ":")))
    content |= {"text": letter * (room // width), "fill": "x" * (room % width)}
    tenant.emit(PLAIN, content)
    document = only(tenant, capture).document
    if over <= 0:
        assert document["data"] == content
        assert "truncated" not in document
    else:
        assert document["data"] == {"_truncated": True, "_original_bytes": LIMIT + 1, "rose_id": "r1"}
        assert document["truncated"] is True


def test_an_identifier_as_large_as_a_book_is_no_identifier(tenant: Tenant, capture: Capture) -> None:
    """What is cut is small, whatever it was."""
    tenant.gate(f"{capture.url}/a", PLAIN)
    tenant.emit(PLAIN, {"id": "x" * LIMIT, "rose_id": 3})
    assert only(tenant, capture).document["data"] == {"_truncated": True, "_original_bytes": LIMIT + 21, "rose_id": 3}


EXACT = (
    r'{"a":1.10,"b":1e21,"c":-0,"d":-0.0,"e":9007199254740993,"f":9223372036854775808,"g":{},"h":[],"i":null,"j":"",'
    r'"k":"é😀\u0000\u001f\"\\/","l":"\ud800","m":12345678901234567890123456789012345678901234567890,"n":[1.0,[true,false]]}'
)


def test_content_is_sent_to_the_letter(tenant: Tenant, capture: Capture) -> None:
    """Digits, emptiness, nulls, control characters and even lone surrogates arrive as they were given."""
    tenant.gate(f"{capture.url}/a", PLAIN)
    sent = tenant.ask("POST", f"{tenant.base}/events", content=f'{{"type": "{PLAIN}", "data": {EXACT}}}'.encode())
    assert sent.status_code == 202
    assert only(tenant, capture).body.endswith(f',"data":{EXACT}}}'.encode())


def test_content_too_deep_to_write_is_refused(tenant: Tenant) -> None:
    """422, not a broken platform."""
    for depth in (600, 100_000):
        content = '{"a":' * depth + "1.5" + "}" * depth
        refused = tenant.ask("POST", f"{tenant.base}/events", content=f'{{"type": "{PLAIN}", "data": {content}}}')
        assert refused.status_code == 422


def test_fifty_emissions_at_once_all_arrive_once(tenant: Tenant, capture: Capture) -> None:
    """Every acknowledged event is delivered, under its own id."""
    tenant.gate(f"{capture.url}/a", PLAIN)
    with ThreadPoolExecutor(50) as pool:
        events = list(pool.map(lambda number: tenant.emit(PLAIN, {"n": number}), range(50)))
    tenant.settled()
    assert sorted(each.document["id"] for each in capture.got) == sorted(events)
    assert len(set(events)) == 50
