"""A dispatcher that keeps order: events of one key go to an endpoint one after the other.

Law: an event is sent when the one before it in its row was taken or given up; what waits for its turn is due, but not pending.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable
from typing import Any

from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.records import CANCELLED, PENDING, Delivery, Endpoint, Scope

PROMISE = "events-of-a-key-keep-their-order"


class Ordered(Dispatcher):
    """Keeps the order that its contract promises, if it promises any."""

    def __init__(self, *told: Any, **more: Any) -> None:  # noqa: ANN401 -- handed on
        super().__init__(*told, **more)
        clauses = (clause for clause in self._contract.clauses if clause.rule == PROMISE)
        self._key: str | None = next((clause.parameters["key"] for clause in clauses), None)
        self._rows: dict[tuple[str, str], deque[Delivery]] = {}

    def schedule(self, scope: Scope, deliveries: Iterable[Delivery]) -> None:
        """Take what is foremost in its row; the rest waits there."""
        super().schedule(scope, [each for each in deliveries if self._foremost(each)])

    def _foremost(self, delivery: Delivery) -> bool:
        row = self._row(delivery)
        if row is not None and delivery not in row:
            row.append(delivery)
        return row is None or row[0] is delivery

    def _row(self, delivery: Delivery) -> deque[Delivery] | None:
        if self._key is None:
            return None
        payload = self._contract.payload(json.loads(delivery.event.body))
        value = payload.get(self._key) if isinstance(payload, dict) else None
        return None if value is None else self._rows.setdefault((delivery.endpoint.id, repr(value)), deque())

    async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
        again = await super()._attempt(scope, delivery)
        if delivery.state != PENDING:
            self._follow(scope, delivery)
        return again

    def _follow(self, scope: Scope, delivery: Delivery) -> None:
        """Let the next of a row go, before anybody can think that nothing is due."""
        row = self._row(delivery)
        if row and delivery in row:
            row.remove(delivery)
            self._next(row)
            if row and row[0].state == PENDING:
                row[0].due_at = max(row[0].due_at, self._timekeeping.now(scope))
                super().schedule(scope, [row[0]])

    def _next(self, row: deque[Delivery]) -> None:
        """Choose who is next: whoever stands first."""

    def cancel(self, scope: Scope, endpoint: Endpoint) -> None:
        """Never send what waits in a row of this endpoint either."""
        for row in (row for (owner, _), row in self._rows.items() if owner == endpoint.id):
            for each in row:
                each.state = CANCELLED if each.state == PENDING else each.state
            row.clear()
        super().cancel(scope, endpoint)
