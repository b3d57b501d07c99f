"""Strict text and strict JSON (RFC 8259) from files that nobody vouches for.

Law: bounded size, depth and digits; one value per key; every way of being ill-formed is an ``IllFormedError``.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any

from hookproof.contracts.document import WHOLE, Document, Path, key_path
from hookproof.model.errors import IllFormedError

MOST_BYTES = 4 * 1024 * 1024
MOST_LEVELS = 64
MOST_DIGITS = 400
MOST_VALUES = 200_000
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_BOM = b"\xef\xbb\xbf"
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class _FaultError(ValueError):
    """Something that the ``json`` module lets pass and we do not: ``culprit`` is the text to look for."""

    def __init__(self, culprit: str, cause: str) -> None:
        super().__init__(culprit, cause)
        self.culprit = culprit
        self.cause = cause


def decode(subject: str, raw: bytes, *, most_bytes: int = MOST_BYTES) -> str:
    """Give the text of a file, or say why it is none."""
    if len(raw) > most_bytes:
        raise IllFormedError(subject, f"it is larger than {most_bytes} bytes", place=WHOLE, remedy="Split or shorten it.")
    if raw.startswith(_BOM):
        raise IllFormedError(subject, "it starts with a byte order mark", place="line 1", remedy="Save it as UTF-8 without BOM.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        cause = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        raise IllFormedError(subject, cause, place=f"line {line}", remedy="Save it as UTF-8.") from None
    if not text.strip():
        raise IllFormedError(subject, "it is empty", place=WHOLE, remedy="Write it or remove it; see contracts/README.md.")
    return text


def parse_json(subject: str, raw: bytes, *, most_bytes: int = MOST_BYTES) -> Document:
    """Parse one JSON document strictly."""
    text = decode(subject, raw, most_bytes=most_bytes)
    most = MOST_VALUES * max(most_bytes // MOST_BYTES, 1)
    if _most_values(text) > most and _most_values(_STRING.sub("", text)) > most:
        raise too_many(subject, WHOLE, most)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise IllFormedError(subject, f"it is not JSON: {error.msg}", place=place, remedy="Mend the JSON.") from None
    except _FaultError as error:
        place = f"line {text.count(chr(10), 0, max(text.rfind(error.culprit), 0)) + 1}"
        raise IllFormedError(subject, error.cause, place=place, remedy="Mend the JSON.") from None
    except RecursionError:
        raise too_deep(subject, WHOLE) from None
    _check_depth(subject, value)
    escape = _SURROGATE_ESCAPE.search(text)
    if escape and not is_unicode(json.dumps(value, ensure_ascii=False)):
        place = f"line {text.count(chr(10), 0, escape.start()) + 1}"
        raise IllFormedError(subject, "a text holds half of a surrogate pair", place=place, remedy="Write the whole character.")
    return Document(subject=subject, value=value)


def is_unicode(text: str) -> bool:
    """Tell whether UTF-8 can carry the text."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def too_deep(subject: str, place: str) -> IllFormedError:
    """Make the error that a document is nested too deeply."""
    return IllFormedError(subject, f"it is nested deeper than {MOST_LEVELS} levels", place=place, remedy="Flatten it.")


def too_many(subject: str, place: str, most: int = MOST_VALUES) -> IllFormedError:
    """Make the error that a document holds too many values."""
    return IllFormedError(subject, f"it holds more than {most} values", place=place, remedy="Split or shorten it.")


def _most_values(text: str) -> int:
    """Give at least the number of values in a JSON text, and no less only because of what stands inside strings."""
    return text.count(",") + text.count("{") + text.count("[") + 1


def _check_depth(subject: str, value: Any) -> None:  # noqa: ANN401 -- any JSON value
    """Refuse too many levels, without recursion."""
    stack: list[tuple[Path, Any]] = [((), value)]
    while stack:
        path, item = stack.pop()
        if not isinstance(item, dict | list):
            continue
        if len(path) >= MOST_LEVELS:
            raise too_deep(subject, key_path(path[:3]))
        pairs = item.items() if isinstance(item, dict) else enumerate(item)
        stack.extend(((*path, key), part) for key, part in pairs if isinstance(part, dict | list))


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name in counts if counts[name] > 1)
        raise _FaultError(json.dumps(twice), f"the key {twice!r} occurs twice in one object")
    return members


def _constant(word: str) -> None:
    raise _FaultError(word, f"{word} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise _FaultError(digits, f"a number has more than {MOST_DIGITS} digits")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits) if len(digits) <= MOST_DIGITS else math.inf
    if not math.isfinite(number):
        raise _FaultError(digits, "a number is too large or has too many digits")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_constant, parse_int=_integer, parse_float=_number)
