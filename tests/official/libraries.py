"""The official libraries as receivers: each a process of its own on loopback, and a journal of what it took.

Law: a receiver answers when its block begins and is gone when it ends; what is in the journal was taken before the answer was sent.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hookproof.ports import Seen
from tests.official.node import javascript_home, node

HERE = Path(__file__).parent
PATIENCE = 60.0
"""Seconds for a process to say its port, or to end."""


@dataclass(frozen=True, kw_only=True)
class Library:
    """One official library: ``version`` of what is installed; ``command`` starts its receiver, with files of its own in a folder."""

    language: str
    registry: str
    version: Callable[[], str]
    command: Callable[[Path], Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Journal:
    """What a receiver wrote down of each event that it took, one JSON document a line; a ``Witness``."""

    path: Path

    def effect(self, event_id: str) -> Seen:
        """Count what was taken under an id, and give the data that were taken last."""
        found = [line.get("data") for line in self._lines() if line.get("id") == event_id]
        return Seen(count=len(found), via="command", content=found[-1] if found else None)

    def errors(self) -> dict[str, str]:
        """Give the name of the error with which each delivery failed inside, by its id."""
        return {str(line["failed"]): str(line["error"]) for line in self._lines() if line.get("failed")}

    def close(self) -> None:
        """Hold nothing open."""

    def _lines(self) -> list[dict[str, Any]]:
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        return [json.loads(line) for line in text.split("\n")[:-1]]


def _javascript_version() -> str:
    package = javascript_home() / "node_modules" / "standardwebhooks" / "package.json"
    return str(json.loads(package.read_text(encoding="utf-8"))["version"])


def _javascript(folder: Path) -> Sequence[str]:
    """Put the receiver beside the installed library: a module is looked for from where its importer stands."""
    (folder / "node_modules").symlink_to(javascript_home() / "node_modules")
    return node(), str(shutil.copy(HERE / "javascript" / "receiver.mjs", str(folder)))


LIBRARIES = {
    library.language: library
    for library in (
        Library(
            language="python",
            registry="PyPI",
            version=lambda: version("standardwebhooks"),
            command=lambda _folder: (sys.executable, str(HERE / "python_receiver.py")),
        ),
        Library(language="javascript", registry="npm", version=_javascript_version, command=_javascript),
    )
}
"""Library by language."""


@contextmanager
def running(library: Library, secret: str, folder: Path, *manner: str) -> Iterator[tuple[str, Journal]]:
    """Start a library's receiver with this secret; give its URL and its journal, and end it by its own id.

    ``manner``: further arguments; ``--careful`` starts the one that heeds the findings.
    """
    journal = folder / "journal.ndjson"
    surroundings = {**os.environ, "WEBHOOK_SECRET": secret, "WEBHOOK_JOURNAL": str(journal)}
    complaints, command = folder / "stderr.txt", [*library.command(folder), *manner]
    with complaints.open("wb") as stderr, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, env=surroundings) as started:
        try:
            assert started.stdout is not None
            told = started.stdout.readline() if select.select([started.stdout], [], [], PATIENCE)[0] else b""
            assert told.strip().isdigit(), f"the {library.language} receiver did not start: {complaints.read_text(encoding='utf-8')[-800:]}"
            yield f"http://127.0.0.1:{int(told)}", Journal(path=journal)
            assert started.poll() is None, f"the {library.language} receiver died: {complaints.read_text(encoding='utf-8')[-800:]}"
        finally:
            started.kill()
