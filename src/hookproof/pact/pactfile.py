"""A pact file as its interactions, read strictly, so that nothing in it can be passed over.

Law: what cannot be verified is an error or is named with its reason; an interaction is never left out in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hookproof.model.errors import IllFormedError
from hookproof.pact.typical import Json

HTTP, MESSAGE = "Synchronous/HTTP", "Asynchronous/Messages"
_MOST = 64 * 1024 * 1024
_REMEDY = "Give a pact file of specification 4."


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One interaction of a file: its ``kind``, ``description``, the names of its ``states``, and the whole ``document``."""

    kind: str
    description: str
    states: tuple[str, ...]
    document: Mapping[str, Json]

    @property
    def id(self) -> str:
        """What it is called in a run: its kind and description."""
        return f"{'http' if self.kind == HTTP else 'message'}/{self.description}"


@dataclass(frozen=True, kw_only=True)
class PactFile:
    """A pact between two names."""

    subject: str
    consumer: str
    provider: str
    entries: tuple[Entry, ...]
    document: Mapping[str, Json]

    def only(self, chosen: Callable[[Entry], bool]) -> PactFile:
        """Give the pact with some of its interactions."""
        return replace(self, entries=tuple(entry for entry in self.entries if chosen(entry)))

    def text(self) -> bytes:
        """Give the file's text."""
        return json.dumps({**self.document, "interactions": [entry.document for entry in self.entries]}).encode()


def read_pact(path: Path) -> PactFile:
    """Read a file; raise ``IllFormedError`` if it cannot be read or is no pact of version 4."""
    try:
        if path.stat().st_size > _MOST:
            raise IllFormedError(str(path), f"it is larger than {_MOST} bytes", remedy=_REMEDY)
        raw = path.read_bytes()
    except OSError as error:
        raise IllFormedError(str(path), f"it cannot be read: {error.strerror or error}", remedy=_REMEDY) from None
    return parsed_pact(raw, str(path))


def parsed_pact(raw: bytes, subject: str) -> PactFile:
    """Read a pact's text."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise IllFormedError(subject, "it is not JSON", remedy=_REMEDY) from None
    if not isinstance(document, dict):
        raise IllFormedError(subject, "it is not a JSON object", remedy=_REMEDY)
    version = _at(document, "metadata", "pactSpecification", "version")
    if not isinstance(version, str) or not version.startswith("4"):
        raise IllFormedError(subject, f"it is of specification {version!r}", place="metadata.pactSpecification.version", remedy=_REMEDY)
    listed = document.get("interactions")
    if not isinstance(listed, list):
        raise IllFormedError(subject, "it has no list of interactions", place="interactions", remedy=_REMEDY)
    entries = tuple(_entry(each, number, subject) for number, each in enumerate(listed))
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        if entry.id in seen:
            raise IllFormedError(
                subject, f"{entry.id!r} occurs twice", place=f"interactions[{number}]", remedy="Give each its description."
            )
        seen.add(entry.id)
    names = [_at(document, role, "name") for role in ("consumer", "provider")]
    if not all(isinstance(name, str) and name for name in names):
        raise IllFormedError(subject, "it does not name its consumer and provider", place="consumer, provider", remedy=_REMEDY)
    return PactFile(subject=subject, consumer=names[0], provider=names[1], entries=entries, document=document)


def _entry(document: Any, number: int, subject: str) -> Entry:  # noqa: ANN401 -- any JSON value
    place = f"interactions[{number}]"
    kind = document.get("type") if isinstance(document, dict) else None
    if kind not in (HTTP, MESSAGE):
        remedy = f"Only {HTTP} and {MESSAGE} can be verified; put others into a file of their own."
        raise IllFormedError(subject, f"it is of type {kind!r}", place=place, remedy=remedy)
    description = document.get("description")
    needed = ("request", "response") if kind == HTTP else ("contents",)
    if not isinstance(description, str) or not description or not all(isinstance(document.get(name), dict) for name in needed):
        raise IllFormedError(subject, f"it lacks a description, or {' and '.join(needed)}", place=place, remedy=_REMEDY)
    states = document.get("providerStates") or []
    if not isinstance(states, list) or not all(isinstance(_at(state, "name"), str) for state in states):
        raise IllFormedError(subject, "its provider states have no names", place=f"{place}.providerStates", remedy=_REMEDY)
    parts = [_at(document, "request", "headers"), _at(document, "request", "generators"), *(state.get("params") for state in states)]
    if not all(part is None or isinstance(part, dict) for part in parts):
        raise IllFormedError(subject, "headers, generators and parameters of states are objects", place=place, remedy=_REMEDY)
    return Entry(kind=kind, description=description, states=tuple(state["name"] for state in states), document=document)


def _at(document: Any, *steps: str) -> Any:  # noqa: ANN401 -- any JSON value
    for step in steps:
        document = document.get(step) if isinstance(document, dict) else None
    return document
