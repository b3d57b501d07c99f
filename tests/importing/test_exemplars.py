"""Examples that an import makes are the same wherever and whenever it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src"
MADE = """
import json, sys
from hookproof.importing.exemplars import Examiner, exemplar
print(json.dumps(exemplar(Examiner({"type": "string", "pattern": sys.argv[1]}))))
"""


@pytest.mark.parametrize("pattern", ["^[^a-z]{12}$", "^[a-f0-9]{12}$", r"^[^\W_]{3}-[^0-9]+$"])
def test_a_text_of_a_pattern_does_not_depend_on_the_process(pattern: str) -> None:
    """Characters are chosen in their own order, not in that of a set, which differs between processes."""
    made = {
        subprocess.run(
            [sys.executable, "-c", MADE, pattern],
            capture_output=True,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCES), "PYTHONHASHSEED": seed},
            timeout=120,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(made) == 1
    assert made != {b"null\n"}
