"""Keys: every legal length, lengths that are not, and tags under keys that are not the secret's."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from hookproof.generate.vectors.vector import FIRST, WIDE, Post, Result, Vector, made_key, secret_of

_LEGAL = range(24, 65)
_ILLEGAL = (1, 2, 8, 16, 20, 23, 65, 66, 75, 96, 128)


def keys() -> Iterator[Vector]:
    """Give all vectors about keys."""
    for size in _LEGAL:
        post = FIRST.about(key=made_key("size", size))
        yield post.vector(f"key/size/{size}", Result.VALID, ("KEY_SIZE",), f"a key of {size} bytes")
    for size in _ILLEGAL:
        post = FIRST.about(key=made_key("size", size))
        words = f"a key of {size} bytes: 24 to 64 are allowed, so it must not be taken as a secret"
        yield post.vector(f"key/size/{size}", Result.INVALID, ("KEY_SIZE_ILLEGAL",), words)
    for form, secret in {"empty": "whsec_", "blank": "", "not-base64": "whsec_not base64!"}.items():
        post = FIRST.about(key=b"", secrets=(secret,))
        words = f"{form} secret, and a tag under the empty key"
        yield post.vector(f"key/empty/{form}", Result.INVALID, ("KEY_EMPTY",), words)
    for post in (FIRST, WIDE):
        yield from _wrong(post)


def _wrong(post: Post) -> Iterator[Vector]:
    secret, place = secret_of(post.key), post.message_id[4:8]
    text = secret.removeprefix("whsec_")
    others = {
        "empty": b"",
        "whole-text": secret.encode(),
        "text-without-prefix": text.encode(),
        "hex-text": post.key.hex().encode(),
        "one-byte-less": post.key[:-1],
        "prefix": b"whsec_",
        "foreign": made_key("foreign", 32),
        "first-byte": post.key[:1],
        "one-bit": bytes([post.key[0] ^ 1]) + post.key[1:],
        "last-bit": post.key[:-1] + bytes([post.key[-1] ^ 1]),
        "reversed": post.key[::-1],
        "encoded-twice": base64.b64encode(text.encode()),
        "id": post.message_id.encode(),
        "body": post.body,
    }
    for form, key in others.items():
        words = f"the tag is made with another key: {form}"
        yield post.vector(f"key/wrong/{place}/{form}", Result.INVALID, ("KEY_WRONG",), words, signature=f"v1,{post.tag(key=key)}")
