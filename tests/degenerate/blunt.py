"""Targets that hardly listen: they answer everything alike, or do not answer, or not in HTTP."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from tests.degenerate.servers import CONTROL, JSON, Answering, Asked, Reply, always, behind_proxy, http_target, raw_target, said
from tests.degenerate.target import BROKEN, CONFIGURATION, CURT, HASTY, UNREACHABLE, Target

HTML = b"<!doctype html><html><body><h1>It works!</h1></body></html>"
NO_CONTROL = said(404, {"error": {"code": "not_found", "message": "no such path"}})
ENVELOPE = {"meta": {"request_id": "req_1", "timestamp": "2027-01-01T00:00:00Z"}}
SUBSCRIPTION = {
    "id": "wh_1",
    "url": "http://127.0.0.1/x",
    "events": ["contact.created"],
    "description": None,
    "active": True,
    "created_at": "2027-01-01T00:00:00Z",
}


def _refusal(status: int) -> Reply:
    return said(status, {"error": {"code": "no", "message": "no"}})


def _everywhere(name: str, reply: Reply | Answering, says: str) -> Target:
    return Target(
        name=f"{name} everywhere", law=f"It answers {name} to everything.", serve=always(reply), ends=CONFIGURATION, says=says, profile=CURT
    )


def _in_public(name: str, reply: Reply | Answering, keeps: Mapping[str, str] | None = None) -> Target:
    return Target(
        name=f"{name} in public",
        law=f"It has no control interface and answers {name} to all else.",
        serve=always(reply, control=NO_CONTROL),
        ends=BROKEN,
        keeps=keeps or {},
        profile=CURT,
    )


def _echo(asked: Asked) -> Reply:
    return 200, {"Content-Type": asked.headers.get("Content-Type", "text/plain")}, asked.body


UNIFORM: tuple[tuple[str, Reply | Answering, Mapping[str, str]], ...] = (
    ("200 and nothing", (200, {}, b""), {}),
    ("200 and an empty object", said(200, {}), {}),
    ("200 and null", said(200, None), {}),
    ("200 and HTML", (200, {"Content-Type": "text/html"}, HTML), {}),
    ("200 and what was asked", _echo, {}),
    ("201 and one subscription", said(201, {"data": {**SUBSCRIPTION, "signing_secret": "whsec_" + "x" * 32}, **ENVELOPE}), {}),
    ("200 and a list of one", said(200, {"data": [SUBSCRIPTION], **ENVELOPE}), {}),
    ("204", (204, {}, b""), {}),
    ("401", _refusal(401), {}),
    ("403", _refusal(403), {}),
    ("404", _refusal(404), {}),
    ("422", _refusal(422), {}),
    ("429", (429, {"Retry-After": "60"}, b""), {}),
    ("500", _refusal(500), {}),
    ("503 and HTML", (503, {"Content-Type": "text/html"}, HTML), {}),
)

_SAYS = {
    "401": "refused the key",
    "403": "refused the key",
    "200 and an empty object": "lacks id or api_key",
    "200 and a list of one": "lacks id or api_key",
    "201 and one subscription": "answered 201",
    "204": "answered 204",
    "422": "answered 422",
    "429": "answered 429",
    "500": "answered 500",
    "503 and HTML": "answered 503",
}


# --- peers that do not speak ----------------------------------------------------------------------------------------------------------

Act = Callable[[socket.socket, threading.Event], None]


def _sending(raw: bytes) -> Act:
    return lambda peer, _over: peer.sendall(raw)


def _reset(peer: socket.socket, _over: threading.Event) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _hang(_peer: socket.socket, over: threading.Event) -> None:
    over.wait(60)


def _trickle(raw: bytes, seconds: float) -> Act:
    def act(peer: socket.socket, over: threading.Event) -> None:
        for byte in raw:
            if over.wait(seconds):
                return
            peer.sendall(bytes([byte]))

    return act


def _pour(peer: socket.socket, over: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n{")
    while not over.is_set():
        peer.sendall(b" " * (1 << 20))


RAW: tuple[tuple[str, Act, str], ...] = (
    ("closes at once", lambda _peer, _over: None, "does not answer HTTP"),
    ("closes after the head", _sending(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), "does not answer HTTP"),
    ("closes inside the head", _sending(b"HTTP/1.1 200 O"), "does not answer HTTP"),
    ("resets", _reset, "does not answer HTTP"),
    ("hangs", _hang, "no whole answer within"),
    ("trickles its head", _trickle(b"HTTP/1.1 200 OK\r\nX-Filler: " + b"x" * 10_000, 0.1), "no whole answer within"),
    ("trickles its body", _trickle(b"HTTP/1.1 200 OK\r\n\r\n{" + b" " * 10_000, 0.02), "no whole answer within"),
    ("speaks SMTP", _sending(b"220 mail.example.test ESMTP\r\n"), "does not answer HTTP"),
    ("sends fields without names", _sending(b"HTTP/1.1 200 OK\r\n: x\r\n\x00\r\n\r\n{}"), "does not answer HTTP"),
    ("lies about its length", _sending(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"), "does not answer HTTP"),
    ("pours without end", _pour, "more than"),
)


def _raw(name: str, act: Act, says: str) -> Target:
    profile = CURT if act is not _pour else HASTY
    return Target(name=name, law=f"It {name}.", serve=lambda: raw_target(act), ends=UNREACHABLE, says=says, profile=profile)


@contextmanager
def _hanging_in_public() -> Iterator[str]:
    over = threading.Event()

    def answer(asked: Asked) -> Reply | None:
        if asked.path.startswith(CONTROL):
            return NO_CONTROL
        over.wait(60)
        return None

    with http_target(answer) as url:
        try:
            yield url
        finally:
            over.set()


def _to_itself(asked: Asked) -> Reply:
    return 302, {"Location": asked.path}, b""


def _dying(requests: int) -> Callable[[], AbstractContextManager[str]]:
    def serve() -> AbstractContextManager[str]:
        served = [0]

        def decide(asked: Asked) -> Asked | None:
            served[0] += 1
            return asked if served[0] <= requests else None

        return behind_proxy(decide)

    return serve


def _limited(requests: int) -> Callable[[], AbstractContextManager[str]]:
    def serve() -> AbstractContextManager[str]:
        served = [0]

        def decide(asked: Asked) -> Reply | Asked:
            served[0] += 1
            return asked if served[0] <= requests else (429, {**JSON, "Retry-After": "60"}, b"{}")

        return behind_proxy(decide)

    return serve


SILENT_FACES = (
    Target(
        name="hangs in public",
        law="It answers that it has no control interface, and nothing else.",
        serve=_hanging_in_public,
        ends=UNREACHABLE,
        says="no whole answer within",
        profile=CURT,
    ),
    Target(
        name="closes in public",
        law="It answers that it has no control interface, and closes on all else.",
        serve=always(lambda _asked: None, control=NO_CONTROL),
        ends=UNREACHABLE,
        says="does not answer HTTP",
        profile=CURT,
    ),
    Target(
        name="redirects to itself everywhere",
        law="It answers everything with a redirect to the same place.",
        serve=always(_to_itself),
        ends=CONFIGURATION,
        says="answered 302",
        profile=CURT,
    ),
    _in_public("a redirect to itself", _to_itself),
    _in_public("200 in HTTP/1.0 style", lambda _asked: (200, {"Connection": "close"}, json.dumps({"data": []}).encode())),
    Target(
        name="dies after 60 requests",
        law="It is right for a while and then closes every connection.",
        serve=_dying(60),
        ends=UNREACHABLE,
        says="does not answer HTTP",
    ),
    Target(
        name="is out of quota after 60 requests",
        law="It is right for a while and then answers 429 to everything.",
        serve=_limited(60),
        ends=CONFIGURATION,
        says="answered 429",
    ),
)

NOT_JSON = "not a JSON object"
BLUNT: tuple[Target, ...] = (
    *(_everywhere(name, reply, _SAYS.get(name, NOT_JSON)) for name, reply, _ in UNIFORM if name != "404"),
    *(_in_public(name, reply, keeps) for name, reply, keeps in UNIFORM),
    *(_raw(*each) for each in RAW),
    *SILENT_FACES,
)
"""All of them."""
