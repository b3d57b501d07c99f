"""A session of pytest that has collected every test and waits: each trial is a fork of it in which one function has other code.

Law: only a change within the body of one function that nothing runs at import is tried here, so that the trial is what an import of the
changed module would have been; where that function is not found exactly as it was, the trial is an error, never a survivor.
"""

from __future__ import annotations

import gc
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.mutation.trial import OPTIONS, Watch, answered, limited

Place = tuple[str, int]
"""A function of a module: its qualified name and first line."""


def functions(code: CodeType) -> dict[Place, CodeType]:
    """Give the named functions of a module, and of its classes, by place; what they hold inside is part of them."""
    found: dict[Place, CodeType] = {}
    for inner in (const for const in code.co_consts if isinstance(const, CodeType) and _has_name(const)):
        if _is_function(inner):
            found[inner.co_qualname, inner.co_firstlineno] = inner
        else:
            found.update(functions(inner))
    return found


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & 0x0002)  # CO_NEWLOCALS: the body of a class has none


def _has_name(code: CodeType) -> bool:
    return not code.co_name.startswith("<")  # a lambda or a comprehension at the top counts as what runs at import


def _around(code: CodeType) -> Iterator[CodeType]:
    """Give what runs at import, without the functions it makes."""
    yield code.replace(co_consts=tuple(const for const in code.co_consts if not isinstance(const, CodeType)))
    for inner in (const for const in code.co_consts if isinstance(const, CodeType)):
        if not (_is_function(inner) and _has_name(inner)):
            yield from _around(inner)


def exchanged(before: str, after: str, path: Path) -> Place | None:
    """Give the one function whose body differs; None where more differs, or what runs at import, or nothing at all."""
    old, new = (compile(text, str(path), "exec") for text in (before, after))
    if list(_around(old)) != list(_around(new)):
        return None
    first, second = functions(old), functions(new)
    changed = [place for place in first if first[place] != second.get(place)]
    if len(changed) != 1 or first.keys() != second.keys() or first[changed[0]].co_freevars != second[changed[0]].co_freevars:
        return None
    return changed[0]


@settings(max_examples=1, database=None)
@given(st.text())
def _drawing(_drawn: str) -> None:
    """Let Hypothesis read what it reads once in a process before the first fork."""


class _Waiting:
    """Answers each request by a fork; runs instead of the tests."""

    def __init__(self, asked: IO[str], answers: IO[str]) -> None:
        self.asked, self.answers = asked, answers

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Wait for requests until there are no more."""
        if session.testsfailed:
            return True
        items = {item.nodeid: item for item in session.items}
        known: dict[tuple[str, str, int], list[FunctionType]] = defaultdict(list)
        for found in gc.get_objects():
            if isinstance(found, FunctionType):
                known[found.__module__, found.__code__.co_qualname, found.__code__.co_firstlineno].append(found)
        _drawing()
        self.answers.write(json.dumps(sorted(items)) + "\n")
        self.answers.flush()
        gc.freeze()
        for line in self.asked:
            said = answered(partial(_tried, session.config, items, known, json.loads(line)))
            self.answers.write(json.dumps(said) + "\n")
            self.answers.flush()
        return True


def _tried(
    config: pytest.Config,
    items: Mapping[str, pytest.Item],
    known: Mapping[tuple[str, str, int], Sequence[FunctionType]],
    request: Mapping[str, object],
    answer: IO[str],
) -> None:
    limited()
    after = functions(compile(str(request["source"]), str(request["path"]), "exec"))
    places = [(str(name), int(line)) for name, line in request["places"]]  # type: ignore[attr-defined] # written by ourselves
    wanted = [str(test) for test in request["tests"]]  # type: ignore[attr-defined] # written by ourselves
    held = [(found, after[place]) for place in places for found in known.get((str(request["module"]), *place), ())]
    if {(code.co_qualname, code.co_firstlineno) for _, code in held} != set(places) or not set(wanted) <= items.keys():
        answer.write(json.dumps({"outcome": "error", "killer": "", "ran": 0}))
        answer.flush()
        return
    for found, code in held:
        found.__code__ = code
    rules = request["rules"]
    watch = Watch(None, None if rules is None else frozenset(rules))  # type: ignore[call-overload] # the same
    config.pluginmanager.register(watch)
    try:
        for test, following in zip(wanted, [*wanted[1:], None], strict=True):
            config.hook.pytest_runtest_protocol(item=items[test], nextitem=items[following] if following else None)
            if watch.first:
                break
    except BaseException as error:  # noqa: BLE001 -- whatever the change brought about was noticed
        watch.first = repr(error)[:200]
    answer.write(json.dumps({"outcome": "killed" if watch.first else "survived", "killer": watch.first, "ran": watch.ran}))
    answer.flush()


class Bench:
    """A forked session of pytest that waits for requests; use it from one process only."""

    def __init__(self, files: Sequence[str]) -> None:
        """Collect all tests; raise if that fails."""
        asked, ask = os.pipe()
        answers, answer = os.pipe()
        self.child = os.fork()
        if self.child == 0:
            os.close(ask)
            os.close(answers)
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 1)
            os.dup2(null, 2)
            with os.fdopen(asked) as requests, os.fdopen(answer, "w") as replies:
                pytest.main([*OPTIONS, *files], plugins=[_Waiting(requests, replies)])
            os._exit(0)
        os.close(asked)
        os.close(answer)
        self._ask, self._answers = os.fdopen(ask, "w"), os.fdopen(answers)
        collected = self._answers.readline()
        if not collected:
            message = "the tests cannot be collected: nothing can be tried"
            raise RuntimeError(message)
        self.tests: list[str] = json.loads(collected)

    def attempt(
        self, module: str, source: str, path: Path, places: Sequence[Place], tests: Sequence[str], rules: Sequence[str] | None = None
    ) -> dict[str, object]:
        """Run tests with the functions at these places taken from a changed source; give outcome, killer and how many ran.

        ``rules``: those that the change can touch; None for all.
        """
        asked = {"module": module, "source": source, "path": str(path), "places": places, "tests": tests, "rules": rules}
        self._ask.write(json.dumps(asked) + "\n")
        self._ask.flush()
        said = self._answers.readline()
        if not said:
            message = f"the waiting session ended at {module} {places}"
            raise RuntimeError(message)
        found: dict[str, object] = json.loads(said)
        return found

    def close(self) -> None:
        """End the session."""
        self._ask.close()
        os.waitpid(self.child, 0)
        self._answers.close()
