"""Flaws are allowed here and nowhere else."""

from __future__ import annotations

import pytest

from hookproof.reference.departures import ALLOWING


@pytest.fixture(autouse=True)
def _flaws_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOWING, "1")
