"""Writes findings for people, for programs and for code hosts.

Law: each form tells every finding. Lines of text may hold anything that stands in a contract: who prints them makes them printable.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hookproof import __version__
from hookproof.comparing.finding import CHECKS, Check, Finding, Severity

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
GUIDE = "contract-checks"


def text_lines(findings: Sequence[Finding]) -> list[str]:
    """Give one line for each finding (``file:line: level id: key path: cause. Remedy.``), and one that counts."""
    lines = []
    for each in findings:
        where = f"{each.file}:{each.line}" if each.line else each.file
        lines.append(f"{where}: {each.severity} {each.check}: {each.place}: {each.cause.rstrip('.')}. {each.remedy}")
    return [*lines, summary(findings)]


def summary(findings: Sequence[Finding]) -> str:
    """Give the counts in one line."""
    counts = Counter(each.severity for each in findings)
    told = ", ".join(f"{counts[level]} {level}{'s' if counts[level] > 1 else ''}" for level in Severity if counts[level])
    return told or "clean: nothing found"


def as_json(name: str, findings: Sequence[Finding]) -> str:
    """Give one JSON document; ``line`` is null where it is not known."""
    counts = Counter(each.severity for each in findings)
    document = {
        "format": "hookproof.lint/1",
        "contract": name,
        "counts": {level.value: counts[level] for level in Severity},
        "findings": [
            {
                "id": each.check,
                "level": each.severity.value,
                "file": each.file,
                "line": each.line or None,
                "place": each.place,
                "cause": each.cause,
                "remedy": each.remedy,
            }
            for each in findings
        ],
    }
    return json.dumps(document, indent=2)


def as_sarif(findings: Sequence[Finding]) -> str:
    """Give one SARIF 2.1.0 log; files below the working folder are named relative to it, as code hosts want."""
    order = {check: number for number, check in enumerate(CHECKS)}
    driver = {
        "name": "hookproof",
        "semanticVersion": __version__,
        "rules": [_sarif_rule(check) for check in CHECKS.values()],
    }
    results = [_sarif_result(each, order[each.check]) for each in findings]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _sarif_rule(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "shortDescription": {"text": check.says},
        "help": {"text": f"{check.says} See the guide {GUIDE}."},
        "defaultConfiguration": {"level": check.severity.value},
    }


def _sarif_result(finding: Finding, number: int) -> dict[str, Any]:
    region = {"region": {"startLine": finding.line}} if finding.line else {}
    return {
        "ruleId": finding.check,
        "ruleIndex": number,
        "level": finding.severity.value,
        "message": {"text": f"{finding.place}: {finding.cause.rstrip('.')}. {finding.remedy}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": _uri(finding.file)}, **region},
                "logicalLocations": [{"fullyQualifiedName": finding.place}],
            }
        ],
        "partialFingerprints": {"hookproofFinding/v1": f"{finding.check}:{Path(finding.file).name}:{finding.place}"},
    }


def _uri(file: str) -> str:
    path = Path(file).absolute()
    try:
        return quote(path.relative_to(Path.cwd()).as_posix())
    except ValueError:
        return path.as_uri()
