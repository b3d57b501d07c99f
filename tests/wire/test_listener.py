"""Laws of the capture listener, seen through real sockets."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from time import monotonic_ns

import pytest

from hookproof.model.errors import UnreachableError
from hookproof.model.transcript import Answer, Attempt
from hookproof.ports import Listener
from hookproof.wire.bounds import Bounds
from hookproof.wire.listener import CaptureListener
from tests.wire.peer import Peer, recorded

OK = Answer()


def deliver(url: str, body: bytes = b"{}", target: str = "") -> int:
    """Send one delivery on a connection of its own; give the status."""
    with Peer(url) as peer:
        peer.send(peer.post(body, target=target))
        return peer.answer()[0]


def test_it_is_a_listener(listener: CaptureListener) -> None:
    """The class fulfils the port."""
    port: Listener = listener
    assert port.attempts([]) == ()


def test_bytes_are_kept_as_sent(listener: CaptureListener) -> None:
    """Header order, case, duplicates and every byte of value and body survive; only blanks around values go."""
    body = bytes(range(256))
    with Peer(listener.open_endpoint("e", (), then=OK, situation="s1")) as peer:
        sent = peer.post(body, "X-b: 2", "x-A:   \xfc \t", "X-b:1", "x-B:")
        peer.send(sent)
        peer.answer()
        (attempt,) = recorded(listener, 1)
        assert attempt.headers == (
            ("Host", "test"),
            ("Content-Length", "256"),
            ("X-b", "2"),
            ("x-A", "\xfc"),
            ("X-b", "1"),
            ("x-B", ""),
        )
        assert (attempt.body, attempt.head + attempt.body) == (body, sent)
        assert (attempt.method, attempt.target, attempt.http_version) == ("POST", peer.path, "1.1")
        assert (attempt.situation, attempt.endpoint, attempt.malformed) == ("s1", "e", None)


def test_stamps_are_in_order(listener: CaptureListener) -> None:
    """Accepted ≤ body read ≤ answer started ≤ answer done ≤ recorded, and ids rise with acceptance, also when kept alive."""
    with Peer(listener.open_endpoint("e", (), then=OK)) as peer:
        for _ in range(5):
            peer.send(peer.post())
            peer.answer()
        peer.send(peer.post() * 20)
        assert [peer.answer()[0] for _ in range(20)] == [200] * 20
    attempts = recorded(listener, 25)
    for a in attempts:
        assert a.body_read_at is not None
        assert a.answer_started_at is not None
        assert a.answer_done_at is not None
        assert a.accepted_at <= a.body_read_at <= a.answer_started_at <= a.answer_done_at <= a.at
    assert [a.id for a in attempts] == [f"a{number}" for number in range(1, 26)]
    assert [a.accepted_at for a in attempts] == sorted(a.accepted_at for a in attempts)
    assert {a.connection for a in attempts} == {"c1"}


def test_a_connection_that_was_opened_ahead_is_no_early_request(listener: CaptureListener) -> None:
    """A request counts from its own first byte, however long its connection was open before."""
    url = listener.open_endpoint("e", (), then=OK)
    with Peer(url) as ahead:
        assert deliver(url) == 200
        before = monotonic_ns()
        ahead.send(ahead.post())
        ahead.answer()
    _, attempt = recorded(listener, 2)
    assert attempt.accepted_at >= before


def test_ids_follow_acceptance_and_records_follow_completion(listener: CaptureListener) -> None:
    """The request accepted first has the lower id even if it is recorded last."""
    url = listener.open_endpoint("e", [Answer(mode="never")], then=OK)
    with Peer(url) as first:
        first.send(first.post())
        assert listener.wait_accepted(["e"], 1, 5)
        deliver(url)
        listener.release(["e"])
    assert [a.id for a in recorded(listener, 2)] == ["a2", "a1"]


def test_pipelined_requests_are_answered_in_order(listener: CaptureListener) -> None:
    """Requests behind a delayed one wait for it, and the script is used in order."""
    script = [Answer(status=201, delay=0.02), Answer(status=202), Answer(status=203, delay=0.02)]
    with Peer(listener.open_endpoint("e", script, then=OK)) as peer:
        peer.send(b"".join(peer.post(b"%d" % number) for number in range(4)))
        assert [peer.answer()[0] for _ in range(4)] == [201, 202, 203, 200]
    assert [a.body for a in recorded(listener, 4)] == [b"0", b"1", b"2", b"3"]


def test_requests_behind_a_held_one_are_recorded_too(listener: CaptureListener) -> None:
    """When the peer leaves, requests that were read and never answered are evidence all the same."""
    with Peer(listener.open_endpoint("e", (), then=Answer(mode="never"))) as peer:
        peer.send(peer.post(b"1") + peer.post(b"2") + peer.post(b"333")[:-2])
        assert listener.wait_accepted(["e"], 1, 5)
    attempts = recorded(listener, 3)
    assert [(a.body, a.malformed is None) for a in attempts] == [(b"1", True), (b"2", True), (b"3", False)]
    assert all(a.closed_at for a in attempts)


@pytest.mark.parametrize(("version", "line"), [("1.0", "X: y"), ("1.0", "Connection: keep-alive"), ("1.1", "Connection: Foo, Close")])
def test_a_connection_ends_when_http_says_so(listener: CaptureListener, version: str, line: str) -> None:
    """HTTP/1.0 and Connection: close end the connection after the answer, which says so."""
    with Peer(listener.open_endpoint("e", (), then=OK)) as peer:
        peer.send(peer.post(b"{}", line, version=version))
        assert peer.rest() == b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def test_continue_comes_before_the_content(listener: CaptureListener) -> None:
    """A peer that expects 100 gets it before its content, and the stamps are those of the final answer."""
    with Peer(listener.open_endpoint("e", (), then=OK)) as peer:
        request = peer.post(b"body", "Expect: 100-continue")
        peer.send(request[:-4])
        assert peer.answer()[0] == 100
        peer.send(b"body")
        assert peer.answer()[0] == 200
    (attempt,) = recorded(listener, 1)
    assert attempt.body_read_at is not None
    assert attempt.answer_started_at is not None
    assert attempt.answer_started_at >= attempt.body_read_at


def test_chunked_content_and_split_bytes(listener: CaptureListener) -> None:
    """A chunked request that comes byte by byte is one whole attempt with decoded content."""
    with Peer(listener.open_endpoint("e", (), then=OK)) as peer:
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        text = "POST PATH HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        for byte in peer.raw(text):
            peer.send(bytes([byte]))
        assert peer.answer()[0] == 200
    (attempt,) = recorded(listener, 1)
    assert (attempt.body, attempt.malformed) == (b"abc", None)


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("POST PATH HTTP/1.1\r\nHost: h\r\n\r\n", 411, "without Content-Length"),
        ("POST  PATH HTTP/1.1\r\nHost: h\r\n\r\n", 400, "request line"),
        ("POST PATH HTTP/1.1\nHost: h\r\n\r\n", 400, "bare LF"),
        ("GET PATH HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", 400, "obs-fold"),
        ("GET PATH HTTP/3.0\r\nHost: h\r\n\r\n", 505, "version"),
        ("POST PATH HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999999\r\n\r\n", 413, "over the bound"),
        ("GET PATH HTTP/1.1\r\nHost: h\r\n" + "A: b\r\n" * 100 + "\r\n", 431, "fields"),
        ("GET PATH HTTP/1.1\r\nHost: h\r\nA: " + "b" * 40_000, 431, "head is over"),
        ("POST PATH HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n", 400, "chunk size"),
    ],
)
def test_malformed_requests_are_refused_and_recorded(listener: CaptureListener, text: str, status: int, reason: str) -> None:
    """Bytes that are not one request are refused, recorded with the reason, and do not use up the script."""
    url = listener.open_endpoint("e", [Answer(status=299)], then=OK)
    with Peer(url) as peer:
        peer.send(peer.raw(text))
        assert peer.answer()[0] == status
        assert peer.rest() == b""
    (attempt,) = recorded(listener, 1)
    assert reason in (attempt.malformed or "")
    assert attempt.answer.status == status
    assert attempt.head
    assert deliver(url) == 299


def test_a_connection_cut_inside_the_body_is_recorded(listener: CaptureListener) -> None:
    """The bytes seen so far are evidence, the attempt has no answer."""
    with Peer(listener.open_endpoint("e", (), then=OK)) as peer:
        peer.send(peer.post(b"0123456789")[:-4])
    (attempt,) = recorded(listener, 1)
    assert (attempt.body, attempt.answer_started_at) == (b"012345", None)
    assert "closed inside" in (attempt.malformed or "")
    assert attempt.closed_at is not None


@pytest.mark.parametrize(("bounds", "reason"), [(Bounds(idle=0.02), "no byte for 0.02 s"), (Bounds(total=0.02), "not whole after 0.02 s")])
def test_slow_requests_are_given_up(bounds: Bounds, reason: str) -> None:
    """A request that stalls or takes too long gets 408 and is recorded."""
    with CaptureListener(bounds=bounds) as listener, Peer(listener.open_endpoint("e", (), then=OK)) as peer:
        peer.send(peer.post(b"12")[:-1])
        assert peer.answer()[0] == 408
        assert reason in (recorded(listener, 1)[0].malformed or "")


def test_the_bound_of_connections_holds() -> None:
    """A connection over the bound is ended and counted; earlier ones go on, and room comes back."""
    with CaptureListener(bounds=Bounds(connections=1)) as listener:
        url = listener.open_endpoint("e", (), then=OK)
        with Peer(url) as first:
            first.send(first.post())
            first.answer()
            with Peer(url) as second, suppress(ConnectionResetError):
                assert second.rest() == b""
            first.send(first.post())
            assert first.answer()[0] == 200
        assert listener.dropped == 1


def test_the_bound_of_attempts_holds() -> None:
    """Attempts over the bound are refused and counted as dropped, never silently lost."""
    with CaptureListener(bounds=Bounds(attempts=1)) as listener:
        url = listener.open_endpoint("e", (), then=OK)
        assert [deliver(url), deliver(url)] == [200, 503]
        assert (len(recorded(listener, 1)), listener.dropped) == (1, 1)


@pytest.mark.parametrize("target", ["/", "/favicon.ico", "*", f"/{'0' * 32}/e", "/x/TOKEN/e", "/TOKENff/e", "xTOKEN"])
def test_foreign_traffic_is_no_evidence(listener: CaptureListener, target: str) -> None:
    """Whatever lacks an endpoint's token in its place gets 404 and is counted."""
    url = listener.open_endpoint("e", (), then=OK)
    target = target.replace("TOKEN", url.split("/")[3])
    assert deliver(url, target=target) == 404
    assert (listener.foreign, listener.foreign_targets, listener.attempts(["e"])) == (1, (target,), ())


def test_foreign_noise_is_closed(listener: CaptureListener) -> None:
    """Malformed bytes for nobody end the connection without an answer."""
    url = listener.open_endpoint("e", (), then=OK)
    with Peer(url) as peer:
        peer.send(b"GARBAGE\r\n\r\n")
        assert peer.rest() == b""
    assert listener.foreign == 1


@pytest.mark.parametrize("suffix", ["?a=b", "/deeper/%20path", "#x"])
def test_what_stands_behind_the_token_is_kept(listener: CaptureListener, suffix: str) -> None:
    """A query string or sub-path belongs to the endpoint, and the target is kept as sent, also in absolute form."""
    url = listener.open_endpoint("e", (), then=OK)
    path = "/" + url.split("/", 3)[3]
    assert deliver(url, target=path + suffix) == 200
    assert deliver(url, target="http://any:1" + path + suffix) == 200
    assert [a.target for a in recorded(listener, 2)] == [path + suffix, "http://any:1" + path + suffix]


def test_urls_are_unguessable_and_can_be_public() -> None:
    """Tokens are 128 random bits; a public URL replaces scheme, host and port, and its own path may arrive or be stripped."""
    with CaptureListener(public_url="https://hooks.example:8443/in/") as listener:
        urls = [listener.open_endpoint(name, (), then=OK) for name in ("a b/ü", "c")]
        assert all(url.startswith("https://hooks.example:8443/in/") for url in urls)
        tokens = {url.split("/")[4] for url in urls}
        assert {len(token) for token in tokens} == {32}
        assert len(tokens) == 2
        local = f"http://127.0.0.1:{listener.port}"
        path = "/" + urls[0].split("/", 3)[3]
        assert [deliver(local, target=path), deliver(local, target=path.removeprefix("/in"))] == [200, 200]
        assert len(recorded(listener, 2, "a b/ü")) == 2


def test_a_port_can_be_refused_and_reopened(listener: CaptureListener) -> None:
    """A closed port refuses connections but stays ours; reopened, the same URL works. Kept-alive connections end, too."""
    url = listener.open_endpoint("e", (), then=OK, own_port=True)
    port = int(url.split(":")[2].split("/")[0])
    assert port != listener.port
    with Peer(url) as kept:
        kept.send(kept.post())
        kept.answer()
        for _ in range(3):
            listener.close_port("e")
            with pytest.raises(ConnectionRefusedError):
                Peer(url)
            with socket.socket() as thief, pytest.raises(OSError, match="in use"):
                thief.bind(("127.0.0.1", port))
            listener.reopen_port("e")
            assert deliver(url) == 200
        assert kept.rest() == b""
    assert len(recorded(listener, 4)) == 4


def test_closing_a_port_lets_answers_finish(listener: CaptureListener) -> None:
    """An answer under way when its port closes is finished before the connection ends."""
    url = listener.open_endpoint("e", (), then=Answer(status=201, delay=0.03), own_port=True)
    with Peer(url) as peer:
        peer.send(peer.post())
        assert listener.wait_accepted(["e"], 1, 5)
        listener.close_port("e")
        assert peer.answer()[0] == 201
        assert peer.rest() == b""


def test_a_taken_port_says_what_to_do(listener: CaptureListener) -> None:
    """A taken port is an error that names it and the remedy, and leaks nothing."""
    with pytest.raises(UnreachableError, match=rf"127\.0\.0\.1:{listener.port}.*--listen or --effects-sink"):
        CaptureListener(port=listener.port).start()


def test_a_script_can_be_replaced(listener: CaptureListener) -> None:
    """Rescript replaces all answers still to come."""
    url = listener.open_endpoint("e", [Answer(status=500)] * 9, then=OK)
    assert deliver(url) == 500
    listener.rescript("e", [Answer(status=503)], then=Answer(status=202))
    assert [deliver(url) for _ in range(3)] == [503, 202, 202]


def test_a_waiter_wakes_when_enough_was_recorded(listener: CaptureListener) -> None:
    """Wait returns True once the attempts of several endpoints together suffice, False when time is up."""
    urls = [listener.open_endpoint(name, (), then=OK) for name in ("a", "b")]
    assert listener.wait(["a", "b"], 1, 0.0) is False
    woken: list[bool] = []
    waiter = threading.Thread(target=lambda: woken.append(listener.wait(["a", "b"], 4, 5)))
    waiter.start()
    for url in urls * 2:
        deliver(url)
    waiter.join(5)
    assert woken == [True]
    assert [a.endpoint for a in listener.attempts(["b", "a"])] == ["a", "b", "a", "b"]


def test_waiting_does_not_poll(listener: CaptureListener, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for three records sleeps once, without a time slice, and is notified once: when the third is there."""
    url = listener.open_endpoint("e", (), then=OK)
    changed = listener._ledger._changed
    sleep, notify_all = changed.wait, changed.notify_all
    asleep = threading.Event()
    seen: list[object] = []

    def counted_wait(timeout: float | None = None) -> bool:
        seen.append("sleeps")
        asleep.set()
        return sleep(timeout)

    def counted_notify() -> None:
        seen.append(len(listener.attempts(["e"])))
        notify_all()

    monkeypatch.setattr(changed, "wait", counted_wait)
    monkeypatch.setattr(changed, "notify_all", counted_notify)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(listener.wait, ["e"], 3, 5)
        assert asleep.wait(5)
        for _ in range(3):
            deliver(url)
        assert waiting.result(5)
    assert seen == ["sleeps", 3]


def test_two_hundred_connections_at_once(listener: CaptureListener) -> None:
    """200 open connections are all held, all answered, each recorded once."""
    url = listener.open_endpoint("e", [Answer(mode="never")] * 100, then=OK)
    with ExitStack() as stack:
        peers = [stack.enter_context(Peer(url)) for _ in range(200)]
        for number, peer in enumerate(peers):
            peer.send(peer.post(b"%d" % number))
        assert listener.wait_accepted(["e"], 200, 5)
        assert listener.wait(["e"], 100, 5)
        listener.release(["e"])
    attempts = listener.attempts(["e"])
    assert {a.body for a in attempts} == {b"%d" % number for number in range(200)}
    assert len({a.id for a in attempts}) == len({a.connection for a in attempts}) == len(attempts) == 200
    assert (listener.foreign, listener.dropped) == (0, 0)


def test_the_sink_sees_every_attempt_before_a_waiter() -> None:
    """on_attempt gets each record in order; when a waiter wakes, the sink already has it."""
    sunk: list[Attempt] = []
    with CaptureListener(on_attempt=sunk.append) as listener:
        deliver(listener.open_endpoint("e", (), then=OK))
        assert listener.wait(["e"], 1, 5)
        assert tuple(sunk) == listener.attempts(["e"])


def test_a_failing_sink_reaches_the_waiter() -> None:
    """An error on the listener's thread is raised to whoever waits, and the target still gets its answer."""

    def fail(attempt: Attempt) -> None:
        raise ZeroDivisionError(attempt.id)

    with CaptureListener(on_attempt=fail) as listener:
        url = listener.open_endpoint("e", (), then=OK)
        assert deliver(url) == 200
        with pytest.raises(ZeroDivisionError):
            listener.wait(["e"], 2, 5)


def test_closing_records_what_is_unfinished() -> None:
    """Close ends held and half-read requests, records them, frees thread and port, and may be called twice."""
    listener = CaptureListener()
    listener.start()
    url = listener.open_endpoint("e", (), then=Answer(mode="never"))
    with Peer(url) as held, Peer(url) as partial:
        held.send(held.post())
        assert listener.wait_accepted(["e"], 1, 5)
        partial.send(partial.post(b"12", "Expect: 100-continue")[:-1])
        assert partial.answer()[0] == 100
        listener.close()
        listener.close()
    assert [a.malformed is None for a in listener.attempts(["e"])] == [True, False]
    assert not [thread for thread in threading.enumerate() if thread.name == "hookproof-listener"]


def test_misuse_is_told_plainly() -> None:
    """Use before start, a second start, a repeated or an unknown name are errors of the caller."""
    listener = CaptureListener()
    with pytest.raises(RuntimeError):
        listener.open_endpoint("e", (), then=OK)
    with listener:
        listener.open_endpoint("e", (), then=OK)
        with pytest.raises(RuntimeError):
            listener.start()
        with pytest.raises(ValueError, match="opened before"):
            listener.open_endpoint("e", (), then=OK)
        with pytest.raises(KeyError):
            listener.attempts(["unknown"])
        with pytest.raises(KeyError):
            listener.close_port("e")
