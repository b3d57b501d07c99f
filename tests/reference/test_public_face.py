"""The subscription API of the reference: every route and status."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.reference.capture import Capture
from tests.reference.contract_value import GATES
from tests.reference.tenant import SECRET, Tenant

URL = "http://127.0.0.1:9/hook"
SHOWN = {"id", "url", "events", "description", "active", "created_at"}


def test_a_creation_shows_the_endpoint_and_its_secret_once(tenant: Tenant) -> None:
    """201 carries the whole endpoint; no later answer carries the secret."""
    made = tenant.ask("POST", GATES, content=json.dumps({"url": URL, "events": ["bee.landed"], "description": "d\ud800", "unknown": 1}))
    shown = made.json()["data"]
    assert made.status_code == 201
    assert set(shown) == SHOWN | {"signing_secret"}
    assert (shown["url"], shown["events"], shown["description"], shown["active"]) == (URL, ["bee.landed"], "d\ud800", True)
    assert shown["signing_secret"].startswith("whsec_")
    assert set(made.json()["meta"]) == {"request_id", "timestamp"}
    again = tenant.ask("GET", f"{GATES}/{shown['id']}")
    assert (again.status_code, set(again.json()["data"])) == (200, SHOWN)
    assert (
        shown["signing_secret"]
        not in tenant.ask("GET", GATES).text + tenant.ask("PUT", f"{GATES}/{shown['id']}", json={"active": True}).text
    )


def test_a_given_secret_is_used(tenant: Tenant) -> None:
    """The secret of the request is the secret of the endpoint."""
    made = tenant.ask("POST", GATES, json={"url": URL, "events": ["*"], "secret": SECRET})
    assert made.json()["data"]["signing_secret"] == SECRET


ILL_FORMED = {
    "": [
        "",
        "[]",
        "{",
        "\udcff{}",
        '{"url": "http://a/", "events": ["*"], "x": NaN}',
        "[" * 100_000,
        '{"events": ["*"]}',
        '{"url": "http://a/"}',
    ],
    '{"events": ["*"], "url": %s}': ["1", '""', '"a/b"', '"ftp://a/"', '"http://"', '"http://a:x/"', '"http://a/ b"', '"http://a:0/"'],
    '{"events": ["*"], "url":  %s}': ['"http://u:p@a/"', '"http://é/"', '"http://[/"', '"http://a/\\n"', '"http://a/<b>"'],
    '{"url": "http://a/", "events": %s}': ["[]", '"*"', "null", "[1]", '["bee.flown"]', '["*", "bee.landed"]'],
    '{"url": "http://a/", "events": ["*"], "secret": %s}': ["null", '"x"', '"whsec_"', '"whsec_c2hvcnQ="'],
    '{"url": "http://a/", "events": ["*"], %s}': ['"active": 1', '"description": 1'],
}


@pytest.mark.parametrize("body", [form.replace("%s", part) if form else part for form, parts in ILL_FORMED.items() for part in parts])
def test_an_ill_formed_creation_is_422_and_creates_nothing(tenant: Tenant, body: str) -> None:
    """Every fault is refused with a code and a message."""
    refused = tenant.ask("POST", GATES, content=body.encode(errors="surrogateescape"))
    assert refused.status_code == 422
    assert set(refused.json()["error"]) == {"code", "message"}
    assert tenant.ask("GET", GATES).json()["data"] == []


def test_a_documented_type_outside_the_catalog_may_be_named(tenant: Tenant) -> None:
    """What is documented is known."""
    tenant.gate(URL, "bee.uncatalogued")


def test_without_a_key_everything_is_401(client: httpx.Client) -> None:
    """No route answers a stranger, and none says whether an id exists."""
    routes = [("GET", ""), ("POST", ""), ("GET", "/x"), ("PUT", "/x"), ("DELETE", "/x"), ("POST", "/x/test"), ("GET", "/x/deliveries")]
    for headers in ({}, {"X-API-Key": "wrong"}):
        assert {client.request(method, GATES + path, headers=headers).status_code for method, path in routes} == {401}


def test_another_tenants_endpoint_does_not_exist(client: httpx.Client, tenant: Tenant) -> None:
    """A foreign id is 404 on every route and appears in no list."""
    theirs = Tenant(client).gate(URL)
    routes: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PUT", "", {}),
        ("DELETE", "", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
    ]
    for method, path, body in routes:
        assert tenant.ask(method, f"{GATES}/{theirs}{path}", json=body).status_code == 404
    assert tenant.ask("GET", GATES).json()["data"] == []


def test_unknown_paths_and_methods_are_errors_in_the_same_form(tenant: Tenant) -> None:
    """404 and 405 are JSON too, and 405 names what is allowed."""
    assert tenant.ask("GET", "/nowhere").json()["error"]["code"] == "not_found"
    refused = tenant.ask("PATCH", GATES)
    assert (refused.status_code, refused.json()["error"]["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(refused.headers["Allow"].split(", "))


def test_lists_come_in_pages(tenant: Tenant) -> None:
    """Following the cursor gives every endpoint once, oldest first."""
    made = [tenant.gate(URL) for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = tenant.ask("GET", GATES, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        seen += [each["id"] for each in page["data"]]
        if (cursor := page["meta"]["next_cursor"]) is None:
            break
    assert seen == made
    for query in ({"limit": "0"}, {"limit": "x"}, {"limit": "-1"}, {"cursor": "x"}, {"cursor": "-1"}):
        assert tenant.ask("GET", GATES, params=query).status_code == 422


def test_an_update_changes_what_is_given_and_refuses_what_is_ill_formed(tenant: Tenant) -> None:
    """PUT touches only the members it has; a refused one changes nothing."""
    gate = f"{GATES}/{tenant.gate(URL, 'bee.landed')}"
    changed = tenant.ask("PUT", gate, json={"events": ["rose.bloomed"], "description": "new"})
    assert changed.status_code == 200
    assert changed.json()["data"]["url"] == URL
    assert tenant.ask("PUT", gate, json={}).status_code == 422
    for body in ({"url": "x"}, {"events": ["nothing"]}, {"secret": "x"}, {"active": "no"}):
        assert tenant.ask("PUT", gate, json=body | {"description": "worse"}).status_code == 422
    assert tenant.ask("GET", gate).json()["data"] == changed.json()["data"]


def test_a_deleted_endpoint_is_gone(tenant: Tenant) -> None:
    """204, then 404 for ever."""
    gate = f"{GATES}/{tenant.gate(URL)}"
    answers = [tenant.ask("DELETE", gate), tenant.ask("DELETE", gate), tenant.ask("GET", gate), tenant.ask("PUT", gate, json={})]
    assert [each.status_code for each in answers] == [204, 404, 404, 404]


def test_management_is_announced_to_the_others(tenant: Tenant, capture: Capture) -> None:
    """Creation and deletion reach the tenant's other endpoints with the id, an update all of them."""
    tenant.gate(f"{capture.url}/watch")
    other = tenant.gate(f"{capture.url}/other")
    tenant.settled()
    tenant.ask("PUT", f"{GATES}/{other}", json={"description": "x"})
    tenant.settled()
    tenant.ask("DELETE", f"{GATES}/{other}")
    tenant.settled()
    told = [(each.document["type"], each.document["data"]) for each in capture.at("/watch")]
    assert told == [(name, {"endpoint_id": other}) for name in ("gate.made", "gate.changed", "gate.removed")]
    assert [each.document["type"] for each in capture.at("/other")] == ["gate.changed"]


def test_a_test_event_goes_to_that_endpoint_alone(tenant: Tenant, capture: Capture) -> None:
    """It is signed and recorded like any other delivery, and carries the contract's example."""
    gate = tenant.gate(f"{capture.url}/a", "bee.landed")
    tenant.gate(f"{capture.url}/b", "bee.landed")
    tested = tenant.ask("POST", f"{GATES}/{gate}/test")
    assert tested.status_code == 202
    tenant.settled()
    (got,) = capture.got
    assert (got.path, got.document["type"], got.document["data"]) == ("/a", "bee.landed", {"leaf": 1})
    assert got.document["id"] == tested.json()["data"]["event_id"]
    tenant.ask("PUT", f"{GATES}/{gate}", json={"active": False})
    assert tenant.ask("POST", f"{GATES}/{gate}/test").status_code == 409


def test_deliveries_are_accounted_for(tenant: Tenant, capture: Capture) -> None:
    """Newest first, by pages, each with its state and how it last ended."""
    capture.usual["/a"] = b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"
    gate = tenant.gate(f"{capture.url}/a", "bee.landed", "rose.bloomed")
    first, second = tenant.emit("bee.landed"), tenant.emit("rose.bloomed")
    tenant.advance(15)
    page = tenant.ask("GET", f"{GATES}/{gate}/deliveries", params={"limit": 1}).json()
    (row,) = page["data"]
    assert (row["event_id"], row["status"], row["attempt"], row["response_status"]) == (second, "pending", 1, 500)
    assert row["next_attempt_at"] is not None
    (row,) = tenant.ask("GET", f"{GATES}/{gate}/deliveries", params={"cursor": page["meta"]["next_cursor"]}).json()["data"]
    assert (row["event_id"], row["status"], row["attempt"], row["next_attempt_at"]) == (first, "exhausted", 2, None)
