"""Every delivery is signed so that its receiver can trust it."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("signature")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Every delivery is signed so that its receiver can trust it."""
    expect_kept(judged, hookproof_session)
