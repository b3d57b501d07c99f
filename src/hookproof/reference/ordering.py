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
        self._keys = tuple(dict.fromkeys(str(clause.parameters["key"]) for clause in clauses))
        self._rows: dict[tuple[str, str, str], deque[Delivery]] = {}

    def schedule(self, scope: Scope, deliveries: Iterable[Delivery]) -> None:
        """Take what is foremost in its row; the rest waits there."""
        super().schedule(scope, [each for each in deliveries if each.endpoint.active and self._foremost(each)])

    def _foremost(self, delivery: Delivery) -> bool:
        for row in (rows := self._rows_of(delivery)):
            if delivery not in row:
                row.append(delivery)
        return all(row[0] is delivery for row in rows)

    def _rows_of(self, delivery: Delivery) -> list[deque[Delivery]]:
        """Give the row of each key that an event has; a body in which none can be read stands in no row."""
        if not self._keys:
            return []
        try:
            payload = self._contract.payload(json.loads(delivery.event.body))
        except ValueError:
            return []
        found = [(key, payload.get(key)) for key in self._keys] if isinstance(payload, dict) else []
        return [self._rows.setdefault((delivery.endpoint.id, key, repr(value)), deque()) for key, value in found if value is not None]

    async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
        again = await super()._attempt(scope, delivery)
        if delivery.state != PENDING:
            self._follow(scope, delivery)
        return again

    def _follow(self, scope: Scope, delivery: Delivery) -> None:
        """Let the next of a row go, before anybody can think that nothing is due."""
        left = [row for row in self._rows_of(delivery) if delivery in row]
        for row in left:
            row.remove(delivery)
            self._next(row)
        heads = {row[0].id: row[0] for row in left if row}
        for head in heads.values():
            if head.state == PENDING and all(row[0] is head for row in self._rows_of(head)):
                head.due_at = max(head.due_at, self._timekeeping.now(scope))
                super().schedule(scope, [head])

    def _next(self, row: deque[Delivery]) -> None:
        """Choose who is next: whoever stands first."""

    def cancel(self, scope: Scope, endpoint: Endpoint) -> None:
        """Never send what waits in a row of this endpoint either."""
        for row in (row for (owner, *_), row in self._rows.items() if owner == endpoint.id):
            for each in row:
                each.state = CANCELLED if each.state == PENDING else each.state
            row.clear()
        super().cancel(scope, endpoint)
