"""Measures which flaws of a platform Pact verification alone notices, and that it accuses no legal oddity.

Law: a flaw counts as noticed when an interaction fails before it that passes before the unflawed platform, and by nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hookproof.model.contract import Contract, Role
from hookproof.model.errors import HookproofError
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.flaws.catalogue import FLAWS
from hookproof.reference.platform import ReferencePlatform
from hookproof.reference.variants.catalogue import VARIANTS
from hookproof.staging.pacts import broken_at, spread
from hookproof.staging.session import read_contract
from tests.kill_matrix.cases import CASES

KEY = "key-of-this-benchmark"
EVENTS = 12
"""Event types whose messages are verified before each platform; its HTTP interactions all are."""


def failed(departures: Departures, contract: Contract) -> frozenset[str]:
    """Verify our pact before one platform; give the interactions that failed."""
    with ReferencePlatform(contract, api_key=KEY, departures=departures, real_timeout_cap=1.5) as reference:
        return broken_at(reference.url, api_key=KEY, contract=contract, events=spread(contract, EVENTS))


def before(kind: str, name: str, contract: Contract, baseline: frozenset[str]) -> dict[str, Any]:
    """Give what one departure looked like to Pact, beside what the honest platform under the same contract looks like."""
    started = time.monotonic()
    departures = Departures(flaws=(name,)) if kind == "flaw" else Departures(variants=(name,))
    entry: dict[str, Any] = {"id": name, "failed": [], "error": ""}
    try:
        entry["failed"] = sorted(failed(departures, contract) - baseline)
    except HookproofError as error:
        entry["error"] = str(error)[:200]
    return {**entry, "seconds": round(time.monotonic() - started, 2)}


def summary(flaws: Sequence[Mapping[str, Any]], variants: Sequence[Mapping[str, Any]], baseline: Collection[str]) -> dict[str, Any]:
    """Count."""
    noticed = [entry["id"] for entry in flaws if entry["failed"]]
    return {
        "failed_before_the_unflawed": sorted(baseline),
        "flaws": len(flaws),
        "noticed": len(noticed),
        "share": round(len(noticed) / len(flaws), 4) if flaws else None,
        "flaws_that_ended_in_an_error": [entry["id"] for entry in flaws if entry["error"]],
        "variants": len(variants),
        "variants_accused": [entry["id"] for entry in variants if entry["failed"]],
        "variants_that_ended_in_an_error": [entry["id"] for entry in variants if entry["error"]],
        "noticed_flaws": noticed,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify before each platform, print each, write the file; give 1 if a right platform was accused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=None, help="ids of the flaws and variants to try")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/proof/pact_defects.json"))
    told = parser.parse_args(arguments)
    os.environ[ALLOWING] = "1"
    orbit = read_contract("orbit")
    baseline = failed(Departures(), orbit)
    entries: dict[str, list[dict[str, Any]]] = {"flaw": [], "variant": []}
    for kind, catalogue in (("flaw", FLAWS), ("variant", VARIANTS)):
        for name, departure in sorted(catalogue.items()):
            if departure.role is not Role.PLATFORM or (told.only is not None and name not in told.only):
                continue
            contract = CASES[name].judged_by(orbit) if name in CASES else orbit
            entry = before(kind, name, contract, baseline if contract is orbit else failed(Departures(), contract))
            entries[kind].append(entry)
            print(f"{entry['seconds']:6.2f} s  {kind:8} {name:50} {len(entry['failed'])} {entry['error']}", flush=True)
    found = summary(entries["flaw"], entries["variant"], baseline)
    print(json.dumps({name: value for name, value in found.items() if name != "noticed_flaws"}, indent=1))
    told.json.parent.mkdir(parents=True, exist_ok=True)
    document = {"benchmark": "pact_defects", "contract": orbit.name, "events": EVENTS, **found, "by_platform": entries}
    told.json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if found["failed_before_the_unflawed"] or found["variants_accused"] else 0


if __name__ == "__main__":
    sys.exit(main())
