"""Corpora of a contract: bodies that are right, bodies with one named fault, bodies around the size limit.

Law: contract, seed and profile decide every byte; a profile changes how many there are, never which come first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from hookproof.generate.deliveries import compact
from hookproof.generate.envelopes import around_limits, wrapped
from hookproof.generate.faults import Fault, faulty
from hookproof.generate.payloads import payloads_of
from hookproof.model.contract import Contract, Event, Json
from hookproof.model.errors import IllFormedError
from hookproof.rules.bodies import pointer_of


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much a profile wants: ``valid`` bodies of each event, ``rounds`` of faults, ``sized`` events around the size limit."""

    valid: int
    rounds: int
    sized: int


PROFILES: Mapping[str, Extent] = {
    "quick": Extent(valid=3, rounds=1, sized=1),
    "ci": Extent(valid=20, rounds=1, sized=1),
    "certify": Extent(valid=50, rounds=2, sized=3),
    "nightly": Extent(valid=500, rounds=5, sized=10),
}
"""How much each profile wants."""


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """One body of a corpus.

    ``fault`` is what is wrong with it, its pointer being that of the whole body; None if it is right. ``cut``: it is the truncated
    form. ``number`` counts the specimens of its kind and event.
    """

    event: str
    number: int
    body: Mapping[str, Json]
    fault: Fault | None = None
    cut: bool = False

    @property
    def text(self) -> bytes:
        """The body as compact UTF-8."""
        return compact(self.body)


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """The corpus of a contract's revision for a seed and a profile; specimens are made as they are asked for."""

    contract: Contract
    seed: int = 0
    profile: str = "ci"

    @property
    def extent(self) -> Extent:
        """How much the profile wants; raises ``IllFormedError`` for a profile that is unknown."""
        if self.profile not in PROFILES:
            raise IllFormedError("profile", f"unknown profile {self.profile!r}", remedy=f"Choose one of {', '.join(PROFILES)}.")
        return PROFILES[self.profile]

    def events(self, names: Collection[str] | None = None) -> list[Event]:
        """Give the events of the corpus, by name."""
        return [event for name, event in sorted(self.contract.events.items()) if names is None or name in names]

    def valid(self, names: Collection[str] | None = None) -> Iterator[Specimen]:
        """Give right bodies of every event, or of those that are named."""
        for event in self.events(names):
            yield from valid_bodies(self.contract, event, self.extent.valid, self.seed)

    def faulty(self, names: Collection[str] | None = None) -> Iterator[Specimen]:
        """Give bodies with one fault: every keyword of every event's schema, once in each round."""
        for event in self.events(names):
            for turn in range(self.extent.rounds):
                yield from faulty_bodies(self.contract, event, self.seed + turn)

    def sized(self) -> Iterator[Specimen]:
        """Give bodies just below, at and just above the size limit, whole or cut as the contract promises."""
        roomy = 0
        for event in self.events():
            found = list(around_limits(self.contract, event, self.seed))
            yield from (Specimen(event=event.name, number=n, body=each.body, cut=each.truncated) for n, each in enumerate(found))
            roomy += bool(found)
            if roomy >= self.extent.sized:
                return

    @property
    def digest(self) -> str:
        """``sha256:<hex>`` over every body in its order."""
        own = hashlib.sha256()
        for kind in (self.valid(), self.faulty(), self.sized()):
            for specimen in kind:
                own.update(specimen.text + b"\n")
        return f"sha256:{own.hexdigest()}"


def valid_bodies(contract: Contract, event: Event, count: int, seed: int) -> Iterator[Specimen]:
    """Give right bodies of one event, edges and hard values among them."""
    made = payloads_of(event, wide=True)
    for number in range(count):
        body = wrapped(contract, event.name, made.numbered(number, seed), f"{seed}/{event.name}/{number}")
        yield Specimen(event=event.name, number=number, body=body)


def faulty_bodies(contract: Contract, event: Event, seed: int) -> Iterator[Specimen]:
    """Give a body with one fault for every keyword of an event's schema that the envelope does not mend."""
    inside = contract.envelope.data_member is not None and not event.bare
    at = pointer_of([contract.envelope.data_member or ""]) if inside else ""
    for number, each in enumerate(faulty(event, seed)):
        if not inside and not isinstance(each.payload, dict):
            continue
        body = wrapped(contract, event.name, each.payload, f"{seed}/{event.name}/{number}/faulty")
        spoken = Fault(keyword=each.fault.keyword, pointer=at + each.fault.pointer, deed=each.fault.deed, schema=each.fault.schema)
        if not payloads_of(event).is_valid(contract.payload(body) if inside else body):
            yield Specimen(event=event.name, number=number, body=body, fault=spoken)
