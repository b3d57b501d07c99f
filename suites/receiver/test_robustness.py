"""Hostile input does no harm."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("robustness")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Hostile input does no harm."""
    expect_kept(judged, hookproof_session)
