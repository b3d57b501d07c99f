"""Laws of the sender of deliveries, against servers that see every byte."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hookproof.ports import Outgoing, Reply, Sending
from hookproof.wire import line as line_module
from hookproof.wire.destination import destination
from hookproof.wire.heads import request_head
from hookproof.wire.line import Line
from hookproof.wire.sender import Sender
from tests.wire.serving import OK, Met, serving

URL = "http://127.0.0.1:1/in"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no connection grow stale while a busy machine looks elsewhere."""
    monkeypatch.setattr(line_module, "_FRESH_ENOUGH", 1 << 62)


def delivery(body: bytes = b"{}", **how: object) -> Outgoing:
    """Make a request with a body."""
    return Outgoing(head=request_head(URL, (("X-Who", "test"),), len(body)), body=body, **{"patience": 5.0, **how})  # type: ignore[arg-type] # each as told


def answering(one: Met) -> None:
    """Answer every request with its own body, for as long as the peer likes."""
    while request := one.request():
        body = request.partition(b"\r\n\r\n")[2]
        one.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def once(data: bytes) -> Callable[[Met], None]:
    """Read one request, say this and hang up."""

    def act(one: Met) -> None:
        one.request()
        one.say(data)

    return act


def sent(url: str, *batch: Outgoing, at_once: int = 8) -> list[Reply]:
    """Send a batch with a sender of its own."""
    with Sender(destination(url)) as sender:
        return sender.send(batch, at_once=at_once)


def outcome(reply: Reply) -> tuple[int, str]:
    """Tell how it ended."""
    return reply.status, reply.failure


def test_it_is_a_sender() -> None:
    """The class fulfils the port, and an empty batch has no replies."""
    with Sender(destination(URL)) as sender:
        port: Sending = sender
        assert port.send([]) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(st.binary(max_size=2_000) | st.just(b"x" * 150_000), min_size=1, max_size=12),
    pieces=st.lists(st.sampled_from([1, 1, 1, 3, 8]), min_size=12, max_size=12),
    fresh=st.lists(st.booleans(), min_size=12, max_size=12),
    gates=st.lists(st.sampled_from(["", "", "", "a", "b"]), min_size=12, max_size=12),
    at_once=st.integers(1, 9),
)
def test_replies_are_those_of_their_requests(
    bodies: list[bytes], pieces: list[int], fresh: list[bool], gates: list[str], at_once: int
) -> None:
    """Of any mixture of forms, each request crosses the wire byte by byte once, and its reply stands in its place."""
    made = [delivery(*each[:1], pieces=each[1], fresh=each[2], gate=each[3]) for each in zip(bodies, pieces, fresh, gates, strict=False)]
    seen: list[bytes] = []

    def act(one: Met) -> None:
        while request := one.request():
            seen.append(request)
            body = request.partition(b"\r\n\r\n")[2]
            one.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with serving(act) as (url, _):
        replies = sent(url, *made, at_once=at_once)
    assert [reply.body for reply in replies] == bodies[: len(made)]
    assert sorted(seen) == sorted(each.head + each.body for each in made)
    assert all(reply.written == len(each.head) + len(each.body) for reply, each in zip(replies, made, strict=True))
    assert all(0 < reply.started_at <= reply.sent_at <= reply.done_at for reply in replies)


def test_connections_are_kept_unless_a_fresh_one_is_asked_for() -> None:
    """Requests one after the other share a connection, in one batch or several; a fresh one has its own, and leaves it to nobody."""
    with serving(answering) as (url, met), Sender(destination(url)) as sender:
        for batch in ([delivery()] * 5, [delivery()], [delivery(b"x" * 200_000)], [delivery()] * 2):
            assert {reply.status for reply in sender.send(batch, at_once=1)} == {200}
        assert len(met) == 1
        sender.send([delivery(fresh=True), delivery(fresh=True), delivery()], at_once=1)
        assert len(met) == 3


def test_what_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer may end an idle connection at any moment, so that each request after a long pause goes on a new one."""
    monkeypatch.setattr(line_module, "_FRESH_ENOUGH", 0)
    with serving(answering) as (url, met), Sender(destination(url)) as sender:
        assert {reply.status for _ in range(3) for reply in sender.send([delivery()])} == {200}
        assert len(met) == 3


def test_no_more_are_in_flight_than_allowed() -> None:
    """With three at once there are never more than three connections, and with thirty requests that many are used."""
    together = threading.Barrier(3)

    def act(one: Met) -> None:
        while one.request():
            together.wait(10)
            one.say(OK)

    with serving(act) as (url, met):
        assert {reply.status for reply in sent(url, *[delivery()] * 30, at_once=3)} == {200}
    assert len(met) == 3


@pytest.mark.parametrize("head", ["Connection: close\r\nContent-Length: 2\r\n\r\nok", "\r\nok", "Content-Length: 2\r\n\r\nok"])
def test_who_hangs_up_after_each_answer_is_served_anew(head: str) -> None:
    """A peer that closes after its answer, announced or not, loses no request."""
    with serving(once(b"HTTP/1.1 200 OK\r\n" + head.encode())) as (url, met):
        replies = sent(url, *[delivery()] * 20, at_once=4)
    assert {(outcome(reply), reply.body) for reply in replies} == {((200, ""), b"ok")}
    assert len(met) == 20


def test_what_nobody_asked_for_is_in_no_answer() -> None:
    """Bytes behind a whole answer end the connection; the next answer is that of the next request."""

    def act(one: Met) -> None:
        while one.request():
            one.say(OK + b"HTTP/1.1 500 Stray\r\nContent-Length: 0\r\n\r\n")

    with serving(act) as (url, met):
        assert [outcome(reply) for reply in sent(url, *[delivery()] * 3, at_once=1)] == [(200, "")] * 3
    assert len(met) == 3


def test_what_comes_between_two_requests_is_in_no_answer() -> None:
    """Bytes on an idle connection end it; the next request goes on a new one."""
    quiet, said = threading.Event(), threading.Event()

    def act(one: Met) -> None:
        while one.request():
            one.say(OK)
            if one.number == 0:
                quiet.wait(10)
                one.say(b"HTTP/1.1 500 Stray\r\nContent-Length: 0\r\n\r\n")
                said.set()

    with serving(act) as (url, met), Sender(destination(url)) as sender:
        assert [outcome(reply) for reply in sender.send([delivery()])] == [(200, "")]
        quiet.set()
        assert said.wait(10)
        assert [outcome(reply) for reply in sender.send([delivery()])] == [(200, "")]
        assert len(met) == 2


def test_gated_requests_wait_for_each_other() -> None:
    """A last byte is held back for as long as somebody of the same gate has others to write."""
    small, large = delivery(b"small", gate="g"), delivery(b"x" * (16 << 20), gate="g")
    begun, seen_short = threading.Event(), threading.Event()

    def act(one: Met) -> None:
        if b"Content-Length: 5\r" in one.take(len(small.head)):
            one.take(len(small.head) + 4)
            assert begun.wait(10)
            one.peer.setblocking(False)  # noqa: FBT003 -- the name of the method says it
            with pytest.raises(BlockingIOError):
                one.peer.recv(1)
            one.peer.settimeout(10)
            seen_short.set()
            one.take(len(small.head) + 5)
        else:
            begun.set()
            assert seen_short.wait(10)
            one.take(len(large.head) + len(large.body))
        one.say(OK)

    with serving(act) as (url, met):
        replies = sent(url, small, large, at_once=1)
    assert [outcome(reply) for reply in replies] == [(200, "")] * 2
    assert seen_short.is_set()
    assert {bytes(one.seen[-1:]) for one in met} == {b"l", b"x"}


def test_more_gates_than_places_are_no_deadlock() -> None:
    """Gated requests are all at once in flight, however few places there are and however the gates alternate."""
    made = [delivery(b"%04d" % number, gate=gate) for number, gate in enumerate("abcabcabc")]
    with serving(answering) as (url, met):
        assert [reply.body for reply in sent(url, *made, at_once=1)] == [each.body for each in made]
    assert len(met) == len(made)


def test_a_gate_opens_also_when_somebody_cannot_come() -> None:
    """A gated request whose connection fails holds nobody up."""

    def act(one: Met) -> None:
        if one.number == 0:
            one.reset()
        else:
            answering(one)

    with serving(act) as (url, _):
        replies = sent(url, *[delivery(gate="g") for _ in range(4)])
    assert sorted(reply.status for reply in replies) == [0, 200, 200, 200]


@pytest.mark.parametrize(
    ("pieces", "told"),
    [(1, [b"abcdefg"]), (2, [b"", b"abcd", b"efg"]), (3, [b"", b"abc", b"def", b"g"]), (9, [b"", *(b"%c" % code for code in b"abcdefg")])],
)
def test_pieces_are_writes_of_their_own(pieces: int, told: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """The head and then each piece of a body is a write of its own; without pieces there is one write for all."""
    written: list[bytes] = []
    put = Line.put

    async def noted(line: Line, raw: bytes, patience: float) -> bool:
        written.append(raw)
        return await put(line, raw, patience)

    monkeypatch.setattr(Line, "put", noted)
    made = delivery(b"abcdefg", pieces=pieces)
    with serving(answering) as (url, _):
        assert outcome(sent(url, made)[0]) == (200, "")
    assert [raw.removeprefix(made.head) for raw in written] == told
    assert b"".join(written) == made.head + made.body


# --- endings ------------------------------------------------------------------------------------------------------------------------


def hang(one: Met) -> None:
    """Read, and wait for the peer to go."""
    one.take(1 << 30)


def reset(one: Met) -> None:
    """Read, and reset."""
    one.request()
    one.reset()


@pytest.mark.parametrize(
    ("act", "failure"),
    [
        (hang, "timeout"),
        (reset, "reset"),
        (once(b""), "closed"),
        (once(b"HTTP/1.1 200 OK\r\nContent-Le"), "closed"),
        (once(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"), "closed"),
        (once(b"HTTP/1.1 100 Continue\r\n\r\n"), "closed"),
        (once(b"220 mail.example.test ESMTP\r\n"), "malformed"),
        (once(b"HTTP/1.1 101 Switching\r\n\r\n"), "malformed"),
        (once(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000), "malformed"),
    ],
    ids=["hang", "reset", "close", "in the head", "in the content", "interim", "other protocol", "switch", "endless head"],
)
@pytest.mark.parametrize("form", [{}, {"fresh": True}, {"gate": "g"}, {"pieces": 3}], ids=["plain", "fresh", "gated", "pieces"])
def test_what_is_no_answer_is_told_apart(act: Callable[[Met], None], failure: str, form: dict[str, object]) -> None:
    """Silence, a reset, an end too soon and another protocol are told by name, for every form of request; nothing is kept of them."""
    with serving(act) as (url, _):
        (reply,) = sent(url, delivery(b"{}", patience=0.1 if failure == "timeout" else 5.0, **form))
    assert (outcome(reply), reply.headers, reply.body) == ((0, failure), (), b"")
    assert 0 < reply.started_at <= reply.sent_at <= reply.done_at


def test_nobody_there_is_refused() -> None:
    """Where nobody listens the request was refused, and never sent."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (reply,) = sent(f"http://127.0.0.1:{port}", delivery())
    assert (outcome(reply), reply.sent_at, reply.written) == ((0, "refused"), 0, 0)


def test_one_failure_harms_no_other() -> None:
    """Of many requests to a peer that fails every third connection, the others are answered, each in its place."""
    numbers = itertools.count()

    def act(one: Met) -> None:
        while request := one.request():
            if next(numbers) % 3 == 2:
                return
            one.say(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + request[-3:])

    made = [delivery(b"%03d" % number) for number in range(60)]
    with serving(act) as (url, _):
        replies = sent(url, *made, at_once=5)
    assert [outcome(reply) for reply in replies].count((0, "closed")) == 20
    assert all(reply.body == each.body for reply, each in zip(replies, made, strict=True) if reply.status)


def test_each_wait_has_its_own_patience() -> None:
    """On one connection, an impatient request after a patient one is given up in its own time."""

    def act(one: Met) -> None:
        while one.request().endswith(b"{}"):
            one.say(OK)
        one.take(1 << 30)

    with serving(act) as (url, met):
        made = [delivery(patience=30.0)] * 3 + [delivery(b"silence", patience=0.1)]
        replies = sent(url, *made, at_once=1)
    assert [outcome(reply) for reply in replies] == [(200, "")] * 3 + [(0, "timeout")]
    assert len(met) == 1


# --- answers before the end of a request --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hangs_up", [True, False])
def test_an_answer_before_all_was_read_is_heard(hangs_up: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """A peer that refuses a large body early is heard, whether it then hangs up on what was not read or leaves it unread."""
    gone = threading.Event()

    def act(one: Met) -> None:
        one.take(1)
        one.say(b"HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno")
        if not hangs_up:
            gone.wait(10)

    with serving(act) as (url, _):
        try:
            replies = sent(url, *[delivery(b"x" * (8 << 20))] * 20, at_once=4)
        finally:
            gone.set()
    assert {outcome(reply) for reply in replies} == {(413, "")}
    assert all(reply.sent_at == 0 and reply.written < 8 << 20 for reply in replies)


def test_an_answer_between_pieces_ends_the_writing() -> None:
    """Who answers after the first piece gets no further one, and the connection is used for nothing else."""

    def act(one: Met) -> None:
        one.take(1)
        one.say(OK)
        one.take(1 << 30)

    with serving(act) as (url, met):
        replies = sent(url, delivery(b"x" * 80, pieces=8, pause=0.2), delivery(), at_once=1)
    assert [outcome(reply) for reply in replies] == [(200, "")] * 2
    assert (replies[0].sent_at, len(met)) == (0, 2)
    assert met[0].seen.count(b"x") < 80


def test_a_half_closed_peer_is_written_to() -> None:
    """A peer that ends its side after an early answer still gets the whole request."""

    def act(one: Met) -> None:
        one.take(1)
        one.say(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        one.peer.shutdown(socket.SHUT_WR)
        one.take(1 << 30)

    made = delivery(b"x" * (1 << 20), fresh=True)
    with serving(act) as (url, met):
        (reply,) = sent(url, made)
        assert outcome(reply) == (200, "")
    assert reply.written == len(met[0].seen) or reply.sent_at == 0


def test_leaving_ends_every_connection_and_thread() -> None:
    """After its block the sender has no connection, no thread and no unfinished work."""
    with serving(answering) as (url, met):
        sent(url, *[delivery()] * 9, at_once=9)
        assert met
    assert not [thread for thread in threading.enumerate() if thread.name == "hookproof-sender"]
