"""Texts: at the edges of their lengths, of one to four bytes a character, in every format.

Law: each pool is sorted from the simplest, and is the same in every process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

BYTES = ("x", "é", "漢", "😀")
"""Characters of one, two, three and four bytes in UTF-8."""
LETTERS = "aZ0 _-éß漢あ😀\u0301"
"""What texts without a rule are made of, the simplest first."""
LONG, LONGEST, FURTHEST = 300, 2000, 20_000
"""Characters of a long text that careful code takes, of one for code under test, and of the longest that is made to reach a bound."""
_PLAIN = (
    "",
    "a",
    "Grüße",
    "日本語テキスト",
    "😀👩‍👩‍👧",
    "line\nbreak\ttab",
    'quote " backslash \\ slash /',
    "\u2028\u2029",
    "null",
)
_HARD = ("\x00", "\u200f\u202eabc", "e\u0301", "\uffff\ufffe", "\U0010ffff", "true", "0", "__proto__", " ")

FORMATS: Mapping[str, Sequence[str]] = {
    "date-time": (
        "2027-02-28T23:59:59Z",
        "2028-02-29T00:00:00.123456Z",
        "2027-06-30T12:00:00+05:30",
        "1999-12-31T23:59:59-08:00",
        "1970-01-01T00:00:00Z",
        "2038-01-19T03:14:08Z",
        "9999-12-31T23:59:59.999999999Z",
    ),
    "date": ("2027-02-28", "2028-02-29", "1970-01-01", "9999-12-31"),
    "time": ("12:00:00Z", "00:00:00Z", "23:59:59.999+05:30"),
    "duration": ("P1D", "PT0S", "P1Y2M3DT4H5M6S", "P4W"),
    "uuid": ("123e4567-e89b-42d3-a456-426614174000", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff"),
    "email": ("a@example.test", "first.last+tag@sub.example.test"),
    "idn-email": ("a@example.test", "grüße@example.test"),
    "hostname": ("a.test", "example.test", "xn--nxasmq6b.example.test", "a" * 63 + ".test"),
    "idn-hostname": ("example.test", "bücher.test"),
    "ipv4": ("192.0.2.1", "0.0.0.0", "255.255.255.255"),  # noqa: S104 -- a text, nothing is bound
    "ipv6": ("::1", "2001:db8::1", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
    "uri": ("http://example.test/", "https://example.test/a?b=c#d", "urn:uuid:123e4567-e89b-42d3-a456-426614174000"),
    "uri-reference": ("/a", "../b?c=d#e", "https://example.test/"),
    "iri": ("https://example.test/a", "https://example.test/grüße"),
    "iri-reference": ("/a", "/grüße"),
    "uri-template": ("https://example.test/{id}", "/a{?b,c}", "/plain"),
    "json-pointer": ("", "/a", "/a~0b/~1c/0"),
    "relative-json-pointer": ("0", "1/a", "2#"),
    "regex": ("a", "^a$", "[0-9]{3}"),
}
"""Texts of each format, boundaries among them."""

NEW_OF_FORMAT: Mapping[str, str] = {
    "uuid": "{number:08x}-0000-4000-8000-{number:012x}",
    "email": "u{number}@example.test",
    "uri": "https://example.test/{number}",
    "hostname": "h{number}.example.test",
}
"""Formats of which there is one text for every number."""


def lengths(least: int, most: int | None, *, wide: bool) -> tuple[int, ...]:
    """Give the lengths at the edges of a range, and a long one where nothing forbids it."""
    edges = {least, least + 1, *((LONG, LONGEST) if wide else (LONG,)), *(() if most is None else (most - 1, most))}
    top = least + (FURTHEST if wide else LONGEST)
    return tuple(sorted(length for length in edges if least <= length <= top and (most is None or length <= most)))


def texts(least: int, most: int | None, *, wide: bool) -> tuple[str, ...]:
    """Give the texts that are worth trying within a range of lengths, the shortest first."""
    plain = [*_PLAIN, *(_HARD if wide else ())]
    edges = [
        byte * length
        for length in lengths(least, most, wide=wide)
        for byte in (BYTES if length <= least + 1 or length == most else BYTES[:1])
    ]
    fitting = {text for text in (*plain, *edges) if least <= len(text) and (most is None or len(text) <= most)}
    return tuple(sorted(fitting, key=lambda text: (len(text), text)))
