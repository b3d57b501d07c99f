"""A client of the subscription API gets what it needs from every answer that a pact promises."""

from __future__ import annotations


def test_client(ask: str, consumed: str) -> None:
    """The client asks what the pact says, and gets all that it needs from the answer that the pact shows."""
    assert not consumed, f"{ask}: {consumed}"
