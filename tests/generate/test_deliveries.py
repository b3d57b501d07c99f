"""What accompanies a delivery: the fields that the contract's platform sends, each once, and our own name."""

from __future__ import annotations

import pytest

from hookproof.contracts import find_contract, known_contracts, load_contract
from hookproof.generate.deliveries import Crafted, companion_fields, signed
from hookproof.signing.scheme import throwaway_secret
from hookproof.signing.schemes import SCHEMES

SECRET = throwaway_secret("deliveries", "test")
ASYMMETRIC = ("standard-webhooks-v1a", "discord")
"""These sign with secrets of another form."""


@pytest.fixture(scope="module", params=known_contracts())
def named(request: pytest.FixtureRequest) -> str:
    """Give each contract's name."""
    return str(request.param)


def test_the_fields_of_the_platform_are_sent() -> None:
    """A receiver may route by them: each has the event's own value, and our name stands behind the platform's product."""
    sent = dict(companion_fields(load_contract(find_contract("orbit")), "evt_1", "call.ended"))
    assert sent == {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Devotel-Webhooks/1.0 hookproof",
        "X-Devotel-Event-Id": "evt_1",
        "X-Devotel-Event-Type": "call.ended",
        "X-Devotel-Delivery-Id": "dlv_evt_1",
    }


def test_every_field_is_sent_once(named: str) -> None:
    """Whatever the contract and the scheme: no name stands twice, a scheme's own value wins, and whoever calls is named."""
    contract = load_contract(find_contract(named))
    for scheme in (scheme for scheme in SCHEMES.values() if scheme.name not in ASYMMETRIC):
        crafted = Crafted(event_id="evt_1", event_type="x", body=b"{}", timestamp="1770000000")
        fields = signed(crafted, scheme, [SECRET], companions=companion_fields(contract, "evt_1", "x")).fields
        names = [name.lower() for name, _ in fields]
        assert len(names) == len(set(names)), scheme.name
        assert {name.lower(): value for name, value in fields}["user-agent"].endswith("hookproof")
        assert not [value for _, value in fields if "{" in value and "}" in value]
