"""Tags made again from a recording, by hand: neither the judge's nor the reference's code says what a delivery was signed with."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Shown

SIGNATURE = "webhook-signature"


def mac(key: bytes, content: bytes) -> bytes:
    """Give the raw HMAC-SHA256."""
    return hmac.digest(key, content, hashlib.sha256)


def decoded(secret: str) -> bytes:
    """Give the key bytes of a ``whsec_`` secret."""
    return base64.b64decode(secret.removeprefix("whsec_"))


def header(attempt: Attempt, name: str) -> str:
    """Give a header field, empty if it is not there."""
    return attempt.header(name) or ""


def secrets_of(view: View, attempt: Attempt) -> tuple[str, ...]:
    """Give the secrets of an attempt's endpoint, newest first."""
    return tuple(view.readings.secrets[name] for name in view.secret_names(attempt))


def covered(attempt: Attempt, body: bytes | None = None) -> bytes:
    """Give what Standard Webhooks signs of an attempt, or would sign of another body."""
    told = f"{header(attempt, 'webhook-id')}.{header(attempt, 'webhook-timestamp')}."
    return told.encode() + (attempt.body if body is None else body)


def carries(attempt: Attempt, key: bytes, content: bytes) -> bool:
    """Whether one of the attempt's tags is that of this content under this key."""
    return base64.b64encode(mac(key, content)).decode() in header(attempt, SIGNATURE)


def signed_over(content: Callable[[Attempt], bytes]) -> Shown:
    """Accept attempts whose tag covers this content and not the promised one."""

    def shown(view: View, record: Record) -> bool:
        if not isinstance(record, Attempt) or content(record) == covered(record):
            return False
        return any(carries(record, decoded(secret), content(record)) for secret in secrets_of(view, record))

    return shown


def keyed_with(key: Callable[[str], bytes]) -> Shown:
    """Accept attempts whose tag is made with this key of a secret and not with the promised one."""

    def shown(view: View, record: Record) -> bool:
        if not isinstance(record, Attempt):
            return False
        others = [secret for secret in secrets_of(view, record) if key(secret) != decoded(secret)]
        return any(carries(record, key(secret), covered(record)) for secret in others)

    return shown
