"""Tells which patterns take more than linear time in engines that backtrack.

Law: a pattern is an automaton whose states are its characters; time is exponential if some word leads from a state back to itself in
two ways, and polynomial if some word leads from a state to itself, on to another one, and from there to itself. Repetitions beyond
``COPIES`` count as endless. What cannot fail after such a word is spared: nobody looks for another way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import product
from typing import TypeVar

from hookproof.comparing.automaton import Automaton, automaton_of
from hookproof.comparing.letters import ALL

MOST_STEPS = 300_000
"""How many steps the search may take; what takes more is called unknown."""
State = tuple[int, ...]
T = TypeVar("T")


class Danger(Enum):
    """How the time of a backtracking engine grows with the text; unknown if the pattern cannot be read or is too large."""

    NONE = 0
    POLYNOMIAL = 1
    EXPONENTIAL = 2
    UNKNOWN = 3


class _TooMuchError(Exception):
    """The search took more steps than it may."""


@dataclass(kw_only=True)
class _Search:
    """An automaton with its loops, and the number of steps that are left."""

    made: Automaton
    left: int = MOST_STEPS

    def next_of(self, states: State, within: tuple[frozenset[int], ...]) -> list[State]:
        """Give where several states can get to by one and the same character."""
        found: list[tuple[State, int]] = [((), ALL)]
        for state, room in zip(states, within, strict=True):
            nexts = self.made.follow.get(state, frozenset()) & room
            self.left -= 1 + len(found) * len(nexts)
            if self.left < 0:
                raise _TooMuchError
            found = [((*head, each), read) for head, kept in found for each in nexts if (read := kept & self.made.letters[each])]
        return [states for states, _ in found]


@lru_cache(maxsize=1024)
def danger_of(pattern: str) -> Danger:
    """Give the danger of one pattern."""
    made = automaton_of(pattern)
    if made is None:
        return Danger.UNKNOWN
    loops = [loop & made.failing for loop in components(made.follow)]
    loops = [loop for loop in loops if any(made.follow.get(state, frozenset()) & loop for state in loop)]
    search = _Search(made=made)
    try:
        if any(_ambiguous(search, loop) for loop in loops):
            return Danger.EXPONENTIAL
        return Danger.POLYNOMIAL if _handing_over(search, loops) else Danger.NONE
    except _TooMuchError:
        return Danger.UNKNOWN


def _ambiguous(search: _Search, loop: frozenset[int]) -> bool:
    """Whether one word leads from a state of a loop back to itself in two ways."""
    if any(first in loop and second in loop for first, second in search.made.doubled):
        return True
    pairs: dict[State, list[State]] = {}
    todo: list[State] = [(state, state) for state in sorted(loop)]
    while todo:
        pair = todo.pop()
        if pair not in pairs:
            pairs[pair] = search.next_of(pair, (loop, loop))
            todo += pairs[pair]
    return any(len({one == other for one, other in part}) > 1 for part in components(pairs))


def _handing_over(search: _Search, loops: list[frozenset[int]]) -> bool:
    """Whether one word keeps to a loop, leads from it to another, and keeps to that."""
    for first, second in product(loops, repeat=2):
        ways = frozenset[int]() if first is second else _ways_between(search.made, first, second)
        for one, other in product(sorted(first), sorted(second)) if ways else ():
            if _leads(search, (one, one, other), (one, other, other), (first, ways, second)):
                return True
    return False


def _ways_between(made: Automaton, first: frozenset[int], second: frozenset[int]) -> frozenset[int]:
    """Give the states on the ways from one loop to another, both included; none if there is no way."""
    after = _reached(made.follow, first)
    back: dict[int, set[int]] = {}
    for state, nexts in made.follow.items():
        for each in nexts:
            back.setdefault(each, set()).add(state)
    return after & _reached(back, second) if after & second else frozenset()


def _reached(follow: Mapping[int, Iterable[int]], starts: Iterable[int]) -> frozenset[int]:
    found, todo = set(starts), list(starts)
    while todo:
        for each in follow.get(todo.pop(), ()):
            if each not in found:
                found.add(each)
                todo.append(each)
    return frozenset(found)


def _leads(search: _Search, start: State, goal: State, within: tuple[frozenset[int], ...]) -> bool:
    seen, todo = {start}, [start]
    while todo:
        for step in search.next_of(todo.pop(), within):
            if step == goal:
                return True
            if step not in seen:
                seen.add(step)
                todo.append(step)
    return False


def components(follow: Mapping[T, Iterable[T]]) -> list[frozenset[T]]:
    """Give the strongly connected parts of a graph (Tarjan's way), without recursion."""
    order: dict[T, int] = {}
    low: dict[T, int] = {}
    open_: list[T] = []
    closed: set[T] = set()
    found: list[frozenset[T]] = []
    for root in follow:
        todo = [] if root in order else [(root, iter(follow[root]))]
        while todo:
            node, nexts = todo[-1]
            if node not in order:
                order[node] = low[node] = len(order)
                open_.append(node)
            for each in nexts:
                if each not in order:
                    todo.append((each, iter(follow.get(each, ()))))
                    break
                if each not in closed:
                    low[node] = min(low[node], order[each])
            else:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[node])
                if low[node] == order[node]:
                    part = frozenset(open_[open_.index(node) :])
                    del open_[-len(part) :]
                    closed |= part
                    found.append(part)
    return found
