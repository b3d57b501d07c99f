"""Names of events as files: what a file name cannot hold is told, not guessed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

_STEM = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_SIGNS = re.compile(r"[^A-Za-z0-9_-]+")
_SEPARATORS = (".", ":", "/", "::", " ", "->", "@", "#", "|", ",")


def separator_of(names: Sequence[str]) -> str:
    """Give the separator under which most names are file names; a full stop if several serve alike."""
    return max(_SEPARATORS, key=lambda sign: (sum(fits(name, sign) for name in names), -_SEPARATORS.index(sign)))


def fits(name: str, separator: str) -> bool:
    """Tell whether a file name can hold a name whose parts stand between separators."""
    stem = name.replace(separator, ".")
    return _STEM.fullmatch(stem) is not None and stem.replace(".", separator) == name


def stem_of(name: str, separator: str) -> str:
    """Give the file name, without its ending, of an event whose name fits."""
    return name.replace(separator, ".")


def fitting(name: str, separator: str, taken: Collection[str]) -> str:
    """Give the nearest name that fits and is not ``taken``, which holds names with their case folded."""
    parts = [_SIGNS.sub("_", part).strip("_") or "event" for part in name.split(separator)]
    base = separator.join(parts) or "event"
    found, number = base, 2
    while found.casefold() in taken:
        found, number = f"{base}-{number}", number + 1
    return found
