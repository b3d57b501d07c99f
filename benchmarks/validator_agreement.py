"""Do jsonschema-rs, which judges, and jsonschema agree? A hundred payloads of every event of every contract.

Prints one JSON line for each contract and one for all, with every instance on which they differ; goal: none.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.exporting.agreement import Tally, agreement
from tests.exporting.corpus import NAMES, contract


def main() -> int:
    """Measure, print, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=100, help="how many of each event")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    whole = Tally()
    for name in NAMES:
        found = agreement(contract(name), told.instances, told.seed)
        print(json.dumps({"contract": name, "events": len(contract(name).events), "instances": found.total, **asdict(found)}))
        whole.accepted += found.accepted
        whole.refused += found.refused
        whole.differences += found.differences
    share = 1 - len(whole.differences) / whole.total
    print(json.dumps({"instances": whole.total, "accepted": whole.accepted, "refused": whole.refused, "agreement": round(share, 6)}))
    return 1 if whole.differences else 0


if __name__ == "__main__":
    sys.exit(main())
