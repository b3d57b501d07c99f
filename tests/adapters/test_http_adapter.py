"""The HTTP adapter adds nothing of its own: no redirects, no proxies, no cookies, no second try of a judged call, no key in an error."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest

from hookproof.adapters.http import HttpPlatform, checked_url
from hookproof.model.errors import CapabilityError, HookproofError, IllFormedError, UnreachableError
from hookproof.ports import Scope

KEY = "key-of-the-adapter-tests"
SCOPE = Scope(id="s1", api_key="key-of-the-scope")


def answer(status: int, *fields: str, body: bytes = b"") -> bytes:
    """Write an HTTP answer after which the connection is closed."""
    return "\r\n".join([f"HTTP/1.1 {status} X", *fields, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body


@contextmanager
def server(reply: Callable[[bytes], bytes], *, port: int = 0) -> Iterator[tuple[str, list[bytes]]]:
    """Answer each connection once; give the URL and the requests as received."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", port)) as listener:
        host, number = listener.getsockname()
        over = threading.Event()

        def serve() -> None:
            while True:
                peer, _ = listener.accept()
                with peer:
                    text = peer.recv(65_536)
                    if over.is_set():
                        return
                    head, _, body = text.partition(b"\r\n\r\n")
                    length = next((int(f[15:]) for f in head.lower().split(b"\r\n") if f.startswith(b"content-length:")), 0)
                    while len(body) < length:
                        body += peer.recv(65_536)
                    asked.append(head + b"\r\n\r\n" + body)
                    peer.sendall(reply(asked[-1]))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://{host}:{number}", asked
        finally:
            over.set()
            socket.create_connection((host, number)).close()
            thread.join()


def platform(url: str, *, control_url: str | None = None) -> closing[HttpPlatform]:
    """Open the adapter; it is closed at the end of the block."""
    return closing(HttpPlatform(url, api_key=KEY, control_url=control_url, timeout=5.0))


# --- judged calls -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_answers(status: int) -> None:
    """A redirect is recorded as the answer it is, and nobody goes where it points."""
    with server(lambda _: answer(status, "Location: /elsewhere")) as (url, asked), platform(url) as target:
        call = target.call("GET", "/api/v1/webhooks", api_key="k", body=None)
    assert call.status == status
    assert ("Location", "/elsewhere") in call.response_headers
    assert len(asked) == 1


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever proxies the environment names, calls and control calls go straight to the target."""
    with server(lambda _: answer(502)) as (trap, trapped), server(lambda _: answer(200, body=b"{}")) as (url, asked):
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, trap)
        monkeypatch.setenv("NO_PROXY", "")
        with platform(url) as target:
            assert target.call("GET", "/", api_key=None, body=None).status == 200
            target.capabilities()
    assert (len(asked), trapped) == (2, [])


def test_a_judged_call_is_sent_once_even_if_nothing_comes_back() -> None:
    """A judged call whose connection breaks is recorded as unanswered with the cause; it is never repeated."""
    with server(lambda _: b"") as (url, asked), platform(url) as target:
        call = target.call("POST", "/api/v1/webhooks", api_key="k", body=b'{"a":1}')
    assert (call.status, call.failure) == (0, "RemoteProtocolError")
    assert len(asked) == 1


def test_a_judged_call_carries_what_it_was_given_and_is_recorded_without_key() -> None:
    """Method, path, body and key arrive as given; the record names the key and never shows it."""
    with server(lambda _: answer(201, "X-Odd: a", "X-Odd: b", body=b"\x00\xff")) as (url, asked), platform(url + "/") as target:
        call = target.call("PUT", "/a%20b?c=d", api_key="key-shown-to-the-target", body="ü".encode(), headers=(("X-More", "1"),))
    assert asked[0].startswith(b"PUT /a%20b?c=d HTTP/1.1\r\n")
    assert asked[0].endswith("\r\n\r\nü".encode())
    assert b"X-API-Key: key-shown-to-the-target" in asked[0]
    assert b"X-More: 1" in asked[0]
    assert "key-shown-to-the-target" not in repr(call)
    assert call.response_body == b"\x00\xff"
    assert [value for name, value in call.response_headers if name == "X-Odd"] == ["a", "b"]


def test_answers_are_kept_undecoded() -> None:
    """The bytes of an answer are recorded as they came, also when it says that they are compressed or lies about it."""
    packed = gzip.compress(b"{}")
    for body in (packed, b"not gzip at all"):
        with server(lambda _, b=body: answer(200, "Content-Encoding: gzip", body=b)) as (url, asked), platform(url) as target:  # type: ignore[misc] # mypy cannot type a default
            call = target.call("GET", "/", api_key=None, body=None)
        assert (call.status, call.response_body) == (200, body)
        assert b"accept-encoding: identity" in asked[0].lower()


def test_no_cookie_comes_back() -> None:
    """A cookie that the target sets is not sent back, so that a call without key is a call without credentials."""
    with server(lambda _: answer(200, "Set-Cookie: session=1; Path=/", body=b"{}")) as (url, asked), platform(url) as target:
        target.call("GET", "/", api_key="k", body=None)
        target.call("GET", "/", api_key=None, body=None)
        target.capabilities()
    assert len(asked) == 3
    assert not [request for request in asked if b"cookie" in request.lower()]


def test_a_path_that_no_request_can_carry_is_an_unanswered_call() -> None:
    """A path with a control character, made of an id that the target chose, is recorded as a failure and not sent."""
    with server(lambda _: answer(200)) as (url, asked), platform(url) as target:
        call = target.call("GET", "/api/v1/webhooks/a\nb", api_key="k", body=None)
    assert (call.status, call.failure, asked) == (0, "InvalidURL", [])


# --- control calls ------------------------------------------------------------------------------------------------------------------


class Steps:
    """Stands in for the pauses between tries: does something instead of waiting."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act

    def wait(self, _seconds: float) -> None:
        """Do it."""
        self.act()


def test_a_refused_control_call_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A control call whose connection was refused is repeated until the target listens, and is sent exactly once then."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = int(found.getsockname()[1])
    asked: list[list[bytes]] = []
    with ExitStack() as stack:
        target = stack.enter_context(platform(f"http://127.0.0.1:{port}"))

        def appear() -> None:
            asked.append(stack.enter_context(server(lambda _: answer(200, body=b"{}"), port=port))[1])

        monkeypatch.setattr(target, "_pause", Steps(appear))
        assert target.capabilities().emit == "none"
    assert [len(requests) for requests in asked] == [1]


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 O", b"garbage\r\n\r\n"], ids=["closed", "cut", "garbage"])
def test_a_control_call_that_may_have_arrived_is_not_repeated(reply: bytes) -> None:
    """A control call that was sent and not answered is not sent again: an event must not be emitted twice."""
    with server(lambda _: reply) as (url, asked), platform(url) as target, pytest.raises(UnreachableError):
        target.emit(SCOPE, "contact.created", {})
    assert len(asked) == 1


def test_a_refused_emission_is_no_error() -> None:
    """A target may refuse an event: that is recorded with its status and without an id."""
    with server(lambda _: answer(422, body=b"{}")) as (url, _), platform(url) as target:
        made = target.emit(SCOPE, "contact.created", {"text": "ü"})
    assert (made.status, made.event_id) == (422, None)


@pytest.mark.parametrize("event_id", [None, 7, "", [], {"id": "x"}])
def test_an_id_that_is_no_text_is_none(event_id: object) -> None:
    """An emission whose answer carries no textual id has none."""
    with server(lambda _: answer(202, body=json.dumps({"id": event_id}).encode())) as (url, _), platform(url) as target:
        assert target.emit(SCOPE, "contact.created", {}).event_id is None


def test_the_control_interface_may_live_elsewhere() -> None:
    """With a control URL control calls go there, and judged calls do not."""
    with ExitStack() as stack:
        control, told = stack.enter_context(server(lambda _: answer(200, body=b"{}")))
        url, asked = stack.enter_context(server(lambda _: answer(404)))
        target = stack.enter_context(platform(url, control_url=control + "/base/"))
        assert target.capabilities().scopes
        target.call("GET", "/x", api_key=None, body=None)
    assert [request.split()[1] for request in told] == [b"/base/capabilities"]
    assert [request.split()[1] for request in asked] == [b"/x"]


def test_a_scope_that_is_gone_is_closed() -> None:
    """Closing a scope that the target forgot already is fine; one without id needs no call at all."""
    with server(lambda _: answer(404)) as (url, asked), platform(url) as target:
        target.close_scope(SCOPE)
        target.close_scope(Scope(id="", api_key="k"))
    assert len(asked) == 1


# --- errors -------------------------------------------------------------------------------------------------------------------------

FAILING: dict[str, tuple[bytes, Callable[[HttpPlatform], object], type[HookproofError]]] = {
    "capabilities refused": (answer(403), lambda p: p.capabilities(), IllFormedError),
    "capabilities fail": (answer(500, body=KEY.encode()), lambda p: p.capabilities(), CapabilityError),
    "capabilities are no object": (answer(200, body=b'"text"'), lambda p: p.capabilities(), CapabilityError),
    "scope refused": (answer(409), lambda p: p.open_scope("a"), CapabilityError),
    "scope key no header carries": (answer(201, body=b'{"id": "a", "api_key": "a\\nb"}'), lambda p: p.open_scope("a"), IllFormedError),
    "clock in words": (answer(200, body=b'{"now": "noon", "status": "ready"}'), lambda p: p.clock(SCOPE), CapabilityError),
    "clock pending in words": (
        answer(200, body=b'{"now": "2027-01-01T00:00:00Z", "status": "ready", "pending": "many"}'),
        lambda p: p.clock(SCOPE),
        CapabilityError,
    ),
    "emit forbidden": (answer(401), lambda p: p.emit(SCOPE, "a", {}), CapabilityError),
    "nothing": (b"", lambda p: p.capabilities(), UnreachableError),
    "garbage": (b"\x00" * 100, lambda p: p.attempts(SCOPE, "e1"), UnreachableError),
}


@pytest.mark.parametrize("case", FAILING)
def test_no_error_shows_a_key(case: str) -> None:
    """Every failure of a control call is an error of its kind, in one line, without any key in it or in what caused it."""
    reply, act, kind = FAILING[case]
    with server(lambda _: reply) as (url, _), platform(url) as target, pytest.raises(kind) as caught:
        act(target)
    assert "\n" not in str(caught.value)
    assert KEY not in repr(caught.value) + str(caught.value)
    assert SCOPE.api_key not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize("key", ["two\nlines", "ending\r\n", "ü-key", " blank", "tab\tkey", "nul\0"])
def test_a_key_that_no_header_carries_is_refused_unseen(key: str) -> None:
    """A key that cannot stand in a header field is refused before anything is sent, without being shown."""
    with pytest.raises(IllFormedError) as caught:
        HttpPlatform("http://127.0.0.1:1", api_key=key)
    assert key.strip() not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:80",
        "ftp://127.0.0.1",
        "http://",
        "http://[::1",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://127.0.0.1/?a=b",
        "http://127.0.0.1/#a",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\n",
        "http://user:password@127.0.0.1",
        "http://example.test",
        "http://192.0.2.1",
        "http://0.0.0.0",
        "http://127.0.0.1.example.test",
        "http://127.example.test",
        "http://localhost.example.test",
        "http://127.0.0.1@example.test",
        "http://[2001:db8::1]",
    ],
)
def test_only_plain_urls_on_loopback_are_targets(url: str) -> None:
    """What is no http URL of this machine is refused with the flag's name, and credentials in it are not repeated."""
    with pytest.raises(IllFormedError) as caught:
        checked_url(url, "--target")
    assert str(caught.value).startswith("--target: ")
    assert "password" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/", "https://localhost", "http://[::1]:8080/base//", "http://127.9.8.7:1"])
def test_urls_lose_their_trailing_slash(url: str) -> None:
    """A legal URL is taken as given, without slashes at its end."""
    assert checked_url(url, "--target") == url.rstrip("/")
