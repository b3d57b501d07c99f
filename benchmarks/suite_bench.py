"""The whole platform suite on the embedded reference: wall time, deliveries, share of waiting, and growth with the number of events.

Waiting is time in which this process, which holds suite and reference both, used no processor. Medians of five; interleaved with
the same suite over a contract of half the events. Prints one JSON line; goals: waiting under 5 %, growth at most linear.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from dataclasses import replace

from hookproof.model.contract import Contract
from hookproof.model.transcript import Attempt
from hookproof.model.verdict import Outcome
from hookproof.staging.options import RunOptions
from hookproof.staging.profile import PROFILES
from hookproof.staging.session import Session, read_contract
from hookproof.staging.situation import scan
from suites.platform import situations

ROUNDS = 5


def halved(contract: Contract) -> Contract:
    """Leave out every second event that no clause and no policy names."""
    policy = contract.policy
    named = {*policy.explicit_only, *policy.companions, *policy.companions.values(), *policy.management.values()}
    named |= {str(value) for clause in contract.clauses for value in clause.parameters.values()}
    named |= {event.name for event in contract.events.values() if event.relations}
    free = [name for name in sorted(contract.events) if name not in named and not name.startswith(("conference.", "call."))]
    dropped = set(free[: len(contract.events) // 2])
    return replace(contract, events={name: event for name, event in contract.events.items() if name not in dropped})


def measure(contract: Contract) -> dict[str, float]:
    """Run everything once and give wall and processor seconds, deliveries and broken verdicts."""
    options = RunOptions(
        target=None,
        contract=contract.name,
        role="platform",
        control_url=None,
        adapter="http",
        api_key="",
        listen=("127.0.0.1", 0),
        public_url=None,
        profile=PROFILES["ci"],
        seed=0,
        results=None,
        transcript=None,
        require_complete=True,
        known_failures=frozenset(),
    )
    session = Session(options, contract)
    wall, used = time.perf_counter(), time.process_time()
    session.open(scan(situations))
    session.run.planned = tuple(dict.fromkeys(name for item in session.items() for name in item.rule.situations))
    verdicts = [session.run.verdict(item) for item in session.items()]
    records = session.run.tools.recorder.transcript().records
    session.close()
    wall, used = time.perf_counter() - wall, time.process_time() - used
    left = [(v.clause, v.event, v.judgement.reason) for v in verdicts if v.outcome is not Outcome.KEPT]
    assert not left, left
    return {"wall": wall, "used": used, "deliveries": sum(isinstance(record, Attempt) for record in records)}


def main() -> None:
    """Measure, print, and end with status 1 if a goal is missed."""
    contract = read_contract("orbit")
    half = halved(contract)
    whole_runs, half_runs = [], []
    for _ in range(ROUNDS):
        half_runs.append(measure(half))
        whole_runs.append(measure(contract))
    wall = statistics.median(run["wall"] for run in whole_runs)
    waiting = statistics.median(max(0.0, 1 - run["used"] / run["wall"]) for run in whole_runs)
    growth = wall / statistics.median(run["wall"] for run in half_runs)
    factor = len(contract.events) / len(half.events)
    figures = {
        "suite_wall_s": round(wall, 2),
        "deliveries": whole_runs[-1]["deliveries"],
        "waiting_share": round(waiting, 3),
        "waiting_goal": 0.05,
        "events": [len(half.events), len(contract.events)],
        "growth": round(growth, 2),
        "growth_goal": round(factor, 2),
    }
    print(json.dumps(figures))
    sys.exit(waiting > 0.05 or growth > factor)


if __name__ == "__main__":
    main()
