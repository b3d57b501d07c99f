"""The ``t=<seconds>,v1=<hex>`` family: ``timestamp.body``, HMAC-SHA256, hex, repeated ``v1`` during rotation.

Whether a ``whsec_`` secret is used whole, without its prefix or decoded is often undocumented: all three are legal readings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from hookproof.signing.scheme import Fields, Scheme, Signed, decoded_secret, field, field_bytes

_TAG = re.compile(r"[0-9a-f]{64}", re.ASCII)


def secret_readings(secret: str) -> Mapping[str, bytes]:
    """Give the three key readings of a ``whsec_`` secret that are seen in the wild."""
    readings = {"whole text": secret.encode()}
    if secret.startswith("whsec_"):
        readings["text without prefix"] = secret.removeprefix("whsec_").encode()
    decoded = decoded_secret(secret)
    return readings if decoded is None else {**readings, "base64-decoded": decoded}


def _reader(header: str) -> Callable[[Fields], Signed]:
    def read(headers: Fields) -> Signed:
        raw = field(headers, header) or ""
        members = [part.strip().partition("=") for part in raw.split(",") if part.strip()]
        times = [value for key, _, value in members if key == "t"]
        tags = tuple(value for key, _, value in members if key == "v1" and _TAG.fullmatch(value))
        fault = None
        if len(times) != 1:
            fault = f"{header} has {len(times)} `t=` members, one is needed"
        elif not tags:
            fault = f"{header} has no `v1=` member with 64 hex digits"
        return Signed(message_id=None, timestamp=times[0] if times else None, tags=tags, fault=fault)

    return read


def timestamped_hex(name: str, header: str) -> Scheme:
    """Make the scheme for one header name (lower case)."""
    return Scheme(
        name=name,
        header=header,
        present=lambda headers: (field(headers, header) or "").lstrip().startswith("t="),
        read=_reader(header),
        content=lambda _message_id, timestamp, body: field_bytes(f"{timestamp}.") + body,
        keys=secret_readings,
        encode=bytes.hex,
        fields=lambda _id, timestamp, tags: ((header, ",".join([f"t={timestamp}", *(f"v1={tag}" for tag in tags)])),),
        timestamped=True,
    )


def bare_hex(name: str, header: str) -> Scheme:
    """Make the older scheme for one header name: the hex tag of the body alone."""

    def read(headers: Fields) -> Signed:
        raw = (field(headers, header) or "").strip()
        fault = None if _TAG.fullmatch(raw) else f"{header} is not 64 hex digits"
        return Signed(message_id=None, timestamp=None, tags=() if fault else (raw,), fault=fault)

    return Scheme(
        name=name,
        header=header,
        present=lambda headers: _TAG.fullmatch((field(headers, header) or "").strip()) is not None,
        read=read,
        content=lambda _message_id, _timestamp, body: body,
        keys=secret_readings,
        encode=bytes.hex,
        fields=lambda _id, _timestamp, tags: ((header, tags[0]),),
        timestamped=False,
    )
