"""The command before targets that fall silent at once, or later: its status, its last words, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookproof.reporting.results import read_results
from hookproof.reporting.transcripts import read_transcript
from tests.degenerate.servers import KEY
from tests.degenerate.targets import TARGETS
from tests.suites.test_faults_of_targets import hookproof

SILENT = ("never sends", "falls silent after 40 deliveries")


@pytest.mark.parametrize("name", SILENT)
def test_a_silent_target_ends_the_command_and_leaves_a_sealed_recording(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is 6, the cause is said and conformance is not; recording and results are whole files that say they are incomplete."""
    monkeypatch.setattr("tests.suites.test_faults_of_targets.KEY", KEY)
    chosen = "orbit/payload/text or orbit/http/redirects-not-followed or orbit/fan-out/named"
    with TARGETS[name].serve() as url:
        told = hookproof(
            "run", url, "--profile", "quick", "-k", chosen, "--transcript", tmp_path / "run", "--results", tmp_path / "r.ndjson"
        )
    assert told.status == 6, told.out + told.err
    assert TARGETS[name].says in told.out
    assert url in told.out
    assert "\nconforms" not in told.out
    _, footer = read_transcript(tmp_path / "run" / "transcript.ndjson")
    assert not footer.complete
    assert TARGETS[name].says in str(footer.aborted)
    assert not read_results(tmp_path / "r.ndjson").footer.complete
    assert hookproof("judge", tmp_path / "run").status == 6
