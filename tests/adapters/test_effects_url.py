"""A URL is asked by GET for each event or by POST for many; whatever else it answers is one error."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from hookproof.adapters.effects_url import UrlTeller, effects_place
from hookproof.model.errors import CapabilityError, HookproofError, IllFormedError, UnreachableError
from hookproof.ports import Asked
from tests.degenerate.servers import Asked as Request
from tests.degenerate.servers import Reply, always, free_port, raw_target, said

FEW = [Asked(event_id="evt_1"), Asked(event_id="evt/2 ?&")]


@pytest.mark.parametrize(
    ("text", "template", "many"),
    [
        ("http://127.0.0.1:1/e", "http://127.0.0.1:1/e?event_id={id}", False),
        ("http://127.0.0.1:1/e?a=b", "http://127.0.0.1:1/e?a=b&event_id={id}", False),
        ("https://localhost/e/{id}/count", "https://localhost/e/{id}/count", False),
        ("POST http://[::1]:1/e", "http://[::1]:1/e", True),
    ],
)
def test_where_the_id_belongs_can_be_said(text: str, template: str, *, many: bool) -> None:
    """In its place, else as the parameter ``event_id``; with POST many ids go in the body."""
    place = effects_place(text)
    assert (place.template, place.many) == (template, many)


@pytest.mark.parametrize(
    "text",
    ["", "127.0.0.1", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:x/", "http://127.0.0.1:0/", "http://{id}.test/", "http://u:p@127.0.0.1/",
     "http://127.0.0.1/ x", "http://127.0.0.1/#x", "POST http://127.0.0.1/{id}", "PUT http://127.0.0.1/", "http://127.0.0.1/\x1b[2J", "http://[::1/"],
)  # fmt: skip
def test_what_is_no_url_is_an_error_of_use(text: str) -> None:
    """Also credentials and a host that an event would choose."""
    with pytest.raises(IllFormedError, match=r"^--effects-url: "):
        effects_place(text)


def test_each_event_is_asked_of_by_get() -> None:
    """The id is quoted, and nothing of ours is sent along."""
    seen: list[Request] = []

    def answer(asked: Request) -> Reply:
        seen.append(asked)
        return said(200, {"count": len(seen)})

    with always(answer)() as url:
        teller = UrlTeller(effects_place(f"{url}/effects"))
        assert [told.count for told in teller.effects(FEW)] == [1, 2]
        assert teller.effects([]) == []
        teller.close()
    assert [asked.path for asked in seen] == ["/effects?event_id=evt_1", "/effects?event_id=evt%2F2%20%3F%26"]
    assert not {name.lower() for name in seen[0].headers} & {"x-api-key", "authorization", "cookie"}


def test_many_events_are_asked_of_by_one_post() -> None:
    """One request, a JSON list, one answer for each."""
    seen: list[Request] = []

    def answer(asked: Request) -> Reply:
        seen.append(asked)
        return said(200, [{"event_id": event_id, "count": 3} for event_id in json.loads(asked.body)["event_ids"]])

    with always(answer)() as url:
        teller = UrlTeller(effects_place(f"POST {url}/effects"))
        assert [told.count for told in teller.effects(FEW)] == [3, 3]
        teller.close()
    assert [(asked.method, json.loads(asked.body)) for asked in seen] == [("POST", {"event_ids": ["evt_1", "evt/2 ?&"]})]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (said(500, {"count": 1}), "answered 500, not 200"),
        (said(404, {"count": 1}), "answered 404, not 200"),
        ((302, {"Location": "/elsewhere"}, b""), "answered 302, not 200"),
        ((200, {}, b"<html>"), "not JSON"),
        ((200, {}, b""), "says nothing"),
        (said(200, {"count": -1}), "no number of effects"),
        ((200, {}, b"1" + b" " * (5 << 20)), "more than 4,194,304 bytes"),
    ],
)
def test_any_other_answer_is_one_error(reply: Reply, words: str) -> None:
    """It names the option and the origin or what was said."""
    with always(reply)() as url:
        teller = UrlTeller(effects_place(url))
        with pytest.raises(CapabilityError, match=words) as caught:
            teller.effect("evt_1")
        teller.close()
    assert str(caught.value).startswith("--effects-url: ")


def _hold(_peer: socket.socket, over: threading.Event) -> None:
    over.wait()


def _garble(peer: socket.socket, _over: threading.Event) -> None:
    peer.sendall(b"\x00\xff")


def test_a_url_that_does_not_answer_is_unreachable() -> None:
    """Nobody there, silence, and what is no HTTP."""
    with raw_target(_hold) as silent, raw_target(_garble) as garbled:
        for url in (f"http://127.0.0.1:{free_port()}", silent, garbled):
            teller = UrlTeller(effects_place(url), seconds=0.5)
            with pytest.raises(UnreachableError) as caught:
                teller.effect("evt_1")
            teller.close()
            assert isinstance(caught.value, HookproofError)
            assert f"{url}/ does not answer HTTP" in str(caught.value)
