"""Only what the platform signed is taken."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("verification")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Only what the platform signed is taken."""
    expect_kept(judged, hookproof_session)
