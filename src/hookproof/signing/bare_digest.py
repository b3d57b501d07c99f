"""The body's tag alone in one header, with a prefix or without: nothing tells when it was made, so a copy stays right for ever."""

from __future__ import annotations

from hookproof.signing.columns import BASE64, HEX, TEXT, Encoding, KeyForm, MessageId, Scope, Stamp, Unit
from hookproof.signing.macs import HMAC_SHA256, HMAC_SHA512, Mac
from hookproof.signing.scheme import Fields, Scheme, Signed, field, is_tag, tag_form
from hookproof.signing.timestamped_hex import UNDOCUMENTED


def bare_digest(  # noqa: PLR0913 -- one argument for each column in which these schemes differ
    name: str,
    title: str,
    header: str,
    *,
    prefix: str = "",
    mac: Mac = HMAC_SHA256,
    encoding: Encoding = HEX,
    key: KeyForm = TEXT,
    message_id: MessageId | None = None,
    stamp: Stamp | None = None,
) -> Scheme:
    """Make the scheme for one header name (lower case); ``message_id`` and ``stamp`` name fields that are not signed."""

    def tag(headers: Fields) -> str | None:
        raw = (field(headers, header) or "").strip()
        text = raw.removeprefix(prefix)
        return text if raw.startswith(prefix) and is_tag(mac, encoding, text) else None

    def read(headers: Fields) -> Signed:
        found = tag(headers)
        fault = f"{header} is not {f'`{prefix}` and ' if prefix else ''}{tag_form(mac, encoding)}" if found is None else None
        return Signed(message_id=None, timestamp=None, tags=() if found is None else (found,), fault=fault)

    return Scheme(
        name=name,
        title=title,
        header=header,
        headers=(header, *(column.source for column in (message_id, stamp) if column is not None)),
        signed_content="{body}",
        mac=mac,
        encoding=encoding,
        key=key,
        stamp=stamp,
        message_id=message_id,
        rotation="none",
        present=lambda headers: tag(headers) is not None,
        read=read,
        fields=lambda _id, _timestamp, tags: ((header, prefix + tags[0]),),
    )


def _unsigned(source: str, scope: Scope) -> MessageId:
    return MessageId(source=source, scope=scope, signed=False)


def _convoy(name: str, mac: Mac, encoding: Encoding) -> Scheme:
    title = f"Convoy, simple, {mac.name.removeprefix('HMAC-')} in {encoding.name}"
    return bare_digest(name, title, "x-convoy-signature", mac=mac, encoding=encoding)


BARE_DIGESTS = (
    bare_digest("devotel-body-hex", "Orbit, header of older pages", "x-devotel-signature", key=UNDOCUMENTED),
    bare_digest("github", "GitHub", "x-hub-signature-256", prefix="sha256=", message_id=_unsigned("x-github-delivery", Scope.DELIVERY)),
    bare_digest(
        "shopify",
        "Shopify",
        "x-shopify-hmac-sha256",
        encoding=BASE64,
        message_id=_unsigned("x-shopify-event-id", Scope.EVENT),
        stamp=Stamp(source="x-shopify-triggered-at", unit=Unit.RFC3339, signed=False),
    ),
    _convoy("convoy-simple", HMAC_SHA256, HEX),
    _convoy("convoy-simple-base64", HMAC_SHA256, BASE64),
    _convoy("convoy-simple-sha512", HMAC_SHA512, HEX),
    _convoy("convoy-simple-sha512-base64", HMAC_SHA512, BASE64),
    bare_digest("active-reach", "active-reach", "x-aegis-signature"),
    bare_digest("spatie", "spatie/laravel-webhook-server, MOBtexting", "signature", stamp=Stamp(source="timestamp", signed=False)),
)
