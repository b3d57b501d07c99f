"""The receiver's work on one delivery: verify, read, apply once, answer.

Law: nothing is read before it is verified, and 2xx is said only after the commit.
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hookproof.model.contract import Contract
from hookproof.reference.receiver.ledger import Ledger
from hookproof.reference.receiver.reception import BATCH, KIND, Arrival, Keyring, Reception, RefusedError, content_of, identity

Answered = tuple[int, str, bytes]
_LINES = 10_000


class Desk:
    """One receiver at work over one ledger."""

    def __init__(self, contract: Contract, ledger: Ledger, reception: Reception, keyring: Keyring) -> None:
        self.contract = contract
        self.ledger = ledger
        self.reception = reception
        self.keyring = keyring
        self.failures = 0
        """How many further events must fail inside."""
        self.logged: deque[str] = deque(maxlen=_LINES)
        self._tolerance = keyring.tolerance

    @property
    def now(self) -> float:
        """The receiver's clock: real, plus what it was advanced by."""
        return time.time() + self.ledger.ahead

    def configured(self, secrets: tuple[str, ...], tolerance: float | None) -> None:
        """Replace the secrets, and the tolerance; None brings back the first one."""
        self.keyring = replace(self.keyring, secrets=secrets, tolerance=self._tolerance if tolerance is None else tolerance)

    def log(self, arrival: Arrival, status: int) -> None:
        """Log what was answered, and nothing of what came."""
        self.logged.append(f"{arrival.method} {len(arrival.body)} bytes: {status}")

    async def take(self, arrival: Arrival) -> Answered:
        """Answer one delivery: status, media type, body."""
        answered = await self._answered(arrival)
        self.log(arrival, answered[0])
        return answered

    async def _answered(self, arrival: Arrival) -> Answered:
        try:
            self.checked_form(arrival)
            await self.applied(arrival, self.admitted(arrival))
        except RefusedError as refused:
            return (refused.status, *self.reception.error_answer(str(refused)))
        return self.reception.accepted_status, "application/json", b"{}"

    def checked_form(self, arrival: Arrival) -> None:
        """Refuse another method than POST, and too large a body."""
        if arrival.method not in self.reception.methods:
            raise RefusedError(405, "only POST is taken")
        if len(arrival.body) > self.reception.largest_body:
            raise RefusedError(413, "the body is too large")

    def admitted(self, arrival: Arrival) -> dict[str, Any]:
        """Verify, then read."""
        self.reception.verify(self.reception, arrival, self.keyring)
        return self.reception.parse(arrival)

    async def applied(self, arrival: Arrival, event: dict[str, Any]) -> None:
        """Apply an event once; a failure inside leaves no trace and is answered 500."""
        if self.failures > 0:
            self.failures -= 1
            raise RefusedError(500, "it failed inside; send it again")
        self.apply(arrival, event)

    def apply(self, arrival: Arrival, event: dict[str, Any]) -> None:
        """Apply an event once, now."""
        envelope = self.contract.envelope
        content = content_of(self.contract, event)
        name = (identity(self.contract, arrival, event) or "").removeprefix(BATCH).rpartition(KIND)[2]
        about = (self.entity(content), str(event.get(envelope.created_member or "", "")))
        mark = self.reception.identity(self.contract, arrival, event)
        if mark is None and not self.contract.recognisable:
            mark = f"{BATCH}{uuid.uuid4()}"  # where no repeat can be known each delivery counts
        self.ledger.apply(mark, name, content, arrival.now, self.reception.retention, about=about)

    async def wake(self) -> None:
        """Go on with what an earlier life left to do."""

    async def rest(self) -> None:
        """End what goes on after the last answer, before the ledger is closed; a killed receiver never comes here."""

    def entity(self, content: Any) -> str:  # noqa: ANN401 -- any JSON value
        """Give what an event is about: the first identifier that it carries; empty if it carries none."""
        truncation = self.contract.policy.truncation
        names = truncation.identifiers if truncation is not None else ("contact_id", "message_id", "id")
        found = (content.get(name) for name in names) if isinstance(content, dict) else iter(())
        return next((value for value in found if isinstance(value, str)), "")

    def clock(self) -> str:
        """Give the clock's reading in RFC 3339."""
        return datetime.fromtimestamp(self.now, UTC).isoformat()
