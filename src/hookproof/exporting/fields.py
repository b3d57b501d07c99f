"""The header fields of a delivery, as the contract's policy and its signature schemes name them.

Law: each field stands once, in whatever case; only what documents promise is required.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hookproof.model.contract import Contract, Event
from hookproof.signing.scheme import Scheme
from hookproof.signing.schemes import SCHEMES

MEDIA_TYPE = "application/json"
_UNNAMED = frozenset({"accept", "authorization", "content-type"})
"""Fields that OpenAPI does not let documents describe as parameters."""
_PLACES = {"{id}": "Id of the event.", "{type}": "Name of the event.", "{delivery}": "Id of the delivery."}


@dataclass(frozen=True, kw_only=True)
class Field:
    """One header field: its name, what it holds in Markdown, a JSON Schema of its text, and whether every delivery must have it."""

    name: str
    description: str
    schema: dict[str, Any]
    required: bool = False

    @property
    def of_event(self) -> bool:
        """Whether its text belongs to one event alone."""
        return "const" in self.schema


def fields_of(contract: Contract, event: Event) -> tuple[Field, ...]:
    """Give the fields of the deliveries of an event, media type and length apart."""
    found: dict[str, Field] = {}
    for field in (*_named(contract, event), *_signed(contract), *_identified(contract)):
        known = found.get(field.name.lower())
        found[field.name.lower()] = field if known is None else _joined(known, field)
    return tuple(found.values())


def _named(contract: Contract, event: Event) -> Iterator[Field]:
    for name, template in contract.policy.fields.items():
        if name.lower() in _UNNAMED:
            continue
        schema: dict[str, Any] = {"type": "string"}
        if template == "{type}":
            schema["const"] = event.name
        elif template not in _PLACES:
            schema["examples"] = [template]
        yield Field(name=name, description=_PLACES.get(template, "The same in every delivery."), schema=schema)


def _signed(contract: Contract) -> Iterator[Field]:
    signing = contract.policy.signing
    if signing is None:
        return
    certain = signing.documented and len(signing.schemes) == 1
    for scheme in filter(None, map(SCHEMES.get, signing.schemes)):
        for name in scheme.headers:
            yield Field(name=name, description=_meaning(scheme, name, certain=certain), schema={"type": "string"}, required=certain)


def _meaning(scheme: Scheme, name: str, *, certain: bool) -> str:
    whose = f"{scheme.title} (scheme `{scheme.name}`)" if certain else f"If signed as {scheme.title} (scheme `{scheme.name}`)"
    if name == scheme.header:
        return f"{whose}: {scheme.mac.name} of `{scheme.signed_content}`, in {scheme.encoding.name}; key: {scheme.key.name}."
    if scheme.stamp is not None and scheme.stamp.source == name:
        return f"{whose}: time of sending, {scheme.stamp.unit.value}{', signed' if scheme.stamp.signed else ''}."
    if scheme.message_id is not None and scheme.message_id.source == name:
        return f"{whose}: id of the {scheme.message_id.scope.value}{', signed' if scheme.message_id.signed else ''}."
    return f"{whose}: belongs to it."


def _identified(contract: Contract) -> Iterator[Field]:
    name = contract.envelope.id_header
    if name is not None:
        yield Field(name=name, description="Id of the event, the same in every attempt.", schema={"type": "string"}, required=True)


def _joined(known: Field, further: Field) -> Field:
    words = known.description if further.description in known.description else f"{known.description} {further.description}"
    return Field(name=known.name, description=words, schema=known.schema, required=known.required or further.required)
