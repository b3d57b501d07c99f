"""Laws of a port that closes while somebody comes in."""

from __future__ import annotations

import gc
import socket
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from hookproof.model.transcript import Answer
from hookproof.wire.listener import CaptureListener

TIMES = 300
KNOCKS = 4


@contextmanager
def nothing_is_lost() -> Iterator[None]:
    """Fail if a socket or a transport was given up without having been closed."""
    gc.collect()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    assert not [str(each.message) for each in seen if issubclass(each.category, ResourceWarning)]


def knock(stack: ExitStack, port: int) -> list[socket.socket]:
    """Connect as often as that, and leave the other side no time to notice."""
    return [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5)) for _ in range(KNOCKS)]


def ended(peer: socket.socket) -> bool:
    """Whether the other side has hung up, in whichever way."""
    try:
        return peer.recv(1) == b""
    except ConnectionError:
        return True


def test_who_comes_while_the_listener_closes_is_hung_up_on() -> None:
    """A connection that arrives while the listener closes is ended, and nothing of it stays behind."""
    with nothing_is_lost():
        for _ in range(TIMES):
            listener = CaptureListener()
            listener.start()
            with ExitStack() as stack:
                peers = knock(stack, listener.port)
                listener.close()
                assert all(ended(peer) for peer in peers)


def test_who_comes_while_a_port_shuts_is_hung_up_on(listener: CaptureListener) -> None:
    """A connection that arrives while a port of its own shuts is ended, the port opens again, and nothing stays behind."""
    port = urlsplit(listener.open_endpoint("e", (), then=Answer(), own_port=True)).port
    assert port is not None
    with nothing_is_lost():
        for _ in range(TIMES // 3):
            with ExitStack() as stack:
                peers = knock(stack, port)
                listener.close_port("e")
                assert all(ended(peer) for peer in peers)
            listener.reopen_port("e")
