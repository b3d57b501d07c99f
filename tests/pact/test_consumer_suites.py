"""The consumer suites as they ship: items of their own, beside verdicts and never among them.

Law: a broken interaction fails the run; one that cannot be tried is skipped with the capability, and fails nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.platform import ReferencePlatform
from hookproof.reporting.results import read_results
from tests.suites.courtroom import KEY, orbit

ROOT = Path(__file__).resolve().parents[2]


def ran(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run the consumer suites as a child in a folder of its own; give status and output."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    env = {**kept, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200", "HOOKPROOF_API_KEY": KEY}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-q",
        "-rs",
        str(ROOT / "suites" / "consumer"),
        "--profile",
        "quick",
    ]
    done = subprocess.run([*command, *arguments], capture_output=True, env=env, cwd=folder, timeout=120, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_a_broken_interaction_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a platform with a flaw the interactions that it breaks fail, with promised and seen; all others pass or say what they need."""
    monkeypatch.setenv(ALLOWING, "1")
    with ReferencePlatform(orbit(), api_key=KEY, departures=Departures(flaws=("accepts-unlisted-names",))) as reference:
        items = [str(ROOT / "suites" / name) for name in ("consumer/test_provider.py", "platform/test_envelope.py")]
        status, out = ran(tmp_path, "--target", reference.url, "--results", "r.ndjson", *items)
    assert status == 1, out
    failed = set(re.findall(r"^_+ test_provider\[pact/(.*?)\] _+$", out, re.MULTILINE))
    assert failed == {
        "http/create a webhook for an unknown event",
        "http/create a webhook for a known and an unknown event",
        "http/subscribe a webhook to an unknown event",
    }
    assert "status: promised 422, seen 201" in out
    assert re.search(r"^pacts: (\d+) of \1 interactions consumed, \1 verified against the target: \d+ kept, 3 broken", out, re.MULTILINE)
    assert "not_observed: needs another profile" in out
    assert (tmp_path / "reports" / "pacts" / "hookproof-orbit.json").is_file()
    assert {verdict.clause.split("/")[1] for verdict in read_results(tmp_path / "r.ndjson").verdicts} == {"envelope"}
    assert "\nconforms" not in out
    assert "\ndoes not conform: 3 generated requests or interactions failed" in out
    assert KEY not in out


def test_a_receiver_as_target_fails_nothing(tmp_path: Path) -> None:
    """Where a receiver is judged the consumers' own items pass, and those that need a platform are skipped for that."""
    status, out = ran(tmp_path, "--role", "receiver", "--contract", "whatsapp_crm")
    assert status == 0, out
    assert "not_observed: needs a platform as target" in out
    assert re.search(r"\d+ passed, \d+ skipped", out)
    assert (tmp_path / "reports" / "pacts" / "hookproof-whatsapp_crm.json").is_file()
