"""Texts for patterns: they match, from the shortest to the longest, and changes of them do not."""

from __future__ import annotations

import pytest

from hookproof.generate.schema.members import name_fits
from hookproof.generate.schema.patterns import matching, unmatched

PATTERNS = {
    r"^[a-z]{2,5}$": {2, 5},
    r"^\+[1-9]\d{6,14}$": {8, 16},
    r"^\p{Lu}+$": {1},
    r"^[\p{L}\d]{3}$": {3},
    r"^[\x{0041}-\x{005a}]{4}$": {4},
    r"^(a|bc)$": {1, 2},
    r"^[^/\s]{1,9}$": {1, 9},
    r"x": {1},
    r"^$": {0},
}
"""Patterns, and lengths of texts that are among those that match."""


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_match_and_reach_both_ends(pattern: str) -> None:
    """Every text matches for the validator's engine, and the shortest and the longest that the pattern allows are there."""
    found = matching(pattern)
    assert all(name_fits(pattern, text) for text in found)
    assert PATTERNS[pattern] <= set(map(len, found))
    assert list(found) == sorted(found, key=lambda text: (len(text), text))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_changes_no_longer_match(pattern: str) -> None:
    """What is made to break a pattern breaks it."""
    assert not any(name_fits(pattern, text) for text in unmatched(matching(pattern), pattern))


@pytest.mark.parametrize("pattern", [r"(?!a)b", r"[", r"^a$b"])
def test_what_cannot_be_matched_gives_nothing(pattern: str) -> None:
    """A pattern that the engine refuses, or that nothing matches, has no texts."""
    assert matching(pattern) == ()
