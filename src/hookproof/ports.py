"""Protocols of the outside: what staging asks of a target and of our own listener.

Law: adapters and fakes mirror these names; nothing here knows HTTP, threads or clocks.
"""

from __future__ import annotations

from collections.abc import Sequence
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

    def emit(self, scope: Scope, event_type: str, data: Any) -> Emitted:  # noqa: ANN401 -- any JSON value
        """Trigger an event through the target's real pipeline."""

    def clock(self, scope: Scope) -> ClockReading:
        """Read the scope's clock."""

    def advance(self, scope: Scope, seconds: float) -> ClockReading:
        """Move the virtual clock and wait until the target is ready."""

    def attempts(self, scope: Scope, event_id: str) -> Sequence[dict[str, Any]]:
        """Give the target's own account of its attempts for one event (capability ``inspect``)."""

    def lifecycle(self, action: str) -> None:
        """``restart`` or ``kill`` the target and wait until it answers again."""


class Listener(Protocol):
    """Our receiver of deliveries: endpoints with unguessable paths and scripted answers."""

    def open_endpoint(self, name: str, script: Sequence[Answer], *, then: Answer, own_port: bool = False, situation: str = "") -> str:
        """Open an endpoint and give its URL: the answers of ``script`` in order of arrival, then ``then`` for ever."""

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

    def attempts(self, names: Sequence[str]) -> tuple[Attempt, ...]:
        """Give the attempts recorded at these endpoints so far, in order of record."""
