"""Verdicts counted: what a family of clauses came to, and the one sentence that a run ends with.

Law: unobserved is not green. A clause is broken if any of its verdicts is, else unobserved if any is, else kept if any is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hookproof.model.verdict import Level, Outcome, Verdict

_WORST_FIRST = (Outcome.BROKEN, Outcome.NOT_OBSERVED, Outcome.KEPT, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True, kw_only=True)
class Family:
    """One clause family: how many verdicts have each outcome, and which readings and evidence grades were seen."""

    topic: str
    outcomes: Mapping[Outcome, int]
    readings: tuple[str, ...]
    grades: tuple[str, ...]


def topic_of(clause: str) -> str:
    """Give the family of a clause id, its middle word."""
    return clause.split("/")[1] if clause.count("/") > 1 else clause


def families(verdicts: Sequence[Verdict]) -> tuple[Family, ...]:
    """Count the verdicts by family, in the order in which the families first come."""
    grouped: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        grouped.setdefault(topic_of(verdict.clause), []).append(verdict)
    return tuple(
        Family(
            topic=topic,
            outcomes=Counter(verdict.outcome for verdict in members),
            readings=_distinct(verdict.judgement.reading for verdict in members),
            grades=_distinct(verdict.judgement.grade for verdict in members),
        )
        for topic, members in grouped.items()
    )


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))


def by_clause(verdicts: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    """Group verdicts by clause id, in order."""
    grouped: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        grouped.setdefault(verdict.clause, []).append(verdict)
    return grouped


def clause_counts(verdicts: Sequence[Verdict], level: Level) -> Counter[Outcome]:
    """Count the clauses of one level (not their verdicts) by what each came to."""
    counted: Counter[Outcome] = Counter()
    for members in by_clause(verdict for verdict in verdicts if verdict.level is level).values():
        seen = {verdict.outcome for verdict in members}
        counted[next(outcome for outcome in _WORST_FIRST if outcome in seen)] += 1
    return counted


def undecided(verdicts: Sequence[Verdict], *, require_complete: bool) -> bool:
    """Whether no MUST was broken, but too few were observed to say more: any that was not where all are required, or all of them."""
    must = clause_counts(verdicts, Level.MUST)
    unseen = must[Outcome.NOT_OBSERVED]
    return not must[Outcome.BROKEN] and bool(unseen) and (require_complete or not must[Outcome.KEPT])


def statement(verdicts: Sequence[Verdict], *, require_complete: bool = False, clauses: int = 0) -> str:
    """Say in one line what a run came to; it begins with ``conforms``, ``does not conform``, ``undecided`` or ``nothing observed``.

    ``undecided`` is said when every MUST was required to be observed, or none was; otherwise the unobserved are counted after ``conforms``.
    ``clauses``: how many could be asked for; whoever asked for fewer is told so, since nothing is said of the others.
    """
    must, should = clause_counts(verdicts, Level.MUST), clause_counts(verdicts, Level.SHOULD)
    kept, broken, unseen = must[Outcome.KEPT], must[Outcome.BROKEN], must[Outcome.NOT_OBSERVED]
    tail = [f"{kept} MUST kept", f"{should[Outcome.BROKEN]} SHOULD broken"]
    if not any(verdict.outcome in (Outcome.KEPT, Outcome.BROKEN) for verdict in verdicts):
        return f"nothing observed: 0 of {len(by_clause(verdicts))} clauses, so nothing is said about the target"
    if broken:
        return f"does not conform: {', '.join([f'{broken} MUST broken', *tail, f'{unseen} MUST not observed'])}"
    if undecided(verdicts, require_complete=require_complete):
        return f"undecided: {', '.join([f'{unseen} MUST not observed', '0 MUST broken', *tail])}"
    asked = len(by_clause(verdicts))
    partly = f"only {asked} of {clauses} clauses were asked for" if asked < clauses else ""
    missing = f"incomplete: {unseen} MUST not observed" if unseen else "" if partly else "every applicable MUST was observed"
    return "; ".join(filter(None, [f"conforms: {', '.join(['0 MUST broken', *tail])}", missing, partly]))
