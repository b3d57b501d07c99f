"""Mutation score of the judge: how many small changes to rules and judge its own tests notice. Resumable; run by ``tox run -e mutation``.

Law: before any mutant counts, each module is tried unchanged (must pass) and gutted (must fail), through the same door as the mutants.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.mutation.bench import Bench, Place, exchanged, functions
from benchmarks.mutation.ledger import Ledger, digest
from benchmarks.mutation.mutants import Mutant, mutants
from benchmarks.mutation.reach import measured, statements
from benchmarks.mutation.survivors import written
from benchmarks.mutation.trial import Watch, attempt

HERE = Path(__file__).resolve().parent
GOAL = 0.90
TOPICS = {
    "judge": ("tests/test_judge.py",),
    "bodies": ("tests/rules/test_bodies.py", "tests/rules/test_payload.py", "tests/rules/test_envelope.py"),
    "json_text": ("tests/rules/test_envelope.py",),
    "http_form": ("tests/rules/test_http_fields.py",),
    "timing": ("tests/rules/test_schedule.py", "tests/rules/test_retries.py"),
    "view": ("tests/rules/test_retries.py", "tests/rules/test_routing.py"),
}
"""The tests that are tried first where no file of tests has the module's name."""

LOOKING = {"tests/test_judge.py", "tests/suites/test_suites_are_whole.py", "tests/rules/test_nouns.py"}
"""The files of tests that look at every rule without running it."""

BODIES_ALONE = {"tests/test_judge.py::test_a_body_is_checked_on_its_own_by_the_same_laws"}
"""What among them looks at no rule but those that it runs, and takes long."""

HEADS = frozenset(
    {
        "tests/test_judge.py::test_a_rule_is_named_and_says_what_it_needs",
        "tests/suites/test_suites_are_whole.py::test_every_situation_that_a_rule_judges_is_staged",
    }
)
"""The tests that are tried first on what a rule says of itself."""

_RETURN = re.compile(r"(?<=    )return (?=[^\s#])")
GOLDEN = "tests/rules/test_golden.py"
"""The tests that are tried second."""


def sources(root: Path) -> dict[str, Path]:
    """Give the modules under change by name."""
    engine = root / "src" / "hookproof"
    found = {f"hookproof.rules.{path.stem}": path for path in sorted((engine / "rules").glob("*.py")) if path.stem != "__init__"}
    return {**found, "hookproof.judge": engine / "judge.py"}


def test_files(root: Path) -> list[str]:
    """Give the files of tests that must notice the changes."""
    own = [str(path.relative_to(root)) for path in sorted((root / "tests" / "rules").glob("test_*.py"))]
    return [*own, "tests/test_judge.py", "tests/suites/test_suites_are_whole.py"]


class Court:
    """Tries mutants, first by the tests that killed them last time, then by those of their topic, then by all that reach their line."""

    def __init__(self, root: Path) -> None:
        """Measure which tests reach which lines."""
        self.root = root
        self.modules = sources(root)
        self.files = test_files(root)
        self.texts = {name: path.read_text() for name, path in self.modules.items()}
        self.reach = measured(self.files, list(self.modules.values()))
        self.heads = {name: statements(text) for name, text in self.texts.items()}
        self.tests = {test for lines in self.reach.values() for tests in lines.values() for test in tests if test}
        self.bench = Bench(self.files)
        self.ledger = Ledger(root, self.modules, self.files)
        self.witnesses = {name: self._witnesses(name) for name in self.modules}
        self.bases = {name: self.ledger.basis(name) for name in self.modules}

    def reaching(self, mutant: Mutant) -> frozenset[str] | None:
        """Give the tests that run a mutant's statement, None for all: it is run at import."""
        lines = self.reach.get(str(self.modules[mutant.module]), {})
        found: set[str] = set()
        for line in self.heads[mutant.module].get(mutant.line, range(mutant.line, mutant.line + 1)):
            found.update(lines.get(line, ()))
        return None if "" in found else frozenset(found)

    def topic(self, module: str) -> list[str]:
        """Give the files of tests that are tried first."""
        name = module.rpartition(".")[2]
        own = [f"tests/rules/test_{name}.py"]
        return [file for file in (*TOPICS.get(name, ()), *own) if file in self.files]

    def wanted(self, mutant: Mutant) -> frozenset[str]:
        """Give the tests that can notice a mutant, or whole files of them: where it is run at import, all that reach or name its module."""
        found = self.reaching(mutant)
        return self.witnesses[mutant.module] if found is None else found

    def _witnesses(self, module: str) -> frozenset[str]:
        if self.ledger.touched[module] is None:
            return frozenset(self.files)
        reached = self.reach.get(str(self.modules[module]), {}).values()
        texts = {file: (self.root / file).read_text() for file in self.files}
        naming = {file for file, text in texts.items() if module in text or "from hookproof.rules import" in text}
        looking = {test for test in self.bench.tests if test.partition("::")[0] in LOOKING and test not in BODIES_ALONE}
        return frozenset({test for tests in reached for test in tests if test} | naming - LOOKING | looking)

    def rests_on(self, mutant: Mutant) -> dict[str, str]:
        """Give the files of tests that a mutant must pass to survive, with their digests; wording is tried by its topic alone."""
        files = {test.partition("::")[0] for test in self.wanted(mutant)}
        if mutant.kind == "message":
            files &= {*(self.topic(mutant.module) or [GOLDEN])}
        return {file: self.ledger.files[file] for file in sorted(files)}

    def holds(self, mutant: Mutant, earlier: Mapping[str, Any]) -> bool:
        """Whether what an earlier run found still stands."""
        now, then = self.rests_on(mutant), earlier.get("tests", {})
        if earlier.get("basis") != self.bases[mutant.module] or earlier["outcome"] == "error":
            return False
        whole = earlier["outcome"] == "killed" or now.keys() <= then.keys()
        return whole and all(self.ledger.files.get(file) == told for file, told in then.items())

    def judged(self, mutant: Mutant, earlier: Mapping[str, Any]) -> dict[str, Any]:
        """Try one mutant, on what it has not yet survived; give its line of the session."""
        rests, killer = self.rests_on(mutant), str(earlier.get("killer", ""))
        fresh = set(rests)
        if earlier.get("outcome") == "survived" and earlier.get("basis") == self.bases[mutant.module]:
            fresh = {file for file, told in rests.items() if earlier["tests"].get(file) != told}
        found = self._tried(mutant, fresh, killer)
        decided = str(found["killer"]).partition("::")[0]
        tests = {decided: self.ledger.files[decided]} if decided in self.ledger.files else rests
        return {"key": mutant.key, "basis": self.bases[mutant.module], "tests": tests, **found}

    def _tried(self, mutant: Mutant, fresh: set[str], killer: str) -> dict[str, object]:
        """Try by an exchange of one function where that is all that changed, else by an import of the changed module."""
        before, path = self.texts[mutant.module], self.modules[mutant.module]
        changed = mutant.mutate(before)
        try:
            compile(changed, mutant.module, "exec")
        except SyntaxError:
            return {"outcome": "impossible", "killer": ""}
        wanted, place = self.reaching(mutant), exchanged(before, changed, path)
        if wanted is None or place is None:
            return self.tried(mutant.module, changed, self.stages(mutant, fresh, killer), self.ledger.touched[mutant.module])
        tests = self.ordered(mutant.module, {test for test in wanted if test.partition("::")[0] in fresh}, killer)
        return self.bench.attempt(mutant.module, changed, path, [place], tests, self.ledger.touched[mutant.module])

    def stages(self, mutant: Mutant, fresh: set[str], killer: str) -> list[tuple[list[str], frozenset[str] | None]]:
        """Give the files and tests to try in turn."""
        wanted = self.wanted(mutant)
        first = [file for file in self.topic(mutant.module) if file in fresh]
        rest = sorted(fresh - {*first}, key=lambda file: (file not in LOOKING, file != GOLDEN, file))
        found: list[tuple[list[str], frozenset[str] | None]] = [(first, wanted), (rest, wanted)]
        if mutant.text.startswith("@rule"):
            found.insert(0, (sorted({test.partition("::")[0] for test in HEADS} & fresh), HEADS))
        if killer.partition("::")[0] in fresh:
            found.insert(0, ([killer.partition("::")[0]], frozenset({killer})))
        return [stage for stage in found if stage[0]]

    def ordered(self, module: str, wanted: AbstractSet[str], killer: str) -> list[str]:
        """Give tests in the order in which they are tried."""
        first = self.topic(module)

        def rank(test: str) -> tuple[int, str]:
            file = test.partition("::")[0]
            return (0 if test == killer else 1 if file in first else 2 if file == GOLDEN else 3), test

        return sorted(wanted, key=rank)

    def tried(
        self, module: str, changed: str, stages: list[tuple[list[str], frozenset[str] | None]], rules: list[str] | None = None
    ) -> dict[str, object]:
        """Try one text of a module by imports of it."""
        ran = 0
        for files, wanted in stages:
            watch = Watch(wanted, None if rules is None else frozenset(rules))
            found = attempt(module, changed, self.modules[module], files, watch)
            ran += int(str(found.get("ran", 0)))
            if found["outcome"] != "survived":
                return {**found, "ran": ran}
        return {"outcome": "survived", "killer": "", "ran": ran}

    def sworn_in(self, module: str) -> bool:
        """Try the module unchanged and gutted through both doors; raise if the first is noticed or the second is not, else give True."""
        text, path = self.texts[module], self.modules[module]
        files = self.topic(module) or [GOLDEN]
        gutted = _RETURN.sub("return None and ", text)
        few = self.ordered(module, frozenset(test for test in self.tests if test.partition("::")[0] in files), "")
        every = self.ordered(module, frozenset(self.tests), "")
        places = self.exchangeable(module)
        trials = [(self.tried(module, text, [(files, None)]), self.tried(module, gutted, [(files, None), (self.files, None)]))]
        if places:
            exchanges = (self.bench.attempt(module, told, path, places, tests) for told, tests in ((text, few), (gutted, every)))
            trials.append((next(exchanges), next(exchanges)))
        for honest, gross in trials:
            if honest["outcome"] != "survived" or not honest["ran"] or gross["outcome"] != "killed":
                message = f"{module}: unchanged {honest}, gutted {gross}; no figure would mean anything"
                raise RuntimeError(message)
        return True

    def exchangeable(self, module: str) -> list[Place]:
        """Give the functions of a module that tests run and no import does."""
        found, path = [], self.modules[module]
        reached = self.reach.get(str(path), {})
        for place, code in functions(compile(self.texts[module], str(path), "exec")).items():
            tests = {test for *_, line in code.co_lines() if line != code.co_firstlineno for test in reached.get(line or 0, ())}
            if tests and "" not in tests:
                found.append(place)
        return found


def warm(root: Path) -> None:
    """Import what no mutant changes, so that each fork begins with it; make Hypothesis repeatable and let it not shrink."""
    sys.path[:0] = [str(root), str(root / "src")]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("hypothesis.strategies", "jsonschema_rs", "standardwebhooks", "hookproof.model.verdict", "hookproof.model.capabilities"):
        importlib.import_module(name)
    for name in ("hookproof.model.contract", "hookproof.model.transcript", "hookproof.model.codec", "hookproof.signing.schemes"):
        importlib.import_module(name)
    hypothesis = importlib.import_module("hypothesis")
    steps = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    silent = list(hypothesis.HealthCheck)
    hypothesis.settings.register_profile(
        "mutation", database=None, derandomize=True, deadline=None, phases=steps, suppress_health_check=silent
    )
    hypothesis.settings.load_profile("mutation")
    stories, count = importlib.import_module("tests.rules.stories"), 160
    for seed in range(count):
        stories.story(seed)
    if changing := [name for name in sys.modules if name.startswith(("hookproof.rules", "hookproof.judge"))]:
        message = f"{changing[0]} was imported before it could be changed"
        raise RuntimeError(message)


def drawn(mutant: Mutant) -> float:
    """Give a mutant's fixed place between 0 and 1, by which samples are drawn."""
    return int.from_bytes(hashlib.sha256(mutant.key.encode()).digest()[:6]) / 2**48


def known(session: Path) -> dict[str, dict[str, Any]]:
    """Read what earlier runs found, the latest for each mutant."""
    if not session.exists():
        return {}
    lines = (json.loads(line) for line in session.read_text().splitlines())
    return {line["key"]: line for line in lines}


def tallied(found: Mapping[str, list[tuple[Mutant, dict[str, Any]]]], excused: Mapping[str, str]) -> dict[str, Any]:
    """Count outcomes by module; ``score`` is of all mutants, ``adjusted`` leaves out those listed as equivalent."""

    def count(pairs: list[tuple[Mutant, dict[str, Any]]]) -> dict[str, Any]:
        outcomes = Counter(result["outcome"] for _, result in pairs)
        equal = sum(result["outcome"] == "survived" and excused.get(mutant.key) == "equivalent" for mutant, result in pairs)
        whole, noticed = len(pairs), outcomes["killed"] + outcomes["timeout"]
        return {
            "mutants": whole,
            "killed": outcomes["killed"],
            "timed_out": outcomes["timeout"],
            "survived": outcomes["survived"],
            "equivalent": equal,
            "score": round(noticed / whole, 4) if whole else None,
            "adjusted": round(noticed / (whole - equal), 4) if whole > equal else None,
        }

    report: dict[str, Any] = {}
    for title, kinds in (("judge", ("logic", "string")), ("logic", ("logic",)), ("strings", ("string",)), ("messages", ("message",))):
        pairs = [(m, r) for every in found.values() for m, r in every if m.kind in kinds and r["outcome"] != "impossible"]
        report[title] = count(pairs)
    report["modules"] = {
        name: count([(m, r) for m, r in pairs if m.kind != "message" and r["outcome"] != "impossible"]) for name, pairs in found.items()
    }
    return report


def verdicts() -> dict[str, str]:
    """Read the triage: which survivors are ``equivalent`` and which ``accepted``, by key."""
    path = HERE / "triage.json"
    entries = json.loads(path.read_text()) if path.exists() else {}
    return {key: entry["verdict"] for key, entry in entries.items()}


def main() -> int:
    """Try every mutant that is not known yet; write result.json and survivors.md; fail below the goal or on an untriaged survivor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=HERE.parents[1], help="the tree whose judge is tried")
    parser.add_argument(
        "--session", type=Path, default=Path(".mutation.ndjson"), help="where results gather; a later run goes on from there"
    )
    parser.add_argument("--module", action="append", help="only these modules (last part of the name)")
    parser.add_argument("--sample", type=float, default=1.0, help="try only this share of the mutants, the same ones every time")
    parser.add_argument("--minutes", type=float, default=600, help="stop after so many minutes")
    parser.add_argument("--no-write", action="store_true", help="leave result.json and survivors.md alone")
    chosen = parser.parse_args()
    root, session = chosen.root.resolve(), chosen.session.resolve()
    os.chdir(root)
    warm(root)
    court = Court(root)
    state = digest([*court.modules.values(), *sorted((root / "tests" / "rules").glob("*.py")), root / "tests" / "test_judge.py"])
    before, found, ends = known(session), defaultdict(list), time.monotonic() + 60 * chosen.minutes
    whole = True
    with session.open("a") as log:
        for module, path in court.modules.items():
            if chosen.module and module.rpartition(".")[2] not in chosen.module:
                continue
            every = [mutant for mutant in mutants(path, module) if drawn(mutant) < chosen.sample]
            sworn = False
            for mutant in every:
                result = before.get(mutant.key)
                if result is None or not court.holds(mutant, result):
                    if time.monotonic() > ends:
                        whole = False
                        break
                    sworn = sworn or court.sworn_in(module)
                    result = court.judged(mutant, result or {})
                    log.write(json.dumps(result) + "\n")
                    log.flush()
                found[module].append((mutant, result))
            tally = Counter(r["outcome"] for m, r in found[module] if m.kind != "message")
            print(f"{module:32} {len(found[module]):5} {dict(tally)}", flush=True)
    return _finish(court, found, state, sample=chosen.sample, whole=whole, write=not chosen.no_write and whole and not chosen.module)


def _finish(
    court: Court, found: Mapping[str, list[tuple[Mutant, dict[str, Any]]]], state: str, *, sample: float, whole: bool, write: bool
) -> int:
    triage = verdicts()
    report = {
        "tool": "cosmic-ray operators and our own, run by benchmarks/mutation",
        "tool_version": version("cosmic-ray"),
        "date": datetime.now(UTC).date().isoformat(),
        "sources": digest(court.modules.values()),
        "sources_and_tests": state,
        "complete": whole,
        "sample": sample,
        **tallied(found, triage),
    }
    print(json.dumps({name: report[name] for name in ("judge", "logic", "strings", "messages")}, indent=1))
    survivors = [m for pairs in found.values() for m, r in pairs if r["outcome"] == "survived" and m.kind != "message"]
    errors = [m.key for pairs in found.values() for m, r in pairs if r["outcome"] == "error"]
    untriaged = [m.key for m in survivors if m.key not in triage]
    if write:
        (HERE / "result.json").write_text(json.dumps(report, indent=1) + "\n")
        (HERE / "survivors.md").write_text(written(survivors, court.texts, HERE / "triage.json"))
    print(f"{len(survivors)} survivors, {len(untriaged)} without a verdict, {len(errors)} errors of the harness")
    good = whole and not errors and not untriaged and (report["judge"]["adjusted"] or 0) >= GOAL
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
