"""The pytest door: suites run from anywhere, reports carry clauses, foreign projects are left alone, our bugs are ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, parse

import pytest

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Ran:
    """What a pytest process said, and where it wrote."""

    status: int
    out: str
    folder: Path


def run_pytest(*arguments: str | Path, cwd: Path, path: str = "") -> Ran:
    """Run pytest as a child that sees our sources only through PYTHONPATH; ``path`` is looked into first."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    env = {**kept, "PYTHONPATH": os.pathsep.join(filter(None, [path, str(ROOT / "src")])), "COLUMNS": "200"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, env=env, cwd=cwd, timeout=120, check=False)
    return Ran(done.returncode, (done.stdout + done.stderr).decode(), cwd)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Give one run from the repository with all reports."""
    folder = tmp_path_factory.mktemp("reports")
    reports = [f"--junitxml={folder}/junit.xml", f"--alluredir={folder}/allure"]
    chosen = "orbit/envelope or orbit/payload/unchanged:contact.created"
    ran = run_pytest("suites", "-k", chosen, "--profile", "quick", *reports, cwd=ROOT)
    return Ran(ran.status, ran.out, folder)


def test_clauses_are_chosen_by_their_ids(reported: Ran) -> None:
    """From the repository ``-k`` takes clause ids, and the summary covers what was chosen."""
    assert reported.status == 0, reported.out
    assert "7 passed" in reported.out
    assert "\nenvelope" in reported.out
    assert "\nconforms: 0 MUST broken" in reported.out


def test_a_choice_of_nothing_is_said(tmp_path: Path) -> None:
    """Whoever chooses no clause is told that nothing was judged, and where the names are."""
    ran = run_pytest(ROOT / "suites", "-k", "nothing-is-called-so", cwd=tmp_path)
    assert ran.status == 5
    assert "nothing was judged: no clause was chosen; `hookproof list --contract NAME`" in ran.out


def test_topics_of_a_contract_s_own_are_judged(tmp_path: Path) -> None:
    """Clauses under topics that no suite is named after are asked like all others, in both roles, and nothing is skipped for it."""
    made = tmp_path / "mobtexting"
    shutil.copytree(ROOT / "contracts" / "mobtexting", made)
    clauses = made / "clauses.yaml"
    clauses.write_text(clauses.read_text().replace("mobtexting/http/", "mobtexting/wire/").replace("/answers/", "/manners/"))
    ran = run_pytest(ROOT / "suites", "-k", "mobtexting/wire or mobtexting/manners", "--contract", made, "--profile", "quick", cwd=tmp_path)
    assert ran.status == 0, ran.out
    assert "\nwire " in ran.out
    assert "\nmanners " in ran.out
    assert "skipped" not in ran.out


def properties(case: Element) -> dict[str, str]:
    """Read a JUnit case's properties."""
    return {found.attrib["name"]: found.attrib["value"] for found in case.iter("property")}


def test_junit_names_clause_level_family_and_event(reported: Ran) -> None:
    """The JUnit file is XML, and each case carries what it judged as properties."""
    cases = list(parse(reported.folder / "junit.xml").getroot().iter("testcase"))  # noqa: S314 -- we wrote it
    assert len(cases) == 7
    found = {properties(case)["clause"]: properties(case) for case in cases}
    shape = found["orbit/envelope/shape"]
    assert (shape["level"], shape["family"], shape["outcome"]) == ("MUST", "envelope", "kept")
    assert "event" not in shape
    unchanged = found["orbit/payload/unchanged"]
    assert (unchanged["family"], unchanged["event"]) == ("payload", "contact.created")


def test_allure_gets_labels_and_the_exchanged_bytes(reported: Ran) -> None:
    """Each Allure result has labels for clause, level, family and event, and text attachments with the bytes of its evidence."""
    results = [json.loads(file.read_text()) for file in (reported.folder / "allure").glob("*-result.json")]
    assert len(results) == 7
    for result in results:
        labels = {label["name"]: label["value"] for label in result["labels"]}
        assert labels["clause"].startswith("orbit/")
        assert {"level", "family", "outcome"} <= labels.keys()
        assert result["attachments"]
        for attachment in result["attachments"]:
            assert attachment["type"] == "text/plain"
            text = (reported.folder / "allure" / attachment["source"]).read_text()
            assert "HTTP/1.1" in text or "emission" in text
    events = {label["value"] for result in results for label in result["labels"] if label["name"] == "event"}
    assert events == {"contact.created"}


def test_the_suites_run_from_any_folder(tmp_path: Path) -> None:
    """Named by path from a foreign folder, the suites find the engine, the contract and their situations."""
    ran = run_pytest(ROOT / "suites", "-k", "orbit/payload/text", "--profile", "quick", "--results", "r.ndjson", cwd=tmp_path)
    assert ran.status == 0, ran.out
    assert "1 passed" in ran.out
    assert (tmp_path / "r.ndjson").is_file()


def test_a_foreign_project_keeps_its_own_options(tmp_path: Path) -> None:
    """The installed entry point does nothing to a project that has a ``--target`` option, marker and fixtures of its own."""
    (tmp_path / "conftest.py").write_text("def pytest_addoption(parser):\n    parser.addoption('--target', default='none')\n")
    (tmp_path / "test_theirs.py").write_text("def test_theirs(request):\n    assert request.config.getoption('--target') == 'moon'\n")
    ran = run_pytest("-p", "hookproof._autoload", "--strict-markers", "--target", "moon", ".", cwd=tmp_path)
    assert ran.status == 0, ran.out
    assert "1 passed" in ran.out
    helped = run_pytest("-p", "hookproof._autoload", "--help", cwd=tmp_path)
    assert "--known-failures" not in helped.out


BUG = """
from hookproof.staging.stage import Stage

honest = Stage.emit

def emit(self, *told, **more):
    if self.situation == "values":
        return {}["a bug of ours"]
    return honest(self, *told, **more)

Stage.emit = emit
"""


def test_a_bug_of_ours_is_neither_a_verdict_nor_conformance(tmp_path: Path) -> None:
    """When staging fails by a bug of ours the run exits 3, shows the traceback, and does not call the target conforming."""
    (tmp_path / "a_bug.py").write_text(BUG)
    chosen = "orbit/payload/text or orbit/fan-out/filters"
    arguments: list[str | Path] = ["-k", chosen, "--profile", "quick", "--transcript", tmp_path / "run", "--results", tmp_path / "r.ndjson"]
    ran = run_pytest("-p", "a_bug", "suites", *arguments, cwd=ROOT, path=str(tmp_path))
    assert ran.status == 3, ran.out
    assert "KeyError: 'a bug of ours'" in ran.out
    assert "\nconforms" not in ran.out
    assert "stopped early: hookproof: a bug of ours: KeyError" in ran.out
    assert '"complete": false' in (tmp_path / "r.ndjson").read_text().splitlines()[-1]
    assert '"complete": false' in (tmp_path / "run" / "transcript.ndjson").read_text().splitlines()[-1]


OPENING_BUG = """
from hookproof.staging.session import Session

def open_run(self, *told, **more):
    raise KeyError("cannot even open")

Session.open = open_run
"""


def test_a_bug_in_opening_is_shown_once(tmp_path: Path) -> None:
    """When the run cannot be opened by a bug of ours, the first item shows it and the others are not tried."""
    (tmp_path / "a_bug.py").write_text(OPENING_BUG)
    ran = run_pytest("-p", "a_bug", "suites", "--profile", "quick", cwd=ROOT, path=str(tmp_path))
    assert ran.status == 3, ran.out
    assert ran.out.count("cannot even open") <= 4
    assert "1 error" in ran.out


CLOSING_BUG = """
from hookproof.staging.run import Run

def close(self):
    raise KeyError("cannot close")

Run.close = close
"""


def test_a_bug_in_closing_is_ours_too(tmp_path: Path) -> None:
    """When everything was kept but the run cannot be closed, that is exit 3, neither success nor a broken promise."""
    (tmp_path / "a_bug.py").write_text(CLOSING_BUG)
    chosen = "orbit/payload/text"
    ran = run_pytest("-p", "a_bug", "suites", "-k", chosen, "--profile", "quick", cwd=ROOT, path=str(tmp_path))
    assert ran.status == 3, ran.out
    assert "\nconforms" not in ran.out


def test_reports_that_cannot_be_written_are_an_error_of_use(tmp_path: Path) -> None:
    """A results file or a transcript folder that cannot be made is said in one line and exits 4."""
    (tmp_path / "file").write_text("")
    for flag, name in (("--results", ""), ("--transcript", "file/run")):
        ran = run_pytest("suites", "-k", "orbit/payload/text", "--profile", "quick", flag, tmp_path / name, cwd=ROOT)
        assert ran.status == 4, ran.out
        assert "Traceback" not in ran.out
