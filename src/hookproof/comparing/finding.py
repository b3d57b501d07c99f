"""What a check of a contract finds: stable ids, and where, why and what to do.

Law: an id means one thing for ever; every finding has a file, a cause and a remedy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hookproof.contracts.document import Document, Path, key_path, shortened
from hookproof.model.errors import IllFormedError


class Severity(StrEnum):
    """How bad a finding is: ``error`` fails the check, ``warning`` and ``note`` do not. The words are those of SARIF."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One kind of finding: its stable id, how bad it is, and in one sentence what it says of a contract."""

    id: str
    severity: Severity
    says: str


CHECKS: Mapping[str, Check] = {
    check.id: check
    for check in (
        Check(id="files", severity=Severity.ERROR, says="A file is missing, or one is there that belongs to nothing."),
        Check(id="unreadable", severity=Severity.ERROR, says="A file is not strict YAML or JSON."),
        Check(id="format", severity=Severity.ERROR, says="A file is not of its format: a key is missing, unknown or of another type."),
        Check(id="meta-schema", severity=Severity.ERROR, says="A schema is not JSON Schema 2020-12 as contracts may use it."),
        Check(id="invalid-example", severity=Severity.ERROR, says="An example is refused by its own schema."),
        Check(id="valid-counter-example", severity=Severity.ERROR, says="A counter-example is accepted by its schema."),
        Check(id="inconsistent", severity=Severity.ERROR, says="The files of the contract contradict each other."),
        Check(id="unreachable-clause", severity=Severity.ERROR, says="A clause can never be judged under this contract."),
        Check(id="unreachable-policy", severity=Severity.WARNING, says="A retry policy or an assignment can never apply."),
        Check(id="contradiction", severity=Severity.ERROR, says="Two statements exclude each other."),
        Check(id="unsatisfiable-schema", severity=Severity.ERROR, says="No value can ever fit a schema."),
        Check(id="dead-subschema", severity=Severity.WARNING, says="No value can ever fit a part of a schema."),
        Check(id="enum-beside-const", severity=Severity.WARNING, says="enum and const say the same thing twice, or contradict each other."),
        Check(id="fractional-multiple-of", severity=Severity.WARNING, says="multipleOf is no integer: validators disagree on money."),
        Check(id="catastrophic-pattern", severity=Severity.WARNING, says="A pattern takes exponential time in engines that backtrack."),
        Check(id="slow-pattern", severity=Severity.NOTE, says="A pattern takes more than linear time in engines that backtrack."),
        Check(id="unknown-pattern", severity=Severity.NOTE, says="Nobody can tell how a pattern fares in engines that backtrack."),
        Check(id="engine-dependent-pattern", severity=Severity.NOTE, says="Engines read a pattern differently."),
        Check(id="missing-source", severity=Severity.WARNING, says="A promise does not say which listed document makes it."),
        Check(id="unused-definition", severity=Severity.NOTE, says="Nothing refers to a definition."),
    )
}
"""Every check by its id, in the order of the guide."""


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """One finding.

    ``file`` is its path as shown to people; ``place`` the key path or line inside it; ``line`` counts from 1 and is 0 if unknown.
    """

    file: str
    line: int
    place: str
    check: str
    cause: str
    remedy: str

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return CHECKS[self.check].severity


def finding_at(check: str, document: Document, path: Path, cause: str, remedy: str) -> Finding:
    """Make a finding at a key path of a document."""
    return Finding(
        check=check, file=document.subject, place=key_path(path), line=document.line_of(path) or 0, cause=shortened(cause), remedy=remedy
    )


def finding_from(check: str, error: IllFormedError) -> Finding:
    """Make a finding of a complaint of the loader, whose place ends with its line."""
    place, _, line = error.place.removesuffix(")").rpartition("line ")
    number = line.split(" ")[0]
    known = number.isdigit()
    return Finding(
        check=check,
        file=error.subject,
        place=(place.removesuffix(" (") or error.place) if known else error.place,
        line=int(number) if known else 0,
        cause=error.cause,
        remedy=error.remedy,
    )
