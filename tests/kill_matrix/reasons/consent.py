"""Why flaws of consent are found: by a contract that promises it and nothing else."""

from __future__ import annotations

from dataclasses import replace

from hookproof.model.contract import Clause, Contract, Role, Source
from hookproof.model.transcript import Attempt, Record
from hookproof.model.verdict import Level
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown


def _consenting(contract: Contract) -> Contract:
    def clause(name: str, rule: str, section: str) -> Clause:
        return Clause(
            id=f"{contract.name}/network/{name}",
            level=Level.MUST,
            roles=(Role.PLATFORM,),
            promise=f"As {rule} says.",
            source=Source(document="CloudEvents 1.0.2, HTTP 1.1 Web Hooks for Event Delivery", section=section),
            rule=rule,
        )

    clauses = (
        clause("consent", "consent-is-asked", "4.1 Validation request"),
        clause("granted-rate", "granted-rate-is-kept", "4.2.2 WebHook-Allowed-Rate"),
    )
    return replace(contract, clauses=clauses, policy=replace(contract.policy, consent=True))


def _sent_to(*kinds: str, asked: bool) -> Shown:
    """A delivery to an address of this kind, before which somebody asked, or nobody did."""

    def shown(view: View, record: Record) -> bool:
        if not isinstance(record, Attempt) or record.method != "POST":
            return False
        note = next(note for note in view.notes if note.name == "consent" and note.facts["endpoint"] == record.endpoint)
        before = [a for a in view.by_endpoint[record.endpoint] if a.method == "OPTIONS" and a.accepted_at < record.accepted_at]
        return note.facts["kind"] in kinds and bool(before) is asked

    return shown


def _consent(words: str, shown: Shown) -> Case:
    return Case(reasons=(Reason(clause="network/consent", words=words, shown=shown),), judged_by=_consenting)


def _rate() -> Case:
    shown = _sent_to("little", asked=True)
    return Case(reasons=(Reason(clause="network/granted-rate", words="6 a minute were granted", shown=shown),), judged_by=_consenting)


EVERYBODY = ("granted", "little", "bare", "foreign")

CASES = {
    "consent-is-not-asked": _consent("before consent was asked for", _sent_to(*EVERYBODY, asked=False)),
    "any-answer-is-consent": _consent("allows no origin", _sent_to("bare", "foreign", asked=True)),
    "another-senders-consent-is-taken": _consent("names another origin", _sent_to("foreign", asked=True)),
    "granted-rate-is-ignored": _rate(),
    "granted-rate-is-taken-per-second": _rate(),
}
