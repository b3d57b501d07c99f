"""Discord: an Ed25519 signature in hex over the time and the body, checked with the application's public key in hex."""

from __future__ import annotations

from hookproof.signing.columns import HEX, HEX_KEY, Stamp
from hookproof.signing.ed25519 import ED25519
from hookproof.signing.scheme import MISSING, Fields, Scheme, Signed, field, is_tag, tag_form

_HEADER, _TIMESTAMP = "x-signature-ed25519", "x-signature-timestamp"


def _read(headers: Fields) -> Signed:
    raw, timestamp = field(headers, _HEADER) or "", field(headers, _TIMESTAMP)
    tags = (raw,) if is_tag(ED25519, HEX, raw) else ()
    fault = None if tags else f"{_HEADER} is not {tag_form(ED25519, HEX)}"
    if timestamp is None:
        fault = f"{_TIMESTAMP} {MISSING}"
    return Signed(message_id=None, timestamp=timestamp, tags=tags, fault=fault)


DISCORD = Scheme(
    name="discord",
    title="Discord",
    header=_HEADER,
    headers=(_HEADER, _TIMESTAMP),
    signed_content="{timestamp}{body}",
    mac=ED25519,
    encoding=HEX,
    key=HEX_KEY,
    stamp=Stamp(source=_TIMESTAMP),
    message_id=None,
    rotation="none",
    present=lambda headers: field(headers, _HEADER) is not None,
    read=_read,
    fields=lambda _id, timestamp, tags: ((_HEADER, tags[0]), (_TIMESTAMP, timestamp)),
)
