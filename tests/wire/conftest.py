"""What the wire's tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # the tests share tests/wire/peer.py

from hookproof.wire.listener import CaptureListener


@pytest.fixture
def listener() -> Iterator[CaptureListener]:
    """Give a started listener."""
    with CaptureListener() as started:
        yield started
