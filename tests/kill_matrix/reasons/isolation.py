"""Why flaws of doing many things at once are found."""

from __future__ import annotations

from hookproof.model.contract import Clause, Contract, Role, Source
from hookproof.model.transcript import Attempt, Record
from hookproof.model.verdict import Level
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, promising
from tests.kill_matrix.reasons.answers import of_event


def _one_at_a_time(contract: Contract) -> Contract:
    clause = Clause(
        id="orbit/retries/one-at-a-time",
        level=Level.MUST,
        roles=(Role.PLATFORM,),
        promise="An event is not sent again while a send of it waits for its answer.",
        source=Source(document="a contract that promises one attempt at a time", section="Retries"),
        rule="attempts-do-not-overlap",
    )
    return promising(contract, clause)


def _in_order(contract: Contract) -> Contract:
    clause = Clause(
        id="orbit/sequences/order-by-key",
        level=Level.MUST,
        roles=(Role.PLATFORM,),
        promise="Events of one contact are taken in the order in which they happened, also when one of them fails at first.",
        source=Source(document="a contract that promises order", section="Ordering"),
        rule="events-of-a-key-keep-their-order",
        parameters={"key": "contact_id"},
    )
    return promising(contract, clause)


def _out_of_row(view: View, record: Record) -> bool:
    """Whether a record is an attempt of an event that happened after another of the same contact, which was taken after it."""
    if not isinstance(record, Attempt):
        return False
    emission = view.emission_of[view.body(record).event_id or ""]
    earlier = [
        e
        for e in view.emissions
        if e.situation == "order" and e.started_at < emission.started_at and e.data["contact_id"] == emission.data["contact_id"]
    ]
    there = view.by_endpoint[record.endpoint]
    taken = {view.body(a).event_id: a.accepted_at for a in there if a.answer.status == 200}
    return any(record.accepted_at < taken.get(e.event_id, 0) for e in earlier)


def _overtaken(view: View, record: Record) -> bool:
    """Whether a record is an attempt whose event came again before we began to answer."""
    if not isinstance(record, Attempt) or record.answer.delay <= 0 or record.answer_started_at is None:
        return False
    return any(record.accepted_at < each.accepted_at < record.answer_started_at for each in of_event(view, record))


def _late_while_another_hung(view: View, record: Record) -> bool:
    """Whether a record came after a neighbour's request had hung for half a second, of an event that was older than that."""
    if not isinstance(record, Attempt) or record.answer.mode == "never":
        return False
    emission = view.emission_of.get(view.body(record).event_id or "")
    hung = [a for a in view.attempts if a.answer.mode == "never" and a.situation == record.situation and a.endpoint != record.endpoint]
    return emission is not None and any(
        a.accepted_at < emission.started_at and emission.done_at + 4e8 < (a.closed_at or a.at) < record.accepted_at for a in hung
    )


_BLOCKED = "waited until"

CASES = {
    "a-slow-answer-is-sent-again-meanwhile": Case(
        reasons=(Reason(clause="retries/one-at-a-time", words="while its first send still waited", shown=_overtaken),),
        judged_by=_one_at_a_time,
        withheld={"answer_timeout_seconds": 0.0},
    ),
    "a-slow-endpoint-fills-the-shared-pool": Case(
        reasons=(Reason(clause="fan-out/slow-endpoints", words="to 6 of 6 other endpoints waited", shown=_late_while_another_hung),)
    ),
    "a-slow-endpoint-blocks-its-shard": Case(
        reasons=(Reason(clause="fan-out/slow-endpoints", words="to 3 of 6 other endpoints waited", shown=_late_while_another_hung),)
    ),
    "failed-events-are-overtaken": Case(
        reasons=(Reason(clause="sequences/order-by-key", words="which happened earlier", shown=_out_of_row),),
        judged_by=_in_order,
    ),
    "the-youngest-goes-first": Case(
        reasons=(Reason(clause="sequences/order-by-key", words="which happened earlier", shown=_out_of_row),),
        judged_by=_in_order,
    ),
}
