"""Which wrong recipe explains a signature that does not verify: wrong content, wrong key bytes or wrong encoding.

Law: a diagnosis words a finding; it never decides an outcome.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping

from hookproof.signing.scheme import field_bytes

_ENCODINGS: Mapping[str, Callable[[bytes], str]] = {
    "base64": lambda raw: base64.b64encode(raw).decode(),
    "base64 without padding": lambda raw: base64.b64encode(raw).decode().rstrip("="),
    "base64url": lambda raw: base64.urlsafe_b64encode(raw).decode(),
    "base64url without padding": lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="),
    "hex": bytes.hex,
    "upper-case hex": lambda raw: raw.hex().upper(),
}


def _keys(secret: str) -> dict[str, bytes]:
    bare = secret.removeprefix("whsec_")
    keys = {"an empty secret": b"", "the whole secret as text": secret.encode(), "the secret's text without prefix": bare.encode()}
    try:
        keys["the decoded secret"] = base64.b64decode(bare, validate=True)
        keys["the secret decoded twice"] = base64.b64decode(keys["the decoded secret"], validate=True)
    except (binascii.Error, ValueError):
        pass
    return keys


def _contents(message_id: str, timestamp: str, body: bytes) -> dict[str, bytes]:
    head_id, head_time = field_bytes(message_id), field_bytes(timestamp)
    return {
        "id.timestamp.body": head_id + b"." + head_time + b"." + body,
        "timestamp.body (id not covered)": head_time + b"." + body,
        "id.body (timestamp not covered)": head_id + b"." + body,
        "body alone": body,
        "id.timestamp (body not covered)": head_id + b"." + head_time,
        "id.timestamp. (body not covered)": head_id + b"." + head_time + b".",
        "id alone": head_id,
        "timestamp alone": head_time,
        "id.timestamp.body with a newline": head_id + b"." + head_time + b"." + body + b"\n",
    }


def diagnose(raw_header: str, secret: str, *, message_id: str, timestamp: str, body: bytes) -> str:
    """Say which recipe made a tag in the header, or that none of the known wrong ones did. Never shows a tag or key."""
    for content_name, content in _contents(message_id, timestamp, body).items():
        for key_name, key in _keys(secret).items():
            tag = hmac.digest(key, content, hashlib.sha256)
            for encoding_name, encode in _ENCODINGS.items():
                if encode(tag) in raw_header:
                    return f"it is HMAC-SHA256 of {content_name}, keyed with {key_name}, in {encoding_name}"
    return "none of the known recipes explains it (wrong secret, or other bytes than the ones sent were signed)"
