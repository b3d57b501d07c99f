"""Why flaws of when a body is made are found."""

from __future__ import annotations

from datetime import datetime

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason
from tests.kill_matrix.sights import envelope, told


def _younger(view: View, record: Record) -> bool:
    """Whether the attempt claims to be created after its event was emitted, or another time than another attempt of it."""
    body = envelope(record)
    if not isinstance(record, Attempt) or not body:
        return False
    emission = view.emission_of.get(body["id"])
    late = emission is not None and emission.clock is not None and _moment(body["created_at"]) > _moment(emission.clock)
    others = (envelope(other) for other in view.by_endpoint[record.endpoint])
    return late or any(other.get("id") == body["id"] and other["created_at"] != body["created_at"] for other in others)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


_RETRIED = ("idempotency/payload-stable", "idempotency/bytes-stable")

CASES = {
    "created-at-of-the-attempt": Case(
        reasons=(
            *(Reason(clause=clause, words="differs from the first", shown=_younger) for clause in _RETRIED),
            Reason(clause="envelope/created-at-true", words="was created at", shown=_younger),
        )
    ),
    "attempt-counted-in-the-body": Case(
        reasons=tuple(
            Reason(clause=clause, words="differs from the first", shown=told(lambda body: body["attempt"] > 1)) for clause in _RETRIED
        )
    ),
}
