"""Everyone gets what they subscribed to, and nothing else."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("fan-out")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Everyone gets what they subscribed to, and nothing else."""
    expect_kept(judged, hookproof_session)
