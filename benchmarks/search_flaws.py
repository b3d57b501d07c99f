"""Sends the stateful search against every flawed platform without telling it where, and against every odd but legal one.

Prints and writes what was found, by which clause, and how long the shortest schedule is. Fails if fewer flaws than the goal are found,
if a shortest schedule does not break its clause again on a fresh platform, or if anything is held against a legal platform.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from hookproof.model.contract import Role
from hookproof.model.errors import HookproofError
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.flaws.catalogue import FLAWS
from hookproof.reference.variants.catalogue import VARIANTS
from hookproof.staging.fairness import SOUND
from hookproof.staging.options import read_options
from hookproof.staging.searching import Breadth, Search, ground
from hookproof.staging.session import read_contract

FIGURES = Path(__file__).parent / "proof" / "search.json"
GOAL = 20


@dataclass(frozen=True, kw_only=True)
class Task:
    """One platform to be searched: its departure, and how much is tried."""

    kind: str
    name: str
    examples: int
    steps: int
    shortening: int
    seed: int


def searched(task: Task) -> dict[str, Any]:
    """Search one platform; give the row of it."""
    departures = Departures(**{task.kind: (task.name,)}) if task.name else Departures()
    options = read_options({"role": "platform", "profile": "quick", "seed": task.seed})
    contract = read_contract("orbit")
    row: dict[str, Any] = {"kind": task.kind, "id": task.name, "found": False}
    began = time.perf_counter()
    try:
        with ground(options, contract, departures) as place:
            search = Search(place, Breadth(examples=task.examples, steps=task.steps, shortening=task.shortening))
            found = search.run(task.seed)
            row |= {"schedules": place.played, "clauses_observed": len(place.observed)}
        if found is not None:
            row |= {
                "found": True,
                "clause": found.clause,
                "because": found.sentence,
                "found_by_schedule": search.first,
                "steps": len(found.schedule.steps),
                "schedule": found.schedule.to_json(),
                "reproduced": _again(task, departures, found.schedule, found.clause),
            }
    except HookproofError as error:
        row["stopped"] = type(error).__name__ + ": " + error.cause
    return row | {"seconds": round(time.perf_counter() - began, 1)}


def _again(task: Task, departures: Departures, schedule: Any, clause: str) -> bool:  # noqa: ANN401 -- a schedule
    """Whether a schedule breaks its clause on a platform that was never searched."""
    with ground(read_options({"role": "platform", "profile": "quick", "seed": task.seed}), read_contract("orbit"), departures) as place:
        found = place.play(schedule)
    return found is not None and found.clause == clause


def _breadth(asked: argparse.Namespace) -> dict[str, int]:
    return {name: getattr(asked, name) for name in ("examples", "steps", "shortening", "seed")}


def _known(asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Go on with what an interrupted run of the same breadth has written."""
    try:
        document = json.loads(asked.out.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return list(document["rows"]) if document.get("breadth") == _breadth(asked) and "flaws" not in document else []


def _written(asked: argparse.Namespace, figures: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    document = {"benchmark": "search", "breadth": _breadth(asked), **figures, "rows": rows}
    fresh = asked.out.with_suffix(".part")
    fresh.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")
    fresh.replace(asked.out)


@cache
def _reachable() -> set[str]:
    """Give the clauses, without the provider's name, that a free schedule can be judged for and that must be kept."""
    contract = read_contract("orbit")
    return {c.id.partition("/")[2] for c in contract.clauses_for(Role.PLATFORM) if c.rule in SOUND and c.level.value == "MUST"}


def main() -> int:
    """Search, print, write; give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=150)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--shortening", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", choices=("flaws", "variants"))
    parser.add_argument("--ids", nargs="*", default=[])
    parser.add_argument("--out", type=Path, default=FIGURES)
    asked = parser.parse_args()
    os.environ[ALLOWING] = "1"
    tasks = [
        Task(kind=kind, name=each.id, examples=asked.examples, steps=asked.steps, shortening=asked.shortening, seed=asked.seed)
        for kind, catalogue in (("variants", VARIANTS), ("flaws", FLAWS))
        for each in catalogue.values()
        if each.role is Role.PLATFORM and asked.only in (None, kind) and (not asked.ids or each.id in asked.ids)
    ]
    if not asked.ids and asked.only != "flaws":
        tasks.insert(0, replace(tasks[0], name=""))
    tasks.sort(key=lambda task: task.kind == "flaws" and not _reachable() & set(FLAWS[task.name].breaks))
    rows = _known(asked)
    done = {(row["kind"], row["id"]) for row in rows}
    tasks = [task for task in tasks if (task.kind, task.name) not in done]
    with multiprocessing.get_context("spawn").Pool(asked.processes, maxtasksperchild=8) as pool:
        for number, row in enumerate(pool.imap_unordered(searched, tasks), start=1):
            rows.append(row)
            _written(asked, {}, rows)
            told = f"{row['clause']} in {row['steps']} steps" if row["found"] else row.get("stopped", "nothing")
            print(f"{number}/{len(tasks)} {row['kind']} {row['id'] or 'honest reference'}: {told} ({row['seconds']} s)", flush=True)
    return concluded(rows, asked)


def concluded(rows: list[dict[str, Any]], asked: argparse.Namespace) -> int:
    """Sum up, write and print the figures; give the exit code."""
    flaws = [row for row in rows if row["kind"] == "flaws"]
    for row in flaws:
        row["expected"] = row["found"] and row["clause"].partition("/")[2] in (*FLAWS[row["id"]].breaks, *FLAWS[row["id"]].implies)
    found = [row for row in flaws if row["found"]]
    blamed = [row for row in rows if row["kind"] == "variants" and row["found"]]
    within = [row for row in flaws if _reachable() & set(FLAWS[row["id"]].breaks)]
    figures = {
        "flaws": len(flaws),
        "flaws_of_a_clause_that_free_schedules_are_judged_for": len(within),
        "flaws_found": len(found),
        "flaws_found_within_these": sum(row["found"] for row in within),
        "found_by_a_clause_that_the_flaw_names": sum(row["expected"] for row in found),
        "reproduced_on_a_fresh_platform": sum(row["reproduced"] for row in found),
        "median_steps": sorted(row["steps"] for row in found)[len(found) // 2] if found else None,
        "legal_platforms": len(rows) - len(flaws),
        "legal_platforms_blamed": len(blamed),
        "schedules": sum(row.get("schedules", 0) for row in rows),
    }
    rows.sort(key=lambda row: (row["kind"], row["id"]))
    _written(asked, figures, rows)
    for name, value in figures.items():
        print(f"{name.replace('_', ' ')}: {value}")
    for row in blamed:
        print(f"WRONGLY BLAMED {row['id'] or 'honest reference'}: {row['clause']}: {row['because']}\n  {json.dumps(row['schedule'])}")
    whole = not asked.ids and asked.only is None
    return 1 if blamed or (whole and len(found) < GOAL) or any(not row["reproduced"] for row in found) else 0


if __name__ == "__main__":
    sys.exit(main())
