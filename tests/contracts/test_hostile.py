"""Whatever lies in a contract's folder, reading it ends soon, in one line, and touches nothing outside."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.contracts.acme import make
from tests.contracts.hostile import HARMLESS, HOSTILE

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).parent / "reading_child.py"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the child said of one folder, and what it opened meanwhile."""

    folder: Path
    complaint: str | None
    opened: tuple[str, ...]


@pytest.fixture(scope="module")
def silent_port() -> Iterator[tuple[int, socket.socket]]:
    """A listener that nobody may call."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)  # noqa: FBT003 -- the standard library's own signature
        yield listener.getsockname()[1], listener


@pytest.fixture(scope="module", params=["load", "lint"])
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, silent_port: tuple[int, socket.socket]
) -> dict[str, Said]:
    """Every folder, loaded or checked in one child that may use little."""
    folders: dict[str, Path] = {}
    for number, (name, spoil) in enumerate({**{name: case[0] for name, case in HOSTILE.items()}, **HARMLESS}.items()):
        folder = make(tmp_path_factory.mktemp(f"hostile{number}") / "acme")
        (folder.parent / "secret.json").write_text("{}")
        spoil(folder)
        for file in folder.glob("events/*.json"):
            if not file.is_symlink() and b"{port}" in file.read_bytes()[:4096]:
                file.write_text(file.read_text().replace("{port}", str(silent_port[0])))
        folders[name] = folder
    first = make(tmp_path_factory.mktemp("first") / "acme")
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, str(CHILD), str(request.param), str(first), *map(str, folders.values())]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=300, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"it ended at {lines[-1:]}: {done.stderr[-2000:]}"
    said = {line["folder"]: line for line in lines if "folder" in line}
    return {
        name: Said(folder=folder, complaint=said[str(folder)]["said"], opened=tuple(said[str(folder)]["seen"]))
        for name, folder in folders.items()
    }


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_folders_are_refused(told: dict[str, Said], name: str) -> None:
    """A hostile folder is refused in one short line that names the file and what is wrong, within little time and memory."""
    _, file, cause = HOSTILE[name]
    complaint = told[name].complaint
    assert complaint is not None
    assert re.search(re.escape(str(told[name].folder)) + ".*" + re.escape(file), complaint, re.IGNORECASE)
    assert re.search(cause, complaint)
    assert "\n" not in complaint
    assert len(complaint) < 1500


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_folders_are_read(told: dict[str, Said], name: str) -> None:
    """What only looks hostile is read."""
    assert told[name].complaint is None


@pytest.mark.parametrize("name", [*HOSTILE, *HARMLESS])
def test_nothing_outside_is_touched(told: dict[str, Said], silent_port: tuple[int, socket.socket], name: str) -> None:
    """No file outside the folder is opened, no process is started and nobody is called."""
    inside = str(told[name].folder)
    assert [each for each in told[name].opened if not Path(each).is_absolute() or not Path(each).is_relative_to(inside)] == []
    with pytest.raises(BlockingIOError):
        silent_port[1].accept()


def test_files_that_are_read_are_seen(told: dict[str, Said]) -> None:
    """The watch is awake: the files of a folder that is read whole are all among what was opened."""
    said = told["recursion into the value"]
    wanted = {str(file) for file in said.folder.rglob("*") if file.is_file()}
    assert wanted <= set(said.opened)
