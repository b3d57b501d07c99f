"""Bytes behind the announced length: the request is answered as a receiver would, and recorded as what it is."""

from __future__ import annotations

import pytest

from hookproof.model.transcript import Answer
from hookproof.wire.bounds import Bounds
from hookproof.wire.listener import CaptureListener
from hookproof.wire.request_reader import RequestReader
from tests.wire.peer import Peer, recorded

OK = Answer(status=200)


def surplus(line: str, rest: bytes, version: str = "1.1") -> int:
    """Count the surplus of a request with one more header line and these bytes behind it."""
    reader = RequestReader(Bounds())
    reader.push(f"POST /a HTTP/{version}\r\nHost: h\r\n{line}\r\nContent-Length: 2\r\n\r\n".encode() + b"{}" + rest)
    request = reader.next()
    assert request is not None
    assert request.malformed is None
    return reader.surplus(request)


@pytest.mark.parametrize("line", ["Connection: close", "X: y"])
@pytest.mark.parametrize("rest", [b"}", b'"}', b"\xa9tail}", b"{}", b"x POST /b", b" ", b"\r\n}"])
def test_what_can_be_no_request_is_surplus(line: str, rest: bytes) -> None:
    """The end of a body that was announced too short is counted, on a connection that ends and on one that goes on."""
    assert surplus(line, rest) == len(rest)


@pytest.mark.parametrize("rest", [b"", b"\r\n", b"\r\n\r\n"])
def test_empty_lines_are_harmless(rest: bytes) -> None:
    """Nothing, or empty lines that old clients send behind content, is no surplus."""
    assert surplus("Connection: close", rest) == surplus("X: y", rest) == 0


@pytest.mark.parametrize("rest", [b"P", b"POST", b"POST /b HTTP/1.1\r\nHo", b"\r\nPOST /b HTTP/1.1\r\n", b"\r"])
def test_a_request_that_begins_is_no_surplus_while_the_connection_goes_on(rest: bytes) -> None:
    """Pipelined requests are legal, however little of them is here; after close they are surplus."""
    assert surplus("X: y", rest) == 0
    assert surplus("Connection: close", rest) == surplus("X: y", rest, version="1.0") == len(rest)


@pytest.mark.parametrize("line", ["Connection: close", "X: y"])
def test_an_overrun_is_answered_by_the_script_and_recorded(listener: CaptureListener, line: str) -> None:
    """The scripted answer is given, the content is what was announced, and the record says what stood behind it."""
    with Peer(listener.open_endpoint("e", [Answer(status=503)], then=OK)) as peer:
        peer.send(peer.post(b'{"a":1', line) + b'"}')
        assert peer.answer()[0] == 503
    (attempt,) = recorded(listener, 1)
    assert attempt.body == b'{"a":1'
    assert attempt.malformed == "2 bytes behind the announced length are no request"
    assert attempt.answer.status == 503


def test_pipelined_requests_are_not_called_surplus(listener: CaptureListener) -> None:
    """Requests behind each other on one connection are all well-formed."""
    with Peer(listener.open_endpoint("e", (), then=OK)) as peer:
        peer.send(peer.post() * 3)
        assert [peer.answer()[0] for _ in range(3)] == [200] * 3
    assert [attempt.malformed for attempt in recorded(listener, 3)] == [None] * 3
