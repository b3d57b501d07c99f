"""A platform sends where its customers tell it to, so it must not let itself be sent just anywhere."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("network")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """A platform sends where its customers tell it to, so it must not let itself be sent just anywhere."""
    expect_kept(judged, hookproof_session)
