"""How a tag is made of key bytes and content, and how one that was received is checked."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mac:
    """One way of authenticating bytes.

    ``make`` gives the raw tag of ``size`` bytes from (key, content) and raises ``ValueError`` for a key that cannot sign; ``key_of``
    makes a signing key of 32 bytes. ``check`` tells from (key, content, raw tag) whether the tag is right and never raises; None
    where who checks makes the tag again and compares.
    """

    name: str
    size: int
    make: Callable[[bytes, bytes], bytes]
    key_of: Callable[[bytes], bytes]
    check: Callable[[bytes, bytes, bytes], bool] | None = None

    @property
    def symmetric(self) -> bool:
        """Whether who checks could also sign."""
        return self.check is None


def _hmac(name: str, algorithm: str, size: int) -> Mac:
    return Mac(name=name, size=size, make=lambda key, content: hmac.digest(key, content, algorithm), key_of=lambda seed: seed)


HMAC_SHA256 = _hmac("HMAC-SHA256", "sha256", hashlib.sha256().digest_size)
HMAC_SHA512 = _hmac("HMAC-SHA512", "sha512", hashlib.sha512().digest_size)
