"""Which tests reach which line: one run of the tests under coverage, with each test as a context."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import process_time

import coverage
import pytest


class _Contexts:
    def __init__(self, measuring: coverage.Coverage) -> None:
        self.measuring = measuring
        self.seconds: dict[str, float] = {}
        self._began = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._began = process_time()
        self.measuring.switch_context(item.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        self.seconds[item.nodeid] = process_time() - self._began
        self.measuring.switch_context("")


def measured(files: Sequence[str], sources: Sequence[Path]) -> dict[str, dict[int, list[str]]]:
    """Give, by file, the tests that reach each line; an empty name stands for the import. Raises if a test fails."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        with os.fdopen(theirs, "w") as answer:
            json.dump(_measure(files, sources), answer)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as reading:
        said = reading.read()
    os.waitpid(child, 0)
    if not said or "failed" in (found := json.loads(said)):
        message = "the tests fail on the unchanged sources: nothing can be measured"
        raise RuntimeError(message)
    return {path: {int(line): tests for line, tests in lines.items()} for path, lines in found.items()}


def _measure(files: Sequence[str], sources: Sequence[Path]) -> object:
    measuring = coverage.Coverage(data_file=None, include=[str(path) for path in sources], config_file=False)
    contexts = _Contexts(measuring)
    null = os.open(os.devnull, os.O_RDWR)
    kept = os.dup(1)
    os.dup2(null, 1)
    measuring.start()
    code = pytest.main(["-q", "--noconftest", "-p", "no:cacheprovider", *files], plugins=[contexts])
    measuring.stop()
    sys.stdout.flush()
    os.dup2(kept, 1)
    if code:
        return {"failed": int(code)}
    gathered = measuring.get_data()
    found = {path: gathered.contexts_by_lineno(path) for path in gathered.measured_files()}
    cost = contexts.seconds
    return {
        path: {line: sorted(set(tests), key=lambda t: cost.get(t, 0.0)) for line, tests in lines.items()} for path, lines in found.items()
    }


def statements(source: str) -> Mapping[int, range]:
    """Give, for each line, the lines of the innermost statement (or of its head) that stands on it."""
    found: dict[int, range] = {}
    spans: dict[int, int] = defaultdict(lambda: sys.maxsize)
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.stmt):
            continue
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)])
        last = node.end_lineno or node.lineno
        body = getattr(node, "body", None)
        if isinstance(body, list) and body:
            last = max(first, body[0].lineno - 1)
        for line in range(first, last + 1):
            if last - first < spans[line]:
                spans[line], found[line] = last - first, range(first, last + 1)
    return found
