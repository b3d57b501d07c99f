"""What an import did to a document beside copying it, each with its place.

Law: what was put otherwise and what could not be said are two lists; nothing is in neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """Whether a word of the document was put otherwise with the same meaning, or has none in a contract."""

    TRANSLATED = "translated"
    UNSAID = "unsaid"
    CHOSEN = "chosen"


@dataclass(frozen=True, kw_only=True)
class Note:
    """One thing at one place: ``subject`` is the file, ``pointer`` a JSON Pointer (RFC 6901) into it."""

    kind: Kind
    text: str
    subject: str
    pointer: str


@dataclass(kw_only=True)
class Ledger:
    """The notes of one import, each once, in the order in which they were made."""

    _notes: dict[Note, None] = field(default_factory=dict)

    def translated(self, text: str, subject: str, pointer: str) -> None:
        """Note that the contract says the same in other words."""
        self._notes[Note(kind=Kind.TRANSLATED, text=text, subject=subject, pointer=pointer)] = None

    def unsaid(self, text: str, subject: str, pointer: str) -> None:
        """Note that the contract does not say what the document says there."""
        self._notes[Note(kind=Kind.UNSAID, text=text, subject=subject, pointer=pointer)] = None

    def chosen(self, text: str, subject: str, pointer: str) -> None:
        """Note a choice that the document leaves to the reader, so that a person can look at it."""
        self._notes[Note(kind=Kind.CHOSEN, text=text, subject=subject, pointer=pointer)] = None

    def of(self, kind: Kind) -> tuple[Note, ...]:
        """Give the notes of one kind."""
        return tuple(note for note in self._notes if note.kind is kind)


def grouped(notes: Iterable[Note]) -> dict[str, list[Note]]:
    """Give notes by their text, in the order of first appearance."""
    found: dict[str, list[Note]] = {}
    for note in notes:
        found.setdefault(note.text, []).append(note)
    return found
