"""The files under ``events/``: an event's payload, what people read of it, and what only we say.

Law: a name that no file can have is told; what an export of ours says of an event comes back as far as it still holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hookproof.contracts.schema_check import members
from hookproof.importing.found import Found, headline
from hookproof.importing.naming import fits, fitting, stem_of
from hookproof.importing.notes import Ledger
from hookproof.importing.pool import DIALECT
from hookproof.importing.wrapping import Wrapping

_KEPT = ("group", "provenance", "catalog", "deprecated", "alias_of", "variants", "relations")
_TOLD = ("title", "description", "examples", "$schema", "$defs", "x-hookproof")


@dataclass(frozen=True, kw_only=True)
class Ready:
    """One event whose payload is translated and has examples; ``constants`` are members of a body beside its payload."""

    found: Found
    schema: dict[str, Any]
    examples: list[Any]
    constants: dict[str, Any]
    invented: bool


def event_files(kept: Sequence[Ready], wrapped: Wrapping, separator: str, document: str, ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Give the content of every event's file by its name without ending."""
    files: dict[str, dict[str, Any]] = {}
    taken: set[str] = set()
    for each in kept:
        name = wrapped.names[each.found.name]
        if not fits(name, separator) or name.casefold() in taken:
            told = fitting(name, separator, taken)
            place = each.found.place
            ledger.unsaid(
                f"the name {name!r} cannot be a file's beside the others: imported as {told!r}", place.page.subject, place.pointer
            )
            name = told
        taken.add(name.casefold())
        files[stem_of(name, separator)] = _file(each, name, wrapped, separator, document)
    return files


def _file(each: Ready, name: str, wrapped: Wrapping, separator: str, document: str) -> dict[str, Any]:
    found, schema = each.found, each.schema
    description = found.description or str(schema.get("description") or "") or found.title or f"{name} happened."
    title = found.title or str(schema.get("title") or "") or name
    ours: dict[str, Any] = {
        "group": found.group or name.split(separator, maxsplit=1)[0],
        "provenance": "inferred" if found.inferred else "documented",
        "source": {"document": document, "section": _section(found)},
    }
    ours |= _told(found, set(wrapped.names.values()) - {name}, schema)
    bare = wrapped.bare.get(found.name)
    if bare:
        ours["bare"] = _bare_told(found, bare)
    body = _naming(bare or (), {word: part for word, part in schema.items() if word not in _TOLD})
    defs = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    deprecated = {"deprecated": True} if found.deprecated else {}
    return {
        "$schema": DIALECT, "title": headline(title), "description": description, **deprecated, **body, **defs,
        "examples": each.examples, "x-hookproof": ours,
    }  # fmt: skip


def _told(found: Found, others: set[str], schema: dict[str, Any]) -> dict[str, Any]:
    """Give what an export of ours says of an event, as far as it still holds; a contract checks the rest."""
    told = {word: part for word, part in found.told.items() if word in _KEPT}
    for word in ("deprecated", "alias_of"):
        if not isinstance(told.get(word), str) or told[word] not in others:
            told.pop(word, None)
    relations = told.pop("relations", None)
    known = members(schema) if isinstance(relations, dict) else frozenset()
    kept = {
        total: parts
        for total, parts in (relations if isinstance(relations, dict) else {}).items()
        if isinstance(parts, list) and {total, *map(str, parts)} <= known
    }
    return {**told, **({"relations": kept} if kept else {})}


def _bare_told(found: Found, required: Sequence[str]) -> list[str]:
    """Give the members by which a body is known: those that an export of ours names, else all that it must have."""
    told = found.told.get("bare")
    named = isinstance(told, list) and told and all(isinstance(name, str) and name in required for name in told)
    return list(dict.fromkeys(told)) if isinstance(told, list) and named else list(required)


def _naming(members: Sequence[str], body: dict[str, Any]) -> dict[str, Any]:
    """Name at the top the members that only branches describe, so that nobody takes them for members that may hold anything."""
    known = body.get("properties", {})
    unnamed = [name for name in members if name not in known]
    if not unnamed or "additionalProperties" in body or "unevaluatedProperties" in body:
        return body
    return {**body, "properties": {**known, **{name: {"$comment": "described in the branches"} for name in unnamed}}}


def _section(found: Found) -> str:
    return "recorded bodies" if found.inferred else found.place.pointer or found.place.page.file.name
