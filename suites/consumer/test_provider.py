"""The platform keeps every pact: its answers and its deliveries hold what a consumer reads."""

from __future__ import annotations

from hookproof.pact.verification import Checked
from hookproof.pytest_consumer import expect_checked


def test_provider(checked: Checked) -> None:
    """The platform answers, or delivers, what the interaction promises to its consumer."""
    expect_checked(checked)
