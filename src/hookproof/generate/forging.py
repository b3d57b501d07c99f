"""Deliveries with exactly one named fault in their signature, and correct ones whose signature only looks odd.

Law: each is made from a correct delivery by one change; a fault that a scheme cannot have is not made, never guessed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hookproof.generate.deliveries import Crafted
from hookproof.model.transcript import HeaderPairs
from hookproof.signing.scheme import Scheme, throwaway_secret

HOUR, YEAR = 3600, 366 * 86_400
FOREIGN = 49
"""How many foreign signatures stand before the right one in the longest list."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What forging needs: the scheme, the receiver's secret, and a correct delivery to begin with."""

    scheme: Scheme
    secret: str
    made: Crafted

    @property
    def key(self) -> bytes:
        """The key bytes that sign, under the scheme's first reading of the secret."""
        return next(iter(self.scheme.keys(self.secret).values()))

    def tag(self, *, key: bytes | None = None, event_id: str | None = None, timestamp: str | None = None, body: bytes | None = None) -> str:
        """Give the tag of what is told; the rest is that of the correct delivery."""
        signed = self.scheme.claim(event_id or self.made.event_id, timestamp or self.made.timestamp)
        return self.scheme.tag(self.key if key is None else key, signed, self.made.body if body is None else body)

    def tagged(self, *tags: str) -> Crafted:
        """Give the delivery with these tags in place of the right one."""
        return self._with(self.scheme.fields(self.made.event_id, self.scheme.written_time(self.made.timestamp), tags))

    def written(self, value: str) -> Crafted:
        """Give the delivery with this text as its whole signature header."""
        return self.made.having((self._shown(self.scheme.header), value))

    def at(self, timestamp: str) -> Crafted:
        """Give the delivery signed over another timestamp text."""
        fields = self.scheme.fields(self.made.event_id, timestamp, [self.tag(timestamp=timestamp)])
        return replace(self._with(fields), timestamp=timestamp)

    def read_as_number(self, timestamp: str) -> Crafted:
        """Give the delivery with another timestamp text, signed over the number that a lenient reader makes of it."""
        return replace(self._with(self.scheme.fields(self.made.event_id, timestamp, [self.tag()])), timestamp=timestamp)

    def spelled(self, body: bytes) -> Crafted:
        """Give the delivery with another body, correctly signed."""
        return replace(self.tagged_for(body), body=body)

    def tagged_for(self, body: bytes) -> Crafted:
        """Give the delivery with the signature that another body would have."""
        return self.tagged(self.tag(body=body))

    def field_of(self, value: str) -> str | None:
        """Give the name of the signature's header field that carries exactly this value, None if there is none."""
        own = {name for name, _ in self.scheme.fields("i", "1", ["t"])}
        return next((name for name, found in self.made.fields if found == value and name in own), None)

    @property
    def listed(self) -> bool:
        """Whether the header is a list of versioned entries, as in Standard Webhooks."""
        return self.value().startswith(("v1,", "v1a,"))

    @property
    def version(self) -> str:
        """The version of the scheme's own entries in a list."""
        return self.value().partition(",")[0]

    def value(self) -> str:
        """Give the correct signature header's text."""
        return next(value for name, value in self.made.fields if name.lower() == self.scheme.header)

    def _shown(self, header: str) -> str:
        return next((name for name, _ in self.made.fields if name.lower() == header), header)

    def _with(self, fields: HeaderPairs) -> Crafted:
        return self.made.having(*fields)


Forge = Callable[[Workshop], Iterator[Crafted]]


def _missing(shop: Workshop) -> Iterator[Crafted]:
    yield shop.made.without(shop.scheme.header)


def _no_metadata(shop: Workshop) -> Iterator[Crafted]:
    for value in (shop.made.event_id, shop.made.timestamp):
        if (name := shop.field_of(value)) is not None:
            yield shop.made.without(name)
            yield shop.made.having((name, ""))


def _malformed(shop: Workshop) -> Iterator[Crafted]:
    for text in ("v1", "x", "v1,", "v1,!!!", ",,,", "t=,v1=", "sha256="):
        yield shop.written(text)


def _wrong_key(shop: Workshop) -> Iterator[Crafted]:
    other = throwaway_secret("nobody's", "key")
    mac = shop.scheme.mac
    keys = shop.scheme.keys(other) if mac.symmetric else {"pair": mac.key_of(hashlib.sha256(other.encode()).digest())}
    yield shop.tagged(shop.tag(key=next(iter(keys.values()))))


def _empty_key(shop: Workshop) -> Iterator[Crafted]:
    if shop.scheme.mac.symmetric:
        yield shop.tagged(shop.tag(key=b""))


def _cut_tag(shop: Workshop) -> Iterator[Crafted]:
    tag = shop.tag()
    for length in (0, 1, len(tag) // 2, len(tag) - 2):
        yield shop.tagged(tag[:length])


def _swapped_case(shop: Workshop) -> Iterator[Crafted]:
    tag = shop.tag()
    if set(tag.lower()) - set("0123456789abcdef"):  # the case of hex digits means nothing
        yield shop.tagged(tag.swapcase())


def _partly_signed(shop: Workshop) -> Iterator[Crafted]:
    event_id, timestamp, body = (shop.made.event_id.encode(), shop.made.timestamp.encode(), shop.made.body)
    whole = shop.scheme.content(shop.made.event_id, shop.made.timestamp, body)
    parts = (body, timestamp + b"." + body, event_id + b"." + body, event_id + b"." + timestamp, event_id + b"." + timestamp + b".")
    for content in parts:
        if content != whole:
            yield shop.tagged(shop.scheme.encode(shop.scheme.mac.make(shop.key, content)))


def _downgraded(shop: Workshop) -> Iterator[Crafted]:
    if shop.listed:
        tag = shop.tag()
        yield from (shop.written(text) for text in (f"v0,{tag}", f",{tag}", tag, *_other_kind(shop)))


def _other_kind(shop: Workshop) -> Iterator[str]:
    """Write entries of the form whose keys are of the other kind: a shared secret where a pair is asked for, and the reverse."""
    if shop.scheme.mac.symmetric:
        yield f"v1a,{shop.tag()}"
        return
    yield f"v1,{shop.tag()}"
    content = shop.scheme.content(shop.made.event_id, shop.made.timestamp, shop.made.body)
    yield f"v1,{shop.scheme.encode(hmac.digest(shop.key[32:], content, hashlib.sha256))}"


def _altered_body(shop: Workshop) -> Iterator[Crafted]:
    body = shop.made.body
    at = max(body.rfind(digit) for digit in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8"))
    changed = body[:at] + bytes([body[at] + 1]) + body[at + 1 :] if at >= 0 else body + b" "
    yield replace(shop.made, body=changed)


def _altered_metadata(shop: Workshop) -> Iterator[Crafted]:
    if (name := shop.field_of(shop.made.event_id)) is not None:
        yield shop.made.having((name, shop.made.event_id[:-1] + ("0" if shop.made.event_id[-1] != "0" else "1")))
    if (name := shop.field_of(shop.made.timestamp)) is not None:
        yield shop.made.having((name, str(int(shop.made.timestamp) + 1)))


def _aged(*seconds: int) -> Forge:
    def forge(shop: Workshop) -> Iterator[Crafted]:
        if shop.scheme.timestamped:
            yield from (shop.at(str(int(shop.made.timestamp) - age)) for age in seconds)

    return forge


def _milliseconds(shop: Workshop) -> Iterator[Crafted]:
    if shop.scheme.timestamped:
        yield shop.at(shop.made.timestamp + "000")


def _no_number(shop: Workshop) -> Iterator[Crafted]:
    if shop.scheme.timestamped:
        yield from (shop.at(text) for text in ("abc", "nan", "inf", "-1"))


def _decoded_text(shop: Workshop) -> Iterator[Crafted]:
    """Sign the text that careless decoding makes of bytes that are not UTF-8, and send the bytes."""
    at = shop.made.body.rfind(b'"')
    broken = shop.made.body[:at] + b"\xff" + shop.made.body[at:]
    yield replace(shop.tagged_for(broken.decode("utf-8", "replace").encode()), body=broken)


def _odd_timestamp(shop: Workshop) -> Iterator[Crafted]:
    if shop.scheme.timestamped:
        now = shop.made.timestamp
        odd = (f"+{now}", f"0{now}", f"{now}.5", f"{now}abc")
        yield from (shop.at(text) for text in odd)
        yield from (shop.read_as_number(text) for text in odd)


def _odd_base64(shop: Workshop) -> Iterator[Crafted]:
    tag = shop.tag()
    if tag.endswith("="):
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        bare = tag.rstrip("=")
        tail = alphabet[alphabet.index(bare[-1]) | 1] if alphabet.index(bare[-1]) % 2 == 0 else bare[-1]
        yield from (shop.tagged(text) for text in (bare, bare[:-1] + tail + tag[len(bare) :], tag[:10] + "*" + tag[10:]))


def _odd_spacing(shop: Workshop) -> Iterator[Crafted]:
    if shop.listed:
        yield from (shop.written(text) for text in (f"v1,AAAA  {shop.value()}", f"{shop.value()}  v1,AAAA"))


def _repeated_field(shop: Workshop) -> Iterator[Crafted]:
    for name, value in shop.scheme.fields(shop.made.event_id + "0", str(int(shop.made.timestamp) + 1), ["A" * len(shop.tag())]):
        yield replace(shop.made, fields=(*shop.made.fields, (name, value)))
        yield replace(shop.made, fields=((name, value), *shop.made.fields))


FAULTS: Mapping[str, Forge] = {
    "no-signature": _missing,
    "empty-signature": lambda shop: iter([shop.written("")]),
    "no-metadata": _no_metadata,
    "malformed-signature": _malformed,
    "wrong-key": _wrong_key,
    "empty-key": _empty_key,
    "cut-tag": _cut_tag,
    "swapped-case": _swapped_case,
    "partly-signed": _partly_signed,
    "downgraded": _downgraded,
    "altered-body": _altered_body,
    "altered-metadata": _altered_metadata,
    "stale": _aged(HOUR, YEAR),
    "future": _aged(-HOUR, -YEAR),
    "milliseconds": _milliseconds,
    "timestamp-not-a-number": _no_number,
    "decoded-text": _decoded_text,
}
"""What every receiver must refuse, by the name of the fault."""

ACCEPTABLE: Mapping[str, Forge] = {
    "odd-timestamp-text": _odd_timestamp,
    "odd-base64": _odd_base64,
    "odd-spacing": _odd_spacing,
    "repeated-field": _repeated_field,
}
"""On what official libraries differ, by name."""


def _listed(shop: Workshop) -> Iterator[Crafted]:
    if _several(shop):
        tag = shop.tag()
        foreign = shop.scheme.encode(b"\x5a" * shop.scheme.mac.size)
        yield shop.tagged(foreign, tag)
        yield shop.tagged(tag, foreign)
        yield shop.tagged(*[foreign] * FOREIGN, tag)


def _several(shop: Workshop) -> bool:
    two: Sequence[str] = [value for _, value in shop.scheme.fields("i", "1", ["first-tag", "second-tag"])]
    return any("first-tag" in value and "second-tag" in value for value in two)


def _prefixed(*entries: str) -> Forge:
    def forge(shop: Workshop) -> Iterator[Crafted]:
        if shop.listed and _several(shop):
            yield from (shop.written(f"{entry} {shop.value()}") for entry in entries)

    return forge


def _unknown_first(shop: Workshop) -> Iterator[Crafted]:
    yield from _prefixed(*(entry for entry in ("v1a,AAAA", "v2,AAAA") if not entry.startswith(f"{shop.version},")))(shop)


def _field_case(shop: Workshop) -> Iterator[Crafted]:
    yield replace(shop.made, fields=tuple((name.upper(), value) for name, value in shop.made.fields))
    yield replace(shop.made, fields=tuple((name.lower(), value) for name, value in shop.made.fields))
    yield replace(shop.made, fields=tuple((name.title(), value) for name, value in shop.made.fields))


ODDITIES: Mapping[str, Forge] = {
    "signature-list": _listed,
    "unknown-version-first": _unknown_first,
    "malformed-entry-first": _prefixed("v1", "x", "v1,a,b"),
    "field-case": _field_case,
}
"""Correct signatures that look odd, by name."""
