"""A receiver takes every event as a pact shows it."""

from __future__ import annotations


def test_receiver(message: str, consumed: str) -> None:
    """The receiver takes the event as the pact shows it, and it takes effect once."""
    assert not consumed, f"{message}: {consumed}"
