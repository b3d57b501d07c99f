"""The guide for writing a contract works when it is followed literally: its commands are run as they stand, in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "write-a-contract.md").read_text()
COMMANDS = ROOT / "src" / "hookproof" / "contract_commands"


def test_the_guide_works_as_it_stands(tmp_path: Path) -> None:
    """All commands of the guide succeed in order and say what the guide says that they say."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) == 4
    (tmp_path / "bin").mkdir()
    door = tmp_path / "bin" / "hookproof"
    python = f"{shlex.quote(sys.executable)} -c 'from hookproof.cli import main; main()'"
    door.write_text(f'#!/bin/sh\nexec {python} "$@"\n')
    door.chmod(0o700)
    env = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path), "COLUMNS": "200"}
    script = "\n".join(["set -eu", *blocks])
    done = subprocess.run(["/bin/bash", "-c", script], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert done.stdout.count("\nconforms: 0 MUST broken") == 3
    assert done.stdout.count('"outcome": "kept"') == 4
    assert '"event": "refund.issued", "outcome": "kept"' in done.stdout
    assert "1 event imported from shop.yaml, read as openapi." in done.stdout
    assert "shop.yaml#/components/schemas/stock/properties/sku/pattern" in done.stdout
    assert "shop.yaml#/components/schemas/stock/properties/left/format" in done.stdout
    assert "2 events imported from bodies.ndjson, read as samples." in done.stdout
    assert {path.name for path in (tmp_path / "contracts").iterdir()} == {"acme", "shop", "seats"}
    readme = (tmp_path / "contracts" / "shop" / "README.md").read_text()
    assert "stock/properties/sku/pattern" in readme


def test_the_guide_names_flags_that_exist() -> None:
    """Every long option in the guide is one of a command's own."""
    sources = [*COMMANDS.glob("*.py"), ROOT / "src" / "hookproof" / "cli.py", ROOT / "src" / "hookproof" / "pytest_plugin.py"]
    told = "".join(path.read_text() for path in sources)
    for flag in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", GUIDE)):
        assert f'"{flag}"' in told, flag
