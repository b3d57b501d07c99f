"""Receivers that are none: they answer everything alike, or nothing, or what is no answer.

Law: each is one act on a connection; nothing in it reads what it was sent, unless its law says so.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.degenerate.servers import Asked, Reply, always, free_port, raw_target

BROKEN, UNREACHABLE = 1, 6
"""Statuses with which a run ends."""

ACCEPTS = {"receiver/*": "it accepts whatever is correct", "verification/*": "it accepts whatever is signed oddly and right"}
"""What whoever answers everything with 2xx cannot but keep."""
QUICK = {"answers/*": "its answers are quick, and the same for all"}
HARMLESS = {"robustness/*": "what is not read does no harm"}

Act = Callable[[socket.socket, threading.Event], None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Degenerate:
    """One receiver.

    ``law``: how it behaves, in one sentence. ``ends``: the status of a run before it, ``says`` a part of the last line. ``keeps``: patterns
    of clauses that it may keep, each with the reason; ``breaks``: clauses that must be found broken.
    """

    name: str
    law: str
    serve: Callable[[], AbstractContextManager[str]]
    ends: int
    says: str = ""
    keeps: Mapping[str, str] = field(default_factory=dict)
    breaks: tuple[str, ...] = ()


def _raw(act: Act) -> Callable[[], AbstractContextManager[str]]:
    return lambda: raw_target(act)


def _hang(_peer: socket.socket, over: threading.Event) -> None:
    over.wait()


def _reset(peer: socket.socket, _over: threading.Event) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def _close(_peer: socket.socket, _over: threading.Event) -> None:
    """Read what came first, and go."""


def _garble(peer: socket.socket, _over: threading.Event) -> None:
    peer.sendall(b"\x00\xff\x16\x03 this is not the protocol that you are looking for\r\n\r\n")


def _trickle(peer: socket.socket, over: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not over.wait(0.05):
        peer.sendall(b"x")


def _promise(peer: socket.socket, _over: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort")


def _endless_head(peer: socket.socket, over: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.001):
        peer.sendall(b"X-More: " + b"x" * 8_000 + b"\r\n")


def _unread(peer: socket.socket, _over: threading.Event) -> None:
    """Say 200 as soon as anything came, and go without reading the rest."""
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    with contextlib.suppress(OSError):
        peer.shutdown(socket.SHUT_WR)


def _nobody() -> AbstractContextManager[str]:
    return contextlib.nullcontext(f"http://127.0.0.1:{free_port()}")


def _echo(asked: Asked) -> Reply:
    return 200, {"Content-Type": "text/html"}, asked.body


def _answers(status: int, body: bytes = b"", **fields: str) -> Callable[[], AbstractContextManager[str]]:
    return always((status, {name.replace("_", "-"): value for name, value in fields.items()}, body))


FOOLED = ("verification/unsigned", "verification/forged", "verification/altered", "verification/stale", "robustness/no-json")
REFUSED = ("receiver/events", "receiver/truncated")

RECEIVERS: tuple[Degenerate, ...] = (
    Degenerate(
        name="always 200",
        law="It answers everything with 200 and does nothing.",
        serve=_answers(200, b"{}", Content_Type="application/json"),
        ends=BROKEN,
        says="does not conform",
        keeps={**ACCEPTS, **QUICK, **HARMLESS},
        breaks=(*FOOLED, "answers/post-only", "robustness/body-limit"),
    ),
    Degenerate(
        name="always 204",
        law="It answers everything with 204.",
        serve=_answers(204),
        ends=BROKEN,
        says="does not conform",
        keeps={**ACCEPTS, **QUICK, **HARMLESS},
        breaks=FOOLED,
    ),
    Degenerate(
        name="page",
        law="It answers everything with a page, as a server that nobody has set up.",
        serve=_answers(200, b"<!doctype html><h1>It works!</h1>", Content_Type="text/html"),
        ends=BROKEN,
        says="does not conform",
        keeps={**ACCEPTS, **QUICK, **HARMLESS},
        breaks=FOOLED,
    ),
    Degenerate(
        name="echo",
        law="It answers with what it was sent, as a page.",
        serve=always(_echo),
        ends=BROKEN,
        says="does not conform",
        keeps={**ACCEPTS, **QUICK, **HARMLESS},
        breaks=(*FOOLED, "answers/no-markup"),
    ),
    *(
        Degenerate(
            name=f"always {status}",
            law=f"It answers everything with {status}.",
            serve=_answers(status, b"no", **fields),
            ends=BROKEN,
            says="does not conform",
            breaks=(*REFUSED, *breaks),
        )
        for status, fields, breaks in (
            (500, {}, ()),
            (503, {"Retry_After": "1"}, ()),
            (401, {}, ()),
            (404, {}, ()),
            (410, {}, ("answers/no-farewell",)),
            (302, {"Location": "/"}, ("answers/no-redirects",)),
            (308, {"Location": "http://192.0.2.1/"}, ("answers/no-redirects",)),
        )
    ),
    Degenerate(name="nobody", law="Nobody listens there.", serve=_nobody, ends=UNREACHABLE, says="http://127.0.0.1"),
    Degenerate(name="hangs", law="It takes connections and says nothing.", serve=_raw(_hang), ends=UNREACHABLE),
    Degenerate(name="closes", law="It reads what comes first and closes.", serve=_raw(_close), ends=UNREACHABLE),
    Degenerate(name="resets", law="It reads what comes first and resets.", serve=_raw(_reset), ends=UNREACHABLE),
    Degenerate(name="garbles", law="It speaks another protocol.", serve=_raw(_garble), ends=UNREACHABLE),
    Degenerate(name="trickles", law="Its answer never comes to an end.", serve=_raw(_trickle), ends=UNREACHABLE),
    Degenerate(name="breaks off", law="It promises more than it sends.", serve=_raw(_promise), ends=UNREACHABLE),
    Degenerate(name="never ends its head", law="Its header fields never end.", serve=_raw(_endless_head), ends=UNREACHABLE),
    Degenerate(
        name="does not read",
        law="It says 200 before it has read anything.",
        serve=_raw(_unread),
        ends=BROKEN,
        keeps={**ACCEPTS, **QUICK, **HARMLESS},
        breaks=("verification/unsigned", "verification/forged"),
    ),
)
