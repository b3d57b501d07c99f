"""Tries one mutant: a fork of a warm process imports the changed module instead of the real one and runs the tests that reach it.

Law: nothing is written into the tree; a trial whose tests never loaded the changed module is an error, never a survivor.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import IO

import pytest

CPU_SECONDS = 40
WALL_SECONDS = 240
UNUSED = ("cacheprovider", "logging", "unraisableexception", "threadexception", "faulthandler")
"""Parts of pytest that cost time in each trial and decide nothing."""
OPTIONS = ("-q", "-x", "-s", "--tb=no", "--assert=plain", "--noconftest", *(word for name in UNUSED for word in ("-p", f"no:{name}")))


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed source when the module is imported."""

    def __init__(self, module: str, source: str, path: Path) -> None:
        self.module, self.source, self.path, self.loaded = module, source, path, False

    def find_spec(self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self.module:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self.path))

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.path)
        self.loaded = True
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)  # noqa: S102 -- our own source, changed in one place


def _names(test: str) -> tuple[str, str, str]:
    """Give a test with its parameters, without them, and its file."""
    return test, test.partition("[")[0], test.partition("::")[0]


@dataclass
class Watch:
    """Runs only the wanted tests, or files of them, and notes the first that fails; ``rules``: see ``narrow``."""

    wanted: frozenset[str] | None
    rules: frozenset[str] | None = None
    first: str = ""
    ran: int = 0
    ids: list[str] = field(default_factory=list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what never reaches the changed line."""
        if self.wanted is not None:
            items[:] = [item for item in items if not self.wanted.isdisjoint(_names(item.nodeid))]

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Spare the rules that cannot tell the difference."""
        if self.rules is not None:
            narrow(item.nodeid, self.rules)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count and note."""
        self.ran += report.when == "call"
        if report.failed and not self.first:
            self.first = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a module that cannot be imported as failing."""
        if report.failed and not self.first:
            self.first = report.nodeid


def narrow(test: str, rules: frozenset[str]) -> None:
    """Let a test that judges by every rule judge by those alone that can tell the difference."""
    if test.startswith("tests/rules/test_golden.py::test_every_story"):
        golden, agreed = vars(sys.modules["tests.rules.test_golden"]), importlib.import_module("tests.rules.golden").agreed
        golden["agreed"] = lambda *tell: [{name: said for name, said in block.items() if name in rules} for block in agreed(*tell)]
    if (module := sys.modules.get("tests.test_judge")) is not None:
        judging = vars(module)
        whole = judging.setdefault("_whole_contract", judging["contract"])
        every = not test.endswith("::test_no_recorded_bytes_stop_a_rule")
        judging["contract"] = whole if every else lambda *names, **more: whole(*(names or sorted(rules)), **more)


def attempt(module: str, source: str, path: Path, files: Sequence[str], watch: Watch) -> dict[str, object]:
    """Run the tests of these files on the changed module; give ``outcome`` (killed, survived, timeout, error) and ``killer``."""
    return answered(lambda answer: _run(_Changed(module, source, path), files, watch, answer))


def answered(run: Callable[[IO[str]], None]) -> dict[str, object]:
    """Run something in a fork and give what it wrote; a fork that was killed or is too slow is a ``timeout``, a silent one an ``error``."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        with os.fdopen(theirs, "w") as answer:
            run(answer)
        os._exit(0)
    os.close(theirs)
    ready, _, _ = select.select([ours], [], [], WALL_SECONDS)
    if not ready:
        os.kill(child, signal.SIGKILL)
    with os.fdopen(ours) as reading:
        said = reading.read() if ready else ""
    _, status = os.waitpid(child, 0)
    if said:
        found: dict[str, object] = json.loads(said)
        return found
    return {"outcome": "timeout" if not ready or os.WIFSIGNALED(status) else "error", "killer": ""}


def limited() -> None:
    """Let this process end when it has used its share of the processor."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))


def _run(changed: _Changed, files: Sequence[str], watch: Watch, answer: IO[str]) -> None:
    limited()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    sys.meta_path.insert(0, changed)
    try:
        code = int(pytest.main([*OPTIONS, *files], plugins=[watch]))
    except BaseException as error:  # noqa: BLE001 -- whatever the change brought about was noticed
        code, watch.first = 1, repr(error)[:200]
    if not changed.loaded:
        outcome = "error"
    elif code in (0, 5):  # 5: no test reaches the line
        outcome = "survived"
    else:
        outcome = "killed" if watch.first else "error"
    answer.write(json.dumps({"outcome": outcome, "killer": watch.first, "ran": watch.ran}))
    answer.flush()
