"""Flaws of receivers: what correct and hostile deliveries do to careless code."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

from hookproof.reference.flaws.entries import Change, receiver_flaw, stacking
from hookproof.reference.receiver.desk import Answered, Desk
from hookproof.reference.receiver.reception import Arrival, Reception, RefusedError

Event = dict[str, Any]
_NEAR_MISS = re.compile(rb"a{5000}!|1{5000}@| {5000}x")


def _parsed(change: Callable[[Callable[[Arrival], Event], Arrival], Event]) -> Change:
    """Read the body in another way; the honest way is told."""
    return lambda reception: replace(reception, parse=lambda arrival: change(reception.parse, arrival))


def _careless(honest: Callable[[Arrival], Event], arrival: Arrival) -> Event:
    """Read NaN and infinities too."""
    try:
        return honest(arrival)
    except RefusedError:
        if b"NaN" in arrival.body or b"Infinity" in arrival.body:
            found = json.loads(arrival.body)
            return {name: None if isinstance(value, float) else value for name, value in found.items()}
        raise


def _crashing(when: Callable[[bytes], bool]) -> Change:
    """Answer 500 where some bytes are met."""

    def read(honest: Callable[[Arrival], Event], arrival: Arrival) -> Event:
        if when(arrival.body):
            raise RefusedError(500, "internal error")
        return honest(arrival)

    return _parsed(read)


def _not_utf_8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False


def _depth(body: bytes) -> bool:
    return b"[" * 400 in body


def _in_doubles(honest: Callable[[Arrival], Event], arrival: Arrival) -> Event:
    honest(arrival)
    found: Event = json.loads(arrival.body, parse_int=lambda text: int(float(text)) if len(text) > 15 else int(text))  # noqa: PLR2004 -- digits of a double
    return found


class _Polluted(Desk):
    """Merge what calls itself a prototype into everything that follows."""

    @cached_property
    def defaults(self) -> Event:
        return {}

    def admitted(self, arrival: Arrival) -> Event:
        event = super().admitted(arrival)
        content = event.get("data")
        if isinstance(content, dict):
            self.defaults.update(content.pop("__proto__", {}))
            event["data"] = {**self.defaults, **content}
        return event


def _choosy(refuses: Callable[[Desk, Event], int]) -> type[Desk]:
    """Refuse events that are correct, with the status that is given; 0 takes them."""

    class Choosy(Desk):
        def admitted(self, arrival: Arrival) -> Event:
            event = super().admitted(arrival)
            status = refuses(self, event)
            if status:
                raise RefusedError(status, "this event is not taken")
            return event

    return Choosy


def _unknown(status: int) -> type[Desk]:
    return _choosy(lambda desk, event: 0 if event.get("type") in desk.contract.events else status)


def _extra(_desk: Desk, event: Event) -> int:
    content = event.get("data")
    strange = {"x_added_later", "x_version"}
    return 400 if strange & event.keys() or (isinstance(content, dict) and content.get("x_added_later")) else 0


def _new_value(_desk: Desk, event: Event) -> int:
    content = event.get("data")
    return 422 if isinstance(content, dict) and "a_value_of_tomorrow" in content.values() else 0


def _null(_desk: Desk, event: Event) -> int:
    content = event.get("data")
    return 500 if isinstance(content, dict) and any(value is None and name.startswith("x_") for name, value in content.items()) else 0


def _cut(_desk: Desk, event: Event) -> int:
    return 500 if event.get("truncated") else 0


def _last_event(desk: Desk, event: Event) -> int:
    return 404 if event.get("type") == max(desk.contract.events) else 0


def _absent(desk: Desk, event: Event) -> int:
    known, content = desk.contract.events.get(str(event.get("type"))), event.get("data")
    if known is None or not known.examples or not isinstance(content, dict) or event.get("truncated"):
        return 0
    return 500 if known.examples[0].keys() - content.keys() else 0


class _Choking(Desk):
    """Fail on what is too large to be held."""

    def checked_form(self, arrival: Arrival) -> None:
        if len(arrival.body) > self.reception.largest_body:
            raise RefusedError(500, "internal error")
        super().checked_form(arrival)


class _OneMediaType(Desk):
    """Take a media type by its letters."""

    def checked_form(self, arrival: Arrival) -> None:
        if arrival.all("content-type") not in (("application/json",), ("application/json; charset=utf-8",)):
            raise RefusedError(415, "another media type")
        super().checked_form(arrival)


def _slow(seconds: float, when: Callable[[Arrival], bool]) -> type[Desk]:
    """Take long before an answer."""

    class Slow(Desk):
        async def take(self, arrival: Arrival) -> Answered:
            if when(arrival):
                await asyncio.sleep(seconds)
            return await super().take(arrival)

    return Slow


class _Queueing(Desk):
    """Let everybody wait for everybody else where many come at once."""

    async def applied(self, arrival: Arrival, event: Event) -> None:
        self.__dict__["present"] = self.__dict__.get("present", 0) + 1
        try:
            async with self.turn:
                await asyncio.sleep(0.06 if self.__dict__["present"] > 16 else 0)  # noqa: PLR2004 -- what it can bear
                await super().applied(arrival, event)
        finally:
            self.__dict__["present"] -= 1

    @cached_property
    def turn(self) -> asyncio.Lock:
        return asyncio.Lock()


def _crash_on_many(reception: Reception, arrival: Arrival, name: str) -> str:
    if len(arrival.fields) > 50:  # noqa: PLR2004 -- more than anybody tried
        raise RefusedError(500, "internal error")
    return reception.single(arrival, name)


FLAWS = (
    receiver_flaw(
        "R037",
        "late-answers",
        "Heavy events are answered later than the platform waits.",
        stacking(_slow(1.5, lambda a: b"bulk" in a.body)),
        "receiver/in-time",
    ),
    receiver_flaw(
        "R037",
        "one-after-the-other",
        "Events are worked off one after the other, and their senders wait.",
        stacking(_Queueing),
        "receiver/in-time",
    ),
    receiver_flaw(
        "R038",
        "unknown-is-redirected",
        "An unknown event is redirected.",
        stacking(_unknown(307)),
        "answers/no-redirects",
        "receiver/unknown-events",
    ),
    receiver_flaw(
        "R039",
        "unknown-is-gone",
        "An unknown event is answered 410.",
        stacking(_unknown(410)),
        "answers/no-farewell",
        "receiver/unknown-events",
    ),
    receiver_flaw("R040", "unknown-is-refused", "An unknown event is answered 422.", stacking(_unknown(422)), "receiver/unknown-events"),
    receiver_flaw(
        "R041",
        "extra-members-refused",
        "A member that the contract does not name is refused.",
        stacking(_choosy(_extra)),
        "receiver/extra-members",
    ),
    receiver_flaw(
        "R041", "new-values-refused", "A new value of a listed member is refused.", stacking(_choosy(_new_value)), "receiver/new-values"
    ),
    receiver_flaw(
        "R040",
        "listed-event-refused",
        "An event of the contract was forgotten, and is answered 404.",
        stacking(_choosy(_last_event)),
        "receiver/events",
        implies=("receiver/truncated",),
    ),
    receiver_flaw(
        "R042",
        "absent-members-crash",
        "An absent member is answered 500.",
        stacking(_choosy(_absent)),
        "receiver/minimal",
        implies=("receiver/events",),
    ),
    receiver_flaw("S502", "charset-refused", "A charset in another spelling is refused.", stacking(_OneMediaType), "receiver/media-types"),
    receiver_flaw("R046", "large-bodies-crash", "A large body is answered 500.", stacking(_Choking), "robustness/sizes"),
    receiver_flaw(
        "R055",
        "special-members-crash",
        "A member with a special name is answered 500.",
        _crashing(lambda body: b'"__proto__"' in body),
        "robustness/members",
    ),
    receiver_flaw("R042", "null-crashes", "A null where a value was is answered 500.", stacking(_choosy(_null)), "receiver/extra-members"),
    receiver_flaw("R042", "cut-events-crash", "A cut event is answered 500.", stacking(_choosy(_cut)), "receiver/truncated"),
    receiver_flaw(
        "R045",
        "every-method-is-taken",
        "A delivery is taken by any method.",
        lambda r: replace(r, methods=("POST", "PUT", "PATCH", "DELETE", "GET", "HEAD")),
        "answers/post-only",
    ),
    receiver_flaw(
        "R046", "no-body-limit", "A body of any size is read.", lambda r: replace(r, largest_body=1 << 40), "robustness/body-limit"
    ),
    receiver_flaw("R048", "depth-crashes", "Deep nesting is answered 500.", _crashing(_depth), "robustness/depth"),
    receiver_flaw(
        "R049",
        "long-numbers-crash",
        "A very long number is answered 500.",
        _crashing(lambda body: b"9" * 4_500 in body),
        "robustness/depth",
    ),
    receiver_flaw(
        "R050",
        "numbers-in-doubles",
        "Large integers lose digits.",
        _parsed(_in_doubles),
        "receiver/applied-as-sent",
        implies=("robustness/depth",),
        needs=("effects",),
    ),
    receiver_flaw("R051", "not-a-number-accepted", "NaN and infinities are read.", _parsed(_careless), "robustness/not-a-number"),
    receiver_flaw(
        "R052",
        "byte-order-mark-crashes",
        "A byte order mark is answered 500.",
        _crashing(lambda body: body.startswith(b"\xef\xbb\xbf")),
        "robustness/encoding",
    ),
    receiver_flaw(
        "R052",
        "trailing-text-crashes",
        "Text after the JSON is answered 500.",
        _crashing(lambda body: body.endswith((b"}{}", b"\x00"))),
        "robustness/no-json",
    ),
    receiver_flaw(
        "R053",
        "invalid-utf-8-crashes",
        "Bytes that are not UTF-8 are answered 500.",
        _crashing(_not_utf_8),
        "robustness/encoding",
        implies=("verification/client-errors",),
    ),
    receiver_flaw(
        "R054", "surrogates-crash", "A lone surrogate is answered 500.", _crashing(lambda body: b"\\ud800" in body), "robustness/encoding"
    ),
    receiver_flaw(
        "R055",
        "prototype-pollutes",
        "Members with special names change later events.",
        stacking(_Polluted),
        "receiver/applied-as-sent",
        needs=("effects",),
    ),
    receiver_flaw(
        "R056",
        "many-fields-crash",
        "Many header fields are answered 500.",
        lambda r: replace(r, single=lambda a, n: _crash_on_many(r, a, n)),
        "robustness/fields",
    ),
    receiver_flaw(
        "R057",
        "slow-patterns",
        "A near miss of a pattern takes long.",
        stacking(_slow(1.0, lambda a: _NEAR_MISS.search(a.body) is not None)),
        "robustness/texts",
    ),
    receiver_flaw(
        "R061",
        "id-in-a-query",
        "The id is written into a query as it is.",
        _crashing(lambda body: b"'; DROP" in body or b"/../" in body),
        "robustness/texts",
    ),
)
