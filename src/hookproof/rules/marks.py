"""Marks by which an event of ours is known wherever it turns up, whatever id it has there.

Law: a mark stands at the end of one text of the payload and is never used twice in a run.
"""

from __future__ import annotations

import re
from typing import Any

_MARK = re.compile(r"\.hookproof-[0-9a-f]{12}\Z", re.ASCII)


def mark(digest: str) -> str:
    """Write a mark with the first twelve hex digits of a digest."""
    return f".hookproof-{digest[:12]}"


def mark_of(data: Any) -> str | None:  # noqa: ANN401 -- any JSON value
    """Give the mark of a payload, None if no text of it has one."""
    texts = (value for value in data.values() if isinstance(value, str)) if isinstance(data, dict) else ()
    return next((found[0] for text in texts if (found := _MARK.search(text))), None)
