"""Secrets in the form that each scheme wants, for tests."""

from __future__ import annotations

import base64

from hookproof.signing.columns import HEX_KEY, KEY_PAIR
from hookproof.signing.ed25519 import pair
from hookproof.signing.scheme import Scheme


def signing_secret(scheme: Scheme, raw: bytes) -> str:
    """Write 32 bytes as a secret with which this scheme signs."""
    if scheme.key is KEY_PAIR:
        return "whsk_" + base64.b64encode(pair(raw)).decode()
    if scheme.key is HEX_KEY:
        return pair(raw).hex()
    return "whsec_" + base64.b64encode(raw).decode()


def checking_secret(scheme: Scheme, raw: bytes) -> str:
    """Write what a receiver holds of the same secret."""
    if scheme.key is KEY_PAIR:
        return "whpk_" + base64.b64encode(pair(raw)[32:]).decode()
    if scheme.key is HEX_KEY:
        return pair(raw)[32:].hex()
    return signing_secret(scheme, raw)
