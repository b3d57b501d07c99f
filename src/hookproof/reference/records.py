"""The platform's nouns in memory: scopes, endpoints, events, deliveries, attempts. The store keeps the same.

Law: state that decides what is sent is here and in the store; what is only here can be rebuilt from the store.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

PENDING, DELIVERED, EXHAUSTED, CANCELLED = "pending", "delivered", "exhausted", "cancelled"


@dataclass(kw_only=True)
class Endpoint:
    """A subscriber's address. ``previous`` holds secrets that were rotated out, newest first, each with the end of its overlap."""

    id: str
    url: str
    events: tuple[str, ...]
    secret: str
    created_at: int
    description: str | None = None
    active: bool = True
    previous: tuple[tuple[str, int], ...] = ()
    seq: int = 0

    def keys(self, now: int) -> tuple[str, ...]:
        """Give the secrets that sign at a moment, newest first."""
        return (self.secret, *(secret for secret, until in self.previous if now < until))


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One event as accepted; ``body`` is what every attempt of every delivery carries."""

    id: str
    type: str
    created_at: int
    body: bytes


@dataclass(kw_only=True, eq=False)
class Delivery:
    """One event on its way to one endpoint: ``made`` attempts so far, the next one due at ``due_at``."""

    id: str
    endpoint: Endpoint
    event: Happening
    due_at: int
    made: int = 0
    state: str = PENDING
    seq: int = 0

    def __lt__(self, other: Delivery) -> bool:
        """Earlier due first; of equals, the earlier accepted."""
        return (self.due_at, self.seq) < (other.due_at, other.seq)


@dataclass(frozen=True, kw_only=True)
class AttemptMade:
    """One attempt and how it ended: an HTTP ``status`` or the name of a ``failure``; ``response_bytes`` were kept of the answer's body."""

    number: int
    scheduled_at: int
    sent_at: int
    status: int | None
    failure: str | None
    next_attempt_at: int | None
    response_bytes: int = 0


@dataclass(kw_only=True)
class Lane:
    """The queue of one endpoint, so that a slow one delays nobody else; ``carried`` are its deliveries in flight."""

    waiting: deque[Delivery] = field(default_factory=deque)
    carried: set[Delivery] = field(default_factory=set)


@dataclass(kw_only=True, eq=False)
class Scope:
    """A tenant: its clock (``target`` is where an advance is heading), endpoints, and what is still to be sent."""

    id: str
    name: str
    api_key: str
    clock: int
    target: int
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    upcoming: list[Delivery] = field(default_factory=list)
    lanes: dict[str, Lane] = field(default_factory=dict)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    walk: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    closed: bool = False

    @property
    def pending(self) -> int:
        """How many deliveries are due but not yet answered."""
        return sum(len(lane.waiting) + len(lane.carried) for lane in self.lanes.values())

    def lane(self, endpoint: Endpoint) -> Lane:
        """Give the queue of an endpoint."""
        return self.lanes.setdefault(endpoint.id, Lane())
