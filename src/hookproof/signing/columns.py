"""What a scheme says of itself as data: how tags are written, what a secret means as key bytes, where time and id stand."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

_WHOLE_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How raw tags become header text; ``decode`` gives None for text that ``encode`` never writes; ``letters`` names its characters."""

    name: str
    letters: str
    encode: Callable[[bytes], str]
    decode: Callable[[str], bytes | None]


def base64_text(raw: bytes) -> str:
    """Encode a tag in standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(raw).decode()


def _plain_base64(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64_text(raw) == text else None


def _plain_hex(text: str) -> bytes | None:
    return bytes.fromhex(text) if re.fullmatch(r"(?:[0-9a-f]{2})*", text, re.ASCII) else None


BASE64 = Encoding(name="base64", letters="characters of base64", encode=base64_text, decode=_plain_base64)
HEX = Encoding(name="hex", letters="hex digits", encode=bytes.hex, decode=_plain_hex)


class Unit(StrEnum):
    """How a timestamp is written."""

    SECONDS = "Unix seconds"
    MILLISECONDS = "Unix milliseconds"
    RFC3339 = "RFC 3339"


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Where a scheme's timestamp stands (a header field, or a member of one), how it is written, and whether it is signed."""

    source: str
    unit: Unit = Unit.SECONDS
    signed: bool = True

    def text(self, seconds: str) -> str:
        """Write whole Unix seconds as this scheme does; text that is something else is left alone."""
        if not _WHOLE_SECONDS.fullmatch(seconds) or self.unit is Unit.SECONDS:
            return seconds
        if self.unit is Unit.MILLISECONDS:
            return seconds + "000"
        return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")

    def seconds(self, text: str) -> float | None:
        """Read a timestamp as Unix seconds, None if it is not plainly written in this scheme's unit."""
        if self.unit is Unit.RFC3339:
            try:
                return datetime.fromisoformat(text).timestamp() if _RFC3339.fullmatch(text) else None
            except ValueError:
                return None
        plain, divisor = _UNIX[self.unit]
        return int(text) / divisor if plain.fullmatch(text) else None


_UNIX = {
    Unit.SECONDS: (re.compile(r"0|[1-9][0-9]{0,10}", re.ASCII), 1),
    Unit.MILLISECONDS: (re.compile(r"0|[1-9][0-9]{0,13}", re.ASCII), 1000),
}
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII)


class Scope(StrEnum):
    """What an id names, and so what stays the same when a delivery is sent again."""

    EVENT = "event"
    DELIVERY = "delivery"
    ATTEMPT = "attempt"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, kw_only=True)
class MessageId:
    """The header field of a delivery's id, what the id names, and whether it is signed."""

    source: str
    scope: Scope
    signed: bool = True


@dataclass(frozen=True, kw_only=True)
class KeyForm:
    """How the text of a secret becomes key bytes: ``read`` gives the legal key bytes by the name of the reading, none for other text.

    ``sizes`` are the legal lengths in bytes, None where the provider names none.
    """

    name: str
    read: Callable[[str], Mapping[str, bytes]]
    sizes: range | None = None


@lru_cache(maxsize=4096)
def decoded_secret(secret: str) -> bytes | None:
    """Give the key bytes of a ``whsec_`` secret (prefix removed, base64 decoded), or None if it is not base64."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _text(secret: str) -> Mapping[str, bytes]:
    return {"whole text": secret.encode("utf-8", "surrogatepass")}


def _asymmetric(secret: str) -> Mapping[str, bytes]:
    for prefix, size, name in (("whsk_", 64, "key pair"), ("whpk_", 32, "public key")):
        raw = _plain_base64(secret.removeprefix(prefix)) if secret.startswith(prefix) else None
        if raw is not None and len(raw) == size:
            return {name: raw}
    return {}


def _hexadecimal(secret: str) -> Mapping[str, bytes]:
    raw = _plain_hex(secret)
    return {} if raw is None else {"hex-decoded": raw}


TEXT = KeyForm(name="the whole text", read=_text)
KEY_PAIR = KeyForm(name="`whsk_` (64 bytes) or `whpk_` (32 bytes) and base64, decoded", read=_asymmetric)
HEX_KEY = KeyForm(name="hex, decoded", read=_hexadecimal)
