"""How often does the suite fail a platform that is right? The platform suite on the embedded reference, again and again.

Law: every run is the real ``pytest suites``, in a process of its own, in a random order and with generated values of its own, both
from a printed seed; a false failure is any verdict, of whatever level, that is neither kept nor not applicable, and any error.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.timing.hogs import hogs

ROOT = Path(__file__).resolve().parents[1]
HOGS = 8
PATIENCE = 900.0
"""Seconds after which a run counts as hung."""

_LINE = re.compile(r"^(quiet|loaded) +(\d+) seed +(\d+) +([\d.]+) s load +([\d.]+) +(\d+) verdicts (all kept|FALSE FAILURE: .*)$")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of the suite: ``load`` is the machine's load average as it began, ``failure`` what was wrong, None if nothing."""

    kind: str
    number: int
    seed: int
    seconds: float
    load: float
    verdicts: int
    failure: str | None

    def __str__(self) -> str:
        """Give the run's line in the log."""
        outcome = "all kept" if self.failure is None else f"FALSE FAILURE: {self.failure}"
        when = f"seed {self.seed:10d} {self.seconds:6.1f} s load {self.load:5.2f}"
        return f"{self.kind:6} {self.number:4d} {when} {self.verdicts} verdicts {outcome}"


def upper_bound(failures: int, runs: int, confidence: float = 0.95) -> float:
    """Give the rate that false failures do not exceed: the rule of three without any, else the exact one-sided bound."""
    if runs == 0:
        return 1.0
    if failures == 0:
        return min(1.0, 3 / runs)
    low, high = failures / runs, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        seen = sum(math.comb(runs, k) * rate**k * (1 - rate) ** (runs - k) for k in range(failures + 1))
        low, high = (rate, high) if seen > 1 - confidence else (low, rate)
    return high


# --- one run ------------------------------------------------------------------------------------------------------------------------


CLAUSES = ("suites/platform", "--ignore", "suites/platform/test_schemathesis.py")
"""The items that judge a clause of a platform, without generated requests and interactions of pacts."""


def _command(folder: Path, seed: int, profile: str, items: Sequence[str]) -> list[str]:
    plugins = ["-p", "no:cacheprovider", "-p", "tests.timing.shuffle"]
    kept = ["--results", str(folder / "results.ndjson"), "--transcript", str(folder)]
    options = ["--profile", profile, "--seed", str(seed), "--require-complete", *kept]
    return [sys.executable, "-m", "pytest", *items, "-q", "--no-header", *plugins, *options]


def _environment(tree: Path, seed: int) -> dict[str, str]:
    places = os.pathsep.join(map(str, dict.fromkeys((tree / "src", tree, ROOT))))
    return {**os.environ, "PYTHONPATH": places, "HOOKPROOF_ORDER": str(seed), "PYTHONDONTWRITEBYTECODE": "1"}


def _finding(folder: Path, status: int) -> tuple[int, str | None]:
    """Count the verdicts of a run and say what was wrong with them."""
    file = folder / "results.ndjson"
    lines = [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []
    verdicts = [line for line in lines if line["kind"] == "verdict"]
    wrong = [v for v in verdicts if v["outcome"] not in ("kept", "not_applicable")]
    if wrong:
        first = wrong[0]
        name = first["clause"] + (f":{first['event']}" if first["event"] else "")
        return len(verdicts), f"{len(wrong)} verdicts, first {name} is {first['outcome']}: {' '.join(first['reason'].split())}"
    if status or not verdicts:
        words = (folder / "output.txt").read_text(errors="replace").split()
        return len(verdicts), f"status {status}, {len(verdicts)} verdicts: …{' '.join(words[-30:])}"
    return len(verdicts), None


def run_once(order: Run, options: argparse.Namespace) -> Run:
    """Run the suite once as ordered; a failure's recording, results and output stay in the folder for failures."""
    tree, items = options.tree, CLAUSES if options.clauses else ("suites",)
    load, started = os.getloadavg()[0], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hookproof-stability-") as name:
        folder = Path(name)
        command, environment = _command(folder, order.seed, options.profile, items), _environment(tree, order.seed)
        with (
            (folder / "output.txt").open("wb") as output,
            subprocess.Popen(command, cwd=tree, env=environment, stdout=output, stderr=subprocess.STDOUT) as child,  # noqa: S603 -- our own
        ):
            _RUNNING.add(child)
            try:
                status = child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                status = -1
            finally:
                _RUNNING.discard(child)
                child.kill()
        verdicts, failure = _finding(folder, status)
        if failure is not None:
            shutil.copytree(folder, options.failures / f"{order.kind}-{order.number}-{order.seed}", dirs_exist_ok=True)
    seconds = time.monotonic() - started
    return Run(kind=order.kind, number=order.number, seed=order.seed, seconds=seconds, load=load, verdicts=verdicts, failure=failure)


# --- all runs -----------------------------------------------------------------------------------------------------------------------


def ordered(kind: str, count: int, seed: int, known: Sequence[Run]) -> list[Run]:
    """Give the runs of a kind that are still to be made, each with a seed of its own."""
    made = {run.number for run in known if run.kind == kind}
    numbers = [number for number in range(1, count + 1) if number not in made]
    seeds = {number: random.Random(f"{seed}/{kind}/{number}").getrandbits(31) for number in numbers}  # noqa: S311 -- no secret
    return [Run(kind=kind, number=n, seed=seeds[n], seconds=0.0, load=0.0, verdicts=0, failure=None) for n in numbers]


def completed(orders: Iterable[Run], options: argparse.Namespace) -> Iterator[Run]:
    """Make the runs: the quiet ones one by one, the loaded ones side by side between the hogs."""
    orders = list(orders)

    def make(order: Run) -> Run:
        return run_once(order, options)

    with _children():
        yield from (make(order) for order in orders if order.kind == "quiet")
    loaded = [order for order in orders if order.kind == "loaded"]
    if loaded:
        with hogs(options.hogs), ThreadPoolExecutor(options.side_by_side) as pool, _children(pool):
            yield from pool.map(make, loaded)


_RUNNING: set[subprocess.Popen[bytes]] = set()


@contextmanager
def _children(pool: ThreadPoolExecutor | None = None) -> Iterator[None]:
    """Leave no run behind when the measurement is stopped."""
    try:
        yield
    except BaseException:
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
        for child in tuple(_RUNNING):
            child.kill()
        raise


def read_log(path: Path | None) -> list[Run]:
    """Read the runs that an earlier measurement left in its log."""
    lines = path.read_text().splitlines() if path is not None and path.exists() else []
    found = [match.groups() for line in lines if (match := _LINE.match(line))]
    return [
        Run(
            kind=kind,
            number=int(number),
            seed=int(seed),
            seconds=float(seconds),
            load=float(load),
            verdicts=int(verdicts),
            failure=None if outcome == "all kept" else outcome.removeprefix("FALSE FAILURE: "),
        )
        for kind, number, seed, seconds, load, verdicts, outcome in found
    ]


# --- what it comes to ---------------------------------------------------------------------------------------------------------------


def figures_of(runs: Sequence[Run]) -> dict[str, Any]:
    """Sum up some runs."""
    failures = [run for run in runs if run.failure is not None]
    return {
        "runs": len(runs),
        "false_failures": len(failures),
        "upper_bound_95": round(upper_bound(len(failures), len(runs)), 5),
        "verdicts": sum(run.verdicts for run in runs),
        "seconds_median": round(median(run.seconds for run in runs), 1) if runs else None,
        "seconds_longest": round(max(run.seconds for run in runs), 1) if runs else None,
        "load_average_median": round(median(run.load for run in runs), 2) if runs else None,
    }


def commit_of(tree: Path) -> str:
    """Name the commit that is measured, and whether the tree differs from it."""
    git = ["git", "-C", str(tree)]
    found = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S603 -- our own words
    edited = subprocess.run([*git, "status", "--porcelain", "src", "suites", "contracts"], capture_output=True, text=True, check=False)  # noqa: S603 -- as above
    return (found.stdout.strip() or "unknown") + (" with local edits" if edited.stdout.strip() else "")


def figures(runs: Sequence[Run], options: argparse.Namespace) -> dict[str, Any]:
    """Sum up everything, with what is needed to understand it."""
    kinds = {kind: [run for run in runs if run.kind == kind] for kind in ("quiet", "loaded")}
    suites = "suites/platform, every clause," if options.clauses else "suites"
    return {
        "what": f"pytest {suites} on the embedded reference, random order and values; a false failure is any verdict but kept, or an error",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit_of(options.tree),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "profile": options.profile,
        "load_kind": f"{options.hogs} spinning processes beside {options.side_by_side} runs at once",
        **{kind: figures_of(found) for kind, found in kinds.items()},
        "together": figures_of(runs),
        "failures": [asdict(run) for run in runs if run.failure is not None],
    }


def told(name: str, found: dict[str, Any]) -> str:
    """Say it in a sentence."""
    how = "rule of three" if not found["false_failures"] else "exact binomial bound"
    rate = 100 * found["upper_bound_95"]
    return f"{name}: {found['false_failures']} false failures in {found['runs']} runs, so at most {rate:.2g} % with 95 % confidence ({how})"


def options_of(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quiet", type=int, default=10, help="runs without load (default: 10)")
    parser.add_argument("--loaded", type=int, default=5, help="runs beside the hogs (default: 5)")
    parser.add_argument("--hogs", type=int, default=HOGS, help="spinning processes (default: 8)")
    parser.add_argument("--side-by-side", type=int, default=5, help="loaded runs at once (default: 5)")
    parser.add_argument("--profile", default="quick", help="profile of the suite (default: quick)")
    parser.add_argument("--clauses", action="store_true", help="only the items that judge a platform's clauses (default: all suites)")
    parser.add_argument("--seed", type=int, default=secrets.randbits(31), help="from which the seeds of all runs follow")
    parser.add_argument("--tree", type=Path, default=ROOT, help="checkout to measure (default: this one)")
    parser.add_argument("--log", type=Path, help="append a line for every run here")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--resume", action="store_true", help="count the runs that the log already has")
    parser.add_argument("--failures", type=Path, default=ROOT / "reports" / "stability", help="folder for recordings of failed runs")
    found = parser.parse_args(words)
    found.tree = found.tree.resolve()
    return found


def _say(text: str, log: TextIO | None) -> None:
    print(text, flush=True)
    if log is not None:
        log.write(text + "\n")
        log.flush()


def main() -> None:
    """Run, print, and end with status 1 if anything failed falsely."""
    options = options_of()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    runs = read_log(options.log) if options.resume else []
    log = options.log.open("a") if options.log is not None else None
    orders = [order for kind in ("quiet", "loaded") for order in ordered(kind, getattr(options, kind), options.seed, runs)]
    what = f"commit {commit_of(options.tree)[:12]}, profile {options.profile}, seed {options.seed}"
    _say(f"# {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {what}", log)
    for run in completed(orders, options):
        runs.append(run)
        _say(str(run), log)
    whole = figures(runs, options)
    for name in ("quiet", "loaded", "together"):
        _say(f"# {told(name, whole[name])}", log)
    if options.json is not None:
        options.json.write_text(json.dumps(whole, indent=2) + "\n")
    if len({run.verdicts for run in runs}) != 1:
        _say("# the runs differ in how many verdicts they gave", log)
        sys.exit(1)
    sys.exit(bool(whole["failures"]))


if __name__ == "__main__":
    main()
