"""A receiver that fails inside, says 5xx and hangs up without saying so is not blamed for what is sent next."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hookproof.ports import Outgoing
from hookproof.wire.destination import destination
from hookproof.wire.sender import Sender

COUNT = 6


@contextmanager
def server(status: int, *, hangs_up: bool) -> Iterator[tuple[str, list[int]]]:
    """Answer every request with a status, on each connection one after the other; give the URL and how many each connection carried."""
    carried: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for _ in range(COUNT):
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                with peer, peer.makefile("rb") as lines:
                    carried.append(0)
                    while lines.readline() and lines.readline():  # a request line and the empty one
                        carried[-1] += 1
                        length = "" if status == 204 else "Content-Length: 0\r\n"
                        peer.sendall(f"HTTP/1.1 {status} Said\r\n{length}\r\n".encode())
                        if hangs_up:
                            break

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", carried
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        assert not thread.is_alive()


def _statuses(url: str) -> list[tuple[int, str]]:
    request = Outgoing(head=b"POST / HTTP/1.1\r\n\r\n", patience=5.0)
    with Sender(destination(url)) as sender:
        return [(reply.status, reply.failure) for reply in sender.send([request] * COUNT, at_once=1)]


@pytest.mark.parametrize("status", [500, 502, 599])
def test_what_follows_a_server_error_goes_on_a_new_connection(status: int) -> None:
    """Each request is answered, whether the server hung up after the one before or would have gone on."""
    for hangs_up in (True, False):
        with server(status, hangs_up=hangs_up) as (url, carried):
            assert _statuses(url) == [(status, "")] * COUNT
        assert carried == [1] * COUNT


@pytest.mark.parametrize("status", [200, 204, 401, 404, 499])
def test_any_other_answer_leaves_the_connection_open(status: int) -> None:
    """One connection carries all requests that are sent one after the other."""
    with server(status, hangs_up=False) as (url, carried):
        assert _statuses(url) == [(status, "")] * COUNT
    assert carried == [COUNT]
