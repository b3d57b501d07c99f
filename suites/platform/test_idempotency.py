"""Repeats can be recognised as repeats."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("idempotency")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Repeats can be recognised as repeats."""
    expect_kept(judged, hookproof_session)
