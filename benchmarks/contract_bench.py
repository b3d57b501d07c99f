"""Importing GitHub's catalog and validating by it, as ratios to jsonschema-rs alone on the document as it is.

All run in this process, interleaved, medians of five. Prints one JSON line; goals: payloads are validated at least 0.8 times as fast
as by the document's own schemas, whole bodies (strict JSON, shape, payload) at least 0.1 times as fast as `json.loads` and those
schemas, and the import takes at most 20 times as long as compiling them. The catalog comes from npm, pinned by the tests' lock file.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs

from hookproof.importing.assembling import Asked, imported
from hookproof.importing.writing import files_of, written
from hookproof.judge import check_body
from hookproof.model.contract import Contract
from hookproof.rules.bodies import validators_of
from tests.importing.catalogs import github, recorded

ROUNDS = 5
PAYLOADS, BODIES, IMPORT = 0.8, 0.1, 20.0
_REPEATS = 20


def seconds(call: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def originals(raw: bytes) -> dict[str, jsonschema_rs.Draft202012Validator]:
    """Compile every webhook's schema of the document, from its bytes."""
    document = json.loads(raw)
    registry = jsonschema_rs.Registry([("urn:github", document)])
    found = {}
    for name, item in document["webhooks"].items():
        reference = item["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        schema = {"$ref": f"urn:github{reference}"}
        found[name] = jsonschema_rs.Draft202012Validator(schema, registry=registry, validate_formats=True, offline=True)
    return found


def bring_in(folder: Path) -> Contract:
    """Import the catalog: read, translate, write, load."""
    return written(folder / f"github-{time.perf_counter_ns()}", files_of(imported(github(), "github", Asked(), revision="2026-11-21")))


def main() -> None:
    """Measure, print, and end with status 1 if a goal is missed."""
    raw = github().read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        contract = bring_in(Path(folder))
        document = originals(raw)
        names = frozenset(document)
        pairs: list[tuple[str, Any]] = [
            *recorded(names),
            *((name, body) for name in sorted(names) for body in contract.events[name].examples),
        ]
        texts = [(name, json.dumps(body).encode()) for name, body in pairs]
        known = {name: validators_of(contract).event(contract.events[name]) for name in names}

        def validate(compiled: dict[str, jsonschema_rs.Draft202012Validator]) -> int:
            return sum(compiled[name].is_valid(body) for _ in range(_REPEATS) for name, body in pairs)

        timed: dict[str, list[float]] = {name: [] for name in ("compile", "import", "theirs", "ours", "loads", "bodies")}
        for _ in range(ROUNDS):
            timed["compile"].append(seconds(lambda: originals(raw)))
            timed["import"].append(seconds(lambda: bring_in(Path(folder))))
            timed["theirs"].append(seconds(lambda: validate(document)))
            timed["ours"].append(seconds(lambda: validate(known)))
            timed["loads"].append(seconds(lambda: [document[name].is_valid(json.loads(text)) for name, text in texts]))
            timed["bodies"].append(seconds(lambda: [check_body(contract, text) for _, text in texts]))
    median = {name: statistics.median(values) for name, values in timed.items()}
    payloads, bodies = median["theirs"] / median["ours"], median["loads"] / median["bodies"]
    taken = median["import"] / median["compile"]
    print(
        json.dumps(
            {
                "payload_ratio": round(payloads, 3),
                "payload_goal": PAYLOADS,
                "body_ratio": round(bodies, 3),
                "body_goal": BODIES,
                "import_ratio": round(taken, 2),
                "import_goal": IMPORT,
                "import_s": round(median["import"], 2),
                "compile_s": round(median["compile"], 2),
                "events": len(contract.events),
                "bodies": len(pairs),
                "payloads_per_s": round(_REPEATS * len(pairs) / median["ours"]),
                "bodies_per_s": round(len(pairs) / median["bodies"]),
            }
        )
    )
    sys.exit(payloads < PAYLOADS or bodies < BODIES or taken > IMPORT)


if __name__ == "__main__":
    main()
