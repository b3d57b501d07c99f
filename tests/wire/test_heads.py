"""Laws of the heads that we send."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.wire.bounds import Bounds
from hookproof.wire.heads import request_head
from hookproof.wire.request_reader import RequestReader

TOKENS = st.text("abcXYZ019-_.!~", min_size=1, max_size=12)
VALUES = st.text([chr(code) for code in (*range(0x21, 0x7F), *range(0xA1, 0x100))], max_size=20)
FIELDS = st.lists(st.tuples(TOKENS.map(lambda name: f"X-{name}"), VALUES), max_size=6)
PATHS = st.lists(st.text("abc0%2F-._~", max_size=5), max_size=3).map(lambda parts: "".join(f"/{part}" for part in parts))
QUERIES = st.none() | st.text("abc=&%/?:1", min_size=1, max_size=9)


@given(
    fields=FIELDS,
    path=PATHS,
    query=QUERIES,
    port=st.integers(1, 65_535),
    body=st.binary(max_size=30),
    method=st.sampled_from(["POST", "PUT"]),
)
def test_a_head_says_what_it_was_given(
    fields: list[tuple[str, str]], path: str, query: str | None, port: int, body: bytes, method: str
) -> None:
    """Our own strict reader finds one request: method, path with query, Host, the fields in order, then the length of the body."""
    url = f"http://user:word@127.0.0.1:{port}{path}" + (f"?{query}" if query is not None else "")
    reader = RequestReader(Bounds())
    reader.push(request_head(url, fields, len(body), method=method) + body)
    request = reader.next()
    assert request is not None
    assert request.malformed is None
    assert (request.method, request.body) == (method, body)
    assert request.target == (path or "/") + (f"?{query}" if query is not None else "")
    assert request.headers == (("Host", f"127.0.0.1:{port}"), *fields, ("Content-Length", str(len(body))))
    assert not reader.begun


@given(fields=FIELDS, target=st.sampled_from(["/other", "*", "http://h/x", "/a b"]))
def test_a_target_replaces_the_path_and_nothing_else(fields: list[tuple[str, str]], target: str) -> None:
    """Whatever stands as target goes into the request line as it is; Host stays that of the URL."""
    url = "http://[::1]:8080/in?x=1"
    plain, other = (request_head(url, fields, 3, target=each) for each in (None, target))
    assert other == plain.replace(b" /in?x=1 ", f" {target} ".encode(), 1)
    assert f"Host: {urlsplit(url).netloc}\r\n".encode() in plain


@pytest.mark.parametrize("length", [None, 0, 7, -3])
def test_a_length_is_said_unless_there_is_none(length: int | None) -> None:
    """Any length is written as it was given, right or wrong, and None leaves the field out; the head ends with its empty line."""
    head = request_head("http://h/", [("A", "\xfc")], length)
    said = b"" if length is None else b"Content-Length: %d\r\n" % length
    assert head == b"POST / HTTP/1.1\r\nHost: h\r\nA: \xfc\r\n" + said + b"\r\n"
