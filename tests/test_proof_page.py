"""The page of proofs says what was measured, and nothing else."""

from __future__ import annotations

from pathlib import Path

from benchmarks.proof_page import PAGE, page, read_junit

JUNIT = """<testsuites><testsuite>
<testcase classname="tests.kill_matrix.test_flaws" name="test_a_flaw_is_killed_for_the_right_reason[one]" time="1.5"/>
<testcase classname="tests.kill_matrix.test_flaws" name="test_a_flaw_is_killed_for_the_right_reason[two]" time="0.5"><failure/></testcase>
<testcase classname="tests.degenerate.test_degenerate_targets" name="test_nothing_is_believed[silent]" time="1"/>
<testcase classname="tests.model.test_codec" name="test_other" time="9"/>
</testsuite></testsuites>"""


def test_the_page_is_generated_from_the_files() -> None:
    """Whoever changes a flaw, a variant or a measured file writes the page anew: python benchmarks/proof_page.py."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_a_run_is_counted_by_group(tmp_path: Path) -> None:
    """Cases, failures and seconds are summed for each group of the matrix; other tests are left out."""
    (tmp_path / "run.xml").write_text(JUNIT, encoding="utf-8")
    groups = read_junit(tmp_path / "run.xml")["groups"]
    assert groups["flaws"] == {"cases": ["one", "two"], "failed": ["two"], "seconds": 2.0}
    assert groups["degenerate"] == {"cases": ["silent"], "failed": [], "seconds": 1.0}
    assert len(groups) == 2
