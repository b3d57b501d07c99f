"""Answers are quick, final, and say no more than they must."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("answers")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Answers are quick, final, and say no more than they must."""
    expect_kept(judged, hookproof_session)
