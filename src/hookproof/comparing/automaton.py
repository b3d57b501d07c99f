"""Turns a pattern into an automaton whose states are the characters that it writes (Glushkov's way).

Law: of two steps that lead to the same state by different ways through the pattern, both count (``doubled``): an engine tries both.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from hookproof.comparing.letters import ALL, letter, letters, of_class, outside

COPIES = 6
"""How often a counted repetition is written out."""
MOST_POSITIONS = 500
MOST_JOINTS = 50_000
"""How many states and steps an automaton may have; what has more is not told about."""
_PARSER: Any = import_module("re._parser")  # the standard library's own reader of patterns; its results are plain tuples
_BRANCH = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\|", re.DOTALL)
_PROPERTY = re.compile(r"\\([pP])(?:\{\^?([A-Za-z_=]+)\}|([A-Z]))")
_CATEGORIES = {"CATEGORY_DIGIT": "d", "CATEGORY_NOT_DIGIT": "D", "CATEGORY_SPACE": "s", "CATEGORY_NOT_SPACE": "S",
               "CATEGORY_WORD": "w", "CATEGORY_NOT_WORD": "W"}  # fmt: skip
_WIDE = "\\x00-\\U0010ffff"


@dataclass(frozen=True, kw_only=True)
class Automaton:
    """``letters`` of each state, which states ``follow``, steps that exist twice, and the states after which a match may yet fail."""

    letters: Mapping[int, int]
    follow: Mapping[int, frozenset[int]]
    doubled: frozenset[tuple[int, int]]
    failing: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class _Part:
    """A part of a pattern: in how many ways (two stand for more) it begins or ends with a state, and in how many it can be empty."""

    first: Counter[int] = field(default_factory=Counter)
    last: Counter[int] = field(default_factory=Counter)
    empty: int = 1


def _times(found: Counter[int], ways: int) -> Counter[int]:
    return Counter({state: min(number * ways, 2) for state, number in found.items() if number * ways})


@dataclass(kw_only=True)
class _Builder:
    letters: dict[int, int] = field(default_factory=dict)
    follow: dict[int, set[int]] = field(default_factory=dict)
    doubled: set[tuple[int, int]] = field(default_factory=set)
    anchored: bool = False
    joints: int = 0

    def state(self, found: int) -> _Part:
        number = len(self.letters)
        if number >= MOST_POSITIONS:
            raise OverflowError
        self.letters[number], self.follow[number] = found, set()
        return _Part(first=Counter({number: 1}), last=Counter({number: 1}), empty=0)

    def join(self, froms: Counter[int], tos: Counter[int]) -> None:
        self.joints += len(froms) * len(tos)
        if self.joints > MOST_JOINTS:
            raise OverflowError
        for one, ways in froms.items():
            for other, more in tos.items():
                if ways * more > 1 or other in self.follow[one]:
                    self.doubled.add((one, other))
                self.follow[one].add(other)

    def sequence(self, parts: list[_Part]) -> _Part:
        whole = _Part()
        for part in parts:
            self.join(whole.last, part.first)
            whole = _Part(
                first=_times(whole.first + _times(part.first, whole.empty), 1),
                last=_times(part.last + _times(whole.last, part.empty), 1),
                empty=min(whole.empty * part.empty, 2),
            )
        return whole

    def choice(self, parts: list[_Part]) -> _Part:
        return _Part(
            first=_times(sum((part.first for part in parts), Counter[int]()), 1),
            last=_times(sum((part.last for part in parts), Counter[int]()), 1),
            empty=min(sum(part.empty for part in parts), 2),
        )

    def repeat(self, least: int, most: int, items: Any) -> _Part:  # noqa: ANN401 -- the parser's list of tuples
        endless = most > COPIES
        least, most = min(least, COPIES), max(min(most, COPIES), min(least, COPIES))
        copies = [self.items(items) for _ in range(max(least, 1) if endless else most)]
        if not copies:
            return _Part()
        if endless:
            self.join(copies[-1].last, copies[-1].first)
        return self.sequence([part if number < least else replace(part, empty=max(part.empty, 1)) for number, part in enumerate(copies)])

    def items(self, items: Any) -> _Part:  # noqa: ANN401 -- as above
        return self.sequence([self.item(str(word), value) for word, value in items])

    def item(self, word: str, value: Any) -> _Part:  # noqa: ANN401 -- as above
        part = _Part()
        match word:
            case "LITERAL":
                part = self.state(letter(value))
            case "NOT_LITERAL":
                part = self.state(outside(letter(value)))
            case "ANY":
                part = self.state(ALL & ~letter(ord("\n")))
            case "IN":
                part = self.state(_class(value))
            case "BRANCH":
                part = self.choice([self.items(each) for each in value[1]])
            case "SUBPATTERN":
                part = self.items(value[3])
            case "ATOMIC_GROUP":
                part = self.items(value)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                part = self.repeat(int(value[0]), int(value[1]), value[2])
            case "AT":
                self.anchored |= str(value) in ("AT_END", "AT_END_STRING", "AT_BOUNDARY", "AT_NON_BOUNDARY")
            case _:
                raise ValueError(word)
        return part


def automaton_of(pattern: str) -> Automaton | None:
    """Give the automaton of a pattern, None if it cannot be read or is too large."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Python may read otherwise one day is read by RE2
            parsed = _PARSER.parse(_plain(pattern))
        builder = _Builder()
        whole = builder.items(parsed)
    except (re.error, ValueError, OverflowError, RecursionError):
        return None
    return Automaton(
        letters=builder.letters,
        follow={state: frozenset(nexts) for state, nexts in builder.follow.items()},
        doubled=frozenset(builder.doubled),
        failing=frozenset(builder.letters) - (frozenset() if builder.anchored else frozenset(whole.last)),
    )


def _plain(pattern: str) -> str:
    """Write what RE2 knows and Python does not in words that Python knows."""

    def wide(match: re.Match[str]) -> str:
        inside = match.string.count("[", 0, match.start()) > match.string.count("]", 0, match.start())
        return _WIDE if inside else f"[{_WIDE}]"

    named = pattern.replace("(?<", "(?P<") if "(?<=" not in pattern and "(?<!" not in pattern else pattern
    # an empty group behind each bar keeps the reader from merging alternatives that other engines try one by one
    return _BRANCH.sub(lambda match: "|()" if match[0] == "|" else match[0], _PROPERTY.sub(wide, named))


def _class(parts: Any) -> int:  # noqa: ANN401 -- the parser's list of tuples
    found, negated = 0, False
    for word, value in parts:
        match str(word):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found |= letter(value)
            case "RANGE":
                found |= letters(*value)
            case "CATEGORY":
                found |= of_class(_CATEGORIES[str(value)])
    return outside(found) if negated else found
