"""What judging says: levels, outcomes, judgements of rules and verdicts on clauses.

Law: a verdict without evidence is never ``kept``; ``conclude`` is the only place where an outcome is chosen from findings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How binding a clause is, in the words of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Outcome(StrEnum):
    """The four possible outcomes of judging one clause."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not_applicable"
    NOT_OBSERVED = "not_observed"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One way in which a promise was seen broken.

    ``message`` says what was seen against what was promised; ``evidence`` holds the ids of the transcript records it rests on;
    ``pointer`` is a JSON Pointer into the body (RFC 6901) or empty; ``excerpt`` the bytes around the culprit, at most 400.
    """

    message: str
    evidence: tuple[str, ...] = ()
    pointer: str = ""
    excerpt: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What one rule says of one transcript: an outcome and everything that supports it.

    ``evidence``: ids of all records observed (or of the culprits when broken). ``reading``: which legal reading of an ambiguous
    promise was seen. ``grade``: ``virtual``, ``scaled``, ``inspected`` or ``real`` for timing rules, else empty.
    """

    outcome: Outcome
    reason: str
    evidence: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    reading: str = ""
    grade: str = ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A judgement bound to the clause (and, for payload clauses, the event) that it decides."""

    clause: str
    level: Level
    judgement: Judgement
    event: str | None = None
    reproduce: str = ""

    @property
    def outcome(self) -> Outcome:
        """The judgement's outcome."""
        return self.judgement.outcome

    @property
    def fails(self) -> bool:
        """Whether this verdict fails a run: a MUST that is broken."""
        return self.outcome is Outcome.BROKEN and self.level is Level.MUST


@dataclass(kw_only=True)
class Observations:
    """Collects what a rule sees and chooses the outcome once, at the end.

    ``missing`` is the reason given when nothing was observed.
    """

    missing: str
    evidence: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    readings: list[str] = field(default_factory=list)

    def saw(self, *evidence: str) -> None:
        """Note records that were checked."""
        self.evidence.extend(evidence)

    def broke(self, message: str, *evidence: str, pointer: str = "", excerpt: bytes = b"") -> None:
        """Note one way in which the promise was seen broken."""
        self.findings.append(Finding(message=message, evidence=evidence, pointer=pointer, excerpt=excerpt[:400]))

    def read_as(self, reading: str) -> None:
        """Note which legal reading of an ambiguous promise was seen."""
        if reading and reading not in self.readings:
            self.readings.append(reading)

    def conclude(self, *, grade: str = "") -> Judgement:
        """Choose the outcome: broken if anything broke, not observed if nothing was seen, else kept."""
        reading = "; ".join(self.readings)
        if self.findings:
            culprits = tuple(dict.fromkeys(e for f in self.findings for e in f.evidence))
            more = f" (and {len(self.findings) - 1} more)" if len(self.findings) > 1 else ""
            return Judgement(
                outcome=Outcome.BROKEN,
                reason=self.findings[0].message + more,
                evidence=culprits,
                findings=tuple(self.findings),
                reading=reading,
                grade=grade,
            )
        if not self.evidence:
            return Judgement(outcome=Outcome.NOT_OBSERVED, reason=self.missing)
        seen = tuple(dict.fromkeys(self.evidence))
        return Judgement(outcome=Outcome.KEPT, reason=f"kept in {len(seen)} observations", evidence=seen, reading=reading, grade=grade)


def not_observed(reason: str) -> Judgement:
    """Make the judgement that nothing could be seen, and why."""
    return Judgement(outcome=Outcome.NOT_OBSERVED, reason=reason)


def not_applicable(reason: str) -> Judgement:
    """Make the judgement that the contract or the declared capabilities make no such promise."""
    return Judgement(outcome=Outcome.NOT_APPLICABLE, reason=reason)
