"""Keeps every record of a run, in order, with ids, and hands each to whoever listens (the transcript file).

Law: one lock, one order; ids never change once given; a record is kept the moment it is complete.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from hookproof.model.transcript import Attempt, Note, Record, RunHeader, Transcript
from hookproof.staging.veil import Veil

R = TypeVar("R", bound=Record)


def silent(_text: str) -> None:
    """Show no progress."""


class RunRecorder:
    """The growing transcript of a run. Safe to use from several threads.

    ``secrets``: what must never be recorded, by name. An attempt that holds one is kept with the name instead, and a note ``hidden``
    says which (``attempt``), which secrets (``names``) and where (``places``).
    """

    def __init__(self, header: RunHeader, sink: Callable[[Record], None] | None = None) -> None:
        self.header = header
        self.secrets = Veil()
        self._holds = 0
        self._held: list[Record] = []
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

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold back what comes while the target may be making a secret that we do not know yet."""
        with self._lock:
            self._holds += 1
        try:
            yield
        finally:
            with self._lock:
                self._holds -= 1
                held, self._held = (self._held, []) if not self._holds else ([], self._held)
                for record in held:
                    self._keep(record)

    def _keep(self, record: Record) -> None:
        if self._holds:
            self._held.append(record)
        elif isinstance(record, Attempt) and (found := self.secrets.found(record)) is not None:
            facts = {"attempt": record.id, "names": list(found.names), "places": list(found.places)}
            self._numbers["n"] += 1
            self._write(found.attempt)
            self._write(Note(id=f"n{self._numbers['n']}", situation=record.situation, at=time.monotonic_ns(), name="hidden", facts=facts))
        else:
            self._write(record)

    def _write(self, record: Record) -> None:
        self._records.append(record)
        if self._sink is not None:
            self._sink(record)

    def transcript(self) -> Transcript:
        """Give what was recorded so far."""
        with self._lock:
            return Transcript(header=self.header, records=tuple(self._records))
