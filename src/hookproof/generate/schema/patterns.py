"""Texts that match patterns: the shortest and the longest that are cheap, and a handful between.

Law: what is given was matched by the validator's engine and by Python's; the same pattern gives the same texts in every process.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, MutableSequence, Sequence
from functools import lru_cache
from itertools import chain
from string import printable
from typing import Any

import jsonschema_rs
import rstr

_SOME = 40
_SPELLINGS = (
    (re.compile(r"\\x\{([0-9A-Fa-f]{1,4})\}"), lambda found: f"\\u{int(found[1], 16):04x}"),
    (re.compile(r"\\x\{([0-9A-Fa-f]+)\}"), lambda found: f"\\U{int(found[1], 16):08x}"),
    (re.compile(r"\\u\{([0-9A-Fa-f]+)\}"), lambda found: f"\\U{int(found[1], 16):08x}"),
    (re.compile(r"\\z"), lambda _: r"\\Z"),
)
"""How RE2 and JavaScript write what Python writes otherwise."""

_TOKENS = re.compile(r"\\[pP](?:\{[^}]*\}|[A-Z])|\\.|.", re.DOTALL)
_CLASSES: Mapping[str, str] = {
    "L": "a-zA-Zé漢",
    "Lu": "A-ZÉ",
    "Ll": "a-zé",
    "Lo": "漢",
    "N": "0-9",
    "Nd": "0-9",
    "P": "!-/",
    "Pu": "!-/",
    "S": "$+<",
    "Z": " ",
    "Zs": " ",
}


class _Least(random.Random):
    """Dice that always fall on the smallest."""

    def randint(self, a: int, b: int) -> int:
        """Give the smaller."""
        return min(a, b)

    def choice(self, seq: Any) -> Any:  # noqa: ANN401 -- as random.Random has it
        """Give the first."""
        return seq[0]


class _Most(random.Random):
    """Dice that always fall on the largest."""

    def randint(self, a: int, b: int) -> int:
        """Give the larger."""
        return max(a, b)

    def choice(self, seq: Any) -> Any:  # noqa: ANN401 -- as random.Random has it
        """Give the last."""
        return seq[-1]


class _Writer(rstr.Rstr):
    """Writes texts from patterns, in an order that does not depend on the process."""

    def _handle_in(self, value: Any) -> Any:  # noqa: ANN401 -- as rstr has it
        candidates = list(chain(*(self._handle_state(each) for each in value)))
        if candidates[0] is False:
            candidates = [letter for letter in printable if letter not in candidates[1:]]
        return self._random.choice(candidates)


@lru_cache(maxsize=1024)
def matching(pattern: str) -> tuple[str, ...]:
    """Give texts that match a pattern anywhere, the shortest first; none if none was found."""
    try:
        valid = jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()).is_valid
    except (jsonschema_rs.ValidationError, ValueError):
        return ()
    found = {text for text in _written(pattern) if _encodable(text) and valid(text) and _second_opinion(pattern, text)}
    return tuple(sorted(found, key=lambda text: (len(text), text)))


def _written(pattern: str) -> Iterator[str]:
    own = pattern
    for spelling, instead in _SPELLINGS:
        own = spelling.sub(instead, own)
    own = _with_classes(own)
    dice: Sequence[random.Random] = (_Least(0), _Most(0), *(random.Random(f"{pattern}/{turn}") for turn in range(_SOME)))  # noqa: S311 -- no secret
    for each in dice:
        try:
            yield _Writer(each).xeger(own)
        except (re.error, KeyError, IndexError, TypeError, OverflowError):
            return


def _with_classes(pattern: str) -> str:
    """Write letters for the classes of Unicode, with brackets where they stand in none."""
    if r"\p" not in pattern and r"\P" not in pattern:
        return pattern
    made, inside = "", False
    for symbol in _TOKENS.findall(pattern):
        if symbol[:2] in (r"\p", r"\P"):
            letters = _CLASSES.get(symbol[2:].strip("{}")[:2], "a-zA-Z") if symbol[1] == "p" else "!-/"
            made += letters if inside else f"[{letters}]"
        else:
            inside = symbol == "[" or (inside and symbol != "]")
            made += symbol
    return made


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _second_opinion(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None and not text.endswith("\n")
    except re.error:
        return True


def unmatched(texts: MutableSequence[str] | Sequence[str], pattern: str) -> Iterator[str]:
    """Give changes of texts that no longer match, as the validator's engine sees it."""
    valid = jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()).is_valid
    for text in texts:
        for changed in (f"{text}!", f"!{text}", text[:-1], text[1:], text.swapcase(), "!" * len(text), f"{text}\x7f", "", "~"):
            if changed != text and not valid(changed):
                yield changed
