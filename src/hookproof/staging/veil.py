"""The secrets of a run by name, and how they are kept out of what arrives, in whatever form a target may have written them.

Law: what holds no secret stays byte for byte; what holds one is recorded with its name, and a note tells which attempt was altered.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from hookproof.model.transcript import Attempt
from hookproof.reporting.secrets import Redactor
from hookproof.staging.hiding import unescaped

LEAST = 12
"""Characters; a shorter secret is not looked for in deliveries, where it might stand by chance."""

_WORD = 8
"""Bytes that are compared at once. In a text of twice as many one whole word begins at a multiple of this."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What became of an attempt that holds secrets: as it may be recorded, their ``names``, and the ``places`` where they stood."""

    attempt: Attempt
    names: tuple[str, ...]
    places: tuple[str, ...]


class Veil(dict[str, str]):
    """Secrets by name, which it learns as they are set."""

    def __init__(self) -> None:
        super().__init__()
        self._words: dict[int, tuple[str, ...]] = {}
        self._short: list[tuple[bytes, str]] = []
        self._redactors: dict[tuple[str, ...], Redactor] = {}

    def __setitem__(self, name: str, value: str) -> None:
        """Learn a secret; one that is too short to be told from other text is only kept."""
        if len(value) >= LEAST and self.get(name) != value:
            redactor = self._redactors[(name,)] = Redactor({name: value})
            for form in redactor.forms:
                if len(form) >= 2 * _WORD - 1:
                    for at in range(_WORD):
                        word = int.from_bytes(form[at : at + _WORD], sys.byteorder)
                        self._words[word] = (*self._words.get(word, ()), name)
                elif len(form) >= LEAST:
                    self._short.append((form, name))
        super().__setitem__(name, value)

    def found(self, attempt: Attempt) -> Found | None:
        """Look through a whole attempt; None, almost always, if no known secret stands in it."""
        suspects = self._suspects(attempt.head) | self._suspects(attempt.body)
        return self._replaced(attempt, suspects) if suspects else None

    def _suspects(self, raw: bytes) -> set[str]:
        """Name the secrets of which some part stands here, also behind JSON escapes."""
        found = self._glimpsed(raw)
        return found | self._glimpsed(unescaped(raw)) if b"\\" in raw else found

    def _glimpsed(self, raw: bytes) -> set[str]:
        words = memoryview(raw)[: len(raw) // _WORD * _WORD].cast("Q").tolist()
        known = self._words
        found = set() if known.keys().isdisjoint(words) else {name for word in words for name in known.get(word, ())}
        return found | {name for form, name in self._short if form in raw}

    def _replaced(self, attempt: Attempt, suspects: set[str]) -> Found | None:
        parts = {"head": attempt.head, "body": attempt.body}
        names = tuple(name for name in sorted(suspects) if any(_clean(self._redactor(name), raw) != raw for raw in parts.values()))
        if not names:
            return None
        redactor = self._redactor(*names)
        clean = {place: _clean(redactor, raw) for place, raw in parts.items()}
        told = replace(
            attempt,
            target=redactor.scrub_text(attempt.target),
            headers=tuple((_scrubbed(redactor, name), _scrubbed(redactor, value)) for name, value in attempt.headers),
            head=clean["head"],
            body=clean["body"],
        )
        return Found(attempt=told, names=names, places=tuple(place for place, raw in parts.items() if clean[place] != raw))

    def _redactor(self, *names: str) -> Redactor:
        if names not in self._redactors:
            self._redactors[names] = Redactor({name: self[name] for name in names})
        return self._redactors[names]


def _clean(redactor: Redactor, raw: bytes) -> bytes:
    """Scrub a text; JSON escapes are resolved only where they hide what is looked for."""
    scrubbed = redactor.scrub(raw)
    plain = unescaped(scrubbed)
    return scrubbed if redactor.scrub(plain) == plain else redactor.scrub(unescaped(raw))


def _scrubbed(redactor: Redactor, text: str) -> str:
    """Scrub a header's text, in which each character is one byte of the wire."""
    return redactor.scrub(text.encode("latin-1")).decode("latin-1")
