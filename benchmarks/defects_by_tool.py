"""How many flaws of a platform each tool notices: Schemathesis alone, with our checks, Pact verification, and the whole suite.

Law: the same flaws for all; a flaw is noticed when something fails that does not fail on the reference without it. What was measured
elsewhere is read from its file, and said to be missing where that is not there. Flaws of the subscription API are tried one by one; the
others several at once, and one by one where anything fails: if it does not fail with all of them, none of them is noticed.

    python benchmarks/defects_by_tool.py [--ledger FOLDER] [--flaw ID]… [--report]

One process for each of the first two tools writes down each flaw at once; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hookproof.adapters.http import HttpPlatform
from hookproof.model.contract import Contract, Role
from hookproof.reference.departures import ALLOWING, Departures
from hookproof.reference.flaws.catalogue import FLAWS
from hookproof.reference.platform import ReferencePlatform
from tests.kill_matrix.cases import CASES
from tests.suites.courtroom import orbit

PROOF = Path(__file__).resolve().parent / "proof"
ALONE, OURS = "schemathesis alone", "schemathesis with our checks"
KEPT = Path(tempfile.gettempdir()) / "hookproof-defects-by-tool"
NOWHERE = "http://127.0.0.1:9/hookproof"
EXAMPLES = 5
SEEDS = (1, 2, 3, 4, 5)
"""Of the reference without a flaw: what fails there under any of them says nothing. Flaws are met with the first."""
LONGEST = 120
TOGETHER = 16
MATRIX = "flaws"
RESULT = "defects_by_tool.json"
Failing = list[str]
Tool = Callable[[Contract, str, str, str, int], Failing]


def alone(contract: Contract, url: str, key: str, _other: str, seed: int) -> Failing:
    """Run Schemathesis as it comes, over the description as it is published; only addresses are kept on this machine."""
    import schemathesis  # noqa: PLC0415 -- each tool has a process of its own, and ours must not be loaded here
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415 -- as above
    from schemathesis.engine import events, from_schema  # noqa: PLC0415 -- as above

    if not getattr(alone, "told", False):
        schemathesis.hook("before_call")(_stay_here)
        alone.told = True  # type: ignore[attr-defined] # once in this process
    document = json.loads(json.dumps(dict(contract.subscription_api), default=dict))
    generation = {"max-examples": EXAMPLES, "database": "none"}
    settings = {"seed": seed, "base-url": url, "headers": {"X-API-Key": key}, "continue-on-failure": True, "generation": generation}
    config = SchemathesisConfig.from_dict({**settings, "cache": {"enabled": False}})
    failing: set[str] = set()
    stream, ending = from_schema(schemathesis.openapi.from_dict(document, config=config)).execute(), time.monotonic() + LONGEST
    for event in stream:
        if time.monotonic() > ending:
            stream.stop()
        if isinstance(event, events.ScenarioFinished):
            for name, checks in event.recorder.checks.items():
                label = event.recorder.cases[name].value.operation.label
                failing |= {f"{check.name} {label}" for check in checks if check.status.name != "SUCCESS"}
        elif isinstance(event, events.NonFatalError | events.FatalError):
            failing.add(f"error {type(getattr(event, 'value', event)).__name__}")
    return sorted(failing)


def _stay_here(_context: Any, case: Any, _kwargs: Any) -> None:  # noqa: ANN401 -- what Schemathesis gives
    if isinstance(case.body, dict) and str(case.body.get("url", "")).lower().startswith(("http:", "https:")):
        case.body = {**case.body, "url": NOWHERE}


def ours(contract: Contract, url: str, key: str, other: str, seed: int) -> Failing:
    """Run what the suite runs."""
    from hookproof.schemathesis_hooks.exploring import explore  # noqa: PLC0415 -- see `alone`
    from hookproof.schemathesis_hooks.settings import Settings  # noqa: PLC0415 -- see `alone`

    settings = Settings(api_key=key, other_key=other, contract=contract, endpoint=NOWHERE)
    trials = explore(contract.subscription_api, url, settings, seed=seed, examples=EXAMPLES).trials
    found = {f"{each.check} {each.operation}" for tried in trials.values() for each in tried.findings.values()}
    return sorted(found | {f"error {words.partition(':')[0]}" for tried in trials.values() for words in tried.errors})


TOOLS: Mapping[str, Tool] = {ALONE: alone, OURS: ours}


def tried(tool: str, flaws: tuple[str, ...], seed: int) -> tuple[Failing, float]:
    """Put a platform with flaws, all of which are judged by one contract, before a tool; give what failed, and processor seconds."""
    contract = CASES[flaws[0]].judged_by(orbit()) if flaws else orbit()
    key, began = "key-of-this-measurement-000", time.process_time()
    departures = Departures(flaws=flaws)
    with ReferencePlatform(contract, api_key=key, departures=departures, real_timeout_cap=1.5) as reference:
        platform = HttpPlatform(reference.url, api_key=key)
        try:
            own, other = platform.open_scope("own"), platform.open_scope("other")
            failing = TOOLS[tool](contract, reference.url, own.api_key, other.api_key, seed)
        finally:
            platform.close()
    return failing, round(time.process_time() - began, 2)


def read(ledger: Path) -> list[dict[str, Any]]:
    """Read what was measured so far; a last line that is torn is none."""
    lines = ledger.read_text(encoding="utf-8").splitlines() if ledger.exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


@dataclass(kw_only=True)
class Ledger:
    """What one tool found, line by line on disk."""

    tool: str
    path: Path

    def lines(self) -> list[dict[str, Any]]:
        """Give what was written so far."""
        return read(self.path)

    def write(self, flaws: tuple[str, ...], seed: int, found: tuple[Failing, float]) -> None:
        """Write one line for each flaw, or one for none."""
        failing, seconds = found
        for flaw in flaws or ("",):
            shared = {"with": len(flaws)} if len(flaws) > 1 else {}
            line = {
                "tool": self.tool,
                "flaw": flaw,
                "seed": seed,
                "failing": failing,
                "seconds": round(seconds / (len(flaws) or 1), 2),
                **shared,
            }
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        print(f"{self.tool}: {', '.join(flaws) or 'no flaw'} {seed}: {len(failing)} ({seconds} s)", flush=True)


def measure(ledger: Ledger, flaws: list[str]) -> None:
    """Go over all flaws with one tool, and write each down at once."""
    for seed in set(SEEDS) - {line["seed"] for line in ledger.lines() if not line["flaw"]}:
        ledger.write((), seed, tried(ledger.tool, (), seed))
    usual = {each for line in ledger.lines() if not line["flaw"] for each in line["failing"]}
    done = {line["flaw"] for line in ledger.lines()}
    left = [flaw for flaw in flaws if flaw not in done]
    alone = [flaw for flaw in left if _of_the_api(flaw) or CASES[flaw].judged_by(orbit()) != orbit()]
    others = [flaw for flaw in left if flaw not in alone]
    for group in [*((flaw,) for flaw in alone), *(tuple(others[start : start + TOGETHER]) for start in range(0, len(others), TOGETHER))]:
        found = tried(ledger.tool, group, SEEDS[0])
        if len(group) > 1 and set(found[0]) - usual:
            for flaw in group:
                ledger.write((flaw,), SEEDS[0], tried(ledger.tool, (flaw,), SEEDS[0]))
        else:
            ledger.write(group, SEEDS[0], found)


def _of_the_api(flaw: str) -> bool:
    return any("subscription-api" in clause for clause in (*FLAWS[flaw].breaks, *FLAWS[flaw].implies))


def _elsewhere(name: str) -> dict[str, Any] | None:
    path = PROOF / name
    found: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    return found


def noticed(lines: list[dict[str, Any]], tool: str) -> dict[str, Failing]:
    """Give for each flaw that a tool noticed what failed because of it."""
    usual = {each for line in lines if line["tool"] == tool and not line["flaw"] for each in line["failing"]}
    found = {line["flaw"]: sorted(set(line["failing"]) - usual) for line in lines if line["tool"] == tool and line["flaw"]}
    return {flaw: failing for flaw, failing in sorted(found.items()) if failing}


def told(lines: list[dict[str, Any]], flaws: list[str]) -> dict[str, Any]:
    """Put all tools side by side."""
    before = (_elsewhere(RESULT) or {"tools": {}})["tools"]
    tools: dict[str, Any] = {tool: before.get(tool) for tool in TOOLS}
    for tool in {line["tool"] for line in lines}:
        tested = sorted({line["flaw"] for line in lines if line["tool"] == tool and line["flaw"]} & set(flaws))
        tools[tool] = {"flaws": len(tested), "noticed": noticed([line for line in lines if line["flaw"] in (*tested, "")], tool)}
        tools[tool]["seconds"] = round(sum(line["seconds"] for line in lines if line["tool"] == tool), 1)
    pact, matrix = _elsewhere("pact_defects.json"), _elsewhere("matrix.json")
    tools["pact verification alone"] = None if pact is None else _of_pact(pact, flaws)
    tools["the whole suite"] = None if matrix is None else _of_matrix(matrix, flaws)
    measured = datetime.now(UTC).date().isoformat()
    return {"measured_on": measured, "platform_flaws": len(flaws), "generated_per_operation": EXAMPLES, "tools": tools}


def _of_pact(pact: Mapping[str, Any], flaws: list[str]) -> dict[str, Any]:
    """Read the result of ``pact_defects.py``: how many flaws of a platform it tried, and the ids of those that it noticed."""
    return {"flaws": pact["flaws"], "noticed": {flaw: ["a pact"] for flaw in sorted(set(pact["noticed_flaws"]) & set(flaws))}}


def _of_matrix(matrix: Mapping[str, Any], flaws: list[str]) -> dict[str, Any]:
    told = matrix.get("groups", {}).get(MATRIX, {"cases": [], "failed": []})
    tested = sorted(set(told["cases"]) & set(flaws))
    return {"flaws": len(tested), "noticed": {flaw: ["its clauses"] for flaw in tested if flaw not in told["failed"]}}


def table(result: Mapping[str, Any]) -> str:
    """Give the rows for the README."""
    rows = ["| tool | flaws of a platform | noticed |", "| --- | ---: | ---: |"]
    for name, found in result["tools"].items():
        if found is None:
            rows.append(f"| {name} | {result['platform_flaws']} | not measured |")
        else:
            share = f" ({100 * len(found['noticed']) / found['flaws']:.0f} %)" if found["flaws"] else ""
            rows.append(f"| {name} | {found['flaws']} | {len(found['noticed'])}{share} |")
    return "\n".join(rows)


def main() -> None:
    """Measure, write the result down, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ledger", type=Path, default=KEPT, help=f"folder of what was measured so far (default: {KEPT})")
    parser.add_argument("--flaw", action="append", help="only these")
    parser.add_argument("--tool", choices=list(TOOLS), help="measure with this one only, in this process")
    parser.add_argument("--report", action="store_true", help="measure nothing more: put what is known side by side")
    given = parser.parse_args()
    os.environ[ALLOWING] = "1"
    every = [flaw for flaw in FLAWS.values() if flaw.role is Role.PLATFORM]
    flaws = given.flaw or [flaw.id for flaw in sorted(every, key=lambda flaw: not _of_the_api(flaw.id))]
    given.ledger.mkdir(parents=True, exist_ok=True)
    ledgers = {tool: given.ledger / f"{tool.replace(' ', '-')}.ndjson" for tool in TOOLS}
    if given.tool:
        measure(Ledger(tool=given.tool, path=ledgers[given.tool]), flaws)
        return
    if not given.report:
        again = [sys.executable, __file__, "--ledger", str(given.ledger), *(word for flaw in given.flaw or () for word in ("--flaw", flaw))]
        children = [subprocess.Popen([*again, "--tool", tool]) for tool in TOOLS]  # noqa: S603 -- this very file
        if max([child.wait() for child in children]) != 0:
            sys.exit("a tool came to an end of its own; what it measured is kept")
    result = told([line for ledger in ledgers.values() for line in read(ledger)], flaws)
    if not given.flaw:
        (PROOF / RESULT).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(table(result))


if __name__ == "__main__":
    main()
