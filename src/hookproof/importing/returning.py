"""What an export of ours says of the contract that it was made from: its envelope, and which definition is which event's payload.

Law: a document that does not say all of it, each in its form, is read like anybody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hookproof.contracts.document import WHOLE
from hookproof.importing.found import Found, mapped, text_at
from hookproof.importing.library import Place
from hookproof.importing.pool import Pool
from hookproof.importing.wrapping import Wrapping

_DELIVERY, _PAYLOAD = "delivery.", "payload."
_ENVELOPE, _TRUNCATED = "envelope", "envelope-truncated"
_MEMBERS = ("id_member", "type_member", "created_member", "data_member", "truncated_member", "id_header")


def returned(top: Place, pool: Pool, events: Sequence[Found]) -> Wrapping | None:
    """Give what a document says of the contract that it was made from, None if it says nothing, or not all."""
    told = _told(top)
    members = _members(told)
    definitions = _definitions(top) if members is not None else {}
    keys = {event.name: _key(event) for event in events}
    needed = {_ENVELOPE, *(f"{_PAYLOAD}{key}" for key in keys.values())}
    if members is None or None in keys.values() or not needed <= definitions.keys():
        return None
    bare = {event.name: found for event in events if (found := _bare(definitions[f"{_PAYLOAD}{keys[event.name]}"]))}
    text = "it was exported from a contract (x-hookproof): envelope and payloads are those that it names"
    pool.ledger.chosen(text, top.page.subject, WHOLE)
    dialect = events[0].dialect

    def taken(name: str) -> dict[str, Any]:
        return pool.closed(pool.taken(definitions[name], dialect))

    envelope = {**members, "schema": taken(_ENVELOPE), "truncated_schema": taken(_TRUNCATED) if _TRUNCATED in definitions else None}
    return Wrapping(
        envelope=envelope,
        names={name: name for name in keys},
        payloads={name: taken(f"{_PAYLOAD}{key}") for name, key in keys.items()},
        bare=bare,
        unwrapped=frozenset(keys if members["data_member"] is None else bare),
        told=True,
        open_catalog=told.get("catalog") == "open",
        shapes=_shapes(definitions, taken),
    )


def _told(place: Place) -> dict[str, Any]:
    """Give what an export of ours says at a place, empty if there is nothing."""
    value = place.value.get("x-hookproof") if isinstance(place.value, dict) else None
    return value if isinstance(value, dict) else {}


def _members(told: dict[str, Any]) -> dict[str, str | None] | None:
    """Give the names of the envelope's members if they are told in their form."""
    said = told.get("envelope")
    found = {word: said.get(word) for word in _MEMBERS} if isinstance(said, dict) else None
    whole = found is not None and all(name is None or (isinstance(name, str) and name) for name in found.values())
    return found if whole else None


def _definitions(top: Place) -> dict[str, Place]:
    """Give the definitions of a document by name, wherever its format keeps them."""
    if "$defs" in top.value:
        return dict(mapped(top, "$defs"))
    components = next((place for word, place in mapped(top, "components") if word == "schemas"), None)
    if components is None or not isinstance(components.value, dict):
        return {}
    return {name: components.at(name) for name in components.value}


def _key(event: Found) -> str | None:
    """Give the key under which the definitions of an event stand, None if its body is no such definition."""
    own = event.schema.steps[-1] if event.schema.steps else ""
    name = own if own.startswith(_DELIVERY) else text_at(event.schema.value, "$ref").rpartition("/")[2]
    return name.removeprefix(_DELIVERY) if name.startswith(_DELIVERY) else None


def _bare(payload: Place) -> tuple[str, ...]:
    told = _told(payload)
    names = told.get("bare")
    return tuple(dict.fromkeys(names)) if isinstance(names, list) and all(isinstance(name, str) and name for name in names) else ()


def _shapes(definitions: Mapping[str, Place], taken: Any) -> dict[str, tuple[str, dict[str, Any]]]:  # noqa: ANN401 -- a function
    """Give promise and schema of each clause that brings one of the whole body, by the clause's id without the provider's name."""
    found = {}
    for name, place in definitions.items():
        if id_ := text_at(_told(place), "clause").partition("/")[2]:
            schema = {word: part for word, part in taken(name).items() if word != "x-hookproof"}
            found[id_] = text_at(_told(place), "promise"), schema
    return found
