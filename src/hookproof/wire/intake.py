"""What all connections of one listener share: endpoints by token, the ledger, bounds and counters.

Law: only an endpoint's token identifies it; everything else that arrives is foreign, counted and never evidence.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from hookproof.model.transcript import Answer
from hookproof.wire.answers import PreparedAnswer
from hookproof.wire.bounds import Bounds
from hookproof.wire.ledger import Ledger, Tally
from hookproof.wire.request_head import HeadParser, Request

TOKEN_CHARACTERS = 32
"""Length of the path token: 128 random bits in hexadecimal."""

_AFTER_TOKEN = ("/", "", "?", "#")
_TOKEN_IN_LINE = re.compile(rb"[^\n]*?/([0-9a-f]{32})(?=[/?# \t\r\n]|$)")
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_FOREIGN_KEPT = 8
_FOREIGN_CHARACTERS = 200


class Unfinished(Protocol):
    """An answer that is not done yet."""

    def release(self) -> None:
        """End it and its connection, and record its attempt."""


class Plan:
    """The answers still to come at an endpoint. It is replaced as a whole, so other threads may do so at any time."""

    __slots__ = ("_queue", "_then")

    def __init__(self, script: Sequence[Answer], then: Answer) -> None:
        self._queue = deque(PreparedAnswer(answer) for answer in script)
        self._then = PreparedAnswer(then)

    def take(self) -> PreparedAnswer:
        """Give the next answer."""
        return self._queue.popleft() if self._queue else self._then


class Endpoint:
    """One endpoint: ``plan`` of answers, ``tally`` of what arrived, ``unfinished`` answers that are under way."""

    __slots__ = ("name", "plan", "situation", "tally", "unfinished")

    def __init__(self, name: str, situation: str, plan: Plan, tally: Tally) -> None:
        self.name = name
        self.situation = situation
        self.plan = plan
        self.tally = tally
        self.unfinished: dict[Unfinished, None] = {}  # in order, so that releasing records in order


@dataclass(kw_only=True, slots=True)
class Traffic:
    """What was not evidence: ``foreign`` requests and connections, ``dropped`` for want of room, the last foreign ``targets``."""

    foreign: int
    dropped: int
    targets: deque[str]


class Intake:
    """The shared state of a listener's connections; used on the loop's thread except where ``Ledger`` and ``Plan`` allow others."""

    def __init__(self, bounds: Bounds, ledger: Ledger, prefix: str) -> None:
        self.bounds = bounds
        self.ledger = ledger
        self.parser = HeadParser(bounds)
        self.endpoints: dict[str, Endpoint] = {}
        self.traffic = Traffic(foreign=0, dropped=0, targets=deque(maxlen=_FOREIGN_KEPT))
        self.arrivals = count(1)
        self.connection_numbers = count(1)
        self.open_connections = 0
        self._prefix = prefix

    def find(self, request: Request) -> Endpoint | None:
        """Give the endpoint that the request is for, or None if it is foreign."""
        target = request.target
        endpoint = self.endpoints.get(target[1 : TOKEN_CHARACTERS + 1])
        if endpoint is not None and target[0] == "/" and target[TOKEN_CHARACTERS + 1 : TOKEN_CHARACTERS + 2] in _AFTER_TOKEN:
            return endpoint
        return self._search(request)

    def count_foreign(self, target: str) -> None:
        """Count a request or connection that is for no endpoint."""
        self.traffic.foreign += 1
        self.traffic.targets.append(target[:_FOREIGN_CHARACTERS])

    def _search(self, request: Request) -> Endpoint | None:
        """Look behind an authority or the public URL's own path; in an unreadable request line, for a token anywhere."""
        if not request.target:
            found = _TOKEN_IN_LINE.match(request.head)
            return None if found is None else self.endpoints.get(found[1].decode("ascii"))
        path = _ABSOLUTE.sub("", request.target, count=1)
        if self._prefix and path.startswith(self._prefix):
            path = path[len(self._prefix) :]
        if path[:1] != "/" or path[TOKEN_CHARACTERS + 1 : TOKEN_CHARACTERS + 2] not in _AFTER_TOKEN:
            return None
        return self.endpoints.get(path[1 : TOKEN_CHARACTERS + 1])
