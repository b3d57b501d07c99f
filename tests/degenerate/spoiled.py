"""The reference behind a proxy that spoils what it says: wrong ids, impossible clocks, false claims; and proxies that do no harm at all."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from hookproof.reference.conduct import Conduct
from tests.degenerate.servers import CONTROL, Asked, Reply, behind_proxy, reference, said
from tests.degenerate.target import BROKEN, CONFIGURATION, CONFORMS, CURT, PATIENT, UNREACHABLE, Target

SENT = "what it sends is the reference's"
RIGHT = "it is the reference in all but manners"
WEBHOOKS = "/webhooks"

_YEARS = 7 * 366 * 86_400.0

Spoil = Callable[[Asked, Reply], Reply]


def _spoiling(spoil: Spoil) -> Callable[[], AbstractContextManager[str]]:
    return lambda: behind_proxy(spoil=spoil)


def _document(reply: Reply) -> dict[str, Any]:
    found = json.loads(reply[2] or b"{}")
    return found if isinstance(found, dict) else {}


def _control(asked: Asked, ending: str) -> bool:
    return asked.path.startswith(CONTROL) and asked.path.partition("?")[0].endswith(ending)


# --- ids ------------------------------------------------------------------------------------------------------------------------------


def _renaming(name: Callable[[str], str]) -> Spoil:
    def spoil(asked: Asked, reply: Reply) -> Reply:
        if asked.method != "POST" or not _control(asked, "/events") or reply[0] != 202:
            return reply
        return said(reply[0], {"id": name(_document(reply)["id"])})

    return spoil


def _one_for_all() -> AbstractContextManager[str]:
    """Whatever endpoint a tenant asks for, the one that it created first is shown, changed and deleted."""
    first: dict[str, str] = {}

    def key(asked: Asked) -> str:
        return next((value for name, value in asked.headers.items() if name.lower() == "x-api-key"), "")

    def decide(asked: Asked) -> Asked:
        head, found, rest = asked.path.partition(WEBHOOKS + "/")
        if not found or asked.path.startswith(CONTROL) or key(asked) not in first:
            return asked
        _, slash, action = rest.partition("/")
        return replace(asked, path=head + found + first[key(asked)] + slash + action)

    def spoil(asked: Asked, reply: Reply) -> Reply:
        if asked.method == "POST" and reply[0] == 201 and asked.path.endswith(WEBHOOKS):
            first.setdefault(key(asked), str(_document(reply)["data"]["id"]))
        return reply

    return behind_proxy(decide, spoil=spoil)


# --- clocks ---------------------------------------------------------------------------------------------------------------------------


def _reading(**members: Any) -> Spoil:
    def spoil(asked: Asked, reply: Reply) -> Reply:
        if not (_control(asked, "/clock") or _control(asked, "/clock/advance")) or reply[0] >= 300:
            return reply
        return said(reply[0], {**_document(reply), **members})

    return spoil


def _moving(change: Callable[[float], float]) -> Callable[[], AbstractContextManager[str]]:
    def decide(asked: Asked) -> Asked:
        if not _control(asked, "/clock/advance"):
            return asked
        return replace(asked, body=json.dumps({"seconds": change(float(asked.document()["seconds"]))}).encode())

    return lambda: behind_proxy(decide)


# --- claims ---------------------------------------------------------------------------------------------------------------------------


def _claiming(**members: Any) -> Callable[[], AbstractContextManager[str]]:
    return lambda: reference(Conduct(declared=members), time="real")


def _without(method: str, ending: str, status: int) -> Callable[[], AbstractContextManager[str]]:
    def decide(asked: Asked) -> Asked | Reply:
        return said(status, {}) if asked.method == method and _control(asked, ending) else asked

    return lambda: behind_proxy(decide)


def _refusing_events() -> AbstractContextManager[str]:
    return _without("POST", "/events", 422)()


# --- right, but odd -------------------------------------------------------------------------------------------------------------------


def _slow(seconds: float) -> Callable[[], AbstractContextManager[str]]:
    def serve() -> AbstractContextManager[str]:
        never = threading.Event()

        def decide(asked: Asked) -> Asked:
            never.wait(seconds)
            return asked

        return behind_proxy(decide)

    return serve


def _old_fashioned() -> AbstractContextManager[str]:
    return behind_proxy(lengthless=True)


@contextmanager
def _flooding() -> Iterator[str]:
    """Post to paths of our listener that nobody registered, from the first subscription until the tenants are removed."""
    over = threading.Event()
    flood: list[threading.Thread] = []

    def pour(host: str, port: int) -> None:
        number = 0
        while not over.wait(0.002):
            number += 1
            with contextlib.suppress(OSError, HTTPException), contextlib.closing(HTTPConnection(host, port, timeout=5)) as connection:
                connection.request("POST", f"/nobody/asked/{number}", body=b'{"id":"evt_stray","type":"contact.created","data":{}}')
                connection.getresponse().read()

    def decide(asked: Asked) -> Asked:
        parts = urlsplit(str(asked.document().get("url", "")))
        if not flood and parts.hostname and parts.port:
            flood.append(threading.Thread(target=pour, args=(parts.hostname, parts.port)))
            flood[0].start()
        if asked.method == "DELETE" and asked.path.startswith(CONTROL) and flood:
            over.set()
            flood[0].join()
        return asked

    with behind_proxy(decide) as url:
        try:
            yield url
        finally:
            over.set()
            for thread in flood:
                thread.join()


def _clocked(name: str, law: str, serve: Callable[[], AbstractContextManager[str]], says: str) -> Target:
    return Target(
        name=name, law=law, serve=serve, ends=CONFIGURATION, says=says, stages=("signatures",), profile=replace(CURT, answer=20.0)
    )


def _claim(name: str, law: str, serve: Callable[[], AbstractContextManager[str]], says: str, *stages: str) -> Target:
    return Target(name=name, law=law, serve=serve, ends=CONFIGURATION, says=says, stages=stages)


SPOILED: tuple[Target, ...] = (
    Target(
        name="names events that never come",
        law="The id that it gives to an emission is carried by no delivery.",
        serve=_spoiling(_renaming(lambda event_id: "evt_of_nobody_" + event_id[4:])),
        ends=BROKEN,
        keeps={"*": "its events are known by their marks, whatever they are called"},
        breaks=("idempotency/id-per-event",),
        stages=("retries", "routing", "subscriptions"),
    ),
    Target(
        name="names all events alike",
        law="Every emission is given the same id.",
        serve=_spoiling(_renaming(lambda _event_id: "evt_always")),
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("idempotency/ids-unique", "fan-out/filters"),
        stages=("retries", "routing", "subscriptions"),
    ),
    Target(
        name="knows one endpoint only",
        law="Whatever endpoint is asked for, the first one is shown, changed and deleted.",
        serve=_one_for_all,
        ends=BROKEN,
        keeps={"*": SENT},
        breaks=("subscription-api/read-back", "subscription-api/told-deleted", "fan-out/deleted-endpoints"),
        loses=("subscription-api/delete",),
        stages=("subscriptions", "routing"),
    ),
    Target(
        name="refuses every event",
        law="It declares emit and refuses whatever is emitted.",
        serve=_refusing_events,
        ends=UNREACHABLE,
        says="took 0 of",
        stages=("routing", "values"),
    ),
    _clocked("is never ready", "Its clock is on its way for ever.", _spoiling(_reading(status="advancing")), "not ready within"),
    _clocked("has a clock that stands", "Its clock does not move.", _moving(lambda _seconds: 0.0), "moved by 0 s"),
    _clocked("has a clock that leaps", "Its clock moves seven years too far.", _moving(lambda seconds: seconds + _YEARS), "moved by"),
    _clocked("has a clock that runs late", "Its clock moves half as far.", _moving(lambda seconds: seconds / 2), "moved by"),
    _clocked(
        "has a clock without a zone", "Nobody knows where its clock is.", _spoiling(_reading(now="2027-01-01T00:00:00")), "without a zone"
    ),
    _clocked("has a clock without a time", "Its clock says tomorrow.", _spoiling(_reading(now="tomorrow")), "lacks a legal now"),
    _claim("claims a virtual clock", "It runs in real time.", _claiming(time="virtual"), "declares 'time'", "signatures"),
    _claim("claims tenants", "It has none.", _without("POST", "/scopes", 404), "declares 'scopes'", "routing"),
    _claim("claims an emitter", "It has none.", _without("POST", "/events", 404), "declares `emit`", "routing"),
    _claim("claims to restart", "It does not.", _without("POST", "/lifecycle", 404), "declares 'restart'", "restart"),
    Target(
        name="takes 300 ms for each answer",
        law="It is right and slow.",
        serve=_slow(0.3),
        ends=CONFORMS,
        keeps={"*": RIGHT},
        stages=("values",),
        profile=PATIENT,
    ),
    Target(
        name="speaks HTTP/1.0 without lengths",
        law="It is right and its answers end with the connection.",
        serve=_old_fashioned,
        ends=CONFORMS,
        keeps={"*": RIGHT},
        stages=("subscriptions", "routing", "values"),
        profile=PATIENT,
    ),
    Target(
        name="floods unknown paths",
        law="It is right and sends a flood of requests to paths that nobody registered.",
        serve=_flooding,
        ends=CONFORMS,
        keeps={"*": RIGHT},
        stages=("subscriptions", "routing", "values"),
        profile=PATIENT,
    ),
)
"""All of them."""
