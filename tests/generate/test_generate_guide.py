"""The guide on generated bodies says what the code does."""

from __future__ import annotations

from pathlib import Path

from hookproof.generate.corpora import PROFILES
from hookproof.generate.strategies import EXAMPLES

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "generate.md").read_text("utf-8")


def test_the_profiles_are_those_of_the_code() -> None:
    """The table of profiles has one line for each, with its numbers."""
    for name, extent in PROFILES.items():
        assert f"| `{name}` | {extent.valid} | {extent.rounds} | {extent.sized} | {EXAMPLES[name]} |" in GUIDE


def test_the_guide_can_be_found() -> None:
    """The index of the documentation lists it."""
    assert "generate" in (Path(__file__).resolve().parents[2] / "docs" / "index.md").read_text("utf-8").split()
