"""Results as files: header, one line per verdict, footer with counts. The truth from which every other report is made.

Law: the bytes follow from header, verdicts and transcript digest alone, so that judging a recording again gives the same file.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hookproof.model.errors import IllFormedError
from hookproof.model.transcript import RunHeader
from hookproof.model.verdict import Finding, Judgement, Level, Outcome, Verdict
from hookproof.reporting.ndjson import Line, first_line, line_bytes, read_lines, torn
from hookproof.reporting.text import bytes_as_text, text_as_bytes

FORMAT = "hookproof.results/1"
EVIDENCE_CAP = 50
"""How many record ids a list of evidence shows; a longer list says its length in ``evidence_total``."""


@dataclass(frozen=True, kw_only=True)
class ResultsFooter:
    """What the footer says: how many verdicts have each outcome, which transcript was judged (if kept), whether the run ended."""

    kept: int
    broken: int
    not_applicable: int
    not_observed: int
    transcript_digest: str | None
    complete: bool


@dataclass(frozen=True, kw_only=True)
class Results:
    """A results file as read. The header's ``salt`` and ``reproduce`` are empty: they stand in the transcript only."""

    header: RunHeader
    verdicts: tuple[Verdict, ...]
    footer: ResultsFooter


def results_lines(header: RunHeader, verdicts: Sequence[Verdict], *, transcript_digest: str | None, complete: bool) -> Iterator[bytes]:
    """Give the lines of a results file; verdicts in the order of clause id and event name."""
    yield line_bytes(_header(header))
    for verdict in sorted(verdicts, key=lambda v: (v.clause, v.event or "")):
        yield line_bytes(_verdict(verdict))
    yield line_bytes({"kind": "footer", **_counts(verdicts), "transcript_digest": transcript_digest or None, "complete": complete})


def write_results(
    path: Path,
    header: RunHeader,
    verdicts: Sequence[Verdict],
    *,
    transcript_digest: str | None,
    complete: bool,
    check: Callable[[bytes, str], None] | None = None,
) -> None:
    """Write a whole results file or none; ``check`` (for example ``Redactor.assert_clean``) sees the bytes before they get their name."""
    raw = b"".join(results_lines(header, verdicts, transcript_digest=transcript_digest, complete=complete))
    if check is not None:
        check(raw, path.name)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(raw)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise IllFormedError(str(path), f"it cannot be written: {error.strerror}", remedy="Name a file in a writable folder.") from error


def _header(header: RunHeader) -> dict[str, Any]:
    return {
        "kind": "header",
        "format": FORMAT,
        "hookproof": header.hookproof,
        "contract": header.contract,
        "contract_digest": header.contract_digest,
        "role": header.role,
        "target": _ordered(header.target),
        "capabilities": _ordered(header.capabilities),
        "seed": header.seed,
        "profile": header.profile,
        "started_at": header.started_at,
    }


def _ordered(document: Any) -> Any:  # noqa: ANN401 -- any JSON value: its keys are sorted at every depth
    return json.loads(json.dumps(dict(document), sort_keys=True))


def _verdict(verdict: Verdict) -> dict[str, Any]:
    judged = verdict.judgement
    line: dict[str, Any] = {
        "kind": "verdict",
        "clause": verdict.clause,
        "level": verdict.level.value,
        "outcome": judged.outcome.value,
        "reason": judged.reason,
        **_evidence(judged.evidence),
        "grade": judged.grade,
        "reading": judged.reading,
        "event": verdict.event,
        "reproduce": verdict.reproduce,
    }
    if judged.outcome is Outcome.BROKEN:
        line["findings"] = [_finding(finding) for finding in judged.findings]
    return line


def _finding(finding: Finding) -> dict[str, Any]:
    excerpt = bytes_as_text(finding.excerpt)
    return {"message": finding.message, **_evidence(finding.evidence), "pointer": finding.pointer, "excerpt": excerpt}


def _evidence(ids: Sequence[str]) -> dict[str, Any]:
    shown = {"evidence": list(ids[:EVIDENCE_CAP])}
    return {**shown, "evidence_total": len(ids)} if len(ids) > EVIDENCE_CAP else shown


def _counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    counted = Counter(verdict.outcome for verdict in verdicts)
    return {outcome.value: counted[outcome] for outcome in Outcome}


def read_results(path: Path) -> Results:
    """Read and verify a whole file; raise ``IllFormedError`` naming the line, the cause and what is intact."""
    lines = read_lines(path)
    header = _read_header(first_line(lines, path, FORMAT))
    verdicts: list[Verdict] = []
    for line in lines:
        if line.kind == "footer":
            footer = _read_footer(line, verdicts)
            for extra in lines:
                extra.refuse_whole("a line follows the footer")
            return Results(header=header, verdicts=tuple(verdicts), footer=footer)
        verdicts.append(_read_verdict(line))
    raise torn(path, len(verdicts) + 1)


def _read_header(line: Line) -> RunHeader:
    texts = {key: line.member(key, str) for key in ("hookproof", "contract", "contract_digest", "role", "profile", "started_at")}
    target, capabilities = line.member("target", dict), line.member("capabilities", dict)
    return RunHeader(**texts, target=target, capabilities=capabilities, seed=line.member("seed", int), salt="")


def _read_verdict(line: Line) -> Verdict:
    if line.kind != "verdict":
        line.refuse(f"a line of kind {line.kind!r} is not part of {FORMAT}", key="kind")
    try:
        level, outcome = Level(line.member("level", str)), Outcome(line.member("outcome", str))
        findings = tuple(_read_finding(item) for item in line.document.get("findings", ()))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        line.refuse(f"the line is not a verdict of {FORMAT}: {type(error).__name__}: {error}")
    texts = {key: line.member(key, str) for key in ("reason", "reading", "grade")}
    evidence = tuple(line.member("evidence", list))
    event = None if line.document.get("event") is None else line.member("event", str)
    judgement = Judgement(outcome=outcome, evidence=evidence, findings=findings, **texts)
    return Verdict(
        clause=line.member("clause", str), level=level, judgement=judgement, event=event, reproduce=line.member("reproduce", str)
    )


def _read_finding(item: dict[str, Any]) -> Finding:
    evidence, excerpt = tuple(item.get("evidence", ())), text_as_bytes(item.get("excerpt", ""))
    return Finding(message=item["message"], evidence=evidence, pointer=item.get("pointer", ""), excerpt=excerpt)


def _read_footer(line: Line, verdicts: Sequence[Verdict]) -> ResultsFooter:
    counts = {outcome.value: line.member(outcome.value, int) for outcome in Outcome}
    if counts != _counts(verdicts):
        line.refuse_whole(f"the footer counts {counts}, the lines before give {_counts(verdicts)}")
    digest = None if line.document.get("transcript_digest") is None else line.member("transcript_digest", str)
    return ResultsFooter(**counts, transcript_digest=digest, complete=line.member("complete", bool))
