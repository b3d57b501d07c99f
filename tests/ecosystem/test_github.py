"""GitHub's whole catalog becomes a contract that judges as the document does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from hookproof.comparing import lint_folder
from hookproof.generate.faults import constraining, faulty
from hookproof.generate.payloads import payloads
from hookproof.importing.assembling import Asked, Imported, imported
from hookproof.importing.notes import Kind
from hookproof.importing.report import report, summary
from hookproof.importing.writing import files_of, written
from hookproof.model.contract import Contract
from hookproof.rules.bodies import validators_of
from tests.importing.catalogs import github, recorded
from tests.importing.corpus import mutated

ROOT = Path(__file__).resolve().parents[2]
CONTRADICTORY = frozenset({"repository-advisory-published", "repository-advisory-reported"})
"""Events whose schemas ask one member to be an object and null at once: nothing that GitHub could send is valid."""


@dataclass(frozen=True, kw_only=True)
class Both:
    """The document, and the contract that was made of it."""

    document: dict[str, Any]
    found: Imported
    folder: Path
    contract: Contract
    registry: jsonschema_rs.Registry

    def original(self, name: str) -> Any:
        """Compile the schema of one webhook from the document as it is, formats asserted."""
        schema = self.document["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]["schema"]
        reference = {"$ref": f"urn:github{schema['$ref']}"}
        return jsonschema_rs.Draft202012Validator(reference, registry=self.registry, validate_formats=True, offline=True)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    """Import the catalog once."""
    document = json.loads(github().read_text("utf-8"))
    found = imported(github(), "github", Asked(), revision="2026-11-21")
    folder = tmp_path_factory.mktemp("contracts") / "github"
    contract = written(folder, files_of(found))
    return Both(
        document=document, found=found, folder=folder, contract=contract, registry=jsonschema_rs.Registry([("urn:github", document)])
    )


def test_the_catalog_is_whole(both: Both) -> None:
    """Every webhook of the document is an event of the contract, each with an example that is valid in both."""
    assert len(both.document["webhooks"]) == 261
    assert both.contract.events.keys() == both.document["webhooks"].keys()
    for name, event in both.contract.events.items():
        assert name in CONTRADICTORY or all(map(both.original(name).is_valid, event.examples)), name
    assert [scheme for scheme in both.contract.policy.signing.schemes if both.contract.policy.signing] == ["github"]  # type: ignore[union-attr] # it has one


def test_nothing_is_kept_that_nothing_needs(both: Both) -> None:
    """Lint finds no definition to which nothing refers, and none is missing."""
    assert not [finding for finding in lint_folder(both.folder) if finding.check == "unused-definition"]
    assert all(validators_of(both.contract).event(event) for event in both.contract.events.values())
    assert sum("$defs" in event.schema for event in both.contract.events.values()) > 200


def test_no_constraint_is_lost(both: Both) -> None:
    """Recorded bodies, made ones, spoiled ones and those of other events get the same verdict from document and contract."""
    known = validators_of(both.contract)
    names = sorted(both.contract.events)
    bodies: dict[str, list[Any]] = {name: list(both.contract.events[name].examples) for name in names}
    for name, body in recorded(frozenset(names)):
        bodies[name].append(body)
    seen: Counter[bool] = Counter()
    for number, name in enumerate(names):
        if name in CONTRADICTORY:
            continue
        original, ours = both.original(name), known.event(both.contract.events[name])
        spoiled = [other for body in bodies[name][:3] for other in mutated(body, name, 40)]
        foreign = [body for step in (1, 7, 50) for body in bodies[names[(number + step) % len(names)]][:1]]
        for body in (*bodies[name], *spoiled, *foreign):
            verdict = original.is_valid(body)
            assert ours.is_valid(body) == verdict, (name, body)
            seen[verdict] += 1
    assert seen[True] > 5000
    assert seen[False] > 5000


def test_every_event_can_be_made(both: Both) -> None:
    """Of each webhook the fullest, the barest and a random payload are made, valid in the document itself, and one with a fault is not."""
    for name, event in both.contract.events.items():
        original = both.original(name)
        for made in payloads(event, 3, 0, wide=True):
            assert name in CONTRADICTORY or original.is_valid(made), name
            assert validators_of(both.contract).event(event).is_valid(made), name
    event = both.contract.events["ping"]
    assert constraining(event).keys() == {each.fault.schema for each in faulty(event, 0)}
    assert not any(both.original("ping").is_valid(each.payload) for each in faulty(event, 0))


def test_what_is_not_said_is_listed_with_its_place(both: Both) -> None:
    """The list holds the formats that check nothing and the parts that contradict themselves, each where the document has it."""
    notes = both.found.ledger.of(Kind.UNSAID)
    formats = [note for note in notes if "'int64'" in note.text]
    assert len(formats) == _count(both.document["components"]["schemas"], "int64")
    others = {(note.text.split("'")[1], note.pointer) for note in notes if note not in formats}
    parts = ("author", "private_fork", "publisher")
    assert others == {(name, f"/components/schemas/repository-advisory/properties/{part}") for name in CONTRADICTORY for part in parts}
    told = report(both.found)
    assert all(f"#{note.pointer}`" in told for note in notes)
    assert all(note.text.replace("\n", " ") in summary(both.found) for note in notes)


def test_the_document_is_what_contradicts_itself(both: Both) -> None:
    """Of the events from which a part was lifted nothing is valid in the document, by the proof of another engine."""
    for name in CONTRADICTORY:
        schema = both.document["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": both.document["components"]}
        assert str(jsonschema_rs.canonicalize(whole, draft=20, validate_formats=True).satisfiability()) == "no"


def _count(value: Any, word: str) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = isinstance(value, dict) and value.get("format") == word
    return own + sum(_count(part, word) for part in parts)


def test_the_folder_is_that_of_a_contract(both: Both, tmp_path: Path) -> None:
    """Every file that is written is one that a contract may have, and the catalog's digest agrees."""
    files = files_of(both.found)
    assert {name.split("/")[0] for name in files} == {
        "provider.yaml",
        "policy.yaml",
        "clauses.yaml",
        "README.md",
        "events",
        "events.digest",
    }
    assert written(tmp_path / "again", files).digest == both.contract.digest


def test_the_catalog_is_judged(both: Both, tmp_path: Path) -> None:
    """The reference platform, judged by the imported contract, keeps every promise; only the event that nothing tells is not observed."""
    written(tmp_path / "github", files_of(both.found))
    results = tmp_path / "results.ndjson"
    command = [sys.executable, "-m", "pytest", str(ROOT / "suites" / "platform"), "-p", "no:cacheprovider", "-q", "--profile", "ci"]
    options = ["--contract", str(tmp_path / "github"), "--results", str(results)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([*command, *options], cwd=ROOT, env=env, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    unseen = {line["event"] for line in lines if line["kind"] == "verdict" and line["outcome"] != "kept"}
    assert unseen == {"ping"}
    assert sum(line["kind"] == "verdict" for line in lines) > 2 * 261
