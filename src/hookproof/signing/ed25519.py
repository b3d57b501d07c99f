"""Ed25519 (RFC 8032) over key bytes that say what they are: 64 bytes are a private key and its public key, 32 a public key alone.

Law: strict. A scalar that is not reduced, a public key that is not reduced or of small order, and halves that do not belong together
verify nothing. The only place that knows ``cryptography``.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hookproof.signing.macs import Mac

PUBLIC, PAIR, SIGNATURE = 32, 64, 64
"""Lengths in bytes."""
FIELD = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
"""The prime of the field, and the order of the group that honest keys generate."""
_ROOT = 2707385501144840649318225287225658788936804267575313519463743609750303402022
SMALL_ORDER = frozenset({0, 1, FIELD - 1, _ROOT, FIELD - _ROOT})
"""The y coordinates of the eight points whose multiples hide what was signed."""


def pair(seed: bytes) -> bytes:
    """Make the 64 key bytes of a private key of 32 bytes: the key itself, then its public key."""
    return seed + Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _make(key: bytes, content: bytes) -> bytes:
    if len(key) != PAIR:
        message = f"a key of {len(key)} bytes cannot sign: {PAIR} are needed"
        raise ValueError(message)
    return Ed25519PrivateKey.from_private_bytes(key[:PUBLIC]).sign(content)


def _public(key: bytes) -> bytes | None:
    """Give the public key of key bytes, None if nothing may be verified with them."""
    if len(key) == PAIR:
        return key[PUBLIC:] if pair(key[:PUBLIC]) == key else None
    if len(key) != PUBLIC:
        return None
    height = int.from_bytes(key, "little") & (2**255 - 1)
    return None if height >= FIELD or height in SMALL_ORDER else key


def _right(key: bytes, content: bytes, raw: bytes) -> bool:
    public = _public(key)
    if public is None or len(raw) != SIGNATURE or int.from_bytes(raw[32:], "little") >= ORDER:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(raw, content)
    except (InvalidSignature, ValueError):
        return False
    return True


ED25519 = Mac(name="Ed25519", size=SIGNATURE, make=_make, key_of=pair, check=_right)
