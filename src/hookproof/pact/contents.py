"""What a consumer hears of every event: one asynchronous message each, derived from the schemas of envelope and event.

Law: the envelope's required members are always demanded; of the payload only what the consumer reads.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hookproof.model.contract import Contract, Event
from hookproof.pact.matchers import Loss, Matched, matched
from hookproof.pact.typical import Json

MEDIA_TYPE = r"(?i)application/json(\s*;.*)?"


@dataclass(frozen=True, kw_only=True)
class Message:
    """One event as a pact tells it. ``body`` is its example with rules and losses; ``fields`` patterns of header fields by name."""

    event: str
    body: Matched
    fields: Mapping[str, str]

    @property
    def id(self) -> str:
        """What it is called in a run."""
        return f"message/{self.event}"


def message(contract: Contract, event: Event, body: Mapping[str, Json], reads: Collection[str] | None) -> Message:
    """Make the message of one event from a valid ``body``; ``reads`` are pointers into its payload, None for all that is required."""
    names, said = contract.envelope, matched(_schema(contract, event), dict(body), _reads(contract, event, reads))
    sums = [
        Loss(pointer=f"{_place(contract, event)}/{total}", keyword="sum", why="Pact compares no members with each other")
        for total in event.relations
    ]
    fields = {"contentType": MEDIA_TYPE, **({names.id_header: r"[\s\S]+"} if names.id_header else {})}
    return Message(event=event.name, body=Matched(example=said.example, rules=said.rules, losses=(*said.losses, *sums)), fields=fields)


def _place(contract: Contract, event: Event) -> str:
    """Give the JSON Pointer of the payload in a body."""
    member = contract.envelope.data_member
    return "" if member is None or event.bare else f"/{member}"


def _reads(contract: Contract, event: Event, reads: Collection[str] | None) -> tuple[str, ...] | None:
    if reads is None:
        return None
    known = () if event.bare else contract.envelope.schema.get("required", ())
    own = [f"/{name}" for name in known if f"/{name}" != _place(contract, event)]
    return (*own, *(_place(contract, event) + read for read in reads))


def _schema(contract: Contract, event: Event) -> Mapping[str, Json]:
    """Give one schema of the whole body; its references lead into the event's definitions."""
    names, payload = contract.envelope, dict(event.schema)
    if event.bare:
        return payload
    kind = {names.type_member: {"const": event.name}} if names.type_member else {}
    around = {**names.schema, "properties": {**names.schema.get("properties", {}), **kind}}
    if names.data_member is None:
        return {**around, "allOf": [*names.schema.get("allOf", ()), payload], "$defs": payload.get("$defs", {})}
    around["properties"] = {**around["properties"], names.data_member: payload}
    around["required"] = [*dict.fromkeys([*names.schema.get("required", ()), names.data_member])]
    return {**around, "$defs": {**names.schema.get("$defs", {}), **payload.get("$defs", {})}}


def asked_payload(contract: Contract, event: Event, contents: Json, full: Mapping[str, Json], valid: Any) -> Json:  # noqa: ANN401 -- a predicate
    """Give what a platform is told, so that it sends what a pact's example shows as far as the contract allows it.

    ``full``: a payload with every optional member. A member of the example takes its place there if the event's schema knows it and the
    whole stays ``valid``.
    """
    shown = contents if event.bare or contract.envelope.data_member is None else _inner(contents, contract.envelope.data_member)
    told = dict(full)
    known = event.schema.get("properties", {})
    for name, value in shown.items() if isinstance(shown, dict) else ():
        if name in known and valid({**told, name: value}):
            told[name] = value
    return told


def _inner(contents: Json, member: str) -> Json:
    return contents.get(member) if isinstance(contents, dict) else None
