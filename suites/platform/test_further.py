"""Promises that a contract makes under topics of its own are judged like all others."""

from __future__ import annotations

import pytest

from hookproof.model.verdict import Verdict
from hookproof.pytest_plugin import expect_kept
from hookproof.staging.session import Session

KNOWN = (
    "durability",
    "envelope",
    "fan-out",
    "http",
    "idempotency",
    "network",
    "payload",
    "retries",
    "sequences",
    "signature",
    "subscription-api",
    "truncation",
)
"""Topics that have a module of their own beside this one."""


@pytest.mark.judges("*", but=KNOWN)
def test_clause(judged: Verdict, hookproof_session: Session) -> None:
    """Promises that a contract makes under topics of its own are kept."""
    expect_kept(judged, hookproof_session)
