"""Standard Webhooks 1.0.0 and its relatives: ``id.timestamp.body`` in three fields, a space-separated list of ``version,tag``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hookproof.model.transcript import HeaderPairs
from hookproof.signing.columns import BASE64, KEY_PAIR, TEXT, KeyForm, MessageId, Scope, Stamp, decoded_secret
from hookproof.signing.ed25519 import ED25519
from hookproof.signing.macs import HMAC_SHA256, Mac
from hookproof.signing.scheme import MISSING, Fields, Scheme, Signed, field, is_tag, tag_form


@dataclass(frozen=True, kw_only=True)
class _Names:
    """The three header fields and the version of the entries that count."""

    message_id: str
    timestamp: str
    signature: str
    version: str


_FOREIGN = re.compile(r"v[0-9]+[a-z]?,\S+", re.ASCII)


def _keys(secret: str) -> Mapping[str, bytes]:
    decoded = decoded_secret(secret)
    return {} if decoded is None else {"base64-decoded": decoded}


DECODED = KeyForm(name="`whsec_` and base64, decoded", read=_keys, sizes=range(24, 65))


def _shows(names: _Names, mac: Mac, headers: Fields) -> bool:
    """Whether the header is there; an asymmetric scheme, which shares it with the symmetric one, needs an entry of its own."""
    raw = field(headers, names.signature)
    return raw is not None and (mac.symmetric or any(entry.startswith(f"{names.version},") for entry in raw.split(" ")))


def _read(names: _Names, mac: Mac, headers: Fields) -> Signed:
    raw, own = field(headers, names.signature) or "", f"{names.version},"
    entries = raw.split(" ") if raw else []
    ours = [entry.removeprefix(own) for entry in entries if entry.startswith(own)]
    tags = tuple(text for text in ours if is_tag(mac, BASE64, text))
    right = [own + tag for tag in tags]
    malformed = [entry for entry in entries if entry.startswith(own) and entry not in right]
    odd = malformed or [entry for entry in entries if entry not in right and not _FOREIGN.fullmatch(entry)]
    message_id, timestamp = field(headers, names.message_id), field(headers, names.timestamp)
    fault = None
    absent = next((name for name in (names.message_id, names.timestamp) if field(headers, name) is None), None)
    if absent is not None:
        fault = f"{absent} {MISSING}"
    elif not raw:
        fault = f"{names.signature} is missing or empty"
    elif odd:
        form = f"`{own}` and {tag_form(mac, BASE64)}"
        fault = f"{names.signature} entry {entries.index(odd[0]) + 1} ({odd[0][:4]!r}…) is not {form}"
    elif not tags:
        fault = f"{names.signature} has no {names.version} entry"
    return Signed(message_id=message_id, timestamp=timestamp, tags=tags, fault=fault)


def spaced_list(
    name: str, title: str, prefix: str, *, id_field: str = "id", scope: Scope = Scope.EVENT, key: KeyForm = DECODED, several: bool = True
) -> Scheme:
    """Make the symmetric scheme whose header names begin with ``prefix``; ``id_field`` completes that of the id."""
    names = _Names(message_id=prefix + id_field, timestamp=f"{prefix}timestamp", signature=f"{prefix}signature", version="v1")
    return _scheme(name, title, names, scope, mac=HMAC_SHA256, key=key, several=several)


def _scheme(name: str, title: str, names: _Names, scope: Scope, *, mac: Mac, key: KeyForm, several: bool) -> Scheme:
    def fields(message_id: str, timestamp: str, tags: Sequence[str]) -> HeaderPairs:
        signature = " ".join(f"{names.version},{tag}" for tag in (tags if several else tags[:1]))
        return ((names.message_id, message_id), (names.timestamp, timestamp), (names.signature, signature))

    return Scheme(
        name=name,
        title=title,
        header=names.signature,
        headers=(names.message_id, names.timestamp, names.signature),
        signed_content="{id}.{timestamp}.{body}",
        mac=mac,
        encoding=BASE64,
        key=key,
        stamp=Stamp(source=names.timestamp),
        message_id=MessageId(source=names.message_id, scope=scope),
        rotation=f"list of `{names.version},` entries" if several else "none",
        present=lambda headers: _shows(names, mac, headers),
        read=lambda headers: _read(names, mac, headers),
        fields=fields,
    )


STANDARD_WEBHOOKS = spaced_list("standard-webhooks", "Standard Webhooks 1.0.0, symmetric", "webhook-")
STANDARD_WEBHOOKS_ASYMMETRIC = _scheme(
    "standard-webhooks-v1a",
    "Standard Webhooks 1.0.0, asymmetric",
    _Names(message_id="webhook-id", timestamp="webhook-timestamp", signature="webhook-signature", version="v1a"),
    Scope.EVENT,
    mac=ED25519,
    key=KEY_PAIR,
    several=True,
)
SPACED_LISTS = (
    STANDARD_WEBHOOKS,
    STANDARD_WEBHOOKS_ASYMMETRIC,
    spaced_list("svix", "Svix server", "svix-"),
    spaced_list("outpost-standard", "Outpost, mode `standard`", "webhook-"),
    spaced_list("mlflow", "MLflow", "x-mlflow-", id_field="delivery-id", scope=Scope.DELIVERY, key=TEXT, several=False),
    spaced_list("sent", "Sent", "x-webhook-", scope=Scope.ENDPOINT, several=False),
)
