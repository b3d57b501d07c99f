"""Patterns are called dangerous if a real engine that backtracks does not come to an end, and not otherwise."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.comparing.automaton import automaton_of
from hookproof.comparing.backtracking import Danger, components, danger_of
from hookproof.comparing.letters import ALL, letter, letters, of_class, outside

EXPONENTIAL = {
    # the pattern, and what to repeat so that an engine does not end
    r"^(a+)+$": "a",
    r"^(a*)*$": "a",
    r"^(a|aa)+$": "a",
    r"^(a|b|ab)*$": "ab",
    r"^(a{1,2})*$": "a",
    r"^([a-z]{1,64})+$": "a",
    r"^(?:.*,)*x$": ",",
    r"^(a?b?)*$": "ab",
    r"^(a*b?)*$": "a",
    r"^(x+x+)+y$": "x",
    r"^([a-z0-9]+-?)+$": "a",
    r"^(-?[a-z0-9]+)*$": "a",
    r"^(([a-z])+.)+[A-Z]([a-z])+$": "a",
    r"(a+)+b": "a",
    r"^([\w.]+)*@": "a",
    r"^(\s|[ \t])*$": " ",
}
LINEAR = {
    # the pattern, and what to repeat in vain
    r"^(a|b)*$": "ab",
    r"^(a|ab)*$": "ab",
    r"^(a{2})*$": "a",
    r"^([0-9]+[.])*[0-9]+$": "1.",
    r"^[a-zA-Z0-9_]+([.][a-zA-Z0-9_]+)*$": "a",
    r"^([a-z0-9]+(-[a-z0-9]+)*)$": "a-",
    r"^[^@]+@[^@]+$": "a",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "2026-01-01",
    r"^[a-z]{1,64}$": "a",
    r"^([A-Z]+[0-9])+$": "A1",
    r"(a+)+": "a",
    r"^(\s|[a-z])*$": " ",
    r"^sha256:[0-9a-f]{64}$": "a",
}
POLYNOMIAL = [r"^\s*\s*$", r"^a+a+$", r"^.*a.*$", r"^[A-Z]+[A-Z0-9]+$", r"^\d+\d*\.$", r"^a*b?a*$"]
CHILD = """
import re, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (2, 2))
re.search(sys.argv[1], sys.argv[2] * int(sys.argv[3]) + chr(10) + "!")
"""


def ends(pattern: str, pump: str, times: int) -> bool:
    """Whether Python's engine comes to an end within two seconds of processor time."""
    command = [sys.executable, "-I", "-S", "-c", CHILD, pattern, pump, str(times)]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:  # on a host that does not bound processor time
        return False
    assert done.returncode <= 0, done.stderr  # it ended, or was killed
    return done.returncode == 0


@pytest.mark.parametrize("pattern", EXPONENTIAL)
def test_exponential_patterns_are_found(pattern: str) -> None:
    """A pattern that a backtracking engine does not finish on a hundred repetitions is called exponential."""
    assert danger_of(pattern) is Danger.EXPONENTIAL


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^([a-z0-9]+-?)+$", r"^(a|b|ab)*$"])
def test_the_danger_is_real(pattern: str) -> None:
    """What is called exponential hangs a real engine."""
    assert not ends(pattern, EXPONENTIAL[pattern], 100)


@pytest.mark.parametrize("pattern", LINEAR)
def test_linear_patterns_are_spared(pattern: str) -> None:
    """What only looks like one is spared, and a real engine ends on ten thousand repetitions."""
    assert danger_of(pattern) is Danger.NONE
    assert ends(pattern, LINEAR[pattern], 10_000)


@pytest.mark.parametrize("pattern", POLYNOMIAL)
def test_polynomial_patterns_are_told_apart(pattern: str) -> None:
    """Two repetitions beside each other that read the same are slow, and no catastrophe."""
    assert danger_of(pattern) is Danger.POLYNOMIAL


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", r"^(?P<x>a)$", r"^(?<x>a)$", r"[\p{Lu}_]+", r"\pN{2}", "", "a|", "()", "a{0}"])
def test_what_only_re2_knows_is_read(pattern: str) -> None:
    """Words of RE2 that Python lacks are read too."""
    assert automaton_of(pattern) is not None


def test_unicode_classes_count() -> None:
    """A repetition of a class of Unicode inside a repetition is exponential."""
    assert danger_of(r"^(\p{L}+ ?)+$") is Danger.EXPONENTIAL


@pytest.mark.parametrize("pattern", ["^(" + "|".join(["[a-z][0-9]"] * 300) + ")*$", "^(?=a)a$", "(", "a" * 3000, r"^(a)\1$"])
def test_what_cannot_be_told_is_unknown(pattern: str) -> None:
    """What is too large, or no pattern of RE2, is never called harmless."""
    assert danger_of(pattern) in (Danger.UNKNOWN, Danger.EXPONENTIAL)


@given(st.text(st.sampled_from("ab(|)*+?[]^$.\\d{1,2}"), max_size=24))
def test_any_text_has_an_answer(pattern: str) -> None:
    """Any text at all has a danger, soon."""
    assert danger_of(pattern) in Danger


@given(st.integers(0, 0x10FFFF), st.integers(0, 0x10FFFF), st.integers(0, 0x10FFFF))
def test_sets_are_never_too_small(one: int, other: int, code: int) -> None:
    """A character of a range is in its set, and whatever is not in the range is in the set of the others."""
    first, last = sorted((one, other))
    inside = first <= code <= last
    found = letters(first, last)
    assert letter(code) & (found if inside else outside(found))
    assert letter(code) & ALL
    assert bool(letter(code) & of_class("d") & letters(0, 127)) == (chr(code).isascii() and chr(code).isdigit())


@given(st.dictionaries(st.integers(0, 8), st.frozensets(st.integers(0, 8), max_size=4), max_size=9))
def test_components(graph: dict[int, frozenset[int]]) -> None:
    """Two nodes are in one component exactly if each can be reached from the other."""
    reach = {node: {node} for node in range(9)}
    for _ in range(9):
        for node, seen in reach.items():
            seen.update(*(graph.get(each, frozenset()) for each in seen), {node})
    found = components(graph)
    together = {(a, b) for part in found for a in part for b in part}
    nodes = {node for part in found for node in part}
    assert sum(map(len, found)) == len(nodes)
    assert set(graph) <= nodes
    assert together == {(a, b) for a in nodes for b in nodes if a in reach[b] and b in reach[a]}
