"""The reference's own signer: Standard Webhooks v1 and the timestamped hex form.

Law: makes tags by itself and shares no code for that with ``hookproof.signing``, so a mistake in one cannot hide in the other;
published vectors pin both. Of other schemes it takes only what their columns say: which text is signed, with which key, written how.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from hookproof.signing.scheme import Scheme

SECRET_PREFIX = "whsec_"  # noqa: S105 -- the public prefix of secrets, not one
_KEY_SIZES = range(24, 65)  # Standard Webhooks 1.0.0, "Signature scheme": 24 to 64 bytes
_GENERATED_BYTES = 32


def new_secret() -> str:
    """Make a secret nobody else has: the prefix and base64 of 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_GENERATED_BYTES)).decode()


def key_bytes(secret: str) -> bytes:
    """Decode a secret that is about to be taken; raise ``ValueError`` if it is malformed or its key too short or too long."""
    key = _decoded(secret)
    if len(key) not in _KEY_SIZES:
        message = f"the key has {len(key)} bytes, not {_KEY_SIZES.start} to {_KEY_SIZES.stop - 1}"
        raise ValueError(message)
    return key


def _decoded(secret: str) -> bytes:
    if not secret.startswith(SECRET_PREFIX):
        message = f"a secret starts with {SECRET_PREFIX}"
        raise ValueError(message)
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        message = f"what follows {SECRET_PREFIX} is not base64"
        raise ValueError(message) from None


def standard(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Sign as Standard Webhooks v1 with each secret, in order, separated by spaces."""
    content = f"{message_id}.{timestamp}.".encode() + body
    tags = (hmac.new(_decoded(key), content, hashlib.sha256).digest() for key in keys)
    return " ".join("v1," + base64.b64encode(tag).decode() for tag in tags)


def timestamped(keys: Sequence[str], timestamp: int, body: bytes) -> str:
    """Sign as ``t=…,v1=…[,v1=…]`` in hex; here the whole secret text is the key."""
    content = f"{timestamp}.".encode() + body
    tags = (hmac.new(key.encode(), content, hashlib.sha256).hexdigest() for key in keys)
    return ",".join([f"t={timestamp}", *(f"v1={tag}" for tag in tags)])


def described(scheme: Scheme, keys: Sequence[str], timestamp: int, body: bytes) -> Sequence[tuple[str, str]]:
    """Sign as the columns of another scheme say, with each secret in order; a scheme of key pairs is not signed here."""
    if not scheme.mac.symmetric:
        return ()
    return scheme.fields("", str(timestamp), [described_tag(scheme, key, str(timestamp), body) for key in keys])


def described_tag(scheme: Scheme, secret: str, timestamp: str, body: bytes) -> str:
    """Give the one right tag under a secret for what was signed at a time."""
    before, _, after = scheme.signed_content.partition("{body}")
    content = before.replace("{timestamp}", timestamp).encode() + body + after.replace("{timestamp}", timestamp).encode()
    raw = hmac.new(next(iter(scheme.keys(secret).values())), content, "sha512" if scheme.mac.name.endswith("512") else "sha256").digest()
    return raw.hex() if scheme.encoding.name == "hex" else base64.b64encode(raw).decode()
