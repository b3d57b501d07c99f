"""The ``t=<seconds>,v1=<tag>`` family: one header with the time and, during rotation, several tags.

Whether a ``whsec_`` secret is used whole, without its prefix or decoded is often undocumented: all three are legal readings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hookproof.signing.columns import BASE64, HEX, TEXT, Encoding, KeyForm, Stamp, decoded_secret
from hookproof.signing.macs import HMAC_SHA256, HMAC_SHA512, Mac
from hookproof.signing.scheme import Fields, Scheme, Signed, field, is_tag, tag_form


def secret_readings(secret: str) -> Mapping[str, bytes]:
    """Give the three key readings of a ``whsec_`` secret that are seen in the wild."""
    readings = {"whole text": secret.encode()}
    if secret.startswith("whsec_"):
        readings["text without prefix"] = secret.removeprefix("whsec_").encode()
    decoded = decoded_secret(secret)
    return readings if decoded is None else {**readings, "base64-decoded": decoded}


UNDOCUMENTED = KeyForm(name="undocumented: the whole text, the text without `whsec_`, or that decoded", read=secret_readings)


def members(raw: str) -> list[tuple[str, str]]:
    """Give the ``name=value`` members of a header in order; the value may hold further ``=``."""
    parts = (part.strip().partition("=") for part in raw.split(",") if part.strip())
    return [(name, value) for name, _, value in parts]


def _reader(header: str, mac: Mac, encoding: Encoding) -> Callable[[Fields], Signed]:
    def read(headers: Fields) -> Signed:
        told = members(field(headers, header) or "")
        times = [value for name, value in told if name == "t"]
        tags = tuple(value for name, value in told if name == "v1" and is_tag(mac, encoding, value))
        fault = None
        if len(times) != 1:
            fault = f"{header} has {len(times)} `t=` members, one is needed"
        elif not tags:
            fault = f"{header} has no `v1=` member with {tag_form(mac, encoding)}"
        return Signed(message_id=None, timestamp=times[0] if times else None, tags=tags, fault=fault)

    return read


def timestamped(
    name: str,
    title: str,
    header: str,
    *,
    separator: str = ".",
    mac: Mac = HMAC_SHA256,
    encoding: Encoding = HEX,
    key: KeyForm = UNDOCUMENTED,
) -> Scheme:
    """Make the scheme for one header name (lower case); ``separator`` stands between time and body in what is signed."""
    return Scheme(
        name=name,
        title=title,
        header=header,
        headers=(header,),
        signed_content=f"{{timestamp}}{separator}{{body}}",
        mac=mac,
        encoding=encoding,
        key=key,
        stamp=Stamp(source=f"`t=` in {header}"),
        message_id=None,
        rotation="repeated `v1=`",
        present=lambda headers: (field(headers, header) or "").lstrip().startswith("t="),
        read=_reader(header, mac, encoding),
        fields=lambda _id, timestamp, tags: ((header, ",".join([f"t={timestamp}", *(f"v1={tag}" for tag in tags)])),),
    )


def _convoy(name: str, mac: Mac, encoding: Encoding) -> Scheme:
    title = f"Convoy, advanced, {mac.name.removeprefix('HMAC-')} in {encoding.name}"
    return timestamped(name, title, "x-convoy-signature", separator=",", mac=mac, encoding=encoding, key=TEXT)


MEMBER_LISTS = (
    timestamped("devotel-t-v1", "Orbit, header of the current pages", "x-devotel-signature"),
    timestamped("stripe", "Stripe", "stripe-signature"),
    _convoy("convoy-advanced", HMAC_SHA256, HEX),
    _convoy("convoy-advanced-base64", HMAC_SHA256, BASE64),
    _convoy("convoy-advanced-sha512", HMAC_SHA512, HEX),
    _convoy("convoy-advanced-sha512-base64", HMAC_SHA512, BASE64),
)
