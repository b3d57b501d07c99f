"""Every event carries the payload that the contract shows, unchanged."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("payload")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Every event carries the payload that the contract shows, unchanged."""
    expect_kept(judged, hookproof_session)
