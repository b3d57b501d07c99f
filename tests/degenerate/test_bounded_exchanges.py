"""An exchange with a target ends, after a time and a size, whatever the target does with the connection."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from hookproof.adapters import bounded
from hookproof.adapters.http import HttpPlatform
from hookproof.model.errors import CapabilityError, UnreachableError
from hookproof.ports import Scope
from tests.degenerate.servers import KEY, Asked, Reply, http_target, raw_target, said

Act = Callable[[socket.socket, threading.Event], None]
SCOPE = Scope(id="s1", api_key="k")
PATH = "/api/v1/webhooks"


def _platform(url: str, seconds: float = 0.2) -> closing[HttpPlatform]:
    return closing(HttpPlatform(url, api_key=KEY, timeout=seconds))


def _head(peer: socket.socket, over: threading.Event) -> None:
    while not over.wait(0.05):
        peer.sendall(b"H")


def _body(peer: socket.socket, over: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.wait(0.05):
        peer.sendall(b" ")


def _chunks(peer: socket.socket, over: threading.Event) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not over.wait(0.05):
        peer.sendall(b"1\r\n \r\n")


def _nothing(_peer: socket.socket, over: threading.Event) -> None:
    over.wait(60)


@pytest.mark.parametrize("act", [_head, _body, _chunks, _nothing])
def test_time_is_bounded_for_the_whole_exchange(act: Act) -> None:
    """A target that sends a byte before each read would time out is given up like one that sends none; the cause is named."""
    with raw_target(act) as url, _platform(url) as target:
        assert target.call("GET", PATH, api_key="k", body=None).failure == "ReadTimeout"
        with pytest.raises(UnreachableError, match=r"no whole answer within 0\.2 s"):
            target.capabilities()


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of more bytes than any answer needs is cut off, also where it is small until it is decoded."""
    monkeypatch.setattr(bounded, "MOST_READ", 10_000)
    with http_target(lambda _: (200, {}, b" " * 20_000)) as url, _platform(url, 10) as target:
        assert target.call("GET", PATH, api_key="k", body=None).failure == "ReadError"
        with pytest.raises(UnreachableError, match="more than 10,000 bytes"):
            target.capabilities()
    packed = gzip.compress(b'{"roles":["platform"],"x":"' + b"x" * 1_000_000 + b'"}')
    assert len(packed) < bounded.MOST_READ
    with (
        http_target(lambda _: (200, {"Content-Encoding": "gzip"}, packed)) as url,
        _platform(url, 10) as target,
        pytest.raises(CapabilityError, match="not a JSON object"),
    ):
        target.capabilities()


def test_the_bounds_begin_anew_with_every_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exchanges on one connection are bounded one by one: their sum may be over."""
    monkeypatch.setattr(bounded, "MOST_READ", 10_000)
    with http_target(lambda _: (200, {}, b" " * 6_000)) as url, _platform(url, 10) as target:
        answers = [target.call("GET", PATH, api_key="k", body=None) for _ in range(4)]
    assert [(answer.status, len(answer.response_body)) for answer in answers] == [(200, 6_000)] * 4


def test_calls_without_any_answer_in_a_row_are_no_verdicts() -> None:
    """One or two unanswered calls are recorded, the third in a row means that nobody is there; an answer begins the count anew."""
    answers: list[Reply | None] = [None, None, (204, {}, b""), None, None, None]

    def answer(_asked: Asked) -> Reply | None:
        return answers.pop(0)

    with http_target(answer) as url, _platform(url, 10) as target:
        statuses = [target.call("GET", PATH, api_key="k", body=None).status for _ in range(5)]
        assert statuses == [0, 0, 204, 0, 0]
        with pytest.raises(UnreachableError, match="does not answer HTTP"):
            target.call("GET", PATH, api_key="k", body=None)


def test_an_emission_over_quota_is_an_error_of_configuration() -> None:
    """A target that limits the rate of emissions does not refuse the event: that is said, and no clause is blamed."""
    with http_target(lambda _: said(429, {})) as url, _platform(url, 10) as target, pytest.raises(CapabilityError, match="answered 429"):
        target.emit(SCOPE, "contact.created", {})


def test_a_cause_shows_no_key() -> None:
    """A peer that sends our own request back, key and all, gets no key into the error."""

    def back(peer: socket.socket, _over: threading.Event) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nX-API-Key " + KEY.encode() + b"\r\n\r\n")

    with raw_target(back) as url, _platform(url, 10) as target, pytest.raises(UnreachableError) as caught:
        target.capabilities()
    assert KEY not in str(caught.value)
