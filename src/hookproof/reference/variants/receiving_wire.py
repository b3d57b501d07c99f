"""Odd but legal receivers: other HTTP, and work that is done after the answer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import asdict
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from hookproof.reference.receiver.desk import Desk
from hookproof.reference.receiver.faces import DeliveryFace
from hookproof.reference.receiver.ledger import Ledger
from hookproof.reference.receiver.reception import Arrival
from hookproof.reference.variants.receiving import Event, receiver_variant, stacking

_PAUSE = 0.05  # seconds between an answer and the work
_ROOM = 20  # connections at once


def _transport(request: Request) -> asyncio.Transport:
    """Give the connection itself: ASGI has no word for what is done with it here."""
    found: asyncio.Transport = request._receive.__self__.transport  # type: ignore[attr-defined] # noqa: SLF001
    return found


class _Closing(DeliveryFace):
    """Take one delivery a connection."""

    async def take(self, request: Request) -> Response:
        answer = await super().take(request)
        answer.headers["Connection"] = "close"
        return answer


class _Chunking(DeliveryFace):
    """Answer in chunks, byte by byte."""

    async def take(self, request: Request) -> Response:
        answer = await super().take(request)

        async def pieces() -> AsyncIterator[bytes]:
            for at in range(len(answer.body)):
                yield bytes(answer.body[at : at + 1])

        return StreamingResponse(pieces(), answer.status_code, media_type=answer.media_type)


class _Adorning(DeliveryFace):
    """Answer with fields that nobody asked for, in odd letters."""

    async def take(self, request: Request) -> Response:
        answer = await super().take(request)
        more = [(b"sErVeR", b"odd/1.0"), (b"set-cookie", b"a=b"), (b"set-cookie", b"c=d"), (b"x-empty", b""), (b"DATE", b"never")]
        answer.raw_headers += [*more, *((f"x-more-{number}".encode(), b"1") for number in range(20))]
        return answer


class _Hinting(DeliveryFace):
    """Send interim answers before the final one."""

    async def take(self, request: Request) -> Response:
        answer = await super().take(request)
        _transport(request).write(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n")
        return answer


class _Dated(DeliveryFace):
    """Answer as HTTP/1.0: no length, the end of the connection is the end of the answer."""

    async def take(self, request: Request) -> Response:
        answer = await super().take(request)
        head = f"HTTP/1.0 {answer.status_code} Answer\r\nContent-Type: application/json\r\n\r\n".encode()
        _transport(request).write(head + (b"" if request.method == "HEAD" else bytes(answer.body)))
        return await _gone(request, answer)


class _Crowded(DeliveryFace):
    """Hang up on whoever comes over another connection while there is no room for more, without a word."""

    @cached_property
    def lines(self) -> set[asyncio.Transport]:
        return set()

    async def take(self, request: Request) -> Response:
        line = _transport(request)
        self.lines.difference_update([each for each in self.lines if each.is_closing()])
        if len(self.lines - {line}) >= _ROOM:
            return await _gone(request, Response(status_code=503))
        self.lines.add(line)
        return await super().take(request)


class _HangingUp(DeliveryFace):
    """Hang up on a body that is too large, and on what failed inside, without a word."""

    async def take(self, request: Request) -> Response:
        answer = await super().take(request)
        return await _gone(request, answer) if answer.status_code in (413, 500) else answer


async def _gone(request: Request, answer: Response) -> Response:
    """Close the connection; what is answered afterwards reaches nobody."""
    _transport(request).close()
    await asyncio.sleep(0.01)
    return answer


class _Inbox(Ledger):
    """Keep what was accepted until it is worked off."""

    def put(self, arrival: Arrival) -> None:
        self._connection.execute("CREATE TABLE IF NOT EXISTS inbox (number INTEGER PRIMARY KEY AUTOINCREMENT, arrival TEXT)")
        kept = {**asdict(arrival), "fields": list(arrival.fields), "body": arrival.body.decode("latin-1")}
        self._connection.execute("INSERT INTO inbox (arrival) VALUES (?)", (json.dumps(kept),))

    def waiting(self) -> list[tuple[int, Arrival]]:
        self._connection.execute("CREATE TABLE IF NOT EXISTS inbox (number INTEGER PRIMARY KEY AUTOINCREMENT, arrival TEXT)")
        rows = [(number, json.loads(text)) for number, text in self._connection.execute("SELECT * FROM inbox ORDER BY number")]
        return [(number, Arrival(**{**found, "body": found["body"].encode("latin-1")})) for number, found in rows]

    def done(self, number: int) -> None:
        self._connection.execute("DELETE FROM inbox WHERE number = ?", (number,))


class _Deferring(Desk):
    """Accept what is kept, and work later; a next life goes on where this one ended."""

    ledger: Any

    async def wake(self) -> None:
        await super().wake()
        self.work.add(asyncio.create_task(self._work_off()))

    async def rest(self) -> None:
        for task in self.work:
            task.cancel()
        await asyncio.gather(*self.work, return_exceptions=True)
        await super().rest()

    @cached_property
    def work(self) -> set[asyncio.Task[None]]:
        return set()

    async def applied(self, arrival: Arrival, event: Event) -> None:
        if self.failures:
            await super().applied(arrival, event)
        self.ledger.put(arrival)

    async def _work_off(self) -> None:
        with contextlib.suppress(sqlite3.ProgrammingError):  # the ledger is closed: this life was killed
            while True:
                for number, arrival in self.ledger.waiting():
                    self.apply(arrival, self.reception.parse(arrival))
                    self.ledger.done(number)
                await asyncio.sleep(_PAUSE)


VARIANTS = (
    receiver_variant("keeps-no-connection", "Every answer ends its connection.", stacking(_Closing)),
    receiver_variant("answers-in-chunks", "Answers come in chunks of a byte.", stacking(_Chunking)),
    receiver_variant("answers-with-many-fields", "Answers have many odd header fields.", stacking(_Adorning)),
    receiver_variant("answers-in-between", "Interim answers come before the final one.", stacking(_Hinting)),
    receiver_variant("answers-as-of-old", "Answers are HTTP/1.0 and end with their connection.", stacking(_Dated)),
    receiver_variant("hangs-up-in-distress", "Too large a body, and a failure inside, get no answer.", stacking(_HangingUp)),
    receiver_variant(
        "has-little-room",
        "Of a crowd only the first are answered, the others are hung up on.",
        stacking(_Crowded),
        "receiver/repeats-accepted",
    ),
    receiver_variant("works-later", "An accepted event is kept, and applied after the answer.", stacking(_Deferring, _Inbox)),
)
