"""Why flaws of durability and storage are found."""

from __future__ import annotations

from itertools import pairwise

from hookproof.model.transcript import Attempt, Emission, Exchange, Note, Record, Subscription
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason

_NOTHING_FALLS = {"lifecycle": ()}
_NO_POWER_CUT = {"lifecycle": ("restart", "kill")}
_NO_FAULTS = {"faults": False}


def _fall(view: View, record: Record) -> Note:
    """Give the moment at which the target went down in the record's situation."""
    return next(note for note in view.notes if note.situation == record.situation and note.name in ("restart", "kill", "power-cut"))


def _carrying(view: View, event_id: str | None) -> list[Attempt]:
    return [attempt for attempt in view.attempts if event_id is not None and view.body(attempt).event_id == event_id]


def _gaps(view: View, attempts: list[Attempt]) -> list[float]:
    moments = [view.virtual_window(attempt) or (0.0, 0.0) for attempt in attempts]
    return [later[1] - earlier[0] for earlier, later in pairwise(moments)]


def _lost(view: View, record: Record) -> bool:
    """An event that was accepted before the fall, answered by nobody then, and never seen after."""
    if not isinstance(record, Emission) or record.done_at > _fall(view, record).at:
        return False
    carried = _carrying(view, record.event_id)
    return all(attempt.accepted_at < _fall(view, record).at and attempt.answer.status != 200 for attempt in carried)


def _counted_anew(view: View, record: Record) -> bool:
    """A send of an event that came more often than 11 times, or of which a wait after the fall is the first wait once more."""
    if not isinstance(record, Attempt):
        return False
    sends = _carrying(view, view.body(record).event_id)
    before = sum(send.accepted_at < _fall(view, record).at for send in sends)
    return 0 < before < len(sends) and (len(sends) > 11 or min(_gaps(view, sends)[before:]) < 31)


def _hurried(view: View, record: Record) -> bool:
    """The first send of an event after the fall, although the one before it was due to be followed much later."""
    if not isinstance(record, Attempt) or record.accepted_at < _fall(view, record).at:
        return False
    sends = [send for send in _carrying(view, view.body(record).event_id) if send.endpoint == record.endpoint]
    number = sends.index(record)
    return sends[number - 1].accepted_at < _fall(view, record).at and _gaps(view, sends)[number - 1] <= _gaps(view, sends)[number - 2] * 2


def _unknown_after(view: View, record: Record) -> bool:
    """A reading of an endpoint that its own key could not see after the fall."""
    return isinstance(record, Exchange) and record.started_at > _fall(view, record).at and record.status == 401


def _dropped(view: View, record: Record) -> bool:
    """An event that was accepted between the two marks of failing storage and never seen."""
    marks = [note.at for note in view.notes if note.situation == record.situation and note.name == "storage"]
    accepted = isinstance(record, Emission) and record.event_id is not None and marks[0] < record.started_at < marks[1]
    return accepted and isinstance(record, Emission) and not _carrying(view, record.event_id)


def _taken_in_vain(view: View, record: Record) -> bool:
    """An endpoint that was made between the two marks of failing storage and never called."""
    marks = [note.at for note in view.notes if note.situation == record.situation and note.name == "storage"]
    return isinstance(record, Subscription) and marks[0] < record.at < marks[1] and not view.by_endpoint.get(record.endpoint)


def _halved(view: View, record: Record) -> bool:
    """A request whose body is the first half of one that came to the same endpoint before."""
    if not isinstance(record, Attempt):
        return False
    earlier = [a.body for a in view.by_endpoint[record.endpoint] if a.accepted_at < record.accepted_at]
    return any(body.startswith(record.body) and len(record.body) == len(body) // 2 for body in earlier)


def _swallowed(view: View, record: Record) -> bool:
    """An account in which the target owns to more of an answer than a mebibyte."""
    told = record.facts["attempts"] if isinstance(record, Note) and record.name == "attempts" else ()
    return any(entry["response_bytes"] > 1 << 20 for entry in told) and bool(view.by_endpoint[str(record.facts["endpoint"])])  # type: ignore[attr-defined]


def _traceless(view: View, record: Record) -> bool:
    """The last of the failed sends of an event that no account names."""
    if not isinstance(record, Attempt) or record.answer.status != 500:
        return False
    event_id = view.body(record).event_id or ""
    logs = [x for x in view.exchanges if x.operation == "listDeliveries" and x.started_at > record.at]
    named = any(event_id.encode() in x.response_body for x in logs)
    told = any(note.facts["attempts"] for note in view.notes if note.name == "attempts" and note.facts["event_id"] == event_id)
    return bool(logs) and not named and not told and _carrying(view, event_id)[-1] is record


def _killed(clause: str, words: str) -> Case:
    return Case(reasons=(Reason(clause=clause, words=words, shown=_lost),), withheld=_NOTHING_FALLS)


CASES = {
    "reads-endless-answers": Case(
        reasons=(Reason(clause="http/large-answers-bounded", words="were kept", shown=_swallowed),),
        withheld={"inspect": False},
    ),
    "counts-sends-anew-after-a-restart": Case(
        reasons=(Reason(clause="durability/sends-counted", words="interruption", shown=_counted_anew),),
        withheld=_NOTHING_FALLS,
    ),
    "sends-at-once-after-a-restart": Case(
        reasons=(Reason(clause="durability/waits-kept", words="sent again within", shown=_hurried),),
        withheld=_NOTHING_FALLS,
    ),
    "stores-events-when-first-attempted": _killed("durability/kill", "accepted before the kill and never came"),
    "writes-two-seconds-behind": _killed("durability/kill", "accepted before the kill and never came"),
    "takes-work-before-doing-it": _killed("durability/kill", "accepted before the kill and never came"),
    "cuts-sends-short-at-shutdown": _killed("durability/restart", "accepted before the restart and never came"),
    "syncs-every-five-seconds": Case(
        reasons=(Reason(clause="durability/power-cut", words="accepted before the power-cut and never came", shown=_lost),),
        withheld=_NO_POWER_CUT,
    ),
    "never-syncs": Case(
        reasons=(Reason(clause="durability/power-cut", words="its endpoint is unknown (401)", shown=_unknown_after),),
        withheld=_NO_POWER_CUT,
    ),
    "drops-events-while-storage-is-down": Case(
        reasons=(Reason(clause="durability/storage-down", words="while the storage was down and never delivered", shown=_dropped),),
        withheld=_NO_FAULTS,
    ),
    "takes-endpoints-that-it-cannot-store": Case(
        reasons=(
            Reason(clause="durability/storage-down", words="while the storage was down and got nothing", shown=_taken_in_vain),
            Reason(clause="durability/storage-full", words="while the storage was full and got nothing", shown=_taken_in_vain),
        ),
        withheld=_NO_FAULTS,
    ),
    "drops-events-on-a-full-disk": Case(
        reasons=(Reason(clause="durability/storage-full", words="while the storage was full and never delivered", shown=_dropped),),
        withheld=_NO_FAULTS,
    ),
    "damages-its-queue-on-a-full-disk": Case(
        reasons=(Reason(clause="durability/storage-full", words="came damaged", shown=_halved),),
        withheld=_NO_FAULTS,
    ),
    "forgets-events-it-gave-up": Case(
        reasons=(Reason(clause="durability/given-up-accounted", words="is in no delivery log nor list of attempts", shown=_traceless),),
    ),
}
