"""Writes a difference for people and for programs.

Law: both forms tell every change, whom it breaks and why; a witness is shown in full to programs and cut short to people. Lines of text
may hold anything that stands in a contract: who prints them makes them printable.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hookproof.comparing.change import Change, Impact, Side
from hookproof.comparing.diff import Difference
from hookproof.contracts.document import shortened
from hookproof.model.contract import Contract

_SHOWN = 4


def words_of(change: Change) -> str:
    """Name the class of a change: compatible, breaking for whom, or undecided for whom."""
    parts = []
    for impact in (Impact.BREAKING, Impact.UNDECIDED):
        whom = [name for name, side in (("receivers", change.receivers), ("platforms", change.platforms)) if side.impact is impact]
        if whom:
            parts.append(f"{impact} for {' and '.join(whom)}")
    return ", ".join(parts) or Impact.COMPATIBLE.value


def text_lines(found: Difference) -> list[str]:
    """Give a line or more for each change, the worst first, then clauses, certificates and the verdict."""
    order = {Impact.BREAKING: 0, Impact.UNDECIDED: 1, Impact.COMPATIBLE: 2}
    lines = [f"{_named(found.old)} -> {_named(found.new)}"]
    if not found.changes:
        return [*lines, verdict(found)]
    for change in sorted(found.changes, key=lambda change: order[change.impact]):
        lines += _change_lines(change)
    lines += _clause_lines(found)
    for role, clauses in found.certificates.items():
        told = f"judge again {len(clauses)} clauses: {_some(clauses)}" if clauses else "stand, nothing that they rest on changed"
        lines.append(f"certificates of {role}s: {told}")
    return [*lines, f"verdict: {verdict(found)}"]


def verdict(found: Difference) -> str:
    """Give the verdict in a few words."""
    if not found.changes:
        return "no difference"
    whom = sorted({word for change in found.changes for word in words_of(change).split(", ") if word != Impact.COMPATIBLE.value})
    broken = [word for word in whom if word.startswith(Impact.BREAKING)]
    sides = [name for name in ("receivers", "platforms") if any(name in word for word in broken)]
    return f"breaking for {' and '.join(sides)}" if sides else "undecided" if whom else Impact.COMPATIBLE.value


def _change_lines(change: Change) -> Iterator[str]:
    where = ": ".join(part for part in (change.file, change.place) if part)
    yield f"{words_of(change)}: {where}{': ' if where else ''}{change.what} [{change.kind}]"
    for name, side in (("receivers", change.receivers), ("platforms", change.platforms)):
        if side.witness:
            told = "may get now what was forbidden" if name == "receivers" else "may no longer send what was allowed"
            yield f"    {name} {told}: {shortened(json.dumps(side.witness[0], ensure_ascii=False))}"
        if side.provided:
            yield f"    for {name}, provided that {side.provided}"
    if change.clauses and not change.kind.startswith("clause-"):
        yield f"    touches {len(change.clauses)} clauses: {_some(change.clauses)}"


def _clause_lines(found: Difference) -> Iterator[str]:
    for word, ids in _clauses(found).items():
        if ids:
            yield f"clauses {word}: {', '.join(ids)}"


def _clauses(found: Difference) -> dict[str, list[str]]:
    kinds = {"clause-added": "added", "clause-removed": "removed"}
    told: dict[str, dict[str, None]] = {"added": {}, "removed": {}, "changed": {}}
    for change in found.changes:
        if change.kind.startswith("clause-"):
            told[kinds.get(change.kind, "changed")].update(dict.fromkeys(change.clauses))
    return {word: list(ids) for word, ids in told.items()}


def _named(contract: Contract) -> str:
    return f"{contract.name} of {contract.revision} ({contract.digest[:19]})"


def _some(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:_SHOWN]) + (f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else "")


def as_json(found: Difference) -> str:
    """Give one JSON document."""
    document = {
        "format": "hookproof.diff/1",
        "old": _identity(found.old),
        "new": _identity(found.new),
        "verdict": verdict(found),
        "changes": [_change_json(change) for change in found.changes],
        "clauses": _clauses(found),
        "certificates": {role.value: {"stand": not ids, "judge_again": list(ids)} for role, ids in found.certificates.items()},
    }
    return json.dumps(document, indent=2)


def _identity(contract: Contract) -> dict[str, str]:
    return {"name": contract.name, "revision": contract.revision, "digest": contract.digest}


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "class": words_of(change),
        "file": change.file,
        "place": change.place,
        "what": change.what,
        "receivers": _side_json(change.receivers),
        "platforms": _side_json(change.platforms),
        "clauses": list(change.clauses),
    }


def _side_json(side: Side) -> dict[str, Any]:
    told: dict[str, Any] = {"impact": side.impact.value}
    if side.provided:
        told["provided"] = side.provided
    if side.witness:
        told["witness"] = side.witness[0]
    return told
