"""The asymmetric form: ``v1a`` and Ed25519. No official library verifies it, so nothing but the texts (and RFC 8032) decides.

Law: a receiver holds the public key alone; what can be made of it, or of no key at all, is never right.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from hookproof.generate.vectors.vector import FIRST, SECOND, WIDE, Post, Result, Vector, made_key, secret_of
from hookproof.signing.ed25519 import ED25519, FIELD, ORDER, SMALL_ORDER, pair

PAIR = base64.b64decode("6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==")
"""The published key pair: private key, then public key."""
_RULES = "Standard Webhooks 1.0.0, RFC 8032"


def public(raw: bytes) -> str:
    """Write a public key as a secret."""
    return "whpk_" + base64.b64encode(raw).decode()


@cache
def _raw(content: bytes, key: bytes = PAIR) -> bytes:
    return ED25519.make(key, content)


def _entry(raw: bytes) -> str:
    return "v1a," + base64.b64encode(raw).decode()


def _good(post: Post) -> str:
    return _entry(_raw(post.content))


def _vector(post: Post, name: str, result: Result, flag: str, comment: str, signature: str, *, key: str = public(PAIR[32:])) -> Vector:
    made = post.vector(f"asymmetric/{name}", result, ("ED25519", flag), comment, signature=signature)
    return replace(made, scheme="standard-webhooks-v1a", secrets=(key,), source=_RULES)


def asymmetric() -> Iterator[Vector]:
    """Give all vectors of the asymmetric form."""
    for post in (FIRST, SECOND, WIDE):
        name = f"plain/{post.message_id[4:8]}"
        yield _vector(post, name, Result.VALID, "ED25519_PLAIN", "one signature, and it is right", _good(post))
        held = "whsk_" + base64.b64encode(PAIR).decode()
        words = "one signature, and it is right; the verifier was given the whole pair"
        yield _vector(post, f"{name}-pair", Result.VALID, "ED25519_PAIR", words, _good(post), key=held)
    yield from _lists(FIRST)
    yield from _changed(FIRST)
    yield from _bytes(FIRST)
    yield from _scalars(FIRST)
    yield from _worthless_keys(FIRST)
    yield from _confused(FIRST)


def _lists(post: Post) -> Iterator[Vector]:
    good, other = _good(post), _entry(_raw(post.content, pair(made_key("another pair", 32))))
    shared = f"v1,{post.tag()}"
    forms = {
        "first": [good, other],
        "last": [other, good],
        "after-v1": [shared, good],
        "before-v1": [good, shared],
        "after-v2": ["v2,x", good],
    }
    for name, entries in forms.items():
        words = f"the good signature in a list: {name}"
        yield _vector(post, f"list/{name}", Result.VALID, "ED25519_LIST", words, " ".join(entries))
    yield _vector(post, "list/none", Result.INVALID, "ED25519_WRONG_KEY", "signed with another pair", other)
    words = "only an entry of the symmetric form, whose key this receiver does not have"
    yield _vector(post, "list/v1-alone", Result.INVALID, "ED25519_VERSION", words, shared)


def _changed(post: Post) -> Iterator[Vector]:
    good = _good(post)
    changes: dict[str, dict[str, Any]] = {
        "body": {"body": post.body + b" "},
        "no-body": {"body": b""},
        "id": {"message_id": post.message_id + "0"},
        "timestamp": {"timestamp": str(post.timestamp + 1)},
    }
    for name, told in changes.items():
        made = post.vector(f"asymmetric/changed/{name}", Result.INVALID, ("ED25519", "ED25519_CHANGED"), "changed", signature=good, **told)
        words = f"{name} was changed after signing"
        yield replace(made, scheme="standard-webhooks-v1a", secrets=(public(PAIR[32:]),), source=_RULES, comment=words)
    contents = {"body": post.body, "no-id": post.content.partition(b".")[2], "hashed": hashlib.sha512(post.content).digest()}
    for name, content in contents.items():
        words = f"the signature is right for other content: {name}"
        yield _vector(post, f"content/{name}", Result.INVALID, "ED25519_CONTENT", words, _entry(_raw(content)))
    for late in (301, -301, 86_400):
        made = _vector(post.about(late=late), f"window/{late:+d}", Result.INVALID, "ED25519_STALE", f"{late} s from the present", good)
        yield made


def _bytes(post: Post) -> Iterator[Vector]:
    raw = _raw(post.content)
    for place in range(64):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        words = f"one bit of byte {place} of the signature is another one"
        yield _vector(post, f"byte/{place}", Result.INVALID, "ED25519_TAG_CHANGED", words, _entry(changed))
    wrong = {"empty": b"", "half": raw[:32], "shorter": raw[:63], "longer": raw + b"\0", "zeros": bytes(64), "ones": b"\xff" * 64}
    for name, changed in wrong.items():
        yield _vector(post, f"length/{name}", Result.INVALID, "ED25519_TAG_CHANGED", f"the signature is {name}", _entry(changed))
    hexadecimal = f"v1a,{raw.hex()}"
    yield _vector(post, "encoding/hex", Result.INVALID, "ED25519_ENCODING", "the right signature in hex", hexadecimal)


def _scalars(post: Post) -> Iterator[Vector]:
    raw = _raw(post.content)
    scalar = int.from_bytes(raw[32:], "little")
    for times in range(1, 15):
        text = _entry(raw[:32] + (scalar + times * ORDER).to_bytes(32, "little"))
        words = f"the right signature with {times} times the group's order added to its scalar (RFC 8032, 5.1.7: to be refused)"
        yield _vector(post, f"malleable/{times}", Result.INVALID, "ED25519_MALLEABLE", words, text)
    for name, value in {"zero": 0, "order": ORDER, "negated": ORDER - scalar}.items():
        text = _entry(raw[:32] + value.to_bytes(32, "little"))
        yield _vector(post, f"scalar/{name}", Result.INVALID, "ED25519_SCALAR", f"another scalar: {name}", text)


def _worthless_keys(post: Post) -> Iterator[Vector]:
    """Points of small order as keys: for some of their signatures it does not matter what was signed."""
    heights = sorted(SMALL_ORDER | {FIELD, FIELD + 1})
    for number, height in enumerate(heights):
        for sign in (0, 1):
            raw = (height | sign << 255).to_bytes(32, "little")
            for place, commitment in enumerate((1, FIELD - 1)):
                text = _entry(commitment.to_bytes(32, "little") + bytes(32))
                words = "a public key of small order, such as a missing one read as zeros; the signature is a constant"
                name = f"small-order/{number}-{sign}-{place}"
                yield _vector(post, name, Result.INVALID, "ED25519_SMALL_ORDER", words, text, key=public(raw))
    for name, key in {"short": PAIR[32:63], "long": PAIR[32:] + b"\0", "empty": b"", "seed": PAIR[:32]}.items():
        words = f"the signature is right, but what the receiver holds is no public key of it: {name}"
        yield _vector(post, f"key/{name}", Result.INVALID, "ED25519_KEY", words, _good(post), key=public(key))


def _confused(post: Post) -> Iterator[Vector]:
    """Keys and entries of the two forms exchanged: whoever takes one for the other lets everybody sign who knows the public key."""
    content, known = post.content, PAIR[32:]
    tags = {
        "public-key": hmac.digest(known, content, "sha256"),
        "public-key-text": hmac.digest(public(known).encode(), content, "sha256"),
        "empty-key": hmac.digest(b"", content, "sha256"),
    }
    for name, raw in tags.items():
        text = base64.b64encode(raw).decode()
        for version in ("v1", "v1a"):
            words = f"an HMAC keyed with what everybody knows ({name}) under {version}"
            yield _vector(post, f"confused/{version}-{name}", Result.INVALID, "ED25519_HMAC", words, f"{version},{text}")
    text = _good(post).replace("v1a,", "v1,")
    yield _vector(post, "confused/signature-under-v1", Result.INVALID, "ED25519_VERSION", "the right signature under v1", text)
    for name, entry in {"v1a": _good(post), "v1": text}.items():
        made = post.vector(f"confused/symmetric-{name}", Result.INVALID, ("VERSION_ASYMMETRIC",), "", signature=entry)
        yield replace(made, comment=f"a receiver with a shared secret gets an Ed25519 signature under {name}", source=_RULES)
    for name, key in {"shared": post.key, "public": known}.items():
        tag = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
        made = post.vector(f"confused/symmetric-hmac-{name}", Result.INVALID, ("VERSION_ASYMMETRIC",), "", signature=f"v1a,{tag}")
        words = f"a receiver with a shared secret gets an HMAC under v1a, keyed with the {name} key"
        yield replace(made, comment=words, secrets=(secret_of(post.key),), source=_RULES)
