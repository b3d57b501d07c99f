"""A receiver takes every event once, however often it comes."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("receiver")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """A receiver takes every event once, however often it comes."""
    expect_kept(judged, hookproof_session)
