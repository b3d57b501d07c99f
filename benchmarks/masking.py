"""Do two flaws hide each other? Random pairs before the whole judge, each pair in the reference platform at once.

Law: an interrupted campaign goes on where it was; a pair that was met is not met again unless its flaws were changed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hookproof.reference.departures import ALLOWING, Flaw
from tests.kill_matrix.pairing import Met, Pair, met, sample

BOTH = 0.95
"""The share of pairs that can be told apart in which both flaws must be found."""


def _fingerprint(pair: Pair) -> str:
    return json.dumps([_promises(flaw) for flaw in (pair.first, pair.second)])


def _promises(flaw: Flaw) -> list[object]:
    return [flaw.id, flaw.breaks, flaw.implies]


def _known(path: Path, seed: int) -> dict[str, dict[str, Any]]:
    """Read what an earlier campaign with the same seed met, by fingerprint."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {entry["fingerprint"]: entry for entry in document["pairs"]} if document.get("seed") == seed else {}


def _summary(entries: Sequence[Mapping[str, Any]], wanted: int) -> dict[str, Any]:
    distinct = [entry for entry in entries if entry["distinct"]]
    either, both = ([entry for entry in distinct if entry["found"] >= least] for least in (1, 2))
    return {
        "pairs_wanted": wanted,
        "pairs_told_apart": len(distinct),
        "at_least_one_found": len(either),
        "both_found": len(both),
        "share_both": round(len(both) / len(distinct), 4) if distinct else None,
        "pairs_not_told_apart": len(entries) - len(distinct),
        "masked": [entry["pair"] for entry in distinct if entry["found"] < 2],
        "errors": [entry["pair"] for entry in entries if entry["error"]],
    }


def _written(path: Path, seed: int, summary: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".part")
    document = {"benchmark": "masking", "seed": seed, **summary, "pairs": entries}
    fresh.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fresh.replace(path)


def _entry(pair: Pair, seen: Met, seconds: float) -> dict[str, Any]:
    return {**asdict(seen), "found": seen.found, "seconds": round(seconds, 2), "fingerprint": _fingerprint(pair)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Meet the pairs, print each, write the file after each; give 1 if the goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=300, help="how many pairs that can be told apart")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, default=Path("benchmarks/proof/masking.json"))
    told = parser.parse_args(arguments)
    os.environ[ALLOWING] = "1"
    known, entries = _known(told.json, told.seed), []
    chosen = sample(told.pairs, told.seed)
    for number, pair in enumerate(chosen, start=1):
        entry = known.get(_fingerprint(pair))
        if entry is None:
            started = time.monotonic()
            entry = _entry(pair, met(pair), time.monotonic() - started)
        entries.append(entry)
        summary = _summary(entries, told.pairs)
        _written(told.json, told.seed, summary, entries)
        words = "cannot be told apart" if not entry["distinct"] else ("MASKED", "ONE FOUND", "both found")[entry["found"]]
        print(f"{number:4}/{len(chosen)} {entry['seconds']:5.1f} s  {words:20} {pair} {entry['error']}", flush=True)
    summary = _summary(entries, told.pairs)
    print(json.dumps(summary, indent=1))
    whole = summary["at_least_one_found"] == summary["pairs_told_apart"] == told.pairs
    return 0 if whole and summary["both_found"] >= BOTH * told.pairs else 1


if __name__ == "__main__":
    sys.exit(main())
