"""Hook0: ``t=…,h=<names>,v1=<hex>`` over the time, the named header fields with their values, and the body; older: ``t=…,v0=<hex>``.

A named field that did not arrive is a fault: to sign an absent value would let anyone drop the field.
"""

from __future__ import annotations

from hookproof.signing.columns import HEX, TEXT, MessageId, Scope, Stamp
from hookproof.signing.macs import HMAC_SHA256
from hookproof.signing.scheme import Fields, Scheme, Signed, field, is_tag, tag_form
from hookproof.signing.timestamped_hex import members

_HEADER, _EVENT_ID = "x-hook0-signature", "x-event-id"


def _shows(version: str, headers: Fields) -> bool:
    names = [name for name, _ in members(field(headers, _HEADER) or "")]
    return "t" in names and version in names


def _read(version: str, headers: Fields) -> Signed:
    told = members(field(headers, _HEADER) or "")
    times = [value for name, value in told if name == "t"]
    tags = tuple(value for name, value in told if name == version and is_tag(HMAC_SHA256, HEX, value))
    listed = [value for name, value in told if name == "h"] if version == "v1" else [""]
    names = listed[0].split(" ") if listed and listed[0] else []
    values = [field(headers, name.lower()) for name in names]
    absent = next((name for name, value in zip(names, values, strict=True) if value is None), None)
    fault = None
    if len(times) != 1 or len(listed) != 1:
        fault = f"{_HEADER} has {len(times)} `t=` and {len(listed)} `h=` members, one of each is needed"
    elif not tags:
        fault = f"{_HEADER} has no `{version}=` member with {tag_form(HMAC_SHA256, HEX)}"
    elif absent is not None:
        fault, tags = f"{_HEADER} covers {absent}, which did not arrive", ()
    covered = f"{listed[0]}.{'.'.join(value or '' for value in values)}." if version == "v1" and listed else ""
    event_id = field(headers, _EVENT_ID) if _EVENT_ID in names else None
    return Signed(message_id=event_id, timestamp=times[0] if times else None, tags=tags, covered=covered, fault=fault)


HOOK0 = Scheme(
    name="hook0",
    title="Hook0 v1",
    header=_HEADER,
    headers=(_HEADER, _EVENT_ID, "x-event-type"),
    signed_content="{timestamp}.{covered}{body}",
    mac=HMAC_SHA256,
    encoding=HEX,
    key=TEXT,
    stamp=Stamp(source=f"`t=` in {_HEADER}"),
    message_id=MessageId(source=_EVENT_ID, scope=Scope.EVENT),
    rotation="none",
    present=lambda headers: _shows("v1", headers),
    read=lambda headers: _read("v1", headers),
    fields=lambda message_id, timestamp, tags: ((_EVENT_ID, message_id), (_HEADER, f"t={timestamp},h={_EVENT_ID},v1={tags[0]}")),
)
HOOK0_V0 = Scheme(
    name="hook0-v0",
    title="Hook0 v0",
    header=_HEADER,
    headers=(_HEADER, _EVENT_ID, "x-event-type"),
    signed_content="{timestamp}.{body}",
    mac=HMAC_SHA256,
    encoding=HEX,
    key=TEXT,
    stamp=Stamp(source=f"`t=` in {_HEADER}"),
    message_id=MessageId(source=_EVENT_ID, scope=Scope.EVENT, signed=False),
    rotation="none",
    present=lambda headers: _shows("v0", headers) and not _shows("v1", headers),
    read=lambda headers: _read("v0", headers),
    fields=lambda _id, timestamp, tags: ((_HEADER, f"t={timestamp},v0={tags[0]}"),),
)
