"""The reference platform as a process that can really be killed: a parent holds the port, a child is the platform.

Law: the child dies by SIGKILL when asked to, and a new one answers on the same socket; the parent ends no process but its own child.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import IO, Any

from hookproof.model.contract import Contract
from hookproof.model.errors import UnreachableError
from hookproof.reference.conduct import Conduct
from hookproof.reference.control_face import KILL
from hookproof.reference.departures import Departures
from hookproof.reference.headers import DeliveryHeaders
from hookproof.reference.host import Host, Setup, listen, url_of
from hookproof.reference.timekeeping import Timekeeping

_MOST_LIVES = 1000
_PATIENCE = 10.0  # real seconds for the child to end by itself
_READY, _RESTART = b"ready\n", b"restart\n"  # what the child tells its parent


class _StopAskedError(Exception):
    """Somebody sent SIGTERM."""


def serve_platform(  # noqa: PLR0913 -- each is a separate choice of the caller, by name
    contract: Contract,
    *,
    port: int,
    time: str,
    time_scale: float,
    api_key: str,
    database: Path | None,
    ready: Callable[[str], None],
    host: str = "127.0.0.1",
    real_timeout_cap: float = 3.0,
    conduct: Conduct | None = None,
    headers: DeliveryHeaders | None = None,
    departures: Departures | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; ``ready`` is called once with the URL.

    Raise ``UnreachableError`` if the port is taken, ``IllFormedError`` for departures that are unknown or not allowed.
    """
    departures = departures or Departures()
    departures.found()
    timekeeping = Timekeeping(mode=time, scale=time_scale, timeout_cap=real_timeout_cap)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listen(host, port))
        file = database or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hookproof-reference-"))) / "platform.sqlite"
        setup = Setup(
            contract=contract,
            database=file,
            timekeeping=timekeeping,
            api_key=api_key,
            conduct=conduct or Conduct(),
            names=headers or DeliveryHeaders.of(contract),
            departures=departures,
            lasting=database is not None,
        )
        stack.enter_context(contextlib.suppress(KeyboardInterrupt, _StopAskedError))
        stack.enter_context(_sigterm_raises())
        _supervise(setup, listener, ready)


def _supervise(setup: Setup, listener: socket.socket, ready: Callable[[str], None]) -> None:
    url = url_of(listener)
    announced = False

    def answering() -> None:
        nonlocal announced
        if not announced:
            announced = True
            ready(url)

    for _ in range(_MOST_LIVES):
        with _child(setup, listener) as child:
            assert child.stdout is not None
            told = b""
            for told in child.stdout:
                if told == _READY:
                    answering()
            status = child.wait()
        if status != -signal.SIGKILL and not (status == 0 and told == _RESTART):
            raise UnreachableError(url, f"the reference platform ended with status {status}")
    raise UnreachableError(url, f"the reference platform was restarted {_MOST_LIVES} times", remedy="Start it again.")


@contextlib.contextmanager
def _child(setup: Setup, listener: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    """Start a child; at the end it is gone, gracefully if it can."""
    child = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
        [sys.executable, "-P", "-m", "hookproof.reference.serve", str(listener.fileno())],
        pass_fds=[listener.fileno()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        process_group=0,  # Ctrl-C is for the parent, which then ends the child
    )
    with child:
        try:
            assert child.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # it died already, which its status tells
                _Pickler(child.stdin).dump(setup)
                child.stdin.flush()
            yield child
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.close()  # the order to stop
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()


class _Pickler(pickle.Pickler):
    """A contract may be made of read-only mappings, which pickle does not know."""

    def reducer_override(self, thing: object) -> Any:  # noqa: ANN401 -- what pickle asks for
        if isinstance(thing, MappingProxyType):
            return MappingProxyType, (dict(thing),)
        return NotImplemented


@contextlib.contextmanager
def _sigterm_raises() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _StopAskedError

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# --- the child --------------------------------------------------------------------------------------------------------------------


async def _live(setup: Setup, listener: socket.socket) -> bool:
    """Be the platform; give whether a restart was asked for."""
    restarting = False

    def lifecycle(action: str) -> None:
        nonlocal restarting
        if action == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        restarting = True
        host.stop()

    def parent_spoke() -> None:
        if not os.read(0, 1):  # the parent closed the pipe, or is gone
            loop.remove_reader(0)
            host.stop()

    host = Host(setup, listener, lifecycle)
    loop = asyncio.get_running_loop()
    loop.add_reader(0, parent_spoke)
    await host.run(lambda: _tell(_READY))
    return restarting


def _tell(message: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # without a parent there is nobody to tell, and stdin says so too
        os.write(1, message)


def _main(descriptor: int, orders: IO[bytes]) -> None:
    setup = pickle.load(orders)  # noqa: S301 -- written by the parent that started us
    with socket.socket(fileno=descriptor) as listener:
        if asyncio.run(_live(setup, listener)):
            _tell(_RESTART)


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.stdin.buffer)
