"""What an export is: one text, and what its format could not say.

Law: the same contract gives the same bytes; no clock, path or environment enters an export.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Exported:
    """A contract in another format: ``text``, and ``unsaid``, one sentence for each promise on bodies that the format cannot state."""

    text: str
    unsaid: tuple[str, ...] = ()


def json_text(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    """Write JSON for people and for version control: two spaces, members in the order given, one line feed at the end."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def one_line(text: str) -> str:
    """Put a text on one line, without control characters."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
