"""The description is narrowed for making requests, and asked as it stands for what must be refused."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.schemathesis_hooks.description import (
    CREATE,
    PUBLISHED,
    UPDATE,
    disguises,
    key_header,
    known,
    narrowed,
    places,
    plain,
    wellformed,
)
from hookproof.staging.session import read_contract
from tests.suites.courtroom import orbit

NAMES = ("orbit", "active_reach", "whatsapp_crm", "mobtexting", "standard_webhooks")


def _both(name: str) -> dict[str, Any]:
    contract = read_contract(name)
    document = plain(contract.subscription_api)
    document[PUBLISHED] = plain(document)
    narrowed(document, contract)
    return document


def _narrow(document: dict[str, Any], body: Any) -> bool:
    whole = {**document["components"]["schemas"]["NewWebhook"], "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True).is_valid(body)


@pytest.mark.parametrize("name", NAMES)
def test_whatever_may_be_sent_after_narrowing_might_be_sent_before(name: str) -> None:
    """Every listed name alone, and all of them, fit the narrowed description and the published one; an unknown one only the latter."""
    document, contract = _both(name), read_contract(name)
    for events in ([contract.catalog[0]], list(contract.catalog), *([["*"]] if "all" in contract.policy.wildcards else [])):
        body = {"url": "https://shop.example.net/x", "events": events}
        assert _narrow(document, body)
        assert wellformed(document, CREATE, body)
    odd = {"url": "https://shop.example.net/x", "events": ["hookproof.never"]}
    assert _narrow(document, odd) is contract.open_catalog
    assert wellformed(document, CREATE, odd)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)))
def test_any_body_can_be_looked_at(body: Any) -> None:
    """No JSON value stops the question whether it is well-formed; what names no address and no events never is."""
    assert not wellformed(plain(orbit().subscription_api), CREATE, body)


def test_narrowing_touches_requests_alone() -> None:
    """Answers are judged by the description as it stands."""
    document = _both("orbit")
    published = document.pop(PUBLISHED)
    for each in (document, published):
        for schema in ("NewWebhook", "WebhookChange"):
            each["components"]["schemas"].pop(schema)
    assert json.dumps(document, sort_keys=True) == json.dumps(published, sort_keys=True)


@pytest.mark.parametrize("name", ["contact.created", "*", " contact.created ", "", "call.early_media"])
def test_a_name_that_some_reading_allows_is_known(name: str) -> None:
    """Blanks, wildcards and names that are documented but not listed are nobody's fault."""
    assert known(orbit(), name)


@pytest.mark.parametrize("name", ["contact.creates", "CONTACT.CREATED", "contact.*", "x.contact.created"])
def test_a_name_that_no_reading_allows_is_unknown(name: str) -> None:
    """Near misses are unknown."""
    assert not known(orbit(), name)


@pytest.mark.parametrize("name", NAMES)
def test_each_disguise_holds_a_name_that_nobody_knows(name: str) -> None:
    """What is offered as unknown is unknown by every reading; where any name is legal nothing is offered."""
    contract = read_contract(name)
    found = disguises(contract)
    assert bool(found) is not contract.open_catalog
    assert all(any(not known(contract, each) for each in names) for names in found)


def test_a_description_without_operations_has_nothing_to_ask() -> None:
    """An empty description has no place, the usual key header, and any body fits it."""
    assert places({}) == {}
    assert key_header({}) == "X-API-Key"
    assert wellformed({}, UPDATE, None)
