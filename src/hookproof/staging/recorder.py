"""Keeps every record of a run, in order, with ids, and hands each to whoever listens (the transcript file).

Law: one lock, one order; ids never change once given; a record is kept the moment it is complete.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from hookproof.model.transcript import Record, RunHeader, Transcript

R = TypeVar("R", bound=Record)


class RunRecorder:
    """The growing transcript of a run. Safe to use from several threads."""

    def __init__(self, header: RunHeader, sink: Callable[[Record], None] | None = None) -> None:
        self.header = header
        self._sink = sink
        self._lock = threading.Lock()
        self._records: list[Record] = []
        self._numbers: Counter[str] = Counter()

    def add(self, prefix: str, make: Callable[[str, int], R]) -> R:
        """Make a record with the next id of its kind and the present moment, keep it and give it back."""
        with self._lock:
            self._numbers[prefix] += 1
            record = make(f"{prefix}{self._numbers[prefix]}", time.monotonic_ns())
            self._keep(record)
            return record

    @staticmethod
    def moment() -> int:
        """Give the present moment on the run's monotonic clock, in nanoseconds."""
        return time.monotonic_ns()

    def keep(self, record: Record) -> None:
        """Keep a record that already has its id (attempts get theirs from the listener)."""
        with self._lock:
            self._keep(record)

    def _keep(self, record: Record) -> None:
        self._records.append(record)
        if self._sink is not None:
            self._sink(record)

    def transcript(self) -> Transcript:
        """Give what was recorded so far."""
        with self._lock:
            return Transcript(header=self.header, records=tuple(self._records))
