"""What was recorded so far, and who waits for more of it.

Law: one thread records, any thread reads or waits; a waiter never polls, and recording takes the lock only when a waiter is satisfied.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from hookproof.model.transcript import Attempt


class Tally:
    """One endpoint's part of the ledger: ``attempts`` in order of record and the number of requests fully ``read``.

    ``broken``: reasons of TLS handshakes at its own port that were begun and did not end.
    """

    __slots__ = ("attempts", "broken", "read")

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.broken: list[str] = []
        self.read = 0


class Ledger:
    """Keeps attempts, tells ``on_attempt`` of each, wakes waiters.

    ``failure`` is the first error that happened on the listener's thread: it is a bug of ours and is raised to whoever waits.
    """

    def __init__(self, on_attempt: Callable[[Attempt], None] | None, capacity: int) -> None:
        self.failure: BaseException | None = None
        self._on_attempt = on_attempt
        self._room = capacity
        self._tallies: dict[str, Tally] = {}
        self._changed = threading.Condition()
        self._waiters: tuple[Callable[[], bool], ...] = ()

    @property
    def full(self) -> bool:
        """Whether the bound of attempts was reached."""
        return self._room <= 0

    def open(self, name: str) -> Tally:
        """Start the tally of an endpoint; ``ValueError`` if the name was used before."""
        tally = Tally()
        if self._tallies.setdefault(name, tally) is not tally:
            raise ValueError(f"endpoint {name!r} was opened before")
        return tally

    def record(self, tally: Tally, attempt: Attempt) -> None:
        """Keep one attempt (listener thread only). The sink sees it before any waiter wakes."""
        self._room -= 1
        if self._on_attempt is not None:
            try:
                self._on_attempt(attempt)
            except Exception as error:  # noqa: BLE001 -- whatever a sink raises reaches the waiting thread instead of the loop
                self.fail(error)
        tally.attempts.append(attempt)
        if self._waiters:
            self._wake()

    def mark_read(self, tally: Tally) -> None:
        """Count a request as fully read (listener thread only)."""
        tally.read += 1
        if self._waiters:
            self._wake()

    def mark_broken(self, tally: Tally, reason: str) -> None:
        """Keep the reason of a handshake that did not end (listener thread only)."""
        tally.broken.append(reason)
        if self._waiters:
            self._wake()

    def broken(self, name: str) -> tuple[str, ...]:
        """Give the reasons of the handshakes that did not end at an endpoint; ``KeyError`` for a name that was never opened."""
        return tuple(self._tallies[name].broken)

    def fail(self, error: BaseException) -> None:
        """Keep the first error of the listener's thread and wake everybody."""
        if self.failure is None:
            self.failure = error
        self._wake()

    def raise_failure(self) -> None:
        """Raise the kept error, once."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure

    def attempts(self, names: Sequence[str]) -> tuple[Attempt, ...]:
        """Give the attempts recorded at these endpoints, in order of record; ``KeyError`` for a name that was never opened."""
        found = [attempt for name in dict.fromkeys(names) for attempt in tuple(self._tallies[name].attempts)]
        return tuple(sorted(found, key=lambda attempt: attempt.at))

    def wait_recorded(self, names: Sequence[str], count: int, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds until ``count`` attempts were recorded at these endpoints together; False on time-out."""
        tallies = self._of(names)
        return self._wait(lambda: sum(len(tally.attempts) for tally in tallies) >= count, timeout)

    def wait_read(self, names: Sequence[str], count: int, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds until ``count`` requests were fully read there, answered or not; False on time-out."""
        tallies = self._of(names)
        return self._wait(lambda: sum(tally.read for tally in tallies) >= count, timeout)

    def wait_met(self, name: str, timeout: float) -> bool:
        """Wait up to ``timeout`` seconds until an endpoint got a request or broke off a handshake; False on time-out."""
        (tally,) = self._of([name])
        return self._wait(lambda: bool(tally.broken or tally.attempts), timeout)

    def _of(self, names: Sequence[str]) -> list[Tally]:
        return [self._tallies[name] for name in dict.fromkeys(names)]

    def _wait(self, enough: Callable[[], bool], timeout: float) -> bool:
        def over() -> bool:
            return self.failure is not None or enough()

        with self._changed:
            self._waiters = (*self._waiters, over)
            try:
                self._changed.wait_for(over, timeout)
            finally:
                self._waiters = tuple(waiter for waiter in self._waiters if waiter is not over)
        self.raise_failure()
        return enough()

    def _wake(self) -> None:
        """Notify if a waiter has what it waits for. A waiter registers before it looks, so none is missed."""
        if any(over() for over in self._waiters):
            with self._changed:
                self._changed.notify_all()
