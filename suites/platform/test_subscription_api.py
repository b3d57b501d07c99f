"""Subscribing, managing endpoints and refusing unknown names keep every promise of the contract."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("subscription-api")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Subscribing, managing endpoints and refusing unknown names keep every promise of the contract."""
    expect_kept(judged, hookproof_session)
