"""Events that belong together keep their order and company."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session


@pytest.mark.judges("sequences")
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Events that belong together keep their order and company."""
    expect_kept(judged, hookproof_session)
