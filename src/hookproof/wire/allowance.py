"""How much more may be sent, and when: caps kept by arithmetic, whoever sends.

Law: in any span of T seconds at most ``rate * T + 1`` requests begin and ``bytes_per_second * T`` bytes and one slice are written; what
is over the total, or after the last second, is never begun.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hookproof.model.errors import IllFormedError
from hookproof.wire.destination import LOCAL, Caps

RESERVED = 2
"""Connections that deliveries leave free: one for questions to the target, one for what is sent without TLS."""
SPENT = "the cap on requests"
"""Subject of the error that ends a run which would send too much."""
ENDED = "the run's deadline"
"""Subject of the error that ends a run which would send too late."""


class Allowance:
    """What is left of ``caps``; ``clock`` gives monotonic seconds. Safe to use from several threads.

    The methods that give seconds only reckon: whoever asks waits so long before it acts. Deliveries and questions to the target share one.
    """

    def __init__(self, caps: Caps = LOCAL, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.caps = caps
        self.sent = 0
        self.spent = False
        self._clock = clock
        self._lock = threading.Lock()
        self._next_request = self._next_byte = float("-inf")
        self._since = clock()

    def take(self, count: int) -> None:
        """Count requests that are about to be sent; raise ``IllFormedError`` if too many or too late: then none of them is sent."""
        with self._lock:
            if self.caps.seconds and self._clock() - self._since >= self.caps.seconds:
                self.spent = True
                cause = f"{self.sent:,} requests were sent in {self.caps.seconds:g} s and {count:,} more were due, so the run stopped"
                raise IllFormedError(
                    ENDED, cause, remedy="Give more time by --deadline, choose a smaller --profile, or fewer clauses with -k."
                )
            if self.caps.requests and self.sent + count > self.caps.requests:
                self.spent = True
                cause = (
                    f"{self.sent:,} of at most {self.caps.requests:,} requests were sent and {count:,} more were due, so the run stopped"
                )
                raise IllFormedError(SPENT, cause, remedy="Choose a smaller --profile, or fewer clauses with -k; see --dry-run.")
            self.sent += count

    def turn(self) -> float:
        """Give the seconds until one more request may begin."""
        with self._lock:
            rate = self.caps.requests_per_second
            self._next_request, wait = self._reserved(self._next_request, 1 / rate if rate else 0.0)
            return wait

    def passage(self, size: int) -> float:
        """Give the seconds until a slice of so many bytes may be written."""
        with self._lock:
            rate = self.caps.bytes_per_second
            self._next_byte, wait = self._reserved(self._next_byte, size / rate if rate else 0.0)
            return wait

    def abreast(self, wanted: int) -> int:
        """Give how many of so many deliveries may be in flight at once."""
        return min(wanted, self.caps.connections - RESERVED) if self.caps.connections else wanted

    def room(self, wanted: int, *, together: int) -> int:
        """Give how many may be in flight of a batch of which so many wait for each other on the wire."""
        assert self.abreast(together) == together, "whoever lets requests wait for each other asks how many may"
        return max(self.abreast(wanted), together)

    def _reserved(self, free_at: float, length: float) -> tuple[float, float]:
        now = self._clock()
        start = max(now, free_at)
        return start + length, start - now
