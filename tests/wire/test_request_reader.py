"""Laws of the incremental reader, without sockets."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.wire.bounds import Bounds
from hookproof.wire.request_reader import RequestReader

TIGHT = Bounds(head=120, fields=4, body=16)
Seen = tuple[str, str, tuple[tuple[str, str], ...], bytes, bytes, str | None, int]

PLAIN = b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"PUT /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n"
FAULTS: dict[str, bytes] = {
    "bare LF": b"POST /a HTTP/1.1\r\nHost: h\nContent-Length: 0\r\n\r\n",
    "bare LF first": b"\nPOST /a HTTP/1.1\r\n\r\n",
    "two empty lines": b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "obs-fold": b"GET /a HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
    "no colon": b"GET /a HTTP/1.1\r\nHost: h\r\nHost\r\n\r\n",
    "space before colon": b"GET /a HTTP/1.1\r\nHost : h\r\n\r\n",
    "nul byte": b"GET /a HTTP/1.1\r\nHost: h\x00\r\n\r\n",
    "bare CR": b"GET /a HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
    "crossed CR LF": b"GET /a HTTP/1.1\r\nHost: a\rb\r\nX: y\n\r\n\r\n",
    "no version": b"GET /a\r\nHost: h\r\n\r\n",
    "two spaces": b"GET  /a HTTP/1.1\r\nHost: h\r\n\r\n",
    "other version": b"GET /a HTTP/2.0\r\nHost: h\r\n\r\n",
    "no host": b"GET /a HTTP/1.1\r\nX: h\r\n\r\n",
    "two hosts": b"GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
    "no length": b"POST /a HTTP/1.1\r\nHost: h\r\n\r\nhi",
    "same length twice": b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
    "other length": b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
    "length list": b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2, 2\r\n\r\nhi",
    "signed length": b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\nhi",
    "length and coding": b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "other coding": b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding in 1.0": b"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size": b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0x2\r\nhi\r\n",
    "chunk end": b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhixx0\r\n\r\n",
    "chunk bare LF": b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\r\n0\r\n\r\n",
    "trailer": b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nbad trailer\r\n\r\n",
    "large body": b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 17\r\n\r\n" + b"x" * 17,
    "large chunks": b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n9\r\n012345678\r\n0\r\n\r\n",
    "many trailers": b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"T: v\r\n" * 5 + b"\r\n",
    "many fields": b"GET /a HTTP/1.1\r\nHost: h\r\n" + b"A: b\r\n" * 4 + b"\r\n",
    "large head": b"GET /a HTTP/1.1\r\nHost: h\r\nX: " + b"x" * 200 + b"\r\n\r\n",
}


def read(parts: list[bytes]) -> list[Seen]:
    """Give what a reader makes of the parts and the end of the stream."""
    reader, found = RequestReader(TIGHT), []
    for part in parts:
        reader.push(part)
        while (request := reader.next()) is not None:
            found.append(request)
    if (request := reader.end("cut")) is not None:
        found.append(request)
    return [(r.method, r.target, r.headers, r.head, r.body, r.malformed, r.status) for r in found]


def split(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut data at these offsets."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges) if start < end]


@pytest.mark.parametrize("data", [PLAIN, CHUNKED, b"\r\n" + PLAIN, PLAIN + CHUNKED, CHUNKED + PLAIN + PLAIN])
def test_every_single_cut_reads_the_same(data: bytes) -> None:
    """Well-formed requests read the same wherever the bytes are cut once, and one byte at a time."""
    whole = read([data])
    assert all(seen[5] is None for seen in whole)
    assert all(read([data[:at], data[at:]] if at else [data]) == whole for at in range(len(data)))
    assert read([data[at : at + 1] for at in range(len(data))]) == whole


@given(
    name=st.sampled_from(sorted(FAULTS)),
    before=st.lists(st.sampled_from([PLAIN, CHUNKED]), max_size=2),
    kept=st.integers(0, 300),
    cuts=st.lists(st.integers(0, 400), max_size=8),
)
def test_any_split_reads_the_same(name: str, before: list[bytes], kept: int, cuts: list[int]) -> None:
    """Any split of any stream, also a faulty or a cut one, gives the same requests, faults and bytes seen."""
    data = b"".join([*before, FAULTS[name]])[: kept or None]
    assert read(split(data, cuts)) == read([data])


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_noise_never_crashes(data: bytes, cuts: list[int]) -> None:
    """Arbitrary bytes are read without an exception, the same for any split."""
    assert read(split(data, cuts)) == read([data] if data else [])


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_a_fault_is_one_malformed_request_with_a_refusal(name: str) -> None:
    """A framing fault gives exactly one request, with a reason and a 4xx or 5xx status, and nothing after it is believed."""
    found = read([FAULTS[name] + PLAIN])
    assert len(found) == 1
    assert found[0][5] is not None
    assert 400 <= found[0][6] <= 599
    assert FAULTS[name].startswith(found[0][3].lstrip(b"\r\n")) or name == "two empty lines"


def test_a_cut_request_keeps_what_came() -> None:
    """A stream that ends inside the content leaves the content so far, decoded if it is chunked."""
    assert read([PLAIN[:-2]])[0][4:6] == (b"hel", "cut")
    assert read([CHUNKED[: CHUNKED.index(b"e\r\n0")]])[0][4:6] == (b"abcd", "cut")


def test_chunked_content_is_decoded_and_legal() -> None:
    """Extensions and trailers are tolerated, the content comes without framing."""
    assert read([CHUNKED])[0][4:6] == (b"abcde", None)


def test_repeated_lines_do_not_blur_requests() -> None:
    """Field lines that were seen before, in any number, read like new ones."""
    reader = RequestReader(Bounds())
    for number in range(3_000):
        reader.push(b"GET /%d HTTP/1.1\r\nHost: h\r\nX-Id: %d\r\nx-id: \t%d \r\n\r\n" % (number, number, number % 7))
        request = reader.next()
        assert request is not None
        assert request.headers == (("Host", "h"), ("X-Id", str(number)), ("x-id", str(number % 7)))
