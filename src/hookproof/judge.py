"""Clauses and a transcript make verdicts. Pure: the same recording gives the same verdicts, live or years later.

Law: one verdict per judgeable clause of the role (per clause and event for payload clauses), in the contract's order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Clause, Contract, Event, Role
from hookproof.model.transcript import Note, Transcript
from hookproof.model.verdict import Judgement, Level, Outcome, Verdict, not_observed
from hookproof.rules.bodies import schema_faults, validator, violations
from hookproof.rules.catalogue import RULES
from hookproof.rules.rule import Rule, Terms
from hookproof.rules.view import Body, Readings, View


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to be judged: a clause, and an event for payload clauses. ``id`` is the test id in every report."""

    clause: Clause
    rule: Rule
    event: Event | None = None

    @property
    def id(self) -> str:
        """The clause id, with the event's name behind a colon for payload clauses."""
        return self.clause.id if self.event is None else f"{self.clause.id}:{self.event.name}"


def items(contract: Contract, role: Role) -> Iterator[Item]:
    """Give everything that is judged for a role, in a stable order."""
    for clause in contract.clauses_for(role):
        rule = RULES[clause.rule or ""]
        if rule.per_event:
            yield from (Item(clause=clause, rule=rule, event=event) for _, event in sorted(contract.events.items()))
        else:
            yield Item(clause=clause, rule=rule)


class Judge:
    """Judges one growing transcript. Views are built once per set of situations and bodies read once in all."""

    def __init__(self, contract: Contract, transcript: Transcript, secrets: Mapping[str, str] | None = None) -> None:
        """Take the contract, the recording and the values of secrets that the target issued; see ``verdict``."""
        self.contract = contract
        self.transcript = transcript
        self.capabilities = Capabilities.from_json(dict(transcript.header.capabilities), subject="transcript header")
        self._readings = Readings(secrets)
        self._views: dict[tuple[str, ...], View] = {}
        self._staged = {record.situation for record in transcript.records if isinstance(record, Note) and record.name == "begin"}
        self._failed = {
            record.situation: str(record.facts.get("reason", "unknown"))
            for record in transcript.records
            if isinstance(record, Note) and record.name == "failed"
        }

    def _view(self, situations: tuple[str, ...]) -> View:
        found = self._views.get(situations)
        if found is None:
            found = self._views[situations] = self._made(situations)
        return found

    def _made(self, situations: tuple[str, ...]) -> View:
        if not self._staged:
            return View(self.transcript, self.contract, self._readings)
        names = [name for name in situations if name in self._staged] if len(situations) > 1 else []
        if not names:
            return View(self.transcript.of(situations), self.contract, self._readings)
        return View.joined(tuple(self._view((name,)) for name in names))

    def verdict(self, item: Item) -> Verdict:
        """Judge one item."""
        level = effective_level(item.clause, self.capabilities)
        base = self.transcript.header.reproduce
        return Verdict(
            clause=item.clause.id,
            level=level,
            judgement=self._judgement(item),
            event=item.event.name if item.event else None,
            reproduce=f"{base} -k '{item.id}'" if base else "",
        )

    def _judgement(self, item: Item) -> Judgement:
        lacking = [need for need in item.rule.needs if not self.capabilities.offers(need)]
        if lacking:
            return not_observed(f"needs {', '.join(lacking)}")
        wanted = item.rule.situations
        failed = [name for name in wanted if name in self._failed]
        whole = tuple(name for name in wanted if name not in self._failed)
        if failed:
            proven = self._proven(item, whole) if any(name in self._staged for name in whole) else None
            return proven or not_observed(f"staging of {failed[0]!r} failed: {self._failed[failed[0]]}")
        if wanted and self._staged and not any(name in self._staged for name in wanted):
            return not_observed(f"the situation {' or '.join(map(repr, wanted))} was not staged")
        return self._ruled(item, wanted)

    def _ruled(self, item: Item, situations: tuple[str, ...]) -> Judgement:
        parameters = item.clause.parameters
        terms = Terms(contract=self.contract, parameters=parameters, capabilities=self.capabilities, event=item.event)
        return item.rule.judge(self._view(situations), terms)

    def _proven(self, item: Item, situations: tuple[str, ...]) -> Judgement | None:
        """Give a violation that the intact situations prove by themselves."""
        judgement = self._ruled(item, situations)
        return judgement if judgement.outcome is Outcome.BROKEN else None


def effective_level(clause: Clause, capabilities: Capabilities) -> Level:
    """Give the level that binds this target: a declared capability may raise it."""
    if clause.level_if_declared is not None and clause.declared_by is not None and capabilities.offers(clause.declared_by):
        return clause.level_if_declared
    return clause.level


def judge(
    contract: Contract, transcript: Transcript, *, only: Collection[str] | None = None, secrets: Mapping[str, str] | None = None
) -> tuple[Verdict, ...]:
    """Judge a whole transcript for the role in its header; ``only`` limits it to item ids; ``secrets``: issued by the target."""
    court = Judge(contract, transcript, secrets)
    role = Role(transcript.header.role)
    return tuple(court.verdict(item) for item in items(contract, role) if only is None or item.id in only)


@dataclass(frozen=True, kw_only=True)
class BodyFault:
    """One violation of one body: the clause that it breaks, a JSON Pointer and a sentence."""

    clause: str
    pointer: str
    message: str


def check_body(contract: Contract, raw: bytes) -> tuple[str | None, tuple[BodyFault, ...]]:
    """Judge one event body on its own; give the event type that it names and its faults, none if it conforms."""
    body, found = violations(raw, contract)
    plain = {clause.rule: clause.id for clause in reversed(contract.clauses) if clause.rule and "schema" not in clause.parameters}
    faults = [BodyFault(clause=plain.get(v.rule, f"{contract.name}/body/{v.rule}"), pointer=v.pointer, message=v.message) for v in found]
    if body.fault is None:
        faults += [fault for clause in contract.clauses for fault in _own_faults(clause, body)]
    return body.type, tuple(faults)


def _own_faults(clause: Clause, body: Body) -> Iterator[BodyFault]:
    """Give the faults of a body against the schema that a MUST brings of its own."""
    if clause.rule == "envelopes-have-their-shape" and clause.level is Level.MUST and "schema" in clause.parameters:
        for pointer, message in schema_faults(validator(clause.parameters["schema"]), body.value):
            yield BodyFault(clause=clause.id, pointer=pointer, message=message)
