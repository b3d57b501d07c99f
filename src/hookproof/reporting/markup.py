"""Failure texts for JUnit, Allure and the terminal of pytest.

Law: any failure text, made safe by ``xml_safe``, stands in an XML 1.0 document; ``exchange_text`` is here for those who attach.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hookproof.model.contract import Clause
from hookproof.model.transcript import Attempt, Emission, Exchange, Record
from hookproof.model.verdict import Finding, Verdict
from hookproof.reporting.text import body_rows, printable
from hookproof.reporting.wiretext import exchange_text

__all__ = ["evidence_text", "exchange_text", "failure_text", "labels", "xml_safe"]

BYTES_SHOWN = 2_000
"""Where the head and the body of a culprit are cut."""

_CULPRITS_SHOWN = 3
_FINDINGS_SHOWN = 5
_IDS_SHOWN = 50
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_safe(text: str) -> str:
    r"""Replace every character that XML 1.0 cannot hold by a visible ``\u{…}``; markup characters are left to the XML writer."""
    return _NOT_XML.sub(lambda match: f"\\u{{{ord(match[0]):x}}}", text)


def labels(verdict: Verdict) -> dict[str, str]:
    """Give what JUnit and Allure are told of a verdict, by name; nothing that is empty."""
    found = {
        "clause": verdict.clause,
        "level": verdict.level.value,
        "family": verdict.clause.split("/")[1],
        "event": verdict.event or "",
        "outcome": verdict.outcome.value,
        "reading": verdict.judgement.reading,
        "grade": verdict.judgement.grade,
    }
    return {name: value for name, value in found.items() if value}


def failure_text(
    verdict: Verdict,
    clause: Clause,
    transcript_lookup: Callable[[str], Record | None],
    resending: Callable[[Exchange], str] | None = None,
) -> str:
    """Say what was promised and what was seen, show the culprits' bytes, and give one command that repeats the item.

    ``transcript_lookup`` gives the record of an id, or None; ``resending`` a text on how a request to a receiver is sent again.
    """
    return "\n".join(_lines(verdict, clause, transcript_lookup, resending)) + "\n"


def evidence_text(
    verdict: Verdict, transcript_lookup: Callable[[str], Record | None], resending: Callable[[Exchange], str] | None = None
) -> str:
    """Show the bytes of the first culprit of a broken promise, and how a request to a receiver is sent again; empty if none was kept."""
    return "\n".join(line for record in _culprits(verdict, transcript_lookup)[:1] for line in _shown(record, resending))


def _shown(record: Record, resending: Callable[[Exchange], str] | None) -> Iterator[str]:
    yield exchange_text(record, limit=BYTES_SHOWN).rstrip("\n")
    if resending is not None and isinstance(record, Exchange) and (told := resending(record)):
        yield told


def _lines(
    verdict: Verdict, clause: Clause, lookup: Callable[[str], Record | None], resending: Callable[[Exchange], str] | None
) -> Iterator[str]:
    judged = verdict.judgement
    event = f", event {verdict.event}" if verdict.event else ""
    yield printable(f"{judged.outcome.value} {verdict.level.value} {verdict.clause}{event}")
    yield printable(f"promised: {clause.promise}")
    yield printable(f"  source: {clause.source}")
    yield printable(f"seen: {judged.reason}")
    for finding in judged.findings[:_FINDINGS_SHOWN]:
        yield from _finding(finding)
    if len(judged.findings) > _FINDINGS_SHOWN:
        yield f"  - and {len(judged.findings) - _FINDINGS_SHOWN} more"
    for label, text in (("reading", judged.reading), ("time", judged.grade), ("to mend", clause.mend)):
        if text:
            yield printable(f"{label}: {text}")
    yield printable(f"evidence: {_listed(judged.evidence)}")
    for record in _culprits(verdict, lookup):
        yield ""
        yield from _shown(record, resending)
    yield ""
    if verdict.reproduce:
        yield printable(f"reproduce: {verdict.reproduce}")
    yield printable(f"more: hookproof explain {verdict.clause}")


def _finding(finding: Finding) -> Iterator[str]:
    at = f" at {finding.pointer}" if finding.pointer else ""
    by = f" ({_listed(finding.evidence)})" if finding.evidence else ""
    yield printable(f"  - {finding.message}{at}{by}")
    if finding.excerpt:
        yield from (f"    | {row}" for row in body_rows(finding.excerpt))


def _listed(ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - _IDS_SHOWN} more" if len(ids) > _IDS_SHOWN else ""
    return (", ".join(ids[:_IDS_SHOWN]) or "none") + more


def _culprits(verdict: Verdict, lookup: Callable[[str], Record | None]) -> list[Record]:
    named = [e for f in verdict.judgement.findings for e in f.evidence]
    found = (lookup(name) for name in dict.fromkeys([*named, *verdict.judgement.evidence]))
    shown: list[Record] = [record for record in found if isinstance(record, Attempt | Exchange | Emission)]
    # What crossed the wire says more than our request to emit it.
    return sorted(shown, key=lambda record: isinstance(record, Emission))[:_CULPRITS_SHOWN]
