"""The guide to the checks says of each check and each exit code what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from hookproof.comparing.finding import CHECKS
from hookproof.contracts.folder import MOST_BYTES_IN_ALL, MOST_FILES
from hookproof.contracts.schema_check import MOST_STEPS
from hookproof.contracts.text import MOST_BYTES, MOST_LEVELS, MOST_VALUES

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "contract-checks.md").read_text()


def test_every_check_is_told() -> None:
    """The table of checks is the table of the program: ids, levels and sentences, in its order."""
    rows = re.findall(r"^\| `([a-z-]+)` \| (error|warning|note) \| (.*) \|$", GUIDE, re.MULTILINE)
    assert rows == [(check.id, check.severity.value, check.says) for check in CHECKS.values()]


def test_limits_are_told() -> None:
    """The limits of hostile contracts are those of the program."""
    limits = [
        f"{MOST_BYTES >> 20} MiB, folders over {MOST_BYTES_IN_ALL >> 20} MiB or {MOST_FILES:,} files",
        f"{MOST_VALUES:,} values or {MOST_LEVELS} levels",
    ]
    assert all(limit.replace(",000", " 000") in GUIDE for limit in [*limits, f"more than {MOST_STEPS:,} times"])


def test_the_guide_is_found() -> None:
    """The guide stands in the index, and whoever writes a contract is led to it."""
    assert "contract-checks" in (ROOT / "docs" / "index.md").read_text()
    assert "docs/contract-checks.md" in (ROOT / "contracts" / "README.md").read_text()
