"""The reference's signer against published vectors and the official library."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from hookproof.reference.signatures import key_bytes, new_secret, standard, timestamped

VECTORS = [
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1649367553,
        b'{"email":"test@example.com","username":"test_user"}',
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
]


@pytest.mark.parametrize(("secret", "message_id", "timestamp", "body", "expected"), VECTORS)
def test_standard_signatures_are_the_published_ones(secret: str, message_id: str, timestamp: int, body: bytes, expected: str) -> None:
    """A published vector is reproduced to the byte."""
    assert standard([secret], message_id, timestamp, body) == expected


def test_the_official_library_agrees() -> None:
    """For a generated secret the official library computes the same tag."""
    secret, moment = new_secret(), datetime.fromtimestamp(1_700_000_000, UTC)
    assert Webhook(secret).sign("evt_1", moment, '{"é":1}') == standard([secret], "evt_1", 1_700_000_000, '{"é":1}'.encode())


def test_several_keys_sign_in_their_order() -> None:
    """During a rotation both signatures stand in both headers, the newer first."""
    new, old = VECTORS[0][0], VECTORS[1][0]
    assert standard([new, old], "a", 1, b"") == f"{standard([new], 'a', 1, b'')} {standard([old], 'a', 1, b'')}"
    first, second = timestamped([new], 1, b"x"), timestamped([old], 1, b"x")
    assert timestamped([new, old], 1, b"x") == f"{first},{second.removeprefix('t=1,')}"


def test_the_timestamped_form_uses_the_whole_secret_as_text() -> None:
    """Stripe style: hex HMAC-SHA256 over ``t.body``; the value is recomputed by OpenSSL."""
    # printf '1700000000.{}' | openssl dgst -sha256 -hmac whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
    expected = "t=1700000000,v1=7b6a9d679e448853f449040329e1d6c365472325895524fa88b35588e85cc03f"
    assert timestamped([VECTORS[0][0]], 1_700_000_000, b"{}") == expected


def test_generated_secrets_are_distinct_and_of_32_bytes() -> None:
    """No two endpoints share a generated secret."""
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(key_bytes(each)) for each in made} == {32}


@pytest.mark.parametrize("size", [0, 1, 23, 65])
def test_a_key_of_an_unfit_size_is_malformed(size: int) -> None:
    """Standard Webhooks wants 24 to 64 bytes."""
    with pytest.raises(ValueError, match="bytes"):
        key_bytes("whsec_" + base64.b64encode(b"k" * size).decode())


@pytest.mark.parametrize(
    "secret", ["", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64", "whsec_abc", "whsec_éééééééééééééééééééééééééééééééé"]
)
def test_what_is_no_secret_is_malformed(secret: str) -> None:
    """Prefix and base64 are both needed."""
    with pytest.raises(ValueError, match=r"starts|base64"):
        key_bytes(secret)
