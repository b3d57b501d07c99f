"""Ghost: ``sha256=<hex>, t=<milliseconds>``; the time is appended to the body before both are signed, in older releases it is not."""

from __future__ import annotations

from hookproof.signing.columns import HEX, TEXT, Stamp, Unit
from hookproof.signing.macs import HMAC_SHA256
from hookproof.signing.scheme import Fields, Scheme, Signed, field, is_tag, tag_form
from hookproof.signing.timestamped_hex import members

_HEADER = "x-ghost-signature"


def _read(headers: Fields) -> Signed:
    told = members(field(headers, _HEADER) or "")
    times = [value for name, value in told if name == "t"]
    tags = tuple(value for name, value in told if name == "sha256" and is_tag(HMAC_SHA256, HEX, value))
    fault = None
    if len(times) != 1:
        fault = f"{_HEADER} has {len(times)} `t=` members, one is needed"
    elif len(tags) != 1:
        fault = f"{_HEADER} has {len(tags)} `sha256=` members with {tag_form(HMAC_SHA256, HEX)}, one is needed"
    return Signed(message_id=None, timestamp=times[0] if times else None, tags=tags, fault=fault)


def _ghost(name: str, title: str, signed_content: str) -> Scheme:
    return Scheme(
        name=name,
        title=title,
        header=_HEADER,
        headers=(_HEADER,),
        signed_content=signed_content,
        mac=HMAC_SHA256,
        encoding=HEX,
        key=TEXT,
        stamp=Stamp(source=f"`t=` in {_HEADER}", unit=Unit.MILLISECONDS, signed="{timestamp}" in signed_content),
        message_id=None,
        rotation="none",
        present=lambda headers: (field(headers, _HEADER) or "").startswith("sha256="),
        read=_read,
        fields=lambda _id, timestamp, tags: ((_HEADER, f"sha256={tags[0]}, t={timestamp}"),),
    )


GHOST = _ghost("ghost", "Ghost", "{body}{timestamp}")
GHOST_BODY = _ghost("ghost-body", "Ghost, older releases", "{body}")
