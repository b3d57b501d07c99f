"""The reference receiver as a command: it answers until it is interrupted.

Law: it listens on this machine only, and is gone when this returns.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from hookproof.model.contract import Contract
from hookproof.reference.departures import Departures
from hookproof.reference.receiver.life import ReferenceReceiver


def serve_receiver(
    contract: Contract,
    *,
    port: int,
    api_key: str,
    secrets: tuple[str, ...],
    database: Path | None,
    ready: Callable[[str], None],
    departures: Departures | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; ``ready`` is called once with the URL.

    Raise ``UnreachableError`` if the port is taken, ``IllFormedError`` for departures that are unknown or not allowed.
    """
    over = threading.Event()
    with (
        _stopping(over),
        ReferenceReceiver(contract, api_key=api_key, secrets=secrets, database=database, port=port, departures=departures) as receiver,
        contextlib.suppress(KeyboardInterrupt),
    ):
        ready(receiver.url)
        over.wait()


@contextlib.contextmanager
def _stopping(over: threading.Event) -> Iterator[None]:
    """Let SIGTERM end the wait; in other threads than the first, where no signal comes, nothing is changed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        over.set()

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
