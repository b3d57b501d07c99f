"""The door of lint: exit codes, three forms, a file; and never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from hookproof.cli import door, guarded
from hookproof.comparing.finding import CHECKS
from hookproof.contracts import load_format_schema
from tests.comparing.tidy import Change, both, clause, paid, policy, provider, text, tidy
from tests.contracts.hostile import HOSTILE
from tests.official.node import installed

SARIF = Path(__file__).parent / "javascript"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A tidy contract below the working folder."""
    with chdir(tmp_path):
        yield tidy(tmp_path / "acme")


def lint(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Open the door in this process; give exit code and both streams."""
    code = guarded(lambda: door.main(["contract", "lint", *map(str, arguments)], standalone_mode=False))
    streams = capsys.readouterr()
    assert "Traceback" not in streams.err
    return code, streams.out, streams.err


def official() -> dict[str, Any]:
    """Give the official JSON Schema of SARIF 2.1.0, as Microsoft's package of matchers carries it."""
    file = installed(SARIF) / "node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
    schema: dict[str, Any] = json.loads(file.read_bytes())
    return schema


SPOILS: dict[str, Change] = {
    "clean": both(),
    "warnings": paid("properties", "net", to={"type": "number", "multipleOf": 0.01}),
    "errors": both(clause("retries/schedule", "parameters", "policies", to=["x"]), provider("envelope", "created_member", to=None)),
    "unreadable": text("policy.yaml", "a: *b\n"),
    "no line": text("events.digest", "sha256:0 0\n"),
    "too many": text("polices.yaml", ""),
    "too few": lambda folder: (folder / "provider.yaml").unlink(),
}
CODES = {"clean": 0, "warnings": 0, "errors": 1, "unreadable": 1, "no line": 1, "too many": 1, "too few": 1}


@pytest.mark.parametrize("case", SPOILS)
def test_exit_codes(folder: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    """Errors exit with 1, anything less with 0."""
    SPOILS[case](folder)
    assert lint(capsys, folder)[0] == CODES[case]


@pytest.mark.parametrize("name", ["nothing/there", "no-such-contract", "acme/events.digest"])
def test_no_folder(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """What is no folder exits with 4 in one line."""
    (folder / "events.digest").write_text("x")
    code, out, err = lint(capsys, name)
    assert (code, out, err.count("\n")) == (4, "", 1)


def test_folder_that_cannot_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder of which something lies elsewhere exits with 4 in one line that says what."""
    (folder / "clauses.yaml").unlink()
    (folder / "clauses.yaml").symlink_to("/etc/passwd")
    code, out, err = lint(capsys, folder)
    assert (code, out, err.count("\n")) == (4, "", 1)
    assert "clauses.yaml" in err


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """A hostile folder has errors or cannot be read, and each is told in one short line that commands no terminal."""
    folder = tidy(tmp_path / "acme")
    (tmp_path / "secret.json").write_text("{}")
    HOSTILE[name][0](folder)
    code, out, err = lint(capsys, folder)
    lines = (out + err).splitlines()
    assert code in (1, 4)
    assert lines
    assert max(map(len, lines)) < 2500
    assert "\x1b" not in out + err


def test_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding is one line with file, line, level, id, key path, cause and remedy; the last line counts."""
    SPOILS["errors"](folder)
    lines = lint(capsys, "./acme")[1].splitlines()
    assert lines[0].startswith(
        "acme/clauses.yaml:13: error unreachable-clause: clauses[0].parameters.policies[0]: acme/retries/schedule: there is"
    )
    assert len(lines) == 3
    assert lines[-1] == "2 errors"


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON form says the same with names, and null where no line is known."""
    both(SPOILS["warnings"], SPOILS["no line"])(folder)
    code, out, _ = lint(capsys, folder, "--format", "json")
    told = json.loads(out)
    jsonschema.validate(told, load_format_schema("lint"))
    assert (code, told["format"], told["contract"], told["counts"]) == (
        1,
        "hookproof.lint/1",
        "acme",
        {"error": 1, "warning": 1, "note": 0},
    )
    assert [(each["id"], each["level"], each["line"] is None) for each in told["findings"]] == [
        ("inconsistent", "error", False),
        ("fractional-multiple-of", "warning", False),
    ]
    assert all(each.keys() == {"id", "level", "file", "line", "place", "cause", "remedy"} for each in told["findings"])


@pytest.mark.parametrize("case", SPOILS)
def test_sarif(folder: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    """The SARIF form is SARIF 2.1.0 by the official schema, names every check as a rule, and each result by its rule, file and line."""
    SPOILS[case](folder)
    log = json.loads(lint(capsys, folder, "--format", "sarif")[1])
    schema = official()
    jsonschema.Draft4Validator(schema).validate(log)
    run = log["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == list(CHECKS)
    findings = json.loads(lint(capsys, folder, "--format", "json")[1])["findings"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [(rules[r["ruleIndex"]], r["ruleId"], r["level"]) for r in run["results"]] == [(f["id"], f["id"], f["level"]) for f in findings]
    assert [place["artifactLocation"]["uri"] for place in places] == [str(Path(f["file"]).relative_to(folder.parent)) for f in findings]
    assert [place.get("region", {}).get("startLine") for place in places] == [f["line"] for f in findings]


def test_the_official_schema_refuses() -> None:
    """The official schema would find a fault."""
    assert not jsonschema.Draft4Validator(official()).is_valid({"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]})


def test_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --out the findings go to the file and the counts to the terminal; a file that cannot be written exits with 4."""
    SPOILS["errors"](folder)
    code, out, _ = lint(capsys, folder, "--format", "json", "--out", "found.json")
    assert (code, out) == (1, "2 errors\n")
    assert len(json.loads(Path("found.json").read_text())["findings"]) == 2
    code, out, err = lint(capsys, folder, "--out", "no/such/folder.txt")
    assert (code, out, err.count("\n")) == (4, "", 1)


def test_help() -> None:
    """Help tells the forms."""
    assert "[text|json|sarif]" in CliRunner().invoke(door, ["contract", "lint", "--help"]).output


def test_policies_of_other_files_do_not_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A change that nothing objects to leaves the contract clean."""
    policy("timeout_seconds", to=11)(folder)
    assert lint(capsys, folder)[:2] == (0, "clean: nothing found\n")
