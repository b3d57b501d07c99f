"""Laws of a sender under caps: every request and every byte asks first, connections are few, and what is over the total is not begun."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress

import pytest

from hookproof.model.errors import IllFormedError
from hookproof.ports import Outgoing
from hookproof.wire.allowance import Allowance
from hookproof.wire.destination import Caps, Destination
from hookproof.wire.sender import Sender

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
CAPS = Caps(requests_per_second=20.0, connections=8, bytes_per_second=5e6, requests=100)


class Told(Allowance):
    """An allowance that keeps what it was asked and lets nobody wait: its clock is always far enough."""

    def __init__(self, caps: Caps = CAPS) -> None:
        self.moment = 0.0
        super().__init__(caps, clock=lambda: self.moment)
        self.turns, self.bytes, self.waits = 0, 0, list[float]()

    def turn(self) -> float:
        """Count a request."""
        self.turns += 1
        self.moment += 1.0
        self.waits.append(super().turn())
        return 0.0

    def passage(self, size: int) -> float:
        """Count bytes."""
        self.bytes += size
        self.moment += 1.0
        self.waits.append(super().passage(size))
        return 0.0


class Gate:
    """A server that answers nobody until as many connections as expected are open, and counts the most of them."""

    def __init__(self, expected: int) -> None:
        self.most = self.open = self.requests = 0
        self.lock = threading.Lock()
        self.full = threading.Event()
        self.expected = expected

    def take(self, peer: socket.socket) -> None:
        """Serve one connection."""
        with self.lock:
            self.open += 1
            self.most = max(self.most, self.open)
        with peer, suppress(OSError):
            rest = b""
            while part := peer.recv(65_536):
                rest += part
                while b"\r\n\r\n" in rest:
                    rest = rest.partition(b"\r\n\r\n")[2]
                    with self.lock:
                        self.requests += 1
                        if self.requests >= self.expected:
                            self.full.set()
                    assert self.full.wait(10)
                    peer.sendall(ANSWER)


@contextmanager
def served(expected: int) -> Iterator[tuple[Gate, Destination]]:
    """Serve on loopback under foreign caps."""
    gate, over = Gate(expected), threading.Event()
    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def accept() -> None:
            while True:
                peer, _ = listener.accept()
                if over.is_set():
                    peer.close()
                    return
                threads.append(threading.Thread(target=gate.take, args=(peer,)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        port = listener.getsockname()[1]
        try:
            yield gate, Destination(scheme="http", host="partner.test", address="127.0.0.1", port=port, caps=CAPS, foreign=True)
        finally:
            over.set()
            gate.full.set()
            socket.create_connection(("127.0.0.1", port)).close()
            accepting.join()
            for thread in threads:
                thread.join()


def request(*, fresh: bool = False, gate: str = "") -> Outgoing:
    """A request without a body."""
    return Outgoing(head=b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", fresh=fresh, gate=gate, patience=10.0)


def test_every_request_asks_for_its_turn_and_every_byte_for_passage() -> None:
    """A batch of so many requests takes as many turns, and passages for all bytes that were written."""
    allowance = Told()
    with served(1) as (_, place), Sender(place, allowance=allowance) as sender:
        replies = sender.send([request() for _ in range(20)], at_once=1)
    assert {reply.status for reply in replies} == {200}
    assert allowance.sent == allowance.turns == 20
    assert allowance.bytes == sum(reply.written for reply in replies) == 20 * len(request().head)


class Hourly(Allowance):
    """One request in an hour, and the first one was already sent."""

    def __init__(self) -> None:
        super().__init__(Caps(requests_per_second=1 / 3600), clock=lambda: 0.0)
        self.asked = threading.Event()
        super().turn()

    def turn(self) -> float:
        """Tell that somebody waits."""
        self.asked.set()
        return super().turn()


def test_a_sender_waits_for_its_turn() -> None:
    """What the allowance reckons is waited for: a request whose turn is in an hour was not sent when the sender was closed."""
    hourly = Hourly()
    with served(1) as (server, place):
        with Sender(place, allowance=hourly) as sender:
            waiting = threading.Thread(target=_sent, args=(sender,))
            waiting.start()
            assert hourly.asked.wait(10)
        waiting.join(10)
        assert (server.requests, server.most) == (0, 0)


def _sent(sender: Sender) -> None:
    with suppress(CancelledError):
        sender.send([request()])


def test_no_more_connections_than_allowed_are_open() -> None:
    """Fifty requests at once come over six connections, however long the answers take."""
    with served(6) as (server, place), Sender(place, allowance=Told()) as sender:
        replies = sender.send([request() for _ in range(50)], at_once=50)
        assert {reply.status for reply in replies} == {200}
        assert server.most == 6


def test_a_fresh_connection_takes_the_place_of_an_idle_one() -> None:
    """A request on a connection of its own closes one that is kept, so that their number does not grow."""
    with served(6) as (_, place), Sender(place, allowance=Told()) as sender:
        sender.send([request() for _ in range(6)], at_once=6)
        kept = len(sender._idle)
        assert kept == 6
        sender.send([request(fresh=True)])
        assert len(sender._idle) == 5


def test_a_batch_over_the_total_is_not_begun() -> None:
    """The request that would be one too many, and all that come with it, are not sent; what came before was."""
    allowance = Told(Caps(requests=5, connections=8))
    with served(1) as (server, place), Sender(place, allowance=allowance) as sender:
        sender.send([request() for _ in range(3)])
        with pytest.raises(IllFormedError, match="3 of at most 5 requests were sent and 3 more were due"):
            sender.send([request() for _ in range(3)])
        assert (server.requests, allowance.spent) == (3, True)


def test_requests_that_wait_for_each_other_ask_how_many_may() -> None:
    """A crowd larger than the connections is a mistake of ours, not a dead lock."""
    with served(1) as (_, place), Sender(place, allowance=Told()) as sender, pytest.raises(AssertionError, match="asks how many may"):
        sender.send([request(gate="crowd") for _ in range(7)])
