"""Schemes of which no example is published, against their table row written out by hand."""

from __future__ import annotations

import base64
import hmac

import pytest

from hookproof.signing.schemes import SCHEMES
from tests.signing.test_published_pins import PAIR, PUBLISHED

TEXT = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
ID, SECONDS, BODY = "evt_1", "1700000000", b'{"a":"\xc3\xa9"}'
TIME = "2023-11-14T22:13:20Z"


def mac(key: bytes, content: bytes, algorithm: str = "sha256") -> bytes:
    """HMAC."""
    return hmac.new(key, content, algorithm).digest()


def b64(raw: bytes) -> str:
    """Base64."""
    return base64.b64encode(raw).decode()


DECODED, KEY = base64.b64decode(TEXT.removeprefix("whsec_")), TEXT.encode()
DOTTED, STAMPED, COMMA = b"evt_1.1700000000." + BODY, b"1700000000." + BODY, b"1700000000," + BODY
BY_HAND: dict[str, dict[str, str]] = {
    "mlflow": {
        "x-mlflow-delivery-id": ID,
        "x-mlflow-timestamp": SECONDS,
        "x-mlflow-signature": f"v1,{b64(mac(KEY, DOTTED))}",
    },
    "sent": {"x-webhook-id": ID, "x-webhook-timestamp": SECONDS, "x-webhook-signature": f"v1,{b64(mac(DECODED, DOTTED))}"},
    "devotel-t-v1": {"x-devotel-signature": f"t={SECONDS},v1={mac(KEY, STAMPED).hex()}"},
    "stripe": {"stripe-signature": f"t={SECONDS},v1={mac(KEY, STAMPED).hex()}"},
    "convoy-advanced-base64": {"x-convoy-signature": f"t={SECONDS},v1={b64(mac(KEY, COMMA))}"},
    "convoy-advanced-sha512": {"x-convoy-signature": f"t={SECONDS},v1={mac(KEY, COMMA, 'sha512').hex()}"},
    "convoy-advanced-sha512-base64": {"x-convoy-signature": f"t={SECONDS},v1={b64(mac(KEY, COMMA, 'sha512'))}"},
    "devotel-body-hex": {"x-devotel-signature": mac(KEY, BODY).hex()},
    "shopify": {"x-shopify-hmac-sha256": b64(mac(KEY, BODY))},
    "convoy-simple-base64": {"x-convoy-signature": b64(mac(KEY, BODY))},
    "convoy-simple-sha512": {"x-convoy-signature": mac(KEY, BODY, "sha512").hex()},
    "convoy-simple-sha512-base64": {"x-convoy-signature": b64(mac(KEY, BODY, "sha512"))},
    "active-reach": {"x-aegis-signature": mac(KEY, BODY).hex()},
    "spatie": {"signature": mac(KEY, BODY).hex()},
    "outpost": {"x-outpost-signature": f"v0={mac(KEY, BODY).hex()}"},
    "hook0": {
        "x-event-id": ID,
        "x-hook0-signature": f"t={SECONDS},h=x-event-id,v1={mac(KEY, b'1700000000.x-event-id.evt_1.' + BODY).hex()}",
    },
    "ghost": {"x-ghost-signature": f"sha256={mac(KEY, BODY + b'1700000000000').hex()}, t=1700000000000"},
    "ghost-body": {"x-ghost-signature": f"sha256={mac(KEY, BODY).hex()}, t=1700000000000"},
    "box": {"box-signature-primary": b64(mac(KEY, BODY + TIME.encode())), "box-delivery-timestamp": TIME},
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_scheme_writes_its_row_of_the_table(name: str) -> None:
    """Header names, content, key bytes and encoding are those of the row, to the byte."""
    assert dict(SCHEMES[name].sign([TEXT], ID, SECONDS, BODY)) == BY_HAND[name]


def test_discord_signs_time_and_body() -> None:
    """Discord's headers hold the signature in hex of the time and the body, without anything between."""
    scheme, secret = SCHEMES["discord"], base64.b64decode(PAIR).hex()
    fields = dict(scheme.sign([secret], ID, SECONDS, BODY))
    assert fields["x-signature-timestamp"] == SECONDS
    expected = scheme.mac.make(base64.b64decode(PAIR), SECONDS.encode() + BODY).hex()
    assert fields == {"x-signature-ed25519": expected, "x-signature-timestamp": SECONDS}


def test_every_scheme_is_pinned_from_outside() -> None:
    """No scheme is only consistent with itself."""
    assert SCHEMES.keys() == BY_HAND.keys() | PUBLISHED.keys() | {"discord"}


def test_two_slots_and_lists_hold_several_tags_in_order() -> None:
    """The current secret's tag stands first."""
    fields = dict(SCHEMES["box"].sign(["one", "two"], ID, SECONDS, BODY))
    assert fields["box-signature-secondary"] == b64(mac(b"two", BODY + TIME.encode()))
    both = dict(SCHEMES["outpost"].sign(["one", "two"], ID, SECONDS, BODY))
    assert both["x-outpost-signature"] == f"v0={mac(b'one', BODY).hex()},{mac(b'two', BODY).hex()}"
