"""Standard Webhooks 1.0.0, symmetric (v1): ``id.timestamp.body``, HMAC-SHA256, base64, space-separated list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hookproof.model.transcript import HeaderPairs
from hookproof.signing.scheme import MISSING, Fields, Scheme, Signed, base64_text, decoded_secret, field, field_bytes

_ENTRY = re.compile(r"v1,([A-Za-z0-9+/]{43}=)", re.ASCII)
_FOREIGN = re.compile(r"v(?!1,)[0-9]+[a-z]?,\S+", re.ASCII)


def _read(headers: Fields) -> Signed:
    raw = field(headers, "webhook-signature") or ""
    entries = raw.split(" ") if raw else []
    tags = tuple(m.group(1) for entry in entries if (m := _ENTRY.fullmatch(entry)))
    odd = [entry for entry in entries if not _ENTRY.fullmatch(entry) and not _FOREIGN.fullmatch(entry)]
    fault = None
    absent = next((name for name in ("webhook-id", "webhook-timestamp") if field(headers, name) is None), None)
    if absent is not None:
        fault = f"{absent} {MISSING}"
    elif not raw:
        fault = "webhook-signature is missing or empty"
    elif odd:
        fault = f"webhook-signature entry {entries.index(odd[0]) + 1} ({odd[0][:4]!r}…) is not `v1,` and 44 characters of base64"
    elif not tags:
        fault = "webhook-signature has no v1 entry"
    return Signed(message_id=field(headers, "webhook-id"), timestamp=field(headers, "webhook-timestamp"), tags=tags, fault=fault)


def _keys(secret: str) -> Mapping[str, bytes]:
    decoded = decoded_secret(secret)
    return {} if decoded is None else {"base64-decoded": decoded}


def _fields(message_id: str, timestamp: str, tags: Sequence[str]) -> HeaderPairs:
    signature = " ".join(f"v1,{tag}" for tag in tags)
    return (("webhook-id", message_id), ("webhook-timestamp", timestamp), ("webhook-signature", signature))


STANDARD_WEBHOOKS = Scheme(
    name="standard-webhooks",
    header="webhook-signature",
    present=lambda headers: field(headers, "webhook-signature") is not None,
    read=_read,
    content=lambda message_id, timestamp, body: field_bytes(f"{message_id}.{timestamp}.") + body,
    keys=_keys,
    encode=base64_text,
    fields=_fields,
    timestamped=True,
)
