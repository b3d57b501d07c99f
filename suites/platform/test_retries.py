"""Failed deliveries come again as scheduled, and successful ones do not."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("retries")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Failed deliveries come again as scheduled, and successful ones do not."""
    expect_kept(judged, hookproof_session)
