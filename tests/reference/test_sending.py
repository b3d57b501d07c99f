"""How long the reference waits for an answer, and what it takes for one."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hookproof.reference.outcomes import TIMED_OUT, Outcome
from hookproof.reference.sender import post, request_bytes

TIMEOUT, STILL = 0.3, 1.0
"""Seconds that are waited for an answer, and for which the platform's process stands still."""


@contextmanager
def peer(released: threading.Event, answer: bytes) -> Iterator[str]:
    """Serve one connection: read the request, wait until released, answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                released.wait(30)
                connection.sendall(answer)
                connection.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        thread.join()


def stalled(answer: bytes) -> Outcome:
    """Send while the sender's process stands still beyond its time-out; the peer answers meanwhile."""
    released = threading.Event()

    def stand_still() -> None:
        released.set()
        time.sleep(STILL)  # this is the fault that is tried

    async def send(url: str) -> Outcome:
        asyncio.get_running_loop().call_later(TIMEOUT / 3, stand_still)
        return await post(url, request_bytes(url, (), b"{}"), TIMEOUT)

    with peer(released, answer) as url:
        return asyncio.run(send(url))


def test_an_answer_that_came_while_nothing_ran_is_in_time() -> None:
    """Who stood still beyond the time-out reads what came meanwhile, instead of sending an answered event again."""
    assert stalled(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").status == 200


def test_a_part_of_an_answer_is_none() -> None:
    """An answer of which only a part came in that time is given up like any other."""
    assert stalled(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok").failure == TIMED_OUT


def test_silence_is_given_up() -> None:
    """Where nothing ever comes the time-out ends the attempt."""
    released = threading.Event()

    async def send(url: str) -> Outcome:
        return await post(url, request_bytes(url, (), b"{}"), TIMEOUT)

    with peer(released, b"") as url:
        assert asyncio.run(send(url)).failure == TIMED_OUT
        released.set()
