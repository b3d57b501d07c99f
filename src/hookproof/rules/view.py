"""One recording, indexed for rules: who was subscribed to what, what was emitted, what arrived where, and when on which clock.

Law: everything is computed from records; nothing here has an opinion about promises.
"""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

from hookproof.model.contract import Contract
from hookproof.model.transcript import Advance, Attempt, Effect, Emission, Exchange, Note, Subscription, Transcript
from hookproof.rules.json_text import JsonFault, has_lone_surrogate, may_hold_surrogate, parse
from hookproof.rules.marks import mark_of
from hookproof.rules.strays import strays


class Body:
    """An attempt's body as a receiver would read it: ``value`` if it is strict JSON, else ``fault`` says why not.

    ``event_id``, ``type`` and ``data`` are the envelope's members where it is an object (None where absent or of a wrong type); the id
    may stand in a header field instead. ``shapes`` are the events that a body without an envelope may be: of one its ``type`` is known.
    """

    __slots__ = ("data", "event_id", "fault", "lone_surrogate", "shapes", "truncated", "type", "value")

    def __init__(self, raw: bytes, contract: Contract, id_field: str | None = None) -> None:
        self.value: Any = None
        self.fault: str | None = None
        self.event_id: str | None = None
        self.type: str | None = None
        self.data: Any = None
        self.truncated = False
        self.lone_surrogate = False
        self.shapes: tuple[str, ...] = ()
        try:
            value = self.value = parse(raw)
        except JsonFault as fault:
            self.fault = str(fault)
            return
        if may_hold_surrogate(raw):
            self.lone_surrogate = has_lone_surrogate(value)
        if isinstance(value, dict):
            names = contract.envelope
            event_id, kind = _member(value, names.id_member), _member(value, names.type_member)
            self.event_id = event_id if isinstance(event_id, str) else id_field
            self.type = kind if isinstance(kind, str) else None
            self.data = value if names.data_member is None else value.get(names.data_member)
            self.truncated = _member(value, names.truncated_member) is True
            if contract.bare and names.type_member not in value:
                self.shapes, self.data = contract.shapes(value), value
                self.type = self.shapes[0] if len(self.shapes) == 1 else None


def _member(value: dict[str, Any], name: str | None) -> Any:  # noqa: ANN401 -- any JSON value
    """Give a member that the provider's envelope has, None where it has no such member."""
    return None if name is None else value.get(name)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One event to one endpoint: its attempts in order of arrival, and the emission that caused it if it was ours."""

    endpoint: str
    event_id: str
    attempts: tuple[Attempt, ...]
    emission: Emission | None

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the attempts, as evidence."""
        return tuple(attempt.id for attempt in self.attempts)


@lru_cache(maxsize=4096)
def seconds_of(text: str) -> float | None:
    """Read an RFC 3339 time as seconds since the epoch; None if it is not one or has no zone."""
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.timestamp()


class Readings:
    """What was read of attempts, shared by all views of one transcript. ``signed`` belongs to the signature rules, ``sizes`` to truncation.

    ``secrets``: values of secrets that the target issued, by name; the suite's own follow from the run's salt.
    """

    def __init__(self, secrets: Mapping[str, str] | None = None) -> None:
        self.secrets = dict(secrets or {})
        self.bodies: dict[tuple[bytes, str | None], Body] = {}
        self.fields: dict[str, dict[str, str]] = {}
        self.signed: dict[tuple[str, ...], dict[str, Any]] = {}
        self.sizes: dict[str, dict[str, int]] = {}


class View:
    """Indexes over one transcript. Build it once for all rules that judge the same situations.

    ``readings`` may be shared between views of one transcript, so that each attempt is read once.
    """

    def __init__(self, transcript: Transcript, contract: Contract, readings: Readings | None = None, parts: tuple[View, ...] = ()) -> None:
        self.transcript = transcript
        self.contract = contract
        self.readings = readings or Readings()
        self._parts = parts

    @classmethod
    def joined(cls, parts: tuple[View, ...]) -> View:
        """Join views of situations, whose endpoints and events are their own, without indexing their records again."""
        return cls(parts[0].transcript, parts[0].contract, parts[0].readings, parts)

    def _each(self, kind: type[Any]) -> Iterable[Any]:
        if self._parts:
            return chain.from_iterable(part._each(kind) for part in self._parts)  # noqa: SLF001 -- its own kind
        return (record for record in self.transcript.records if isinstance(record, kind))

    @cached_property
    def attempts(self) -> tuple[Attempt, ...]:
        """All attempts in order of arrival."""
        if self._parts:
            every = chain.from_iterable(part.attempts for part in self._parts)
            return tuple(sorted(every, key=lambda attempt: attempt.accepted_at))
        return tuple(sorted(self._each(Attempt), key=lambda attempt: attempt.accepted_at))

    @cached_property
    def emissions(self) -> tuple[Emission, ...]:
        """All emissions in order."""
        return tuple(self._each(Emission))

    @cached_property
    def accepted(self) -> tuple[Emission, ...]:
        """The emissions that the target accepted."""
        return tuple(e for e in self.emissions if e.event_id is not None)

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All judged calls to the target's public face in order."""
        return tuple(self._each(Exchange))

    @cached_property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """All subscription records in order."""
        return tuple(self._each(Subscription))

    @cached_property
    def advances(self) -> tuple[Advance, ...]:
        """All clock advances in order."""
        return tuple(self._each(Advance))

    @cached_property
    def effects(self) -> tuple[Effect, ...]:
        """What was said of effects, in order."""
        return tuple(self._each(Effect))

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """All notes in order."""
        return tuple(self._each(Note))

    @cached_property
    def history(self) -> Mapping[str, tuple[Subscription, ...]]:
        """The subscription records of each endpoint in order."""
        found: dict[str, list[Subscription]] = defaultdict(list)
        for record in self.subscriptions:
            found[record.endpoint].append(record)
        return {endpoint: tuple(records) for endpoint, records in found.items()}

    @cached_property
    def emission_of(self) -> Mapping[str, Emission]:
        """The emission that returned each event id."""
        if self._parts:
            return ChainMap(*(dict(part.emission_of) for part in self._parts))
        return {e.event_id: e for e in self.accepted if e.event_id is not None}

    def meant(self, attempt: Attempt) -> Emission | None:
        """Give the emission that an attempt is about: the one of its id, else the one whose mark it carries if no other can be meant.

        What is not one HTTP message has no body; a field of its head may still name the event.
        """
        known = self.emission_of
        if attempt.malformed is not None:
            return next((known[value] for _, value in attempt.headers if value in known), None)
        return known.get(self.body(attempt).event_id or "") or self._strays.get(attempt.id)

    @cached_property
    def _strays(self) -> Mapping[str, Emission]:
        if self._parts:
            return ChainMap(*(dict(part._strays) for part in self._parts))  # noqa: SLF001 -- its own kind
        known = self.emission_of
        if all(self.body(attempt).event_id in known for attempt in self.attempts):
            return {}
        bodies = ((attempt, self.body(attempt)) for attempt in self.attempts)
        return strays(self.accepted, ((attempt, body.event_id, body.type, mark_of(body.data)) for attempt, body in bodies))

    @cached_property
    def by_endpoint(self) -> Mapping[str, tuple[Attempt, ...]]:
        """The attempts at each endpoint in order of arrival."""
        if self._parts:
            return ChainMap(*(dict(part.by_endpoint) for part in self._parts))
        found: dict[str, list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            found[attempt.endpoint].append(attempt)
        return {endpoint: tuple(attempts) for endpoint, attempts in found.items()}

    @cached_property
    def by_type(self) -> Mapping[str, tuple[tuple[Body, tuple[Attempt, ...]], ...]]:
        """The bodies that name each event type, with the attempts that carried them."""
        found: dict[str, list[tuple[Body, tuple[Attempt, ...]]]] = defaultdict(list)
        for body, attempts in self.by_body:
            if body.type is not None:
                found[body.type].append((body, attempts))
        return {kind: tuple(pairs) for kind, pairs in found.items()}

    @cached_property
    def refused(self) -> Mapping[str, Emission]:
        """The first emission of each type that the target refused."""
        return {e.type: e for e in reversed(self.emissions) if e.event_id is None}

    @cached_property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The attempts grouped by endpoint and event, in order of first arrival; those without a known event or an id are left out."""
        if self._parts:
            return tuple(chain.from_iterable(part.deliveries for part in self._parts))
        found: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            emission = self.meant(attempt)
            event_id = self.body(attempt).event_id if emission is None else emission.event_id
            if event_id is not None:
                found[attempt.endpoint, event_id].append(attempt)
        return tuple(
            Delivery(endpoint=endpoint, event_id=event_id, attempts=tuple(attempts), emission=self.emission_of.get(event_id))
            for (endpoint, event_id), attempts in found.items()
        )

    @cached_property
    def canaries(self) -> Mapping[str, tuple[Delivery, ...]]:
        """The canary deliveries of each scope in order of arrival."""
        if self._parts:
            return ChainMap(*(dict(part.canaries) for part in self._parts))
        found: dict[str, list[Delivery]] = defaultdict(list)
        for delivery in self.deliveries:
            if delivery.emission is not None and delivery.emission.purpose == "canary":
                found[self.scope_of(delivery.endpoint)].append(delivery)
        return {scope: tuple(deliveries) for scope, deliveries in found.items()}

    @cached_property
    def sole(self) -> tuple[Delivery, ...]:
        """Deliveries told apart without trusting ids: the first event due at each endpoint, as long as no other can be meant."""
        if self._parts:
            return tuple(chain.from_iterable(part.sole for part in self._parts))
        return tuple(self._first_due(endpoint, sorted(due, key=lambda e: e.started_at)) for endpoint, due in self.due.items() if due)

    def _first_due(self, endpoint: str, due: list[Emission]) -> Delivery:
        """Leave out what belongs to another known emission, names another type, or may belong to the next emission."""
        emission, until = due[0], due[1].started_at if len(due) > 1 else None
        found: list[Attempt] = []
        redirected = False
        for attempt in self.by_endpoint.get(endpoint, ()):
            body = self.body(attempt)
            owner = self.meant(attempt)
            unclaimed = owner is None and body.type in (None, emission.type) and (until is None or attempt.accepted_at < until)
            if owner is emission or (unclaimed and not (redirected and attempt.method == "GET" and not attempt.body)):
                found.append(attempt)
            redirected = 300 <= attempt.answer.status <= 399  # noqa: PLR2004 -- RFC 9110: what follows a redirect by GET delivers nothing
        return Delivery(endpoint=endpoint, event_id=emission.event_id or "", attempts=tuple(found), emission=emission)

    @cached_property
    def due(self) -> Mapping[str, tuple[Emission, ...]]:
        """The accepted emissions that each endpoint's subscription covered when they were made; none while it was set inactive."""
        return {
            endpoint: tuple(e for e in self.accepted if self.covered(endpoint, e) and not self.switched_off(endpoint, e.started_at))
            for endpoint in self.history
        }

    def in_force(self, endpoint: str, at: int) -> Subscription | None:
        """Give an endpoint's latest subscription record at a moment, None if it had none yet."""
        return next((record for record in reversed(self.history.get(endpoint, ())) if record.at <= at), None)

    def asked_at(self, record: Subscription) -> int:
        """Give the moment at which the target was asked for what a record says: it may act before it answers."""
        return next((exchange.started_at for exchange in self.exchanges if exchange.id == record.exchange), record.at)

    def switched_off(self, endpoint: str, at: int) -> bool:
        """Whether an endpoint was set inactive before a moment, and not active again."""
        switches = [record.action for record in self.history.get(endpoint, ()) if record.at <= at]
        return next((action for action in reversed(switches) if action in ("disabled", "enabled")), "") == "disabled"

    def covered(self, endpoint: str, emission: Emission) -> bool:
        """Whether the endpoint was subscribed to the emission's type in its scope at that moment, active or not."""
        current = self.in_force(endpoint, emission.started_at)
        if current is None or current.action == "deleted" or current.scope != emission.scope:
            return False
        return self.contract.policy.asked_for(current.event_types, emission.type)

    def body(self, attempt: Attempt) -> Body:
        """Read an attempt's body, once; what is not one HTTP message has none."""
        raw = b"" if attempt.malformed is not None else attempt.body
        header = self.contract.envelope.id_header
        key = (raw, None if header is None else self.fields(attempt).get(header))
        known = self.readings.bodies.get(key)
        if known is None:
            known = self.readings.bodies[key] = Body(*key[:1], self.contract, key[1])
            if known.type is None and known.shapes:  # of events with one shape the mark tells which
                mark = mark_of(known.data)
                known.type = next((e.type for e in self.accepted if e.type in known.shapes and mark and mark_of(e.data) == mark), None)
        return known

    def named(self, attempt: Attempt) -> Emission | None:
        """Give the emission that an attempt names: by its id, where the provider's envelope has one."""
        if self.contract.envelope.identified:
            return self.emission_of.get(self.body(attempt).event_id or "")
        return self.meant(attempt)

    @cached_property
    def by_body(self) -> tuple[tuple[Body, tuple[Attempt, ...]], ...]:
        """The well-formed attempts grouped by equal bodies, in order of first arrival: what holds of one holds of all."""
        if self._parts:
            return tuple(chain.from_iterable(part.by_body for part in self._parts))
        found: dict[int, list[Attempt]] = {}
        for attempt in self.attempts:
            if attempt.malformed is None:
                found.setdefault(id(self.body(attempt)), []).append(attempt)
        return tuple((self.body(attempts[0]), tuple(attempts)) for attempts in found.values())

    def fields(self, attempt: Attempt) -> dict[str, str]:
        """Give an attempt's header fields by lower-case name, the first of each name, read once."""
        known = self.readings.fields.get(attempt.id)
        if known is None:
            known = self.readings.fields[attempt.id] = {name.lower(): value for name, value in reversed(attempt.headers)}
        return known

    @cached_property
    def veiled(self) -> frozenset[str]:
        """The ids of attempts whose bytes were altered by us: a secret stood in them and its name took its place."""
        return frozenset(str(note.facts.get("attempt")) for note in self.notes if note.name == "hidden")

    def exact(self, attempt: Attempt) -> bool:
        """Whether the bytes that were signed are known: one well-formed message that was recorded as it came."""
        return attempt.malformed is None and attempt.id not in self.veiled

    def scope_of(self, endpoint: str) -> str:
        """Give the scope in which an endpoint was registered, empty if it never was."""
        records = self.history.get(endpoint, ())
        return records[0].scope if records else ""

    def secret_names(self, attempt: Attempt) -> tuple[str, ...]:
        """Give the names of the known secrets ever set for the attempt's endpoint before it arrived, newest first."""
        times, names = self._secrets_of.get(attempt.endpoint, ((), ()))
        if len(times) == 1:
            return names if times[0] <= attempt.accepted_at else ()
        return tuple(dict.fromkeys(name for at, name in zip(reversed(times), reversed(names), strict=True) if at <= attempt.accepted_at))

    @cached_property
    def _secrets_of(self) -> Mapping[str, tuple[tuple[int, ...], tuple[str, ...]]]:
        """When which known secret came into force at each endpoint, in order."""
        found = {}
        for endpoint, records in self.history.items():
            known = [(record.at, record.secret) for record in records if record.secret and self._known(record.secret)]
            found[endpoint] = tuple(at for at, _ in known), tuple(name for _, name in known)
        return found

    def _known(self, secret: str) -> bool:
        return not secret.startswith("issued secret") or bool(self.readings.secrets.get(secret))  # an unset variable gives ""

    @cached_property
    def _advances_of(self) -> Mapping[str, tuple[tuple[int, int, float, float], ...]]:
        found: dict[str, list[tuple[int, int, float, float]]] = defaultdict(list)
        for advance in self.advances:
            before, after = seconds_of(advance.before), seconds_of(advance.after)
            if before is not None and after is not None:
                found[advance.scope].append((advance.started_at, advance.done_at, before, after))
        return {scope: tuple(steps) for scope, steps in found.items()}

    def virtual_window(self, attempt: Attempt) -> tuple[float, float] | None:
        """Give the interval of the scope's virtual clock in which an attempt was made, in seconds since the epoch.

        Between advances the clock is frozen and the interval is a point; None if the scope's clock was never moved.
        """
        return self.virtual_at(self.scope_of(attempt.endpoint), attempt.accepted_at)

    def virtual_at(self, scope: str, at: int) -> tuple[float, float] | None:
        """Give the interval of a scope's virtual clock at a monotonic moment."""
        steps = self._advances_of.get(scope)
        if not steps:
            return None
        low = high = steps[0][2]
        for started, done, before, after in steps:
            if at < started:
                break
            low, high = (before, after) if at <= done else (after, after)
        return low, high
