"""What a provider promises, as frozen values read from ``contracts/<provider>/``.

Law: nothing here knows files or Python code of a provider; a provider is data.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from hookproof.model.verdict import Level

Json = Any  # JSON documents are plain Python values: dict, list, str, int, float, bool, None


class Role(StrEnum):
    """Who is judged: the sender of webhooks or their receiver."""

    PLATFORM = "platform"
    RECEIVER = "receiver"


class Provenance(StrEnum):
    """How an event's payload is known: from its own sample, from another's shape, by name only, inferred; or it is a sample of our own."""

    DOCUMENTED = "documented"
    SHARED_SHAPE = "shared-shape"
    CATALOG_ONLY = "catalog-only"
    SAMPLE = "sample"
    INFERRED = "inferred"


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a promise is made: document title and section heading; ``companion`` marks pages outside the seed documents."""

    document: str
    section: str

    def __str__(self) -> str:
        """Give the locator as one line."""
        return f"{self.document} § {self.section}"


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One promise.

    ``id`` is ``<contract>/<topic>/<promise>`` in words, forever. Exactly one of ``rule`` (name of the judging rule, with its
    ``parameters``) and ``excluded`` (why nobody can judge it) is set. ``ambiguity`` says where the documents are silent or
    contradict themselves, and the legal readings. ``level_if_declared`` replaces ``level`` when the target declares the
    capability named by ``declared_by`` (for example a signing profile). ``mend`` is advice to who broke it.
    """

    id: str
    level: Level
    roles: tuple[Role, ...]
    promise: str
    source: Source
    rule: str | None = None
    parameters: Mapping[str, Json] = field(default_factory=dict)
    excluded: str | None = None
    ambiguity: str | None = None
    level_if_declared: Level | None = None
    declared_by: str | None = None
    mend: str | None = None

    @property
    def topic(self) -> str:
        """The clause family: the middle word of the id."""
        return self.id.split("/")[1]


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event type: its name on the wire and the JSON Schema 2020-12 of its ``data``.

    ``examples`` are instances of ``schema`` in our own values, ``counter_examples`` are none. ``catalog`` is false for a type that
    is documented but missing from the provider's index. ``deprecated`` names the replacement; ``alias_of`` another name for the
    same happening.
    ``relations`` are promises between fields that JSON Schema cannot say, for example ``{"total": ["imported", "failed"]}``
    (the first is the sum of the others). ``bare``: members by which its body is known where it comes without any envelope, none
    where it comes in one.
    """

    name: str
    title: str
    description: str
    group: str
    provenance: Provenance
    schema: Mapping[str, Json]
    examples: tuple[Json, ...]
    catalog: bool = True
    deprecated: str | None = None
    alias_of: str | None = None
    variants: tuple[str, ...] = ()
    relations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    bare: tuple[str, ...] = ()
    counter_examples: tuple[Json, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """How a delivery wraps an event: the names of the members that carry each meaning, and two JSON Schemas of the whole body.

    ``schema`` is for plain deliveries, ``truncated_schema`` for truncated ones (None where the provider has no truncation).
    A member name that is None means that the provider's envelope has no such member; without ``data_member`` the whole body is the
    payload. ``id_header`` is the header field, in lower case, that holds the id where the body does not.
    """

    id_member: str | None
    type_member: str | None
    created_member: str | None
    data_member: str | None
    truncated_member: str | None
    schema: Mapping[str, Json]
    truncated_schema: Mapping[str, Json] | None
    id_header: str | None = None

    @property
    def identified(self) -> bool:
        """Whether a delivery names its event by an id."""
        return self.id_member is not None or self.id_header is not None

    @property
    def filled(self) -> frozenset[str]:
        """The members of a body that a sender fills by itself, so that whoever causes an event does not say them."""
        return frozenset(name for name in (self.id_member, self.type_member, self.created_member, self.truncated_member) if name)

    @property
    def constants(self) -> Mapping[str, Json]:
        """Further members of the body that a sender fills by itself, each with the first example of its schema."""
        own = {self.id_member, self.type_member, self.created_member, self.data_member, self.truncated_member}
        known = self.schema.get("properties", {})
        return {
            name: part["examples"][0]
            for name, part in known.items()
            if name not in own and isinstance(part, Mapping) and part.get("examples")
        }


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """One retry schedule: ``delays`` in seconds after each failed send, ``sends`` the legal totals by the name of the reading."""

    name: str
    delays: tuple[float, ...]
    sends: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class PolicyAssignment:
    """Which policies (any of them is legal) apply to events whose names match one of the shell-style ``events`` patterns."""

    events: tuple[str, ...]
    policies: tuple[str, ...]

    def covers(self, event: str) -> bool:
        """Whether this line speaks of that event type."""
        return any(fnmatchcase(event, pattern) for pattern in self.events)


@dataclass(frozen=True, kw_only=True)
class Truncation:
    """When and how an oversized event is cut.

    ``limits``: legal limits in bytes, ``measured_on``: legal things to measure (``data``, ``envelope``). ``flag_member`` and
    ``size_member`` are the members of a truncated ``data``; ``identifiers`` the only other members it may carry.
    """

    limits: tuple[int, ...]
    measured_on: tuple[str, ...]
    flag_member: str
    size_member: str
    identifiers: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Signing:
    """How deliveries are signed: the default scheme names in order of preference, and rotation overlap in seconds.

    ``documented`` is false when the provider calls its deliveries signed without saying how.
    """

    documented: bool
    schemes: tuple[str, ...]
    tolerance_seconds: int
    overlap_seconds: int


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The delivery policy: schedules (first matching assignment wins), time-out, success, truncation, signing.

    ``timeout_seconds`` is how long a send waits for an answer; ``success`` and ``failure`` are status classes such as ``2xx``.
    ``consent``: receivers are asked before anything is sent to them, as CloudEvents asks (HTTP Web Hooks, section 4).
    ``wildcards``: how many events can be asked for at once: ``all`` (by ``*``), ``prefix`` (by ``order.*``). ``identity``: members of the
    payload by which a repeat is known that has no id. ``fields``: header fields of a delivery beside its signature; ``{id}``, ``{type}``
    and ``{delivery}`` stand for what they name. ``assumed``: members of the policy that no document states.
    """

    retry: Mapping[str, RetryPolicy]
    assignments: tuple[PolicyAssignment, ...]
    timeout_seconds: float
    success: tuple[str, ...]
    failure: tuple[str, ...]
    truncation: Truncation | None
    signing: Signing | None
    explicit_only: tuple[str, ...] = ()
    companions: Mapping[str, str] = field(default_factory=dict)
    management: Mapping[str, str] = field(default_factory=dict)
    consent: bool = False
    wildcards: tuple[str, ...] = ("all",)
    identity: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()

    def wildcard(self, name: str) -> bool:
        """Whether a name in a subscription is a wildcard that the provider knows."""
        return "all" in self.wildcards if name == "*" else name.endswith("*") and "prefix" in self.wildcards

    def asked_for(self, names: Collection[str], event: str) -> bool:
        """Whether a subscription to these names covers an event; what must be named is covered by no wildcard."""
        if event in names:
            return True
        covered = any(self.wildcard(name) and event.startswith(name[:-1]) for name in names)
        return covered and event not in self.explicit_only

    def policies_for(self, event: str) -> tuple[RetryPolicy, ...]:
        """Give every retry policy that is legal for an event type, most likely first; empty if none is promised."""
        if event not in self._legal:
            line = next((line for line in self.assignments if line.covers(event)), None)
            self._legal[event] = () if line is None else tuple(self.retry[name] for name in line.policies)
        return self._legal[event]

    @cached_property
    def _legal(self) -> dict[str, tuple[RetryPolicy, ...]]:
        """What was looked up before: matching names against patterns is dear."""
        return {}


@dataclass(frozen=True, kw_only=True)
class Contract:
    """Everything one provider promises. ``digest`` is ``sha256:<hex>`` over all its files; ``events`` is keyed by name.

    ``open_catalog``: events of any other name are legal too, and those in ``events`` are samples.
    """

    name: str
    title: str
    revision: str
    digest: str
    sources: tuple[Source, ...]
    envelope: Envelope
    policy: Policy
    clauses: tuple[Clause, ...]
    events: Mapping[str, Event]
    subscription_api: Mapping[str, Json]
    open_catalog: bool = False

    @cached_property
    def bare(self) -> Mapping[str, tuple[str, ...]]:
        """The events whose bodies are known by their members alone, with those members."""
        return {name: event.bare for name, event in sorted(self.events.items()) if event.bare}

    def shapes(self, body: Mapping[str, Json]) -> tuple[str, ...]:
        """Give the events that a body without an envelope may be, by its members; several where the provider gives them one shape."""
        if self.envelope.type_member in body:
            return ()
        return tuple(name for name, members in self.bare.items() if all(member in body for member in members))

    def payload(self, body: Mapping[str, Json]) -> Json:
        """Give what the event's schema describes: the member that holds the payload, or the whole of a body that has no such member."""
        member = self.envelope.data_member
        return body if member is None or self.shapes(body) else body.get(member)

    @property
    def recognisable(self) -> bool:
        """Whether anything names an event, so that a receiver can know a repeat and be asked of its effect."""
        return self.envelope.identified or bool(self.policy.identity)

    @cached_property
    def catalog(self) -> tuple[str, ...]:
        """The names a subscriber may list, sorted."""
        return tuple(sorted(name for name, event in self.events.items() if event.catalog))

    @cached_property
    def clauses_by_id(self) -> Mapping[str, Clause]:
        """The clauses keyed by id."""
        return {clause.id: clause for clause in self.clauses}

    def clauses_for(self, role: Role) -> tuple[Clause, ...]:
        """Give the judgeable clauses of one role in the contract's order."""
        return tuple(c for c in self.clauses if role in c.roles and c.excluded is None)
