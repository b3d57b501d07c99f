"""Sets of characters, as far as telling whether two of them meet: every ASCII character on its own, all others in a few lumps.

Law: a set is never too small, so that two sets which meet are never called apart.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise

LUMPS = (0x80, 0x100, 0x370, 0x590, 0x900, 0x2000, 0x3000, 0xD800, 0x10000, 0x110000)
"""Beginnings of the lumps into which characters beyond ASCII fall, and the end."""
_FIRST = 128
ALL = (1 << (_FIRST + len(LUMPS) - 1)) - 1
_BEYOND = ALL & ~((1 << _FIRST) - 1)


def letter(code: int) -> int:
    """Give the set of one character as a bit mask."""
    if code < _FIRST:
        return 1 << code
    return 1 << (_FIRST + max(number for number, start in enumerate(LUMPS) if start <= code))


def letters(first: int, last: int) -> int:
    """Give the set of a range, both ends included."""
    found = sum(1 << code for code in range(first, min(last, _FIRST - 1) + 1))
    return found | sum(1 << (_FIRST + number) for number, (start, end) in enumerate(pairwise(LUMPS)) if start <= last and first < end)


def outside(found: int) -> int:
    """Give the characters that are not in a set; a lump may be in both."""
    return (ALL & ~found) | _BEYOND


def of_class(name: str) -> int:
    """Give the set of a class: ``d``, ``D``, ``w``, ``W``, ``s``, ``S``, or a Unicode category such as ``L`` or ``Lu``."""
    plain = {"d": "0123456789", "s": " \\t\\n\\r\\f\\v", "w": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"}
    if name.lower() in plain and len(name) == 1 and name not in "LZ":
        found = sum(1 << ord(each) for each in plain[name.lower()].encode().decode("unicode_escape"))
        return found | _BEYOND if name.islower() else outside(found)
    return sum(1 << code for code in range(_FIRST) if unicodedata.category(chr(code)).startswith(name)) | _BEYOND
