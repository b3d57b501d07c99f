"""What a signature scheme is: how headers are read and how the expected tags are made.

Law: variation by value. A scheme holds functions; nothing inherits from it. It is told id, time and body; it never asks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hookproof.model.transcript import HeaderPairs

BASE64_INSIDE = "base64 secret"
"""How names of throw-away secrets begin whose decoded bytes can be decoded once more."""

MISSING = "is missing"
"""How a fault ends that tells of a header field without which nothing can be verified."""

Fields = HeaderPairs | dict[str, str]
"""Header fields as received, or by lower-case name with the first value of each."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What the headers of one delivery claim.

    ``message_id`` and ``timestamp`` are the texts that were (or should be) signed, None where the scheme has none or the header is
    missing; ``tags`` are the candidate signatures in order, as text after the version prefix; ``fault`` says why the header breaks
    the scheme's grammar (None if it does not).
    """

    message_id: str | None
    timestamp: str | None
    tags: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """One signature scheme.

    ``present`` tells whether a delivery carries its signature header; ``read`` parses it; ``content`` gives the signed bytes from
    (message id, timestamp, body); ``keys`` gives the legal key bytes of a secret by the name of the reading; ``encode`` turns a
    raw tag into header text; ``fields`` writes the header fields of a delivery from (message id, timestamp text, tags).
    ``timestamped`` says whether a timestamp is part of the signed content.
    """

    name: str
    header: str
    present: Callable[[Fields], bool]
    read: Callable[[Fields], Signed]
    content: Callable[[str, str, bytes], bytes]
    keys: Callable[[str], Mapping[str, bytes]]
    encode: Callable[[bytes], str]
    fields: Callable[[str, str, Sequence[str]], HeaderPairs]
    timestamped: bool

    def tag(self, key: bytes, signed: Signed, body: bytes) -> str:
        """Give the tag that this key makes for what was received."""
        content = self.content(signed.message_id or "", signed.timestamp or "", body)
        return self.encode(hmac.digest(key, content, hashlib.sha256))

    def sign(self, secrets: Sequence[str], message_id: str, timestamp: str, body: bytes) -> HeaderPairs:
        """Give the header fields of a correctly signed delivery, one tag for each secret under its first key reading."""
        signed = Signed(message_id=message_id, timestamp=timestamp, tags=())
        keys = [next(iter(self.keys(secret).values())) for secret in secrets]
        return self.fields(message_id, timestamp, [self.tag(key, signed, body) for key in keys])

    def match(self, secret: str, signed: Signed, body: bytes) -> str | None:
        """Give the name of the key reading under which one of the tags is right, or None."""
        for reading, key in self.keys(secret).items():
            expected = self.tag(key, signed, body).encode()
            if any(hmac.compare_digest(expected, field_bytes(tag)) for tag in signed.tags):
                return reading
        return None


def field(headers: Fields, name: str) -> str | None:
    """Give the value of the first header field of that name in any case, or None; fields by lower-case name are looked up."""
    if isinstance(headers, dict):
        return headers.get(name)
    return next((value for key, value in headers if key.lower() == name), None)


def field_bytes(text: str) -> bytes:
    """Give the bytes of a header value: fields are recorded as Latin-1, so that every byte survives."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def base64_text(raw: bytes) -> str:
    """Encode a tag in standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(raw).decode()


@lru_cache(maxsize=4096)
def decoded_secret(secret: str) -> bytes | None:
    """Give the key bytes of a ``whsec_`` secret (prefix removed, base64 decoded), or None if it is not base64."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None


@lru_cache(maxsize=4096)
def throwaway_secret(salt: str, name: str) -> str:
    """Make the suite's own throw-away secret of that name for a run: ``whsec_`` and base64 of 32 bytes.

    Names that begin with ``BASE64_INSIDE`` stand for secrets whose bytes are base64 text themselves: who decodes too often gets another
    key of them, who uses what he cannot decode again gets the same key of all others.

    It follows from the run's public salt on purpose: a recording can be judged again by anyone, and no such secret guards
    anything but the endpoints that the suite itself opened for the run.
    """
    raw = hmac.digest(b"hookproof throw-away test secret", f"{salt}/{name}".encode(), hashlib.sha256)
    if name.startswith(BASE64_INSIDE):
        raw = base64.b64encode(raw[:24])
    return "whsec_" + base64.b64encode(raw).decode()
