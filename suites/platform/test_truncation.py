"""Oversized events are cut as promised and never dropped."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("truncation")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Oversized events are cut as promised and never dropped."""
    expect_kept(judged, hookproof_session)
