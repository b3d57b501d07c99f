"""Protocols of the outside: what staging asks of a target and of our own listener.

Law: adapters and fakes mirror these names; nothing here knows HTTP, threads or clocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hookproof.model.capabilities import Capabilities
from hookproof.model.transcript import Answer, Attempt, HeaderPairs


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A tenant at the target. ``id`` is the target's id (empty for a target without scopes), ``api_key`` its credential."""

    id: str
    api_key: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """One HTTP exchange with the target as an adapter saw it: request as sent, answer as received.

    ``status`` 0 with ``failure`` means that no HTTP answer came. Times are monotonic nanoseconds.
    """

    method: str
    path: str
    request_headers: HeaderPairs
    request_body: bytes
    status: int
    response_headers: HeaderPairs
    response_body: bytes
    started_at: int
    done_at: int
    failure: str = ""


@dataclass(frozen=True, kw_only=True)
class Emitted:
    """What the target said to an emission: HTTP ``status`` and the envelope ``event_id`` (None if it refused)."""

    status: int
    event_id: str | None
    started_at: int
    done_at: int
    started_wall: int


@dataclass(frozen=True, kw_only=True)
class ClockReading:
    """A scope's clock: ``now`` in RFC 3339, ``ready`` when everything due was attempted and answered, next due moment or None."""

    now: str
    ready: bool
    pending: int
    next_due_at: str | None


class Platform(Protocol):
    """A target that sends webhooks. Every method may raise ``UnreachableError`` or ``CapabilityError``."""

    @property
    def url(self) -> str:
        """The public base URL, or a name for a target that has none."""

    def capabilities(self) -> Capabilities:
        """Ask what the target offers; a target without the control profile is a black box."""

    def open_scope(self, name: str) -> Scope:
        """Make an isolated tenant; without scopes, the one that the configured credential names."""

    def close_scope(self, scope: Scope) -> None:
        """Remove the tenant and all it holds."""

    def call(self, method: str, path: str, *, api_key: str | None, body: bytes | None, headers: HeaderPairs = ()) -> Call:
        """Send one judged request to the public face, once, without redirects, and give it back exactly."""

    def emit(self, scope: Scope, event_type: str, data: Any, *, key: str | None = None) -> Emitted:  # noqa: ANN401 -- any JSON value
        """Trigger an event through the target's real pipeline, with an idempotency ``key`` if the target knows them."""

    def clock(self, scope: Scope) -> ClockReading:
        """Read the scope's clock."""

    def advance(self, scope: Scope, seconds: float) -> ClockReading:
        """Move the virtual clock and wait until the target is ready."""

    def attempts(self, scope: Scope, event_id: str) -> Sequence[dict[str, Any]]:
        """Give the target's own account of its attempts for one event (capability ``inspect``)."""

    def lifecycle(self, action: str) -> None:
        """``restart`` or ``kill`` the target, or cut its power, and wait until it answers again."""

    def network(self, names: Mapping[str, Sequence[Sequence[str]]], routes: Mapping[str, int], authorities: str) -> None:
        """Let the target's resolver answer names with lists of addresses in turn, the last for ever; replaces the plan before.

        Connections to an address of ``routes`` that such a name led to go to that port of this machine; ``authorities`` (PEM) are
        trusted besides the usual ones.
        """

    def storage(self, state: str) -> None:
        """Let the target's storage be ``down``, ``full`` or ``ok``; while it is not ok an emission may be refused in any way."""


class Listener(Protocol):
    """Our receiver of deliveries: endpoints with unguessable paths and scripted answers."""

    @property
    def dropped(self) -> int:
        """How many connections and requests were turned away unrecorded because a bound of ours was reached."""

    def open_endpoint(
        self, name: str, script: Sequence[Answer], *, then: Answer, own_port: bool = False, situation: str = "", certificate: str = ""
    ) -> str:
        """Open an endpoint and give its URL: the answers of ``script`` in order of arrival, then ``then`` for ever.

        A ``certificate`` by name lets it speak TLS, at a port of its own.
        """

    def rescript(self, name: str, script: Sequence[Answer], *, then: Answer) -> None:
        """Replace the answers still to come at an endpoint."""

    def close_port(self, name: str) -> None:
        """Refuse connections to an endpoint that was opened with a port of its own."""

    def reopen_port(self, name: str) -> None:
        """Accept connections again."""

    def release(self, names: Sequence[str]) -> None:
        """End the held and dripping connections of these endpoints so that their attempts are recorded."""

    def wait(self, names: Sequence[str], count: int, timeout: float) -> bool:
        """Wait until at least ``count`` attempts were recorded at these endpoints together; False on time-out."""

    def wait_accepted(self, names: Sequence[str], count: int, timeout: float) -> bool:
        """Wait until ``count`` requests were read whole at these endpoints, answered or not; False on time-out."""

    def wait_met(self, name: str, timeout: float) -> bool:
        """Wait until an endpoint got a request, or broke off a TLS handshake; False on time-out."""

    def broken_handshakes(self, name: str) -> tuple[str, ...]:
        """Give the reasons of TLS handshakes at an endpoint that were begun and did not end."""

    def attempts(self, names: Sequence[str]) -> tuple[Attempt, ...]:
        """Give the attempts recorded at these endpoints so far, in order of record."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One request to be written: ``head`` up to and including the empty line, then ``body`` as it crosses the wire.

    ``pieces`` > 1 splits the body into that many writes, ``pause`` seconds apart. ``gate``: requests of one batch with the same gate
    hold their last byte back until each of them has written all others (last-byte synchronisation). ``fresh``: on a connection of
    its own. ``patience``: seconds to wait for the whole answer after the last byte, or for a write to go on.
    """

    head: bytes
    body: bytes = b""
    pieces: int = 1
    pause: float = 0.0
    gate: str = ""
    fresh: bool = False
    patience: float = 35.0


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back: ``status`` 0 if no whole answer did, with a ``failure``.

    Failures are ``refused``, ``reset``, ``closed``, ``timeout`` and ``malformed``.

    Instants are nanoseconds of the monotonic clock: before the first byte was written, after the last one (0 if it never was), and when
    the answer was whole or given up. ``wall`` is the wall clock at the start. ``written``: bytes of the request that were written.
    """

    status: int
    headers: HeaderPairs
    body: bytes
    failure: str
    started_at: int
    sent_at: int
    done_at: int
    wall: int
    written: int


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What somebody inside a receiver says of one event.

    ``count``: how often it was applied, None if that cannot be said; ``via``: who was asked; ``content``: the data as applied;
    ``in_force``: whether what it said still holds, None if that is not told.
    """

    count: int | None
    via: str
    content: Any = None
    in_force: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An event of whose effects somebody is asked; ``event_type`` is empty where it is not known."""

    event_id: str
    event_type: str = ""


class Receiver(Protocol):
    """A target that receives webhooks. Every method may raise ``UnreachableError`` or ``CapabilityError``."""

    @property
    def url(self) -> str:
        """Where deliveries go."""

    def capabilities(self) -> Capabilities:
        """Ask what the target offers; a target without the control profile is a black box."""

    def effects(self, asked: Sequence[Asked]) -> list[Seen]:
        """Ask how often each of these events took effect; the answers are in their order."""

    def fail_next(self, count: int) -> None:
        """Let the next events fail inside the receiver, after verification."""

    def advance(self, seconds: float) -> str:
        """Move the receiver's virtual clock; give its new reading in RFC 3339."""

    def configure(self, secrets: Sequence[str], tolerance_seconds: float | None) -> None:
        """Replace the receiver's signing secrets, and its tolerance unless that is None (its own)."""

    def log(self) -> str:
        """Give the receiver's log as text."""

    def lifecycle(self, action: str) -> None:
        """``restart`` or ``kill`` the target and wait until it answers again."""


class Sending(Protocol):
    """Our sender of deliveries to one origin."""

    def send(self, batch: Sequence[Outgoing], *, at_once: int = 8) -> list[Reply]:
        """Send requests byte by byte, at most ``at_once`` in flight; give the replies in the batch's order."""
