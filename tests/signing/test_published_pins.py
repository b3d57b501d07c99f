"""Schemes against numbers that others published: providers' examples, RFC 4231, RFC 8032."""

from __future__ import annotations

import base64

import pytest

from hookproof.signing.ed25519 import ED25519, pair
from hookproof.signing.macs import HMAC_SHA256, HMAC_SHA512, Mac
from hookproof.signing.schemes import SCHEMES

WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, SECONDS, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
PAIR = "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
CHARGE = b'{"event":"charge.success","amount":1000,"currency":"NGN"}'
PUBLISHED = {
    "standard-webhooks": (WHSEC, MESSAGE, SECONDS, BODY, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    "standard-webhooks-v1a": (
        f"whsk_{PAIR}",
        MESSAGE,
        SECONDS,
        BODY,
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
    ),
    "svix": (WHSEC, MESSAGE, SECONDS, BODY, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    "outpost-standard": (
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        "1649367553",
        b'{"email":"test@example.com","username":"test_user"}',
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
    "github": (
        "It's a Secret to Everybody",
        "i",
        "1",
        b"Hello, World!",
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    ),
    "convoy-simple": ("convoy-webhook-secret", "i", "1", CHARGE, "244449b7f48cbc2709060c9dcdc2b3aa47a78f540430579015c579fb12defbb4"),
    "convoy-advanced": (
        "convoy-webhook-secret",
        "i",
        "1700000000",
        CHARGE,
        "t=1700000000,v1=77b8b9269f25a199846a55a2bd25b3fba151c70fdae60bb1dcd87fbbc943c55c",
    ),
    "hook0-v0": (
        "a-subscription-secret",
        "i",
        "1800000000",
        b'{"event":"user.created"}',
        "t=1800000000,v0=d17d66b66fca89390c5b967c45e8928fc732db07a0aabe8167b1e98213081ffe",
    ),
}
LONG = b" ".join(
    (
        b"This is a test using a larger than block-size key and a larger than block-size data.",
        b"The key needs to be hashed before being used by the HMAC algorithm.",
    )
)
RFC4231 = {
    1: (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", "87aa7cdea5ef619d4ff0b4241a1d6cb0"),
    2: (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "164b7a7bfcf819e2e395fbe73b56e0a3",
    ),
    3: (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", "fa73b0089d56a284efb0f0756c890be9"),
    4: (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        "b0ba465637458c6990e5a8c5f61d4af7",
    ),
    6: (
        b"\xaa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        "80b24263c7c1a3ebb71493c1dd7be8b4",
    ),
    7: (
        b"\xaa" * 131,
        LONG,
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        "e37b6a775dc87dbaa4dfa9f96e5e3ffd",
    ),
}
RFC8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_example_is_signed_and_verified(name: str) -> None:
    """A scheme makes the header that its provider published, and takes it."""
    secret, message_id, timestamp, body, header = PUBLISHED[name]
    scheme = SCHEMES[name]
    fields = scheme.sign([secret], message_id, timestamp, body)
    assert dict(fields)[scheme.header] == header
    assert scheme.read(fields).fault is None
    assert scheme.match(secret, scheme.read(fields), body) is not None


def test_the_public_half_verifies_what_the_pair_signed() -> None:
    """Who was given the published public key alone takes the published signature."""
    scheme, public = SCHEMES["standard-webhooks-v1a"], "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
    secret, message_id, timestamp, body, _ = PUBLISHED[scheme.name]
    signed = scheme.read(scheme.sign([secret], message_id, timestamp, body))
    assert scheme.match(public, signed, body) == "public key"
    assert base64.b64decode(PAIR)[32:] == scheme.keys(public)["public key"]


def test_hook0_covers_the_fields_that_it_names() -> None:
    """Hook0's published signature over two header fields verifies; in other order, with another value or without one it does not."""
    scheme, body = SCHEMES["hook0"], b'{"event":"user.created"}'
    tag = "19a6fb8f6581715b241a93af02a58611c3b0ac7b747a8d2a5b120ee418d0c347"
    other = "bf5f4e5fe0c9143510ae192f983316a09ed392d0104d2ce0faa3d7bce3687acb"

    def taken(header: str, event_id: str = "evt-1", *rest: tuple[str, str]) -> bool:
        fields = (("X-Event-Id", event_id), *(rest or (("X-Delivery-Id", "dlv-1"),)), ("X-Hook0-Signature", header))
        return scheme.match("a-subscription-secret", scheme.read(fields), body) is not None

    assert taken(f"t=1800000000,h=x-event-id x-delivery-id,v1={tag}")
    assert taken(f"t=1800000000,h=x-delivery-id x-event-id,v1={other}")
    assert not taken(f"t=1800000000,h=x-delivery-id x-event-id,v1={tag}")
    assert not taken(f"t=1800000000,h=x-event-id x-missing,v1={tag}")
    assert not taken(f"t=1800000000,h=x-event-id x-delivery-id,v1={tag}", "evt-2")
    assert not taken(f"t=1800000000,h=x-event-id x-delivery-id,v1={tag}", "evt-1", ("X-Other", "dlv-1"))


@pytest.mark.parametrize("number", RFC4231)
def test_hmacs_are_those_of_rfc_4231(number: int) -> None:
    """Both HMACs give the tags of the RFC's cases for keys shorter, as long and longer than a block."""
    key, content, short, long = RFC4231[number]
    assert HMAC_SHA256.make(key, content).hex() == short
    assert HMAC_SHA512.make(key, content).hex().startswith(long)
    assert len(HMAC_SHA512.make(key, content)) == 64
    mac: Mac = SCHEMES["convoy-simple"].mac
    assert mac.make(key, content).hex() == short


@pytest.mark.parametrize(("seed", "public", "content", "signature"), RFC8032)
def test_ed25519_is_that_of_rfc_8032(seed: str, public: str, content: str, signature: str) -> None:
    """Keys and signatures are those of the RFC's cases."""
    key = pair(bytes.fromhex(seed))
    assert key.hex() == seed + public
    assert ED25519.make(key, bytes.fromhex(content)).hex() == signature
    assert ED25519.check is not None
    assert ED25519.check(bytes.fromhex(public), bytes.fromhex(content), bytes.fromhex(signature))
