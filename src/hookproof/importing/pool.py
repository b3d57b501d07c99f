"""Every schema that documents refer to, translated once and named once, to be copied into the events that need it.

Law: an event's schema holds all that it refers to under ``$defs``; what refers to itself stays so; the whole stays within bounds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from hookproof.contracts.document import WHOLE
from hookproof.importing.dialects import LISTS, MAPS, SINGLES, Dialect, dialect_at
from hookproof.importing.library import Library, Place, pointer_of
from hookproof.importing.notes import Ledger
from hookproof.importing.translating import Translator
from hookproof.model.errors import IllFormedError

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_SCHEMAS = 50_000
MOST_WRITTEN = 64 << 20
"""Characters of all events of one contract, each with its copies of what it refers to."""
Schema = dict[str, Any] | bool
_DEFS = "#/$defs/"
_SIGN = re.compile(r"[^A-Za-z0-9_.-]+")
_DEEPEST = 100


class Pool:
    """Translates and names; ``closed`` gives a schema with all that it needs."""

    def __init__(self, library: Library, ledger: Ledger, *, asserting: bool = True) -> None:
        self.library = library
        self.ledger = ledger
        self._translator = Translator(ledger, self._named, asserting=asserting)
        self._names: dict[tuple[str, tuple[str, ...]], str] = {}
        self._taken: set[str] = set()
        self._schemas: dict[str, dict[str, Any] | bool] = {}
        self._sizes: dict[str, int] = {}
        self._written = 0
        self._places: dict[str, Place] = {}
        self._waiting: list[tuple[str, Place, Dialect]] = []

    def taken(self, place: Place, dialect: Dialect) -> dict[str, Any]:
        """Translate the schema at a place; a mere reference gives what it leads to, with the words that stand beside it."""
        made = self._translator.schema(place, dialect)
        while self._waiting:
            name, target, spoken = self._waiting.pop()
            self._schemas[name] = _well_formed(target, self._translator.schema(target, spoken))
        return self.shown(_well_formed(place, made))

    def shown(self, schema: Schema) -> dict[str, Any]:
        """Give a schema as an object that is no mere reference."""
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        for _ in range(_DEEPEST):
            target = self._schemas.get(schema.get("$ref", "").removeprefix(_DEFS))
            beside = {word: part for word, part in schema.items() if word != "$ref"}
            if not isinstance(target, dict) or not all(word in _TOLD or word.startswith("x-") for word in beside):
                return schema
            schema = {**target, **beside}
        return schema

    def closed(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Give a schema together with everything that it refers to, under ``$defs``."""
        needed = _needed(schema, self._schemas)
        self._count(needed)
        return {**schema, "$defs": {name: self._schemas[name] for name in sorted(needed)}} if needed else schema

    def _count(self, copied: set[str]) -> None:
        """Refuse events that together become too large, before any of them is written or compiled."""
        for name in copied:
            if name not in self._sizes:
                self._sizes[name] = len(json.dumps(self._schemas[name]))
            self._written += self._sizes[name]
        if self._written > MOST_WRITTEN:
            cause = f"its events, each with all that it refers to, are more than {MOST_WRITTEN} characters"
            raise IllFormedError(str(self.library.pages()[0].subject), cause, place=WHOLE, remedy="Import a part of them at a time.")

    def origin(self, place: Place, steps: tuple[str, ...]) -> tuple[str, str]:
        """Give the document and the pointer in it of a part of a schema that was taken from ``place``."""
        if steps[:1] == ("$defs",) and steps[1] in self._places:
            place, steps = self._places[steps[1]], steps[2:]
        return place.page.subject, place.pointer + pointer_of(steps)

    def _named(self, place: Place, reference: Any, dialect: Dialect) -> str:  # noqa: ANN401 -- whatever stands there
        target = self.library.resolve(place, reference)
        name = self._names.get(target.key)
        if name is None:
            if len(self._names) >= MOST_SCHEMAS:
                raise place.fault(f"the documents refer to more than {MOST_SCHEMAS} schemas", "Import a part of them at a time.")
            name = self._names[target.key] = self._fresh(target)
            self._places[name] = target
            self._waiting.append((name, target, self._spoken(place, target, dialect)))
        return _DEFS + name

    def _spoken(self, place: Place, target: Place, dialect: Dialect) -> Dialect:
        """Give the dialect of another document; it is the asker's unless the document says otherwise."""
        whole = target.page.value
        own = dialect_at(whole.get("$schema")) if target.page is not place.page and isinstance(whole, dict) else None
        return own or dialect

    def _fresh(self, target: Place) -> str:
        last = target.steps[-1] if target.steps else target.page.file.name.split(".")[0]
        word = _SIGN.sub("_", last).strip("_.") or "schema"
        name, number = word, 2
        while name in self._taken:
            name, number = f"{word}-{number}", number + 1
        self._taken.add(name)
        return name


def pruned(schema: dict[str, Any]) -> dict[str, Any]:
    """Give a closed schema without the definitions that nothing in it refers to."""
    defs = schema.get("$defs", {})
    rest = {word: part for word, part in schema.items() if word != "$defs"}
    needed = _needed(rest, defs)
    return {**rest, "$defs": {name: part for name, part in defs.items() if name in needed}} if needed else rest


def _needed(schema: dict[str, Any], defs: Mapping[str, Schema]) -> set[str]:
    """Give the names of all definitions that a schema needs, by itself or by way of others."""
    needed: set[str] = set()
    todo: list[Any] = [schema]
    while todo:
        for name in _references(todo.pop()):
            if name not in needed:
                needed.add(name)
                todo.append(defs[name])
    return needed


_TOLD = frozenset({"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"})


def _well_formed(place: Place, made: Schema) -> Schema:
    """Give a translated schema that is one; everything after this relies on its form."""
    try:
        jsonschema_rs.meta.validate({"$schema": DIALECT, **made} if isinstance(made, dict) else made)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        where = "".join(f"/{step}" for step in getattr(error, "instance_path", ()))
        told = getattr(error, "message", None) or str(error)
        raise place.fault(f"it is no JSON Schema: {where}: {told}", "Mend the document.") from None
    return made


def _references(schema: Any) -> list[str]:  # noqa: ANN401 -- a schema
    """Give the names of all ``$defs`` that a schema refers to."""
    found: list[str] = []
    stack = [schema]
    while stack:
        node = stack.pop()
        for word, part in node.items() if isinstance(node, dict) else ():
            if word == "$ref":
                found.append(part.removeprefix(_DEFS))
            elif word in MAPS and isinstance(part, dict):
                stack.extend(part.values())
            elif word in LISTS and isinstance(part, list):
                stack.extend(part)
            elif word in SINGLES:
                stack.append(part)
    return found
