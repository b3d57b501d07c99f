"""Why flaws of repeats are found."""

from __future__ import annotations

import json
from typing import Any

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.marks import mark_of
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason


def _value(attempt: Attempt) -> Any:
    return json.loads(attempt.body)


def _earlier(view: View, record: Record) -> list[Attempt]:
    """Give what came to the same endpoint before of the same event: with the same mark, or the same payload if it has none."""
    if not isinstance(record, Attempt):
        return []
    body = view.body(record)
    told = (body.type, mark_of(body.data) or body.data)
    before = (a for a in view.by_endpoint[record.endpoint] if a.accepted_at < record.accepted_at)
    return [a for a in before if (view.body(a).type, mark_of(view.body(a).data) or view.body(a).data) == told]


def _renamed(view: View, record: Record) -> bool:
    return any(view.body(a).event_id != view.body(record).event_id for a in _earlier(view, record) if isinstance(record, Attempt))


def _paired(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt):
        return False
    body = view.body(record)
    companions = {*view.contract.policy.companions, *view.contract.policy.companions.values()}
    others = (view.body(a) for a in view.attempts)
    return body.type in companions and any(other.event_id == body.event_id and other.type != body.type for other in others)


def _numbered(_view: View, record: Record) -> bool:
    return isinstance(record, Attempt) and record.body.startswith(b"{") and "delivery_attempt" in _value(record)["data"]


def _rewritten(_view: View, record: Record) -> bool:
    return isinstance(record, Attempt) and list(_value(record)) == sorted(_value(record))


def _answered_before(view: View, record: Record) -> bool:
    if not isinstance(record, Attempt):
        return False
    same = [a for a in view.by_endpoint[record.endpoint] if a.body == record.body and a.accepted_at < record.accepted_at]
    return any(a.answer.succeeds for a in same)


CASES = {
    "retries-have-fresh-ids": Case(reasons=(Reason(clause="idempotency/id-stable", words="carries id", shown=_renamed),)),
    "companions-share-an-id": Case(reasons=(Reason(clause="idempotency/ids-unique", words="two different events", shown=_paired),)),
    "retries-are-numbered-in-the-payload": Case(
        reasons=(
            Reason(clause="idempotency/payload-stable", words="differs from the first", shown=_numbered),
            Reason(clause="idempotency/bytes-stable", words="differs from the first", shown=_numbered),
        )
    ),
    "retries-are-written-anew": Case(
        reasons=(Reason(clause="idempotency/bytes-stable", words="differs from the first", shown=_rewritten),)
    ),
    "answered-events-are-sent-once-more": Case(
        reasons=(Reason(clause="idempotency/no-redelivery", words="sent again 1 time", shown=_answered_before),)
    ),
}
