"""What a signature scheme is: how headers are read and how the expected tags are made.

Law: variation by value. A scheme holds functions; nothing inherits from it. It is told id, time and body; it never asks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hookproof.model.transcript import HeaderPairs
from hookproof.signing.columns import Encoding, KeyForm, MessageId, Scope, Stamp, Unit, decoded_secret
from hookproof.signing.macs import Mac

__all__ = [
    "BASE64_INSIDE",
    "MISSING",
    "Fields",
    "Scheme",
    "Signed",
    "decoded_secret",
    "field",
    "field_bytes",
    "is_tag",
    "tag_form",
    "throwaway_secret",
]

BASE64_INSIDE = "base64 secret"
"""How names of throw-away secrets begin whose decoded bytes can be decoded once more."""

MISSING = "is missing"
"""How a fault ends that tells of a header field without which nothing can be verified."""

Fields = HeaderPairs | dict[str, str]
"""Header fields as received, or by lower-case name with the first value of each."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """What the headers of one delivery claim.

    ``message_id`` and ``timestamp`` are the texts that were (or should be) signed, None where the scheme signs none or the header is
    missing; ``tags`` are the candidate signatures in order, as text after the version prefix; ``covered`` is what else of the headers
    is signed; ``fault`` says why the header breaks the scheme's grammar (None if it does not).
    """

    message_id: str | None
    timestamp: str | None
    tags: tuple[str, ...]
    covered: str = ""
    fault: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """One signature scheme.

    ``header`` is the field with the signature, ``headers`` are all fields that belong to the scheme, in lower case; ``signed_content``
    is the text that is signed, with ``{id}``, ``{timestamp}``, ``{covered}`` and ``{body}`` in their places; ``mac``, ``encoding``,
    ``key``, ``stamp``, ``message_id`` and ``rotation`` (how several secrets are in force at once) are the columns of the table.
    ``present`` tells whether a delivery carries the signature; ``read`` parses it; ``fields`` writes the fields that are signed or sign
    from (message id, timestamp text, tags).
    """

    name: str
    title: str
    header: str
    headers: tuple[str, ...]
    signed_content: str
    mac: Mac
    encoding: Encoding
    key: KeyForm
    stamp: Stamp | None
    message_id: MessageId | None
    rotation: str
    present: Callable[[Fields], bool]
    read: Callable[[Fields], Signed]
    fields: Callable[[str, str, Sequence[str]], HeaderPairs]

    @property
    def timestamped(self) -> bool:
        """Whether whole Unix seconds are part of what is signed, so that ages can be judged and forged."""
        return self.stamp is not None and self.stamp.signed and self.stamp.unit is Unit.SECONDS

    @property
    def names_event(self) -> bool:
        """Whether the signed id is the event's, the same wherever and whenever it is sent."""
        return self.message_id is not None and self.message_id.signed and self.message_id.scope is Scope.EVENT

    def keys(self, secret: str) -> Mapping[str, bytes]:
        """Give the legal key bytes of a secret by the name of the reading; of an asymmetric pair either half's secret has some."""
        return self.key.read(secret)

    def encode(self, raw: bytes) -> str:
        """Write a raw tag as header text."""
        return self.encoding.encode(raw)

    def written_time(self, timestamp: str) -> str:
        """Write whole Unix seconds as this scheme does; text that is something else is left alone."""
        return timestamp if self.stamp is None else self.stamp.text(timestamp)

    def content(self, message_id: str, timestamp: str, body: bytes, covered: str = "") -> bytes:
        """Give the signed bytes."""
        parts = {"{id}": field_bytes(message_id), "{timestamp}": field_bytes(timestamp), "{covered}": field_bytes(covered), "{body}": body}
        return b"".join(parts.get(piece, piece.encode()) for piece in _pieces(self.signed_content))

    def tag(self, key: bytes, signed: Signed, body: bytes) -> str:
        """Give the tag that this key makes for what was received; raise ``ValueError`` for a key that can only check."""
        return self.encode(self.mac.make(key, self._signed_bytes(signed, body)))

    def claim(self, message_id: str, timestamp: str) -> Signed:
        """Give what the headers of a delivery of this id and time claim, before any tag is made."""
        written = self.written_time(timestamp)
        empty = self.read(self.fields(message_id, written, [""]))
        return Signed(message_id=message_id, timestamp=written, tags=(), covered=empty.covered)

    def sign(self, secrets: Sequence[str], message_id: str, timestamp: str, body: bytes) -> HeaderPairs:
        """Give the header fields of a correctly signed delivery, one tag for each secret under its first key reading.

        Raise ``ValueError`` for a secret from which no key can be read, or none that signs.
        """
        signed = self.claim(message_id, timestamp)
        keys = [next(iter(self.keys(secret).values()), None) for secret in secrets]
        if None in keys:
            raise ValueError(f"a secret of {self.name} must be {self.key.name}")
        return self.fields(message_id, signed.timestamp or "", [self.tag(key, signed, body) for key in keys if key is not None])

    def match(self, secret: str, signed: Signed, body: bytes) -> str | None:
        """Give the name of the key reading under which one of the tags is right, or None."""
        for reading, key in self.keys(secret).items():
            if self.mac.check is not None:
                content, raws = self._signed_bytes(signed, body), map(self.encoding.decode, signed.tags)
                if any(raw is not None and self.mac.check(key, content, raw) for raw in raws):
                    return reading
                continue
            expected = self.tag(key, signed, body).encode()
            if any(hmac.compare_digest(expected, field_bytes(tag)) for tag in signed.tags):
                return reading
        return None

    def _signed_bytes(self, signed: Signed, body: bytes) -> bytes:
        return self.content(signed.message_id or "", signed.timestamp or "", body, signed.covered)


@lru_cache(maxsize=256)
def _pieces(template: str) -> tuple[str, ...]:
    return tuple(re.split(r"(\{[a-z]+\})", template))


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


def is_tag(mac: Mac, encoding: Encoding, text: str) -> bool:
    """Whether the text could be a tag of this kind: plainly encoded, of the right length."""
    raw = encoding.decode(text)
    return raw is not None and len(raw) == mac.size


def tag_form(mac: Mac, encoding: Encoding) -> str:
    """Say in words what a tag of this kind looks like."""
    return f"{len(encoding.encode(bytes(mac.size)))} {encoding.letters}"


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
