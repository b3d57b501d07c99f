"""Odd but legal receivers: other statuses, other words, other memories, other readings of what is open."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from starlette.requests import Request
from starlette.responses import Response

from hookproof.model.contract import Role
from hookproof.reference.departures import Variant
from hookproof.reference.receiver.desk import Answered, Desk
from hookproof.reference.receiver.faces import ReceiverControl
from hookproof.reference.receiver.ledger import Ledger
from hookproof.reference.receiver.reception import Arrival, Keyring, Reception, RefusedError
from hookproof.reference.refusals import Answer

Event = dict[str, Any]
Change = Callable[[Reception], Reception]
DAY = 86_400.0


def receiver_variant(variant_id: str, title: str, change: Change, *warned: str, partial: bool = False, **readings: str) -> Variant:
    """Make a variant of a receiver; ``readings`` by clause, ``__`` for a slash and ``_`` for a dash."""
    named = {name.replace("__", "/").replace("_", "-"): words for name, words in readings.items()}
    return Variant(
        id=variant_id, title=title, role=Role.RECEIVER, reception=change, warned=frozenset(warned), partial=partial, readings=named
    )


def stacking(*parts: type) -> Change:
    """Put subclasses of the receiver's parts on top of what is there."""
    return lambda reception: replace(reception, parts=(*parts, *reception.parts))


def _saying(change: Callable[[Arrival, Answered], Answered]) -> Change:
    """Say something else than the honest answer."""

    class Saying(Desk):
        async def take(self, arrival: Arrival) -> Answered:
            return change(arrival, await super().take(arrival))

    return stacking(Saying)


def _with_status(status: int) -> Change:
    return lambda reception: replace(reception, accepted_status=status)


def _instead_of(before: int, after: int) -> Change:
    return _saying(lambda _arrival, answered: (after, *answered[1:]) if answered[0] == before else answered)


def _accepting_as(media: str, body: bytes, status: int = 200) -> Change:
    return _saying(lambda _arrival, answered: (status, media, body) if answered[0] < 300 else answered)  # noqa: PLR2004 -- 2xx


def _health_page(arrival: Arrival, answered: Answered) -> Answered:
    page = (200, "text/html", b"<!doctype html><title>ok</title>" if arrival.method == "GET" else b"")
    return page if arrival.method in ("GET", "HEAD") else answered


def _tells_repeats(status: int) -> type[Desk]:
    """Accept a repeat by another 2xx."""

    class Telling(Desk):
        ledger: Any  # one that counts

        async def _answered(self, arrival: Arrival) -> Answered:
            marks = self.ledger.count()
            answered = await super()._answered(arrival)
            return (status, *answered[1:]) if answered[0] == self.reception.accepted_status and self.ledger.count() == marks else answered

    return Telling


class _Counting(Ledger):
    """Tell how many effects there are."""

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM effects").fetchone()[0])


class _SometimesSlow(Desk):
    """Take 300 ms for one of every forty."""

    async def take(self, arrival: Arrival) -> Answered:
        met = self.__dict__["met"] = self.__dict__.get("met", 0) + 1
        await asyncio.sleep(0 if met % 40 else 0.3)
        return await super().take(arrival)


def _refusing(status: int, when: Callable[[Desk, Event], bool]) -> Change:
    """Refuse some correct events."""

    class Refusing(Desk):
        def admitted(self, arrival: Arrival) -> Event:
            event = super().admitted(arrival)
            if when(self, event):
                raise RefusedError(status, "not taken here")
            return event

    return stacking(Refusing)


def _timed(change: Callable[[str], str]) -> Change:
    """Read the timestamp's text in another way."""

    def changed(reception: Reception) -> Reception:
        def check(arrival: Arrival, keyring: Keyring, text: str) -> None:
            reception.checked_time(arrival, keyring, change(text))

        return replace(reception, checked_time=check)

    return changed


def _canonical(text: str) -> str:
    return text if re.fullmatch(r"[1-9][0-9]*", text, re.ASCII) else "not canonical"


def _leading_digits(text: str) -> str:
    found = re.match(r"\s*\+?([0-9]+)", text, re.ASCII)
    return found[1].lstrip("0") if found else text


def _leniently_equal(given: str, expected: Sequence[str]) -> bool:
    def decoded(tag: str) -> bytes | None:
        try:
            return base64.b64decode(tag + "==")
        except (binascii.Error, ValueError):
            return None

    offered = [decoded(entry.partition(",")[2]) for entry in given.split() if entry.startswith("v1,")]
    return any(tag == base64.b64decode(right) for tag in offered for right in expected)


def _first_of_several(arrival: Arrival, name: str) -> str:
    found = arrival.all(name)
    if not found or not found[0]:
        raise RefusedError(401, f"{name} is missing or empty")
    return found[0]


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(text)


def _last_member_wins(reception: Reception) -> Reception:
    """Read with what the platform brings along: repeated members, byte order marks and lone surrogates pass."""

    def parse(arrival: Arrival) -> Event:
        try:
            found = json.loads(arrival.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise RefusedError(400, "no JSON") from None
        return found if isinstance(found, dict) else reception.parse(arrival)

    return replace(reception, parse=parse)


def _without_nan(reception: Reception) -> Reception:
    def parse(arrival: Arrival) -> Event:
        try:
            return reception.parse(arrival)
        except RefusedError as refused:
            raise RefusedError(422, str(refused)) from None

    return replace(reception, parse=parse)


def _declaring(**members: Any) -> Change:  # noqa: ANN401 -- members of the capabilities document
    return lambda reception: replace(reception, declared={**reception.declared, **members})


class _Counted(ReceiverControl):
    """Tell how often an event took effect, and no more."""

    async def effects(self, request: Request) -> Response:
        told = json.loads(bytes((await super().effects(request)).body))
        return Answer({name: told[name] for name in ("event_id", "count")})


class _NoControl(ReceiverControl):
    """Offer no control profile at all: whatever is asked there is a delivery by the wrong method."""

    def routes(self) -> list[Any]:
        return []


VARIANTS = (
    receiver_variant("accepts-with-201", "Every accepted event is answered 201.", _with_status(201)),
    receiver_variant("accepts-with-202", "Every accepted event is answered 202.", _with_status(202)),
    receiver_variant("accepts-with-204", "Every accepted event is answered 204 and nothing.", _accepting_as("", b"", 204)),
    receiver_variant("accepts-with-299", "Every accepted event is answered with a 2xx that nobody registered.", _with_status(299)),
    receiver_variant("accepts-in-plain-text", "The answer is the word OK.", _accepting_as("text/plain; charset=utf-8", b"OK")),
    receiver_variant("accepts-without-a-body", "The answer is 200 and empty.", _accepting_as("application/json", b"")),
    receiver_variant("accepts-with-a-page", "The answer is a page.", _accepting_as("text/html", b"<!doctype html><p>thanks")),
    receiver_variant("accepts-repeats-with-208", "A repeat is answered 208.", stacking(_tells_repeats(208), _Counting)),
    receiver_variant("refuses-with-400", "What is not signed is answered 400.", _instead_of(401, 400)),
    receiver_variant("refuses-with-403", "What is not signed is answered 403.", _instead_of(401, 403)),
    receiver_variant("refuses-with-404", "What is not signed is answered as if nothing were there.", _instead_of(401, 404)),
    receiver_variant("refuses-with-422", "What is no JSON is answered 422.", _without_nan),
    receiver_variant(
        "refuses-with-a-page",
        "A refusal is a page that shows nothing of the request.",
        lambda r: replace(r, error_answer=lambda _word: ("text/html", b"<!doctype html><title>no</title>")),
    ),
    receiver_variant(
        "refuses-without-a-word", "A refusal is a status alone.", lambda r: replace(r, error_answer=lambda _word: ("text/plain", b""))
    ),
    receiver_variant("fails-with-503", "What failed inside is answered 503.", _instead_of(500, 503)),
    receiver_variant("shows-a-health-page", "GET and HEAD are answered 200 and have no effect.", _saying(_health_page)),
    receiver_variant("is-sometimes-slow", "Some answers take 300 ms.", stacking(_SometimesSlow)),
    receiver_variant("remembers-for-eight-days", "Ids are remembered for eight days.", lambda r: replace(r, retention=8 * DAY)),
    receiver_variant("remembers-for-thirty-days", "Ids are remembered for thirty days.", lambda r: replace(r, retention=30 * DAY)),
    receiver_variant("remembers-for-ever", "Ids are never forgotten.", lambda r: replace(r, retention=float("inf"))),
    receiver_variant(
        "takes-canonical-timestamps-only",
        "A timestamp with a leading zero is refused.",
        _timed(_canonical),
        verification__acceptable="odd-timestamp-text 2: status 401",
    ),
    receiver_variant(
        "takes-leading-digits-for-the-time",
        "A timestamp is read up to what is no digit.",
        _timed(_leading_digits),
        verification__acceptable="odd-timestamp-text 4: status 200",
    ),
    receiver_variant(
        "decodes-tags-leniently",
        "Tags are decoded before they are compared.",
        lambda r: replace(r, tags_match=_leniently_equal),
        verification__acceptable="odd-base64 1: status 200",
    ),
    receiver_variant(
        "takes-the-first-of-several-fields",
        "Of repeated fields the first one counts.",
        lambda r: replace(r, single=_first_of_several),
        verification__acceptable="repeated-field 1: status 200",
    ),
    receiver_variant("reads-json-as-it-comes", "Of repeated members the last one counts.", _last_member_wins),
    receiver_variant(
        "refuses-unknown-events",
        "An event of an unknown type is answered 422.",
        _refusing(422, lambda desk, event: event.get("type") not in desk.contract.events),
        "receiver/unknown-events",
    ),
    receiver_variant("tells-no-contents", "What took effect is counted and not shown.", stacking(_Counted), partial=True),
    receiver_variant("keeps-running", "It cannot be restarted or killed.", _declaring(lifecycle=[]), partial=True),
    receiver_variant("is-a-black-box", "There is no control profile.", stacking(_NoControl), partial=True),
)
