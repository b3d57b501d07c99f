"""What was accepted survives restarts and kills."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("durability")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """What was accepted survives restarts and kills."""
    expect_kept(judged, hookproof_session)
