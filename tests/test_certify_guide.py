"""The guide for receivers works when it is followed literally: its commands are run as they stand, at another port."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "certify.md").read_text()
PORT = "8086"


def test_the_guide_works_as_it_stands(tmp_path: Path) -> None:
    """All commands of the first section succeed in order, in an empty folder, and leave the files that the guide names."""
    (block,) = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    assert block.count(PORT) == 4
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    (tmp_path / "bin").mkdir()
    door = tmp_path / "bin" / "hookproof"
    python = f"{shlex.quote(sys.executable)} -c 'from hookproof.cli import main; main()'"
    door.write_text(f'#!/bin/sh\nexec {python} "$@"\n')
    door.chmod(0o700)
    script = f"set -eu\n{block.replace(PORT, port)}\nkill -TERM $!\nwait\n"
    env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path), "COLUMNS": "200"}
    with subprocess.Popen(
        ["/bin/bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=tmp_path, start_new_session=True
    ) as shell:
        try:
            said = shell.communicate(timeout=200)[0].decode()
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, 9)  # the group that this test made
    assert shell.returncode == 0, said[-3000:]
    assert said.count("\nconforms: 0 MUST broken") == 2
    assert "dry run: nothing was sent to" in said
    assert "catches" in said
    assert {path.name for path in (tmp_path / "reports" / "first").iterdir()} == {"results.ndjson", "transcript.ndjson", "summary.txt"}


def test_the_guide_names_flags_that_exist() -> None:
    """Every long option in the guide is one of the suite's own, of pytest or of curl."""
    plugin, door = ((ROOT / "src" / "hookproof" / name).read_text() for name in ("pytest_plugin.py", "cli.py"))
    for flag in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", GUIDE)):
        assert f'"{flag}"' in plugin + door, flag
