"""Deliveries as a provider's platform would send them: an event in its envelope, signed, as one request.

Law: what is made here is correct; a fault is put in by whoever names it, by replacing exactly one thing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hookproof.model.contract import Contract, Truncation
from hookproof.model.transcript import HeaderPairs
from hookproof.signing.scheme import Scheme

MEDIA_TYPE = "application/json"
_PLAIN: HeaderPairs = (("Content-Type", MEDIA_TYPE), ("User-Agent", "hookproof"))


@dataclass(frozen=True, kw_only=True)
class Crafted:
    """One request to a receiver before it is sent.

    ``fields`` are sent in order after Host and before Content-Length; ``length`` replaces Content-Length (-1: none is sent).
    ``event_id``, ``event_type`` say what it carries; ``timestamp`` is the text that was signed. ``target`` None means the receiver's path.
    """

    event_id: str
    event_type: str
    body: bytes
    timestamp: str
    fields: HeaderPairs = ()
    method: str = "POST"
    target: str | None = None
    length: int | None = None

    def without(self, *names: str) -> Crafted:
        """Leave out header fields, by name in any case."""
        gone = {name.lower() for name in names}
        return replace(self, fields=tuple(pair for pair in self.fields if pair[0].lower() not in gone))

    def having(self, *pairs: tuple[str, str]) -> Crafted:
        """Replace header fields, each in its place, or add them at the end."""
        told = {name.lower(): value for name, value in pairs}
        kept = tuple((name, told.pop(name.lower(), value)) for name, value in self.fields)
        return replace(self, fields=kept + tuple((name, value) for name, value in pairs if name.lower() in told))


def compact(value: Any) -> bytes:  # noqa: ANN401 -- any JSON value
    """Write compact UTF-8; a lone surrogate is written as its escape."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def enveloped(contract: Contract, event_id: str, event_type: str, created_at: str, data: Any) -> dict[str, Any]:  # noqa: ANN401 -- any JSON value
    """Wrap ``data`` in the contract's envelope; an event that comes without one stays as it is.

    Where nothing names the event by an id, the id goes into the member of ``data`` by which repeats are known, if it has one.
    """
    shape, event = contract.envelope, contract.events.get(event_type)
    if not shape.identified and isinstance(data, dict):
        data = {**data, **dict.fromkeys((name for name in contract.policy.identity if isinstance(data.get(name), str)), event_id)}
    if event is not None and event.bare:
        return dict(data)
    members = [(shape.id_member, event_id), (shape.type_member, event_type), (shape.created_member, created_at), (shape.data_member, data)]
    named = {name: value for name, value in members if name}
    if shape.data_member is None:
        return {**shape.constants, **(data if isinstance(data, dict) else {}), **named}
    return named | dict(shape.constants)


def cut(truncation: Truncation, envelope: dict[str, Any], data_member: str, truncated_member: str, size: int) -> dict[str, Any]:
    """Give the truncated form of an envelope whose data measured ``size`` bytes."""
    data = envelope[data_member]
    kept = {name: data[name] for name in truncation.identifiers if name in data}
    return {**envelope, data_member: {truncation.flag_member: True, truncation.size_member: size, **kept}, truncated_member: True}


def companion_fields(contract: Contract, event_id: str, event_type: str) -> HeaderPairs:
    """Give the fields that the contract's platform sends beside a signature; we name ourselves behind its product.

    All deliveries of an event are one delivery tried again: they bear the same delivery id.
    """
    values = {"{id}": event_id, "{type}": event_type, "{delivery}": f"dlv_{event_id}"}
    told = {name.lower(): (name, values.get(template, template)) for name, template in contract.policy.fields.items()}
    _, media_type = told.pop("content-type", ("", MEDIA_TYPE))
    _, product = told.pop("user-agent", ("", ""))
    return (("Content-Type", media_type), ("User-Agent", f"{product} hookproof".strip()), *told.values())


def signed(
    crafted: Crafted, scheme: Scheme | None, secrets: Sequence[str], *, id_header: str | None = None, companions: HeaderPairs = _PLAIN
) -> Crafted:
    """Give the request with its companion fields and, under a scheme, the header fields of a correct signature.

    ``id_header`` is sent with the id where the scheme has no such field.
    """
    fields = companions
    if scheme is not None and secrets:
        tags = tuple(scheme.sign(secrets, crafted.event_id, crafted.timestamp, crafted.body))
        own = {name.lower() for name, _ in tags}
        fields = (*(pair for pair in fields if pair[0].lower() not in own), *tags)
    if id_header is not None and not any(name.lower() == id_header for name, _ in fields):
        fields += ((id_header, crafted.event_id),)
    return replace(crafted, fields=fields)
