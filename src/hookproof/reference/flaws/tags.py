"""Wrong tags, made by hand: what flaws of signing put in place of an honest header field.

Law: nothing here calls the honest signer, so that a flaw stays what it is when the signer changes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace

from hookproof.reference.conduct import Conduct, HeaderPairs, Sending

Change = Callable[[Conduct], Conduct]


def mac(key: bytes, content: bytes) -> bytes:
    """Give the raw HMAC-SHA256."""
    return hmac.digest(key, content, hashlib.sha256)


def text(raw: bytes) -> str:
    """Write standard base64 with padding."""
    return base64.b64encode(raw).decode()


def decoded(secret: str) -> bytes:
    """Give the key bytes of a ``whsec_`` secret."""
    return base64.b64decode(secret.removeprefix("whsec_"))


def covered(sending: Sending) -> bytes:
    """Give the bytes that Standard Webhooks has signed."""
    return f"{sending.event_id}.{sending.timestamp}.".encode() + sending.body


def with_field(pairs: HeaderPairs, name: str | None, value: str) -> HeaderPairs:
    """Give the header fields with another value in one of them."""
    return [(each, value if each == name else told) for each, told in pairs]


def signature(value: Callable[[Sending], str]) -> Change:
    """Send another ``webhook-signature``."""

    def change(conduct: Conduct) -> Conduct:
        def headers(sending: Sending) -> HeaderPairs:
            return with_field(conduct.headers(sending), sending.names.webhook_signature, value(sending))

        return replace(conduct, headers=headers)

    return change


def entries(tag: Callable[[Sending, str], str], *, prefix: str = "v1,", separator: str = " ") -> Change:
    """Send another tag for each secret in force."""
    return signature(lambda sending: separator.join(prefix + tag(sending, secret) for secret in sending.keys))


def companion(value: Callable[[Sending], str]) -> Change:
    """Send another signature in the provider's own header field."""

    def change(conduct: Conduct) -> Conduct:
        def headers(sending: Sending) -> HeaderPairs:
            return with_field(conduct.headers(sending), sending.names.signature, value(sending))

        return replace(conduct, headers=headers)

    return change


def told(of: Callable[[Sending], Sending]) -> Change:
    """Make the header fields, signatures included, of something else than what is sent."""

    def change(conduct: Conduct) -> Conduct:
        return replace(conduct, headers=lambda sending: conduct.headers(of(sending)))

    return change
