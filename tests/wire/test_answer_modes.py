"""Every answer mode as a real client socket sees it."""

from __future__ import annotations

import pytest

from hookproof.model.errors import IllFormedError
from hookproof.model.transcript import Answer, Attempt
from hookproof.wire.listener import CaptureListener
from tests.wire.peer import Peer, recorded

OK = Answer()


def only(listener: CaptureListener) -> Attempt:
    """Wait for the one attempt."""
    return recorded(listener, 1)[0]


@pytest.mark.parametrize("status", [200, 204, 302, 304, 410, 500, 799])
def test_respond_is_as_scripted(listener: CaptureListener, status: int) -> None:
    """Status, headers and body go out as given; only Content-Length is added, and not where HTTP forbids it."""
    body = b"" if status in {204, 304} else b"text"
    url = listener.open_endpoint("e", [Answer(status=status, headers=(("lOcation", "http://x/"),), body=body)], then=OK)
    with Peer(url) as peer:
        peer.send(peer.post())
        got, head, text = peer.answer()
    assert (got, text) == (status, body)
    assert b"\r\nlOcation: http://x/" in head
    assert (b"Content-Length" in head) is (status not in {204, 304})


def test_scripted_framing_is_left_alone(listener: CaptureListener) -> None:
    """An answer with its own Content-Length or Transfer-Encoding gets no second one."""
    own = Answer(headers=(("content-length", "1"),), body=b"abc")
    coded = Answer(headers=(("transfer-encoding", "chunked"), ("Connection", "close")), body=b"0\r\n\r\n")
    with Peer(listener.open_endpoint("e", [own, coded], then=OK)) as peer:
        peer.send(peer.post() * 2)
        assert peer.rest() == (
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nabc"
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"
        )


def test_a_delay_passes_before_the_first_byte(listener: CaptureListener) -> None:
    """The delay lies between the request and the answer, and the order of all stamps holds."""
    with Peer(listener.open_endpoint("e", [Answer(delay=0.05)], then=OK)) as peer:
        peer.send(peer.post())
        assert peer.answer()[0] == 200
    attempt = only(listener)
    assert attempt.body_read_at is not None
    assert attempt.answer_started_at is not None
    assert attempt.answer_started_at - attempt.body_read_at >= 49_000_000


def test_never_is_held_until_released(listener: CaptureListener) -> None:
    """A held request is read but unrecorded; release ends its connection without a byte and records it unanswered."""
    with Peer(listener.open_endpoint("e", [Answer(mode="never")], then=OK)) as peer:
        peer.send(peer.post(b"held"))
        assert listener.wait_accepted(["e"], 1, 5)
        assert listener.attempts(["e"]) == ()
        listener.release(["e"])
        attempt = only(listener)
        assert peer.rest() == b""
    assert attempt.body == b"held"
    assert (attempt.answer_started_at, attempt.answer_done_at, attempt.closed_at) == (None, None, None)


@pytest.mark.parametrize("answer", [Answer(mode="never"), Answer(delay=60), Answer(mode="drip", drip_interval=60)])
def test_a_peer_that_gives_up_is_recorded(listener: CaptureListener, answer: Answer) -> None:
    """When the peer closes before our answer is done, the attempt says when, and was not answered."""
    with Peer(listener.open_endpoint("e", [answer], then=OK)) as peer:
        peer.send(peer.post())
        assert listener.wait_accepted(["e"], 1, 5)
    attempt = only(listener)
    assert attempt.closed_at is not None
    assert attempt.answer_done_at is None


def test_drip_comes_whole_byte_by_byte(listener: CaptureListener) -> None:
    """A dripping answer that is not interrupted ends as a whole answer."""
    with Peer(listener.open_endpoint("e", [Answer(mode="drip", body=b"slow", drip_interval=0.0)], then=OK)) as peer:
        peer.send(peer.post())
        assert peer.answer()[2] == b"slow"
    attempt = only(listener)
    assert attempt.answer_started_at is not None
    assert attempt.answer_done_at is not None
    assert attempt.answer_done_at > attempt.answer_started_at


def test_a_dripping_answer_can_be_released(listener: CaptureListener) -> None:
    """A released drip has begun, but was never done."""
    with Peer(listener.open_endpoint("e", [Answer(mode="drip", drip_interval=60)], then=OK)) as peer:
        peer.send(peer.post())
        assert peer.socket.recv(1) == b"H"
        listener.release(["e"])
        assert peer.rest() == b""
    attempt = only(listener)
    assert attempt.answer_started_at is not None
    assert attempt.answer_done_at is None


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        ("close", b""),
        ("close_in_head", b"HTTP/1.1 2"),
        ("close_after_head", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"),
    ],
)
def test_closing_modes_end_with_fin(listener: CaptureListener, mode: str, seen: bytes) -> None:
    """A closing answer sends exactly its part, then FIN; an answer without a byte has no start."""
    with Peer(listener.open_endpoint("e", [Answer(mode=mode, body=b"gone")], then=OK)) as peer:
        peer.send(peer.post(b"{}", "Connection: close"))
        assert peer.rest() == seen
    assert (only(listener).answer_started_at is None) is (seen == b"")


def test_an_empty_body_is_promised_and_missing(listener: CaptureListener) -> None:
    """Closing after the head breaks a promise even if the script has no body."""
    with Peer(listener.open_endpoint("e", [Answer(mode="close_after_head")], then=OK)) as peer:
        peer.send(peer.post())
        assert b"Content-Length: 1\r\n" in peer.rest()


@pytest.mark.parametrize(("mode", "seen"), [("reset", b""), ("reset_after_head", b"HTTP/1.1 200 OK")])
def test_reset_modes_end_with_rst(listener: CaptureListener, mode: str, seen: bytes) -> None:
    """A resetting answer sends its part, then RST."""
    with Peer(listener.open_endpoint("e", [Answer(mode=mode)], then=OK)) as peer:
        peer.send(peer.post())
        if seen:
            assert peer.socket.recv(4096).startswith(seen)
        with pytest.raises(ConnectionResetError):
            peer.socket.recv(1)
    assert only(listener).closed_at is None


@pytest.mark.parametrize(("body", "repeat"), [(b"0123456789", 300_001), (b"x" * 200_000, 7)])
def test_a_huge_body_arrives_whole(listener: CaptureListener, body: bytes, repeat: int) -> None:
    """A repeated body is streamed to its last byte, and the next request on the connection is answered."""
    with Peer(listener.open_endpoint("e", [Answer(body=body, body_repeat=repeat)], then=OK)) as peer:
        peer.send(peer.post())
        assert peer.answer()[2] == body * repeat
        peer.send(peer.post())
        assert peer.answer()[0] == 200
    assert all(attempt.answer_done_at for attempt in recorded(listener, 2))


def test_an_endless_body_stops_with_the_peer(listener: CaptureListener) -> None:
    """A streamed answer respects back pressure and stops quietly when the peer closes."""
    with Peer(listener.open_endpoint("e", [Answer(body=b"x" * 1000, body_repeat=10**9)], then=OK)) as peer:
        peer.send(peer.post())
        assert len(peer.socket.recv(1000)) > 0
    attempt = only(listener)
    assert attempt.closed_at is not None
    assert attempt.answer_done_at is None


def test_head_requests_get_no_body(listener: CaptureListener) -> None:
    """The answer to HEAD has the length of the body, not the body."""
    with Peer(listener.open_endpoint("e", (), then=Answer(body=b"abc"))) as peer:
        peer.send(peer.raw("HEAD PATH HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        assert peer.rest().endswith(b"Content-Length: 3\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize("answer", [Answer(mode="sing"), Answer(headers=(("X", "€"),)), Answer(body_repeat=-1)])
def test_an_answer_that_cannot_be_written_is_ill_formed(listener: CaptureListener, answer: Answer) -> None:
    """The script is checked where it is given, not where it is used."""
    with pytest.raises(IllFormedError):
        listener.open_endpoint("e", [answer], then=OK)


def test_a_huge_body_before_closing_arrives_whole(listener: CaptureListener) -> None:
    """A connection that ends after a streamed answer ends after its last byte, even if the peer reads late."""
    with Peer(listener.open_endpoint("e", (), then=Answer(body=b"x" * 1000, body_repeat=8_000))) as peer:
        peer.send(peer.post(b"{}", "Connection: close"))
        assert listener.wait_accepted(["e"], 1, 5)
        assert len(peer.rest().partition(b"\r\n\r\n")[2]) == 8_000_000


def test_a_streamed_answer_can_be_released(listener: CaptureListener) -> None:
    """A peer that does not read cannot keep an attempt from being recorded."""
    with Peer(listener.open_endpoint("e", (), then=Answer(body=b"x" * 1000, body_repeat=10**6))) as peer:
        peer.send(peer.post())
        assert peer.socket.recv(1) == b"H"
        listener.release(["e"])
        attempt = only(listener)
    assert attempt.answer_started_at is not None
    assert attempt.answer_done_at is None
