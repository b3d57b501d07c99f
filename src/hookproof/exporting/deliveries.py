"""The JSON Schemas of what is delivered, under names that every format shares: envelope, payload and whole body of each event.

Law: the schema of a delivery accepts a body exactly when the contract does, but for what ``unsaid`` names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hookproof.exporting.grafting import grafted
from hookproof.exporting.hoisting import hoisted
from hookproof.exporting.keys import keys
from hookproof.model.contract import Clause, Contract, Event
from hookproof.model.verdict import Level
from hookproof.rules.bodies import validator

Json = Any  # JSON documents are plain Python values

ENVELOPE = "envelope"
TRUNCATED = "envelope-truncated"
CREATED = "created-at"
ADDED = "x-hookproof"
"""Where a document holds what only we say, under the names of a contract's own files."""

_DATE = "(?:[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])|[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))"
_WEEK = "[0-9]{4}(?:-[Ww](?:0[1-9]|[1-4][0-9]|5[0-3])(?:-[1-7])?|[Ww](?:0[1-9]|[1-4][0-9]|5[0-3])[1-7]?)"
_SMALL = "[0-5][0-9]"
_TIME = f"(?:[01][0-9]|2[0-3])(?::{_SMALL}(?::{_SMALL}(?:[.,][0-9]+)?)?|{_SMALL}(?:{_SMALL}(?:[.,][0-9]+)?)?)?"
ZONED_TIME = f"^(?:{_DATE}|{_WEEK})[Tt]{_TIME}(?:[Zz]|[+-]{_TIME})$"
"""ISO 8601 date and time with a zone: the forms that the judge reads."""


class Shelf:
    """The schemas of one contract. ``root`` is where a document keeps them, for example ``#/components/schemas``."""

    def __init__(self, contract: Contract, root: str) -> None:
        self.contract = contract
        self.root = root
        self.keys = keys(contract.events)

    def ref(self, name: str) -> dict[str, str]:
        """Refer to one of ``definitions``."""
        return {"$ref": f"{self.root}/{name}"}

    def payload(self, event: str) -> str:
        """Give the name of the definition of an event's payload."""
        return f"payload.{self.keys[event]}"

    def delivery(self, event: str) -> str:
        """Give the name of the definition of an event's whole body."""
        return f"delivery.{self.keys[event]}"

    def definitions(self) -> dict[str, Json]:
        """Give every schema by name: what all events share, then each event's payload and whole body, sorted by event."""
        envelope = self.contract.envelope
        found = {ENVELOPE: self._grafted(ENVELOPE, envelope.schema, "Envelope", "What the body of every delivery has.")}
        if envelope.truncated_schema is not None:
            words = "What the body of a delivery has whose event was too large."
            found[TRUNCATED] = self._grafted(TRUNCATED, envelope.truncated_schema, "Truncated envelope", words)
        if envelope.created_member is not None:
            words = "ISO 8601 date and time with a zone."
            found[CREATED] = {"title": "Created at", "description": words, "pattern": ZONED_TIME, "examples": ["2027-01-31T12:00:00Z"]}
        for name, clause in self.promised().items():
            shape = self._grafted(name, clause.parameters["schema"], clause.id, clause.promise)
            found[name] = {**shape, ADDED: {"clause": clause.id, "promise": clause.promise}}
        for event in self._events():
            found[self.payload(event.name)] = self._payload(event)
            found[self.delivery(event.name)] = self._delivery(event)
        return hoisted(found, self.root)

    def promised(self) -> dict[str, Clause]:
        """Give the clauses that bring a schema of the whole body which every delivery must keep to, by the name of its definition."""
        binding = (clause for clause in self.contract.clauses if clause.level is Level.MUST and clause.excluded is None)
        found = {clause.id: clause for clause in binding if isinstance(clause.parameters.get("schema"), Mapping)}
        return {f"clause.{key}": found[id_] for id_, key in keys(found).items()}

    def _grafted(self, name: str, schema: Mapping[str, Json], title: str, description: str) -> dict[str, Json]:
        return {"title": title, "description": description, **grafted(dict(schema), f"{self.root}/{name}")}

    def _payload(self, event: Event) -> dict[str, Json]:
        schema = grafted(dict(event.schema), f"{self.root}/{self.payload(event.name)}")
        named = {} if self.keys[event.name] == event.name else {"name": event.name}
        return {**schema, "examples": list(event.examples), ADDED: {**named, **told(event)}}

    def _delivery(self, event: Event) -> dict[str, Json]:
        envelope, payload = self.contract.envelope, self.ref(self.payload(event.name))
        head = {"title": event.title, "description": event.description, "type": "object"}
        if event.bare:
            unnamed = {} if envelope.type_member is None else {"not": {"required": [envelope.type_member]}}
            known: dict[str, Json] = {"required": list(event.bare), "properties": {name: {} for name in event.bare}}
            return {**head, **known, **unnamed, "allOf": [*self._shared(), self._unless_truncated(payload)]}
        named = {} if envelope.type_member is None else {envelope.type_member: {"const": event.name}}
        members, needed = {**named}, [*named]
        beside: list[Json] = [self.ref(ENVELOPE), *self._shared()]
        if envelope.data_member is None:
            beside.append(payload)
        else:
            members[envelope.data_member] = payload
            needed += [] if validator(event.schema).is_valid(None) else [envelope.data_member]
        if envelope.truncated_member is None:
            return {**head, "required": needed, "properties": members, "allOf": beside}
        certain = self._certain()
        whole = {"title": "Whole", "allOf": beside, "required": needed, "properties": {**members, **self._whole()}}
        cut = {"title": "Truncated", "allOf": [self._cut(), *self._shared()], **_true(envelope.truncated_member)}
        return {**head, "required": [*named, *certain], "properties": {**named, **certain}, "oneOf": [whole, cut]}

    def _certain(self) -> dict[str, Json]:
        """Give the member with the payload where every body, whole or truncated, has an object there."""
        member = self.contract.envelope.data_member
        shapes = [self.contract.envelope.schema, self.contract.envelope.truncated_schema or self.contract.envelope.schema]
        sure = all(member in part.get("required", ()) and _says_object(part.get("properties", {}).get(member)) for part in shapes)
        return {member: {"type": "object"}} if member is not None and sure else {}

    def _whole(self) -> dict[str, Json]:
        """Say that a body is not truncated."""
        member = self.contract.envelope.truncated_member
        return {} if member is None else {member: {"not": {"const": True}}}

    def _cut(self) -> dict[str, Json]:
        return self.ref(ENVELOPE if self.contract.envelope.truncated_schema is None else TRUNCATED)

    def _shared(self) -> list[dict[str, Json]]:
        """Give what every body keeps to beside its envelope."""
        created = self.contract.envelope.created_member
        times = [] if created is None else [{"properties": {created: self.ref(CREATED)}}]
        return [*times, *map(self.ref, self.promised())]

    def _unless_truncated(self, schema: dict[str, Json]) -> dict[str, Json]:
        member = self.contract.envelope.truncated_member
        return schema if member is None else {"if": _is(member, const=True), "else": schema}

    def _events(self) -> list[Event]:
        return [event for _, event in sorted(self.contract.events.items())]

    def any_delivery(self) -> dict[str, Json]:
        """Give the schema of the body of any delivery, whichever its event."""
        kind, bare = self.contract.envelope.type_member, self.contract.bare
        enveloped = {"allOf": [*self._plain_envelope(), *self._known(), *self._by_type()]}
        if not bare:
            return {"allOf": [*self._shared(), *enveloped["allOf"]]}
        shapes = [{"required": list(members)} for members in dict.fromkeys(map(tuple, bare.values()))]
        unnamed = {} if kind is None else {"not": {"required": [kind]}}
        chosen = [
            {"required": list(members), "allOf": [self._unless_truncated(self.ref(self.payload(event)))]} for event, members in bare.items()
        ]
        split = {"if": {"type": "object", **unnamed, "anyOf": shapes}, "then": {"anyOf": chosen}, "else": enveloped}
        return {"allOf": [*self._shared(), split]}

    def _plain_envelope(self) -> list[dict[str, Json]]:
        member = self.contract.envelope.truncated_member
        if member is None or self.contract.envelope.truncated_schema is None:
            return [self.ref(ENVELOPE)]
        return [{"if": _is(member, const=True), "then": self._cut(), "else": self.ref(ENVELOPE)}]

    def _known(self) -> list[dict[str, Json]]:
        kind = self.contract.envelope.type_member
        if kind is None or self.contract.open_catalog:
            return []
        return [{"properties": {kind: {"anyOf": [{"enum": sorted(self.contract.events)}, {"not": {"type": "string"}}]}}}]

    def _by_type(self) -> Iterator[dict[str, Json]]:
        kind, data = self.contract.envelope.type_member, self.contract.envelope.data_member
        for event in self._events() if kind is not None else ():
            payload: dict[str, Json] = self.ref(self.payload(event.name))
            if data is not None:
                missing = validator(event.schema).is_valid(None)
                payload = {"properties": {data: payload}, **({} if missing else {"required": [data]})}
            yield {"if": _is(str(kind), const=event.name), "then": self._unless_truncated(payload)}


def _says_object(schema: Json) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "object"


def _true(member: str) -> dict[str, Json]:
    """Say that a member is true."""
    return {"required": [member], "properties": {member: {"const": True}}}


def _is(member: str, *, const: Json) -> dict[str, Json]:
    return {"type": "object", "required": [member], "properties": {member: {"const": const}}}


def told(event: Event) -> dict[str, Json]:
    """Give what a contract's event file says under ``x-hookproof``."""
    facts: dict[str, Json] = {"group": event.group, "provenance": event.provenance.value}
    if not event.catalog:
        facts["catalog"] = False
    named = {"deprecated": event.deprecated, "alias_of": event.alias_of, "variants": list(event.variants), "bare": list(event.bare)}
    facts.update({name: value for name, value in named.items() if value})
    if event.counter_examples:
        facts["counter_examples"] = list(event.counter_examples)
    if event.relations:
        facts["relations"] = {total: list(parts) for total, parts in event.relations.items()}
    return facts


def unsaid(contract: Contract) -> tuple[str, ...]:
    """Say what the contract promises of bodies and JSON Schema cannot state."""
    found = ["Strict JSON text: no repeated member names, no byte order mark, no half surrogate pairs, at most 128 levels."]
    if contract.envelope.created_member is not None:
        found.append(f"A day that its month lacks (`{contract.envelope.created_member}`: 30 February).")
    found += [
        f"{event.name}: {total} is the sum of {', '.join(parts)}."
        for _, event in sorted(contract.events.items())
        for total, parts in event.relations.items()
    ]
    return tuple(found)


def facts_of(contract: Contract) -> dict[str, Json]:
    """Give what a document says of the contract it was made from under ``x-hookproof``, in the words of ``provider.yaml``."""
    envelope = contract.envelope
    members = ("id_member", "type_member", "created_member", "data_member", "truncated_member", "id_header")
    return {
        "contract": contract.name,
        "revision": contract.revision,
        "digest": contract.digest,
        "catalog": "open" if contract.open_catalog else "closed",
        "envelope": {name: getattr(envelope, name) for name in members},
        "unsaid": list(unsaid(contract)),
    }
