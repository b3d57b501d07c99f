"""Requests that say the same in another form: names of fields in any case and order, further fields, chunks, other media types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hookproof.reference.conduct import Conduct, HeaderPairs, Sending
from hookproof.reference.departures import Variant

STRANGE = (
    ("X-REGION", "eu"),
    ("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ("ACCEPT", "*/*"),
    ("ACCEPT-ENCODING", "identity"),
    ("X-EMPTY", ""),
)


def with_fields(change: Callable[[HeaderPairs], Sequence[tuple[str, str]]]) -> Callable[[Conduct], Conduct]:
    """Change the fields that an attempt carries."""

    def changed(conduct: Conduct) -> Conduct:
        def headers(sending: Sending) -> HeaderPairs:
            return change(conduct.headers(sending))

        return replace(conduct, headers=headers)

    return changed


def _typed(media: str) -> Callable[[HeaderPairs], Sequence[tuple[str, str]]]:
    return lambda pairs: [(name, media if name.lower() == "content-type" else value) for name, value in pairs]


def _rewritten(change: Callable[[bytes, bytes], bytes]) -> Callable[[Conduct], Conduct]:
    """Write a request anew from its head, without the empty line, and its body."""

    def changed(conduct: Conduct) -> Conduct:
        def request(url: str, headers: HeaderPairs, body: bytes) -> bytes:
            head, _, content = conduct.request(url, headers, body).partition(b"\r\n\r\n")
            return change(head, content)

        return replace(conduct, request=request)

    return changed


def _in_chunks(head: bytes, body: bytes, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    fields = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
    size = max(1, len(body) // 3)
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%X%s\r\n%s\r\n" % (len(part), extension, part) for part in parts)
    return b"\r\n".join([*fields, b"transfer-encoding: chunked"]) + b"\r\n\r\n" + chunks + b"0\r\n" + trailer + b"\r\n"


def _oddly_spaced(head: bytes, body: bytes) -> bytes:
    line, *fields = head.split(b"\r\n")
    pairs = [field.partition(b": ") for field in fields]
    spaced = [name + (b":", b": \t", b":  ")[at % 3] + value + (b"", b" ", b"\t ")[at % 3] for at, (name, _, value) in enumerate(pairs)]
    return b"\r\n".join([line, *reversed(spaced), b"", b""]) + body


VARIANTS = (
    Variant(
        id="fields-in-small-letters",
        title="Writes the names of fields in small letters.",
        conduct=with_fields(lambda pairs: [(name.lower(), value) for name, value in pairs]),
    ),
    Variant(
        id="fields-in-capitals-and-strange-ones",
        title="Writes the names of fields in capitals, and fields that nobody asked for.",
        conduct=with_fields(lambda pairs: [*STRANGE, *((name.upper(), value) for name, value in pairs)]),
    ),
    Variant(
        id="fields-in-reverse-with-odd-blanks",
        title="Writes fields in reverse order, with no, one or several blanks and tabs around their values.",
        conduct=_rewritten(_oddly_spaced),
    ),
    Variant(id="bodies-in-chunks", title="Sends bodies in chunks.", conduct=_rewritten(_in_chunks)),
    Variant(
        id="chunks-with-extensions-and-trailers",
        title="Sends bodies in chunks with extensions, and a trailer field after them.",
        conduct=_rewritten(lambda head, body: _in_chunks(head, body, b';piece="1"', b"X-Checksum: 0\r\n")),
    ),
    Variant(
        id="media-type-in-capitals",
        title="Writes the media type in capitals, with quoted and further parameters.",
        conduct=with_fields(_typed('Application/JSON ; Charset="UTF-8";profile=v1')),
    ),
    Variant(id="media-type-alone", title="Writes the media type without parameters.", conduct=with_fields(_typed("application/json"))),
)
