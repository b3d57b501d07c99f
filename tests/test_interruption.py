"""A run that is interrupted ends in order wherever the interruption meets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hookproof.pytest_plugin import pytest_keyboard_interrupt

SOURCES = Path(__file__).resolve().parents[1] / "src"
STOPPED_WHILE_READ = """
import sys

class Stopping:
    def find_spec(self, name, *_others):
        if name == "hookproof.cli":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Stopping())
from hookproof.__main__ import main
main()
"""


def interrupted() -> None:
    """Be interrupted."""
    raise KeyboardInterrupt


def nowhere() -> None:
    """Be interrupted at an instruction of no line."""
    raise KeyboardInterrupt


nowhere.__code__ = nowhere.__code__.replace(co_linetable=b"")


@pytest.mark.parametrize(("place", "shown"), [(interrupted, 2), (nowhere, 1)], ids=["a line", "no line"])
def test_a_frame_without_a_line_is_left_out(place: object, shown: int) -> None:
    """An instruction may belong to no line of the source: its frame is not shown, all others are, and what is left can be told."""
    assert callable(place)
    with pytest.raises(KeyboardInterrupt) as told:
        place()
    assert bool(told.traceback[-1]._rawentry.tb_lineno) is (shown == 2)
    pytest_keyboard_interrupt(told)
    assert len(told.traceback) == shown
    assert "KeyboardInterrupt" in str(told.getrepr(funcargs=True))


def child(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Python over our sources."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    environment = {**kept, "PYTHONPATH": str(SOURCES)}
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, env=environment, timeout=120, check=False)


def test_whoever_stops_the_command_while_it_is_read_sees_no_traceback() -> None:
    """Before a command has begun an interruption ends it with the status of any other, and without a word."""
    ended = child("-c", STOPPED_WHILE_READ)
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", "")


def test_the_command_is_a_module_too() -> None:
    """``python -m hookproof`` is the command."""
    listed = child("-m", "hookproof", "list")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "orbit" in listed.stdout
