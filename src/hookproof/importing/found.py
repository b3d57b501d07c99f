"""What a document says of one event, before anything is translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hookproof.importing.dialects import Dialect
from hookproof.importing.library import Library, Place

_LONGEST = 120
_CHAIN = 50
_JSON = re.compile(r"(application/json|[a-z]+/[a-z0-9.+-]*\+json)\s*(;.*)?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A header field of a delivery: ``text`` is an example of its value."""

    name: str
    required: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """One event. ``schema`` is where its body is described; ``place`` where the event is; ``examples`` are bodies with their places."""

    name: str
    schema: Place
    place: Place
    dialect: Dialect
    title: str = ""
    description: str = ""
    group: str = ""
    deprecated: bool = False
    examples: tuple[tuple[Place, Any], ...] = ()
    fields: tuple[Field, ...] = ()
    method: str | None = None
    inferred: bool = False

    @property
    def told(self) -> dict[str, Any]:
        """What an export of ours says of the event under ``x-hookproof``; empty for other documents."""
        value = self.place.value.get("x-hookproof") if isinstance(self.place.value, dict) else None
        return value if isinstance(value, dict) else {}


def followed(library: Library, place: Place) -> Place:
    """Follow references of the document's own format, such as those of parameters and messages, to what they mean."""
    for _ in range(_CHAIN):
        reference = place.value.get("$ref") if isinstance(place.value, dict) else None
        if not isinstance(reference, str):
            return place
        place = library.resolve(place, reference)
    raise place.fault("references lead from one to another without end", "Mend the references.")


def told_object(library: Library, place: Place) -> Place:
    """Follow references to what they mean; refuse what is no object."""
    told = followed(library, place)
    if not isinstance(told.value, dict):
        raise told.fault(f"an object is expected, {type(told.value).__name__} was found", "Mend the document.")
    return told


def text_at(value: Any, *words: str) -> str:  # noqa: ANN401 -- any JSON value
    """Give the first of several members that is a text and not empty."""
    members = value if isinstance(value, dict) else {}
    return next((part.strip() for word in words if isinstance(part := members.get(word), str) and part.strip()), "")


def mapped(place: Place, word: str) -> Iterator[tuple[str, Place]]:
    """Give the entries of an object that a document has under a word; none where there is none."""
    part = place.value.get(word) if isinstance(place.value, dict) else None
    if part is None:
        return
    if not isinstance(part, dict):
        raise place.at(word).fault(f"an object is expected, {type(part).__name__} was found", "Mend the document.")
    for name in part:
        yield name, place.at(word, name)


def listed(place: Place, word: str) -> Iterator[Place]:
    """Give the entries of a list that a document has under a word; none where there is none."""
    part = place.value.get(word) if isinstance(place.value, dict) else None
    for number in range(len(part)) if isinstance(part, list) else ():
        yield place.at(word, number)


def is_json(media_type: str) -> bool:
    """Tell whether bodies of a media type are JSON."""
    return _JSON.fullmatch(media_type.strip()) is not None or media_type.strip() == "*/*"


def headline(text: str) -> str:
    """Give the first sentence or line of a text, cut to fit one line."""
    first = re.split(r"(?<=[.!?])\s|\n", text.strip(), maxsplit=1)[0].strip()
    return first if len(first) <= _LONGEST else first[: _LONGEST - 1] + "…"


def renamed(found: Found, name: str) -> Found:
    """Give an event under another name."""
    return replace(found, name=name)
