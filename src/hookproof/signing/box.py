"""Box: two fixed slots, one for each of two keys, over the body and the time after it; the delivery's id changes with each retry."""

from __future__ import annotations

from collections.abc import Sequence

from hookproof.model.transcript import HeaderPairs
from hookproof.signing.columns import BASE64, TEXT, MessageId, Scope, Stamp, Unit
from hookproof.signing.macs import HMAC_SHA256
from hookproof.signing.scheme import MISSING, Fields, Scheme, Signed, field, is_tag, tag_form

_SLOTS = ("box-signature-primary", "box-signature-secondary")
_TIMESTAMP = "box-delivery-timestamp"


def _read(headers: Fields) -> Signed:
    found = [value for slot in _SLOTS if (value := field(headers, slot)) is not None]
    tags = tuple(value for value in found if is_tag(HMAC_SHA256, BASE64, value))
    timestamp = field(headers, _TIMESTAMP)
    fault = None
    if timestamp is None:
        fault = f"{_TIMESTAMP} {MISSING}"
    elif not tags or len(tags) != len(found):
        fault = f"{_SLOTS[0]} or {_SLOTS[1]} is not {tag_form(HMAC_SHA256, BASE64)}"
    return Signed(message_id=None, timestamp=timestamp, tags=tags, fault=fault)


def _fields(_id: str, timestamp: str, tags: Sequence[str]) -> HeaderPairs:
    return (*zip(_SLOTS, tags, strict=False), (_TIMESTAMP, timestamp))


BOX = Scheme(
    name="box",
    title="Box",
    header=_SLOTS[0],
    headers=(*_SLOTS, _TIMESTAMP, "box-delivery-id"),
    signed_content="{body}{timestamp}",
    mac=HMAC_SHA256,
    encoding=BASE64,
    key=TEXT,
    stamp=Stamp(source=_TIMESTAMP, unit=Unit.RFC3339),
    message_id=MessageId(source="box-delivery-id", scope=Scope.ATTEMPT, signed=False),
    rotation="the two headers",
    present=lambda headers: any(field(headers, slot) is not None for slot in _SLOTS),
    read=_read,
    fields=_fields,
)
