"""Why flaws of events that belong together are found."""

from __future__ import annotations

from hookproof.model.transcript import Attempt, Emission, Record
from hookproof.rules.marks import mark_of
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason


def _alone(view: View, record: Record) -> bool:
    """A companion with the same mark came to nobody."""
    if not isinstance(record, Emission) or record.type not in view.contract.policy.companions:
        return False
    also, mark = view.contract.policy.companions[record.type], mark_of(record.data)
    return not any(view.body(a).type == also and mark_of(view.body(a).data) == mark for a in view.attempts)


def _later(view: View, record: Record) -> bool:
    """It came after the end of its subject, and was made after it."""
    if not isinstance(record, Attempt):
        return False
    value = view.body(record).value
    ends = [a for a in view.by_endpoint[record.endpoint] if (view.body(a).type or "").endswith(".ended")]
    return any(a.accepted_at < record.accepted_at and view.body(a).value["created_at"] < value["created_at"] for a in ends)


def _unanswered(view: View, record: Record) -> bool:
    """An answered call that had early media, of which nobody heard."""
    if not isinstance(record, Emission) or not record.type.endswith(".answered"):
        return False
    return all(view.body(attempt).event_id != record.event_id for attempt in view.attempts)


_COMPANION = Case(reasons=(Reason(clause="sequences/call-received", words="without its companion", shown=_alone),))

CASES = {
    "companions-are-not-sent": _COMPANION,
    "companions-are-empty": _COMPANION,
    "an-event-follows-the-end": Case(reasons=(Reason(clause="sequences/conference-ended-last", words="came after", shown=_later),)),
    "answers-after-early-media-are-lost": Case(
        reasons=(Reason(clause="sequences/answered-after-early-media", words="never followed by", shown=_unanswered),)
    ),
}
