"""A parsed file that remembers where everything stood, so that every complaint names file, key path and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from hookproof.model.errors import IllFormedError

Path = tuple[str | int, ...]
"""Keys and list positions from the top of a document to a value."""

WHOLE = "whole file"
_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")
_SHOWN = 12
_LONGEST = 200
_COMPARED = 500
"""How many known words, and how long ones, are compared with an unknown one: likeness costs the product of the lengths."""
_COMPARED_LETTERS = 100


@dataclass(frozen=True, kw_only=True)
class Document:
    """One parsed file. ``subject`` is its path as shown to people; ``lines`` gives the line of each key path (YAML only)."""

    subject: str
    value: Any
    lines: Mapping[Path, int] = field(default_factory=dict)

    def fault(self, path: Iterable[str | int], cause: str, remedy: str) -> IllFormedError:
        """Make the error that something is wrong at a key path."""
        steps = tuple(path)
        line = self.line_of(steps)
        where = key_path(steps)
        return IllFormedError(self.subject, shortened(cause), place=f"{where} (line {line})" if line else where, remedy=remedy)

    def line_of(self, steps: Path) -> int | None:
        """Give the line of a key path, or of the nearest thing around it whose line is known."""
        return next((self.lines[steps[:end]] for end in range(len(steps), 0, -1) if steps[:end] in self.lines), None)


def key_path(steps: Path) -> str:
    """Write a key path for people: ``clauses[3].source.section``."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step)}]"
    return shortened(text) or WHOLE


def shortened(text: str) -> str:
    """Cut a text that quotes a file, so that a hostile file cannot flood the terminal."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give the advice for an unknown word: the closest known one, else the known ones."""
    names = sorted(known)
    short = [name for name in names[:_COMPARED] if len(name) <= _COMPARED_LETTERS]
    close = get_close_matches(word, short, n=1) if len(word) <= _COMPARED_LETTERS else []
    if close:
        return f"Did you mean {close[0]!r}?"
    if not names:
        return "None is known here; remove it."
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"Known: {shortened(', '.join(names[:_SHOWN]))}{more}."
