"""What is expected of each version of an official library: every clause, every delivery, and the cause of whatever is not kept.

Law: a table explains all that it blames, and nothing that it does not; whatever differs from it, in either direction, is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.official.trial import Observed, Told

FOLDER = Path(__file__).parent / "expected"
KEPT, BROKEN = "kept", "broken"
_CRASH = "5"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why something is not kept: whose it is (``library``, ``JSON reader``, ``receiver``, ``nobody``) and what happens, in our words."""

    whose: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What one delivery is expected to get, and the cause if that is to blame or a crash."""

    told: Told
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is expected of one clause: level, outcome, the deliveries that it blames, and for what cannot be seen the cause."""

    level: str
    outcome: str
    blames: tuple[tuple[str, int], ...] = ()
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """One file: a library in one version."""

    language: str
    registry: str
    version: str
    causes: Mapping[str, Cause]
    clauses: Mapping[str, Row]
    deliveries: Mapping[str, tuple[Sent, ...]]

    @property
    def name(self) -> str:
        """The name of its file, without its ending."""
        return f"{self.language}-{self.version}"

    def causes_of(self, clause: str) -> tuple[str, ...]:
        """Give the causes for which a clause is not kept, each once."""
        row = self.clauses[clause]
        found = [row.cause, *(self.deliveries[kind][place - 1].cause for kind, place in row.blames)]
        return tuple(dict.fromkeys(filter(None, found)))


def read(path: Path) -> Table:
    """Read one table."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return Table(
        language=document["language"],
        registry=document["registry"],
        version=document["version"],
        causes={name: Cause(**told) for name, told in document["causes"].items()},
        clauses={
            name: Row(**{**row, "blames": tuple((kind, place) for kind, place in row.get("blames", ()))})
            for name, row in document["clauses"].items()
        },
        deliveries={
            kind: tuple(Sent(told=Told(sent=each["sent"], answer=each["answer"]), cause=each.get("cause", "")) for each in found)
            for kind, found in document["deliveries"].items()
        },
    )


def tables() -> list[Table]:
    """Read all tables, the newest version of a language last."""
    return sorted(map(read, FOLDER.glob("*.json")), key=lambda table: (table.language, _numbers(table.version)))


def nearest(language: str, version: str) -> Table | None:
    """Give the table of a version, or else the newest of the language; None if there is none at all."""
    own = [table for table in tables() if table.language == language]
    return next((table for table in own if table.version == version), own[-1] if own else None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


# --- comparing --------------------------------------------------------------------------------------------------------------------


def differences(table: Table, seen: Observed) -> list[str]:
    """Tell every difference between a table and what was seen, in lines."""
    return [*_of_clauses(table, seen), *_of_deliveries(table, seen)]


def _of_clauses(table: Table, seen: Observed) -> Iterator[str]:
    for name in sorted({*table.clauses, *seen.outcomes}):
        row = table.clauses.get(name)
        if row is None or name not in seen.outcomes:
            yield f"{name}: {'not in the table' if row is None else 'no longer judged'}"
            continue
        for word, expected, found in (
            ("outcome", row.outcome, seen.outcomes[name]),
            ("level", row.level, seen.levels[name]),
            ("blames", row.blames, seen.blamed.get(name, ())),
        ):
            if expected != found:
                yield f"{name}: {word} expected {expected}, seen {found}"


def _of_deliveries(table: Table, seen: Observed) -> Iterator[str]:
    for kind in sorted({*table.deliveries, *seen.deliveries}):
        expected = [each.told for each in table.deliveries.get(kind, ())]
        found = list(seen.deliveries.get(kind, ()))
        if len(expected) != len(found):
            yield f"{kind}: {len(expected)} deliveries expected, {len(found)} seen"
        for place, (one, other) in enumerate(zip(expected, found, strict=False), start=1):
            if one != other:
                yield f"{kind} {place}: expected {one.sent!r} to get {one.answer}, seen {other.sent!r} get {other.answer}"


def unexplained(table: Table) -> list[str]:
    """Tell what a table blames without a cause, which cause it names and does not tell, and which it tells and does not need."""
    blamed = {place for row in table.clauses.values() for place in row.blames}
    found, used = list[str](), set[str]()
    for kind, sent in table.deliveries.items():
        for place, each in enumerate(sent, start=1):
            wanted = (kind, place) in blamed or each.told.answer.startswith(_CRASH)
            used |= {each.cause}
            if wanted != bool(each.cause):
                found.append(f"{kind} {place} ({each.told.sent}, {each.told.answer}): {'has no cause' if wanted else 'needs no cause'}")
    for name, row in table.clauses.items():
        used |= {row.cause}
        if (row.outcome == BROKEN) != bool(row.blames) or (row.outcome not in (KEPT, BROKEN)) != bool(row.cause):
            found.append(f"{name} ({row.outcome}): has no cause, or one that it needs not")
    used -= {""}
    found += [f"{name}: is told nowhere" for name in sorted(used - table.causes.keys())]
    return found + [f"{name}: is idle" for name in sorted(table.causes.keys() - used)]


# --- writing ----------------------------------------------------------------------------------------------------------------------


def written(seen: Observed, former: Table | None, *, language: str, registry: str, version: str) -> str:
    """Write a table of what was seen; causes of a former one stay where the same delivery still gets the same answer."""
    clauses = {}
    for name, outcome in sorted(seen.outcomes.items()):
        row = former.clauses.get(name) if former else None
        told: dict[str, object] = {"level": seen.levels[name], "outcome": outcome}
        told |= {"blames": [list(place) for place in seen.blamed[name]]} if name in seen.blamed else {}
        clauses[name] = told | ({"cause": row.cause} if row and row.cause and row.outcome == outcome else {})
    deliveries = {kind: _lines(found, former.deliveries.get(kind, ()) if former else ()) for kind, found in seen.deliveries.items()}
    causes = {name: {"whose": cause.whose, "says": cause.says} for name, cause in (former.causes if former else {}).items()}
    parts = [f'"language": "{language}"', f'"registry": "{registry}"', f'"version": "{version}"']
    parts += [f'"causes": {_object(causes)}', f'"clauses": {_object(clauses)}']
    parts += ['"deliveries": {\n' + ",\n".join(f"  {json.dumps(kind)}: {lines}" for kind, lines in deliveries.items()) + "\n }"]
    return "{\n " + ",\n ".join(parts) + "\n}\n"


def _lines(found: tuple[Told, ...], former: tuple[Sent, ...]) -> str:
    rows = []
    for place, told in enumerate(found):
        cause = former[place].cause if place < len(former) and former[place].told == told else ""
        rows.append(json.dumps({"sent": told.sent, "answer": told.answer} | ({"cause": cause} if cause else {}), ensure_ascii=False))
    return "[\n" + ",\n".join(f"   {row}" for row in rows) + "\n  ]"


def _object(members: Mapping[str, object]) -> str:
    rows = (f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in members.items())
    return "{\n" + ",\n".join(rows) + "\n }"
