"""Processes that do nothing but use a processor, so that everything else gets less of it and gets it later.

Law: each hog ends by itself when the process that started it is gone, and otherwise by its own process id, always.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_SPIN = """
import os
while os.getppid() == {parent}:
    for _ in range(1_000_000):
        pass
"""


@contextmanager
def hogs(count: int) -> Iterator[tuple[int, ...]]:
    """Let ``count`` processes spin; give their process ids."""
    with ExitStack() as stack:
        started = []
        for _ in range(count):
            hog = stack.enter_context(subprocess.Popen([sys.executable, "-S", "-c", _SPIN.format(parent=os.getpid())]))
            stack.callback(hog.kill)
            started.append(hog.pid)
        yield tuple(started)
