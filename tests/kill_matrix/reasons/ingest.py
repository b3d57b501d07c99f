"""Why flaws of idempotency keys are found."""

from __future__ import annotations

from hookproof.model.contract import Clause, Contract, Role, Source
from hookproof.model.transcript import Emission, Record
from hookproof.model.verdict import Level
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown, promising


def _keyed(contract: Contract) -> Contract:
    clause = Clause(
        id="orbit/idempotency/emission-keys",
        level=Level.MUST,
        roles=(Role.PLATFORM,),
        promise="Emissions with one idempotency key make one event.",
        source=Source(document="a contract that promises idempotent emissions", section="Emitting"),
        rule="one-key-makes-one-event",
    )
    return promising(contract, clause)


def _given_another_id(*keys: str) -> Shown:
    """Whether a record is an emission under a key that begins so, and another under the same key got another id."""

    def shown(view: View, record: Record) -> bool:
        groups = [note.facts["emissions"] for note in view.notes if note.name == "same-key" and note.facts["key"].startswith(keys)]
        group = next((names for names in groups if record.id in names), ())
        ids = {e.event_id for e in view.emissions if e.id in group}
        return isinstance(record, Emission) and len(ids) > 1

    return shown


def _answered_500(_view: View, record: Record) -> bool:
    return isinstance(record, Emission) and record.status == 500


CLAUSE, WITHOUT = "idempotency/emission-keys", {"idempotency": False}

CASES = {
    "idempotency-keys-are-ignored": Case(
        reasons=(Reason(clause=CLAUSE, words="were given 3 ids", shown=_given_another_id("hookproof-in-turn", "hookproof-at-once")),),
        judged_by=_keyed,
        withheld=WITHOUT,
    ),
    "idempotency-keys-race": Case(
        reasons=(Reason(clause=CLAUSE, words="16 emissions with the key", shown=_given_another_id("hookproof-at-once")),),
        judged_by=_keyed,
        withheld=WITHOUT,
    ),
    "a-repeated-key-is-a-server-error": Case(
        reasons=(Reason(clause=CLAUSE, words="was answered 500", shown=_answered_500),),
        judged_by=_keyed,
        withheld=WITHOUT,
    ),
}
