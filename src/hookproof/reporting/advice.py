"""What the user can do about clauses that were not observed: one line for each cause, with the flags that mend it.

Law: a line names only what this run lacked; every clause is counted at one cause, and a cause without a remedy is left to its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, Role
from hookproof.model.transcript import RunHeader
from hookproof.model.verdict import Outcome, Verdict
from hookproof.reporting.tally import by_clause
from hookproof.rules.catalogue import RULES

_PROFILE = "offer it in the control profile (docs/control-profile.md; --control-url says where)"
_REMEDIES = {
    "effects": "give --control-url, --effects-command, --effects-url or --effects-sink",
    "signing": "give --secret-env VAR or --secret-file PATH",
    "hostile bodies": "give --profile hostile, against a receiver that you may bring to its knees",
}
_WORDS = {"hostile bodies": ("profile `hostile`",), "effects": ("took effect", "effects of", "told with which data")}
"""Words of a reason that tell its cause."""


def advice(header: RunHeader, contract: Contract, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Give the lines, the cause of most clauses first."""
    offered = Capabilities.from_json(dict(header.capabilities), subject="the run's header")
    causes: dict[str, list[str]] = {}
    unseen = by_clause(verdict for verdict in verdicts if verdict.outcome is Outcome.NOT_OBSERVED)
    for clause, members in unseen.items():
        cause = _cause(header.role, offered, _needs(contract, clause), members[0].judgement.reason)
        if cause:
            causes.setdefault(cause, []).append(clause)
    for cause, clauses in sorted(causes.items(), key=lambda item: -len(item[1])):
        count = f"{len(clauses)} clauses need" if len(clauses) > 1 else "1 clause needs"
        yield f"{count} {cause}: {_REMEDIES.get(cause, _PROFILE)}"


def _needs(contract: Contract, clause: str) -> Iterable[str]:
    found = contract.clauses_by_id.get(clause)
    rule = RULES.get(found.rule or "") if found is not None else None
    return rule.needs if rule is not None else ()


def _cause(role: str, offered: Capabilities, needs: Iterable[str], reason: str) -> str:
    lacking = [need for need in needs if not offered.offers(need)]
    if lacking:
        return lacking[0]
    if role != Role.RECEIVER.value:
        return ""
    needed = reason.removeprefix("needs ") if reason.startswith("needs ") else ""  # what its situation needs, beside the rule
    said = needed or next((cause for cause, words in _WORDS.items() if any(word in reason for word in words)), "")
    if said and not offered.offers(said):
        return said
    return "signing" if offered.signing is None else ""
