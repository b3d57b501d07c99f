"""One process from its start to its end: without a shell, with bounded time and output.

Law: whatever it does, ``ran`` returns or raises in time, and a process that is given up is ended with its group; what it says beyond
the bound is an error, not a truth cut short.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO

from hookproof.model.errors import CapabilityError, IllFormedError, UnreachableError

_CHUNK = 65_536
_COMPLAINT = 4_096
"""Last bytes of standard error that are kept."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a process ended: ``status`` (negative: killed by that signal), all of its output, the last of its standard error."""

    status: int
    output: bytes
    complaint: bytes


def ran(subject: str, words: Sequence[str], *, environment: Mapping[str, str], seconds: float, most: int) -> Ended:
    """Run a program to its end. ``subject`` names it in errors.

    ``IllFormedError`` if it cannot be started, ``UnreachableError`` if it is not over after ``seconds`` (it is killed with its group),
    ``CapabilityError`` if it writes more than ``most`` bytes.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 -- the user's own command, without a shell
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, process_group=0
        )
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise IllFormedError(subject, f"{words[0]!r} cannot be started ({cause})", remedy="Mend the command.") from None
    with process:
        try:
            output, complaint = _drained(subject, process, time.monotonic() + seconds, seconds, most)
            return Ended(status=process.wait(timeout=seconds), output=output, complaint=complaint)
        except subprocess.TimeoutExpired:
            _end(process)
            raise _late(subject, seconds) from None
        except BaseException:  # an interrupt too must leave nobody behind
            _end(process)
            raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its group. Nobody has waited for it yet, so its number is still its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _drained(subject: str, process: subprocess.Popen[bytes], deadline: float, seconds: float, most: int) -> tuple[bytes, bytes]:
    """Read both streams to their ends."""
    assert process.stdout is not None
    assert process.stderr is not None
    output, complaint = bytearray(), bytearray()
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        waiting.register(process.stderr, selectors.EVENT_READ)
        while waiting.get_map():
            left = deadline - time.monotonic()
            ready = waiting.select(left) if left > 0 else []
            if not ready:
                raise _late(subject, seconds)
            for key, _ in ready:
                stream: IO[bytes] = key.fileobj  # type: ignore[assignment] # what was registered
                part = os.read(stream.fileno(), _CHUNK)
                if not part:
                    waiting.unregister(stream)
                elif stream is process.stdout:
                    output += part
                else:
                    complaint = (complaint + part)[-_COMPLAINT:]
            if len(output) > most:
                raise CapabilityError(subject, f"it writes more than {most:,} bytes", remedy="Let it print one JSON document.")
    return bytes(output), bytes(complaint)


def _late(subject: str, seconds: float) -> UnreachableError:
    return UnreachableError(subject, f"it was not over after {seconds:g} s and was ended", remedy="Mend the command.")
