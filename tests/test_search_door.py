"""The door of the search: what it prints is a schedule that can be replayed; exit codes; and never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hookproof.cli import door, guarded
from hookproof.generate.schedules import FORMAT
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.platform import ReferencePlatform
from hookproof.staging import searching
from hookproof.staging.searching import Breadth
from tests.suites.courtroom import orbit

KEY = "key-that-nobody-may-see-4711"
ONE = "agent.conversation.ended"
UNSIGNED = [{"do": "subscribe", "events": [ONE], "answer": "error"}, {"do": "emit", "event": ONE}]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(searching.BREADTHS, "quick", Breadth(examples=3, steps=3, shortening=3))
    monkeypatch.setenv("HOOKPROOF_API_KEY", KEY)


@pytest.fixture(scope="module")
def flawed() -> Iterator[str]:
    """The URL of a platform that leaves its retries unsigned."""
    os.environ[ALLOWING] = "1"
    try:
        with ReferencePlatform(orbit(), api_key=KEY, departures=Departures(flaws=("unsigned-retries",))) as platform:
            yield platform.url
    finally:
        del os.environ[ALLOWING]


def searched(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Open the door in this process; give exit code and both streams."""
    code = guarded(lambda: door.main(["search", "--profile", "quick", *map(str, arguments)], standalone_mode=False))
    streams = capsys.readouterr()
    assert "Traceback" not in streams.err
    assert KEY not in streams.out + streams.err
    return code, streams.out, streams.err


def schedule(folder: Path, **members: Any) -> Path:
    """Write a schedule, with other members."""
    file = folder / "schedule.json"
    file.write_text(json.dumps({"format": FORMAT, "contract": "orbit", "end": "retry", "steps": UNSIGNED, **members}))
    return file


def test_a_replay_shows_what_is_broken_and_how_to_see_it_again(capsys: pytest.CaptureFixture[str], tmp_path: Path, flawed: str) -> None:
    """A replay of a broken schedule ends with 1 and prints the clause and the very schedule, which can be replayed again."""
    code, out, _ = searched(capsys, flawed, "--replay", schedule(tmp_path))
    assert code == 1
    assert "broken: orbit/signature/signed" in out
    command, _, rest = out.partition(" --replay - <<'SCHEDULE'\n")
    assert command.splitlines()[-1] == f"hookproof search {flawed} --contract orbit"
    again = tmp_path / "again.json"
    again.write_text(rest.removesuffix("\nSCHEDULE\n"))
    assert json.loads(again.read_text())["steps"] == UNSIGNED
    assert searched(capsys, flawed, "--replay", again)[:2] == (code, out)


def test_a_search_writes_what_it_found(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that finds something ends with 1 and writes the schedule to the file that it names."""
    monkeypatch.setenv(ALLOWING, "1")
    file = tmp_path / "found.json"
    with ReferencePlatform(orbit(), api_key=KEY, departures=Departures(flaws=("byte-order-mark",))) as platform:
        code, out, _ = searched(capsys, platform.url, "--schedule-file", file)
        assert code == 1
        assert out.splitlines()[-1] == f"hookproof search {platform.url} --contract orbit --replay {file}"
        assert searched(capsys, platform.url, "--replay", file)[0] == 1
    assert json.loads(file.read_text())["format"] == FORMAT


def test_the_reference_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without a URL the embedded reference is searched and replayed, and nothing is broken."""
    for arguments in ((), ("--replay", schedule(tmp_path))):
        code, out, _ = searched(capsys, *arguments)
        assert code == 0
        assert out.startswith("nothing broken in ")


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"format": "hookproof.schedule/9"}, "format"),
        ({"contract": "acme"}, "contract"),
        ({"steps": [{"do": "emit", "event": "no.such"}]}, "no.such"),
        ({"steps": [{"do": "explode"}]}, "steps/0"),
    ],
)
def test_a_file_that_is_no_schedule_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, members: dict[str, Any], told: str
) -> None:
    """An ill-formed file ends with 4 and one line that says where it is."""
    code, _, error = searched(capsys, "--replay", schedule(tmp_path, **members))
    assert (code, len(error.splitlines())) == (4, 1)
    assert told in error


def test_text_that_is_not_json_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file that is not JSON ends with 4."""
    file = tmp_path / "x.json"
    file.write_text("{")
    assert searched(capsys, "--replay", file)[0] == 4


def test_nobody_else_pays_for_hypothesis() -> None:
    """The command line starts without Hypothesis."""
    seen = subprocess.run(
        [sys.executable, "-c", "import hookproof.cli, sys; print('hypothesis' in sys.modules)"], capture_output=True, text=True, check=True
    )
    assert seen.stdout.strip() == "False"


def test_a_target_that_is_not_there_is_unreachable(capsys: pytest.CaptureFixture[str]) -> None:
    """A dead URL ends with 6."""
    assert searched(capsys, "http://127.0.0.1:1")[0] == 6
