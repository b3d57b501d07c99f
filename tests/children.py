"""Processes that a test starts: none outlives it, however it fails.

Law: whoever leaves ``with Popen`` waits without end for a child that was not told to stop.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ending(child: subprocess.Popen[bytes] | subprocess.Popen[str]) -> Iterator[None]:
    """Kill a child at the end of the block if it is still there; harmless for one that has ended."""
    try:
        yield
    finally:
        if child.poll() is None:
            child.kill()
