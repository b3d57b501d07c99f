"""Flaws of the wire form: method and path, header fields, lengths, and values that end up in fields where they do not belong."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote_to_bytes, urlsplit

from hookproof.reference.conduct import Conduct, HeaderPairs, Sending
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.flaws.rewriting import Change, flaw
from hookproof.reference.records import Delivery

_LONG = 8192  # bytes from which some client streams


def _headed(change: Callable[[Sending, HeaderPairs], HeaderPairs]) -> Change:
    """Change the header fields of every attempt."""

    def flawed(conduct: Conduct) -> Conduct:
        return replace(conduct, headers=lambda sending: change(sending, conduct.headers(sending)))

    return flawed


def _requested(change: Callable[[bytes, bytes], bytes]) -> Change:
    """Change the bytes of every request; ``change`` is told the request and its body."""

    def flawed(conduct: Conduct) -> Conduct:
        return replace(conduct, request=lambda url, headers, body: change(conduct.request(url, headers, body), body))

    return flawed


def _field(wire: bytes, name: bytes, value: bytes) -> bytes:
    """Put one field line behind the request line."""
    return wire.replace(b"\r\n", b"\r\n" + name + b": " + value + b"\r\n", 1)


def _without(name: str) -> Change:
    return _headed(lambda _sending, pairs: [pair for pair in pairs if pair[0].lower() != name])


def _valued(name: str, value: str) -> Change:
    return _headed(lambda _sending, pairs: [(n, value if n.lower() == name else v) for n, v in pairs])


def _announced(length: Callable[[bytes], int]) -> Change:
    """Announce another length than the body has."""

    def announce(wire: bytes, body: bytes) -> bytes:
        return wire.replace(b"Content-Length: %d\r\n" % len(body), b"Content-Length: %d\r\n" % length(body), 1)

    return _requested(announce)


def _characters(body: bytes) -> int:
    return len(body.decode("utf-8", "replace"))


def _escaped(body: bytes) -> int:
    """Measure the text that another serialiser would have made."""
    return len(body.decode("utf-8", "replace").encode("ascii", "backslashreplace"))


def _chunked(wire: bytes, body: bytes) -> bytes:
    if len(body) < _LONG or not wire.endswith(body):
        return wire
    head = _field(wire.removesuffix(body), b"Transfer-Encoding", b"chunked")
    return head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def _appended_on_retries(conduct: Conduct) -> Conduct:
    known: dict[str, HeaderPairs] = {}

    def headers(sending: Sending) -> HeaderPairs:
        pairs = conduct.headers(sending)
        first = known.setdefault(sending.delivery_id, pairs)
        return pairs if first is pairs else [*pairs, *first]

    return replace(conduct, headers=headers)


def _once_more(name: str, value: Callable[[Sending], str]) -> Change:
    """Add a field that the sender writes by itself to the first retry, whose fields come from a store."""
    return _headed(lambda sending, pairs: [*pairs, (name, value(sending))] if sending.number == 2 else pairs)  # noqa: PLR2004


def _described(conduct: Conduct) -> Conduct:
    class Describing(Dispatcher):
        def _request(self, delivery: Delivery, now: int) -> bytes:
            wire, told = super()._request(delivery, now), delivery.endpoint.description
            return _field(wire, b"X-Webhook-Description", told.encode()) if told else wire

    return replace(conduct, parts=(Describing, *conduct.parts))


def _identified(sending: Sending, pairs: HeaderPairs) -> HeaderPairs:
    try:
        data = json.loads(sending.body)["data"]
        found = [str(value) for name, value in data.items() if name.endswith("_id")]
    except (ValueError, TypeError, KeyError, AttributeError):
        found = []
    return [*pairs, *(("X-Resource-Id", value) for value in found[:1])]


def _decoded_address(wire: bytes, _body: bytes) -> bytes:
    line, end, rest = wire.partition(b"\r\n")
    return unquote_to_bytes(line) + end + rest


def _unquestioned(wire: bytes, _body: bytes) -> bytes:
    """Leave the query out of the request line."""
    line, end, rest = wire.partition(b"\r\n")
    method, _, target = line.partition(b" ")
    path, _, version = target.rpartition(b" ")
    return b" ".join((method, path.partition(b"?")[0], version)) + end + rest


def _other_brand(_sending: Sending, pairs: HeaderPairs) -> HeaderPairs:
    return [(name.replace("X-Devotel-", "X-Hook-"), value) for name, value in pairs]


FLAWS = (
    flaw(
        "media-type-twice",
        "P021",
        "Content-Type is sent twice.",
        _headed(lambda _sending, pairs: [*pairs, ("content-type", "application/json")]),
        "http/well-formed",
    ),
    flaw(
        "retries-append-their-fields",
        "P021",
        "A retry carries the fields of the first attempt behind its own.",
        _appended_on_retries,
        "http/well-formed",
    ),
    flaw(
        "host-twice",
        "P021",
        "The first retry carries the Host that was stored with them and the one that every request gets.",
        _once_more("Host", lambda sending: urlsplit(sending.url).netloc),
        "http/well-formed",
    ),
    flaw(
        "length-twice",
        "P021",
        "The first retry carries the Content-Length that was stored with them and the one that every request gets.",
        _once_more("Content-Length", lambda sending: str(len(sending.body))),
        "http/well-formed",
    ),
    flaw(
        "description-copied-into-a-field",
        "P022",
        "The endpoint's description is copied into a header field as it is.",
        _described,
        "http/no-injection",
        implies=("http/well-formed",),  # a line that ends with a bare LF
    ),
    flaw(
        "identifier-copied-into-a-field",
        "P022",
        "An identifier of the event is copied into a header field as it is.",
        _headed(_identified),
        "http/no-injection",
        implies=("http/well-formed",),
    ),
    flaw(
        "address-decoded-before-sending",
        "P022",
        "Percent-encoding in the endpoint's URL is undone in the request line.",
        _requested(_decoded_address),
        "http/no-injection",
    ),
    flaw(
        "no-media-type",
        "P023",
        "There is no Content-Type.",
        _without("content-type"),
        "http/content-type",
    ),
    flaw(
        "media-type-of-forms",
        "P023",
        "JSON is declared as form content.",
        _valued("content-type", "application/x-www-form-urlencoded"),
        "http/content-type",
    ),
    flaw(
        "length-in-characters",
        "P024",
        "Content-Length counts characters, not bytes.",
        _announced(_characters),
        "http/well-formed",
    ),
    flaw(
        "length-of-the-escaped-text",
        "P024",
        "Content-Length is that of the escaped text, longer than the one sent.",
        _announced(_escaped),
        "http/well-formed",
    ),
    flaw(
        "length-and-chunks",
        "P024",
        "Long requests are chunked and declare a length all the same.",
        _requested(_chunked),
        "http/well-formed",
    ),
    flaw(
        "companion-fields-of-another-brand",
        "P020",
        "The companion fields have other names than documented.",
        _headed(_other_brand),
        "http/companion-headers",
    ),
    flaw(
        "put-instead-of-post",
        "S304",
        "Deliveries are PUT requests.",
        _requested(lambda wire, _body: wire.replace(b"POST ", b"PUT ", 1)),
        "http/post",
    ),
    flaw(
        "query-left-out",
        "S305",
        "Of the endpoint's URL the query is left out.",
        _requested(_unquestioned),
        "http/post",
    ),
)
