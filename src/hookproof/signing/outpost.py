"""Outpost's default mode: tags of the body alone after ``v0=``, separated by commas, the current secret's first.

The secret is ``whsec_`` and 64 hex digits, used as raw text.
"""

from __future__ import annotations

from hookproof.signing.columns import HEX, TEXT, MessageId, Scope, Stamp, Unit
from hookproof.signing.macs import HMAC_SHA256
from hookproof.signing.scheme import Fields, Scheme, Signed, field, is_tag, tag_form

_HEADER, _PREFIX = "x-outpost-signature", "v0="


def _read(headers: Fields) -> Signed:
    raw = field(headers, _HEADER) or ""
    entries = raw.removeprefix(_PREFIX).split(",") if raw.startswith(_PREFIX) else []
    tags = tuple(entry for entry in entries if is_tag(HMAC_SHA256, HEX, entry))
    whole = bool(tags) and len(tags) == len(entries)
    fault = None if whole else f"{_HEADER} is not `{_PREFIX}` and {tag_form(HMAC_SHA256, HEX)}, repeated after a comma"
    return Signed(message_id=None, timestamp=None, tags=tags, fault=fault)


OUTPOST = Scheme(
    name="outpost",
    title="Outpost, default mode",
    header=_HEADER,
    headers=(_HEADER, "x-outpost-event-id", "x-outpost-topic", "x-outpost-timestamp"),
    signed_content="{body}",
    mac=HMAC_SHA256,
    encoding=HEX,
    key=TEXT,
    stamp=Stamp(source="x-outpost-timestamp", unit=Unit.RFC3339, signed=False),
    message_id=MessageId(source="x-outpost-event-id", scope=Scope.EVENT, signed=False),
    rotation="tags after a comma, the current secret's first",
    present=lambda headers: (field(headers, _HEADER) or "").startswith(_PREFIX),
    read=_read,
    fields=lambda _id, _timestamp, tags: ((_HEADER, _PREFIX + ",".join(tags)),),
)
