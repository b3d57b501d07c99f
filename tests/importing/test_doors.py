"""The commands ``contract init`` and ``contract import`` write new folders only, say what they did, and end with the promised status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from click.testing import CliRunner, Result

from hookproof.cli import door, guarded
from hookproof.contracts import load_contract
from hookproof.importing.starting import started
from hookproof.importing.writing import place_for, written
from hookproof.model.errors import IllFormedError
from hookproof.rules.catalogue import RULE_PARAMETERS
from tests.importing.documents import OPENAPI

ROOT = Path(__file__).resolve().parents[2]


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command as the program does; give its status and what it said on both channels."""
    with mock.patch.object(sys, "argv", ["hookproof", *arguments]):
        status = guarded(lambda: door.main(args=list(arguments), standalone_mode=False))
    told = capsys.readouterr()
    return status, told.out, told.err


def snapshot(folder: Path) -> dict[str, bytes]:
    """Give every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_init_writes_a_contract_that_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The new folder is a contract whose rules all exist, with comments that tell what to fill in."""
    status, out, _ = said(capsys, "contract", "init", "acme", "--folder", str(tmp_path / "new"))
    assert status == 0
    contract = load_contract(tmp_path / "new" / "acme", rules=RULE_PARAMETERS)
    assert contract.name == "acme"
    assert len(contract.events) == 4
    assert str(tmp_path / "new" / "acme") in out
    for name in ("provider.yaml", "policy.yaml", "clauses.yaml"):
        text = (tmp_path / "new" / "acme" / name).read_text()
        assert "\n# " in text or text.startswith("# ") or "\n  # " in text
        assert "{{" not in text


def test_import_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The terminal names the events and all that was not said, with its place; README.md says it again."""
    source = tmp_path / "shop.json"
    source.write_text(json.dumps(OPENAPI))
    status, out, _ = said(capsys, "contract", "import", str(source), "--name", "shop", "--out", str(tmp_path / "made"))
    assert status == 0
    assert "2 events imported from shop.json, read as openapi." in out
    readme = (tmp_path / "made" / "shop" / "README.md").read_text()
    for text in (out, readme):
        assert "shop.json#/webhooks/formOnly/post" in text
    assert set(load_contract(tmp_path / "made" / "shop", rules=RULE_PARAMETERS).events) == {"order.placed", "order.paid"}


@pytest.mark.parametrize("command", ["init", "import"])
def test_what_exists_is_left_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """A folder, a file or a dangling link under the name is an error of one line, and stays byte for byte."""
    source = tmp_path / "shop.json"
    source.write_text(json.dumps(OPENAPI))
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    before = snapshot(tmp_path)
    for name in ("folder", "file", "link"):
        arguments = ["init", name, "--folder"] if command == "init" else ["import", str(source), "--name", name, "--out"]
        status, _, err = said(capsys, "contract", *arguments, str(tmp_path))
        assert status == 4
        assert "exists already" in err
        assert err.count("\n") == 1
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("name", ["", "../up", "a/b", "A", "-a", "a.b", "é", "a" + "\n"])
def test_names_that_are_none_are_refused(tmp_path: Path, name: str) -> None:
    """A name that could lead elsewhere, or that no clause id can begin with, makes nothing."""
    with pytest.raises(IllFormedError, match="no name of a contract"):
        place_for(tmp_path, name)


def test_what_does_not_load_is_not_left(tmp_path: Path) -> None:
    """A contract that would not load leaves no folder and no part of one."""
    files = started("acme", revision="2026-11-21")
    with pytest.raises(IllFormedError) as refused:
        written(tmp_path / "acme", {**files, "policy.yaml": "retry: 5\n"})
    assert refused.value.subject == str(tmp_path / "acme" / "policy.yaml")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    """Where a file stands in the way of the folder, the error says so."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(IllFormedError, match="cannot be written"):
        written(tmp_path / "file" / "acme", started("acme", revision="2026-11-21"))


def test_help_names_the_kinds() -> None:
    """The command lists what it can read."""
    told: Result = CliRunner().invoke(door, ["contract", "import", "--help"])
    for word in ("OpenAPI", "AsyncAPI", "JSON Schemas", "samples"):
        assert word in told.output


@pytest.mark.parametrize("role", ["platform", "receiver"])
def test_the_references_keep_a_new_contract(tmp_path: Path, role: str) -> None:
    """The suites judge both references by the contract that init writes, and every MUST of it is kept."""
    written(tmp_path / "acme", started("acme", revision="2026-11-21"))
    command = [sys.executable, "-m", "pytest", str(ROOT / "suites"), "-p", "no:cacheprovider", "-q", "--no-header", "--profile", "quick"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    options = ["--contract", str(tmp_path / "acme"), "--role", role, "--require-complete"]
    done = subprocess.run([*command, *options], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "conforms: 0 MUST broken" in done.stdout
    assert "0 SHOULD broken; every applicable MUST was observed" in done.stdout
