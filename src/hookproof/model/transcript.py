"""What happened, in frozen records: subscriptions, emissions, attempts, exchanges, clock advances, notes.

Law: bytes are kept exactly as they crossed the wire; times are integer nanoseconds of one monotonic clock (``at``,
``…_at``) or of the wall clock since the epoch (``…_wall``); secrets are never here, only their names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

HeaderPairs = tuple[tuple[str, str], ...]
"""Header fields in the order and case received, decoded as Latin-1 so that every byte survives."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How our listener answers one attempt.

    ``status`` and ``headers`` are written as given, then ``body`` repeated ``body_repeat`` times. ``delay`` seconds pass before
    the first byte. ``mode``: ``respond``; ``never`` (hold the connection until released); ``drip`` (one byte every
    ``drip_interval`` seconds); ``close`` (FIN before any byte); ``close_in_head`` (FIN inside the status line); ``close_after_head``
    (FIN after the headers, promised body missing); ``reset`` (RST before any byte); ``reset_after_head`` (RST after the headers).
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    body_repeat: int = 1
    delay: float = 0.0
    mode: str = "respond"
    drip_interval: float = 1.0

    @property
    def completes(self) -> bool:
        """Whether the target gets a whole, prompt answer whose status it can act on."""
        return self.mode == "respond"

    @property
    def succeeds(self) -> bool:
        """Whether it is a whole 2xx answer."""
        return self.completes and 200 <= self.status <= 299  # noqa: PLR2004 -- RFC 9110 section 15.3


@dataclass(frozen=True, kw_only=True)
class Record:
    """One line of a transcript. ``id`` is unique in the run; ``situation`` names the staged situation it belongs to."""

    id: str
    situation: str
    at: int


@dataclass(frozen=True, kw_only=True)
class Subscription(Record):
    """An endpoint of ours was registered, changed or removed at the target.

    ``action``: ``created``, ``updated``, ``rotated``, ``disabled``, ``enabled`` or ``deleted``. ``endpoint``: our name of the endpoint,
    unique in the run (attempts carry it). ``endpoint_id``: the target's id. ``scope``: our name of the tenant. ``secret``: name of the
    signing secret in force from now on.
    """

    action: str
    scope: str
    endpoint: str
    endpoint_id: str
    event_types: tuple[str, ...]
    secret: str | None = None
    exchange: str | None = None


@dataclass(frozen=True, kw_only=True)
class Emission(Record):
    """We asked the target to emit an event. ``event_id`` is the envelope id it returned, None if it refused (``status``).

    ``clock`` is the scope's virtual time at the emission (RFC 3339) or None. ``purpose`` is ``canary`` for silence witnesses.
    """

    scope: str
    type: str
    data: Any
    event_id: str | None
    status: int
    started_at: int
    done_at: int
    started_wall: int
    clock: str | None = None
    purpose: str = ""


@dataclass(frozen=True, kw_only=True)
class Attempt(Record):
    """One request that arrived at an endpoint of ours, exactly as received, and our answer.

    ``accepted_at``: first byte read, or connection accepted if none ever came; ``body_read_at``: last body byte read;
    ``answer_started_at``: just before our first answer byte; ``answer_done_at``: after our last one; None where it never
    happened. ``closed_at``: the peer closed or reset first. ``malformed`` says why the bytes are not one HTTP/1.1 request.
    ``body`` is the content after removal of chunked framing; ``head`` the raw bytes up to and including the empty line. ``door``: the
    endpoint by whose own port it came in, empty for the shared one; ``tls``: the version of TLS that it came through, empty for none.
    """

    endpoint: str
    connection: str
    method: str
    target: str
    http_version: str
    headers: HeaderPairs
    body: bytes
    answer: Answer
    accepted_at: int
    accepted_wall: int
    body_read_at: int | None = None
    answer_started_at: int | None = None
    answer_done_at: int | None = None
    closed_at: int | None = None
    malformed: str | None = None
    head: bytes = b""
    door: str = ""
    tls: str = ""

    def header(self, name: str) -> str | None:
        """Give the value of the first field of that name (any case), or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, kw_only=True)
class Exchange(Record):
    """A request of ours to the target's public face and its answer; secrets and keys in both are replaced by ``{{name}}``.

    ``key``: which credential was used: ``own``, ``other`` (another tenant's), ``wrong`` or ``none``. ``purpose`` is a short word
    for people; rules decide by content. ``status`` 0 means that no HTTP answer came (``failure`` says why).

    What we send to a receiver says more: ``case`` joins a faulty request with its controls, ``fault`` names its one fault (empty: it
    must be accepted), ``event_id`` and ``event_type`` are what it carries, ``request_head`` the exact bytes up to and including the
    empty line, ``sent_at`` the instant after the last byte was written, ``wall`` the wall clock at the start in nanoseconds.
    """

    scope: str
    method: str
    path: str
    key: str
    request_headers: HeaderPairs
    request_body: bytes
    status: int
    response_headers: HeaderPairs
    response_body: bytes
    started_at: int
    done_at: int
    operation: str = ""
    purpose: str = ""
    failure: str = ""
    case: str = ""
    fault: str = ""
    event_id: str = ""
    event_type: str = ""
    sent_at: int = 0
    wall: int = 0
    request_head: bytes = b""

    @property
    def accepted(self) -> bool:
        """Whether a whole 2xx answer came."""
        return 200 <= self.status <= 299  # noqa: PLR2004 -- RFC 9110 section 15.3


@dataclass(frozen=True, kw_only=True)
class Effect(Record):
    """How often a receiver applied an event, as far as somebody can tell from inside.

    ``count`` None: whoever was asked could not say. ``via``: who was asked (``control``, ``command``, ``url`` or ``sink``). ``content``:
    the event's data as the receiver understood it, None if that is not told. ``in_force``: whether no later happening replaced what it
    said, None if that is not told.
    """

    event_id: str
    count: int | None
    via: str
    content: Any = None
    in_force: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Advance(Record):
    """A scope's virtual clock was moved by ``seconds``; ``before`` and ``after`` are its readings (RFC 3339)."""

    scope: str
    seconds: float
    before: str
    after: str
    started_at: int
    done_at: int


@dataclass(frozen=True, kw_only=True)
class Note(Record):
    """Anything else that judging must know: ``begin``/``end`` of a situation, ``restart``, ``kill``, ``foreign`` traffic, ``failed``.

    ``facts`` holds small JSON values; its meaning depends on ``name``.
    """

    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RunHeader:
    """What is true of a whole run: contract, target, declared capabilities, seed, profile, and how it was started.

    ``salt`` and a secret's name give the suite's own throw-away test secrets (see ``signing.throwaway_secret``), so that a recording
    can be judged again. ``reproduce`` is the command line, without secrets, that repeats one item.
    """

    contract: str
    contract_digest: str
    role: str
    target: Mapping[str, Any]
    capabilities: Mapping[str, Any]
    seed: int
    profile: str
    started_at: str
    salt: str
    hookproof: str
    reproduce: str = ""


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """A run or part of one: header and records in the order in which they were recorded."""

    header: RunHeader
    records: tuple[Record, ...]

    def of(self, situations: Iterable[str]) -> Transcript:
        """Give the part that belongs to the named situations, up to the end of each; everything if none is named."""
        names = frozenset(situations)
        if not names:
            return self
        ended: set[str] = set()
        kept: list[Record] = []
        for record in self.records:
            if record.situation in names and record.situation not in ended:
                kept.append(record)
                if isinstance(record, Note) and record.name == "end":
                    ended.add(record.situation)
        return Transcript(header=self.header, records=tuple(kept))
