"""What is exported and imported again judges bodies like the contract that it came from.

Law: of every body it says the same: whether it is taken, for which event, and which clauses of the envelope it breaks.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hookproof.exporting import FORMATS
from hookproof.importing.assembling import Asked, imported
from hookproof.importing.notes import Kind
from hookproof.importing.writing import files_of, written
from hookproof.model.contract import Contract
from hookproof.rules.bodies import violations
from tests.exporting.corpus import NAMES, bodies, contract, corpus, kept
from tests.suites.flat import FORMS, read


def returned(name: str, form: str, folder: Path) -> Contract:
    """Export a contract of ours, and import what was written."""
    return travelled(contract(name), form, folder)


def travelled(promised: Contract, form: str, folder: Path) -> Contract:
    """Export a contract, and import what was written."""
    document = folder / "document.json"
    document.write_text(FORMATS[form](promised).text, encoding="utf-8")
    found = imported(document, promised.name, Asked(), revision="2026-11-21")
    return written(folder / "imported" / promised.name, files_of(found))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["openapi", "asyncapi", "json-schema"])
def test_the_journey_changes_no_judgement(name: str, form: str, tmp_path: Path) -> None:
    """On every body of the corpus the imported contract says what the exported one said, and breaks the same rules."""
    before = contract(name)
    after = returned(name, form, tmp_path)
    assert set(after.events) == set(before.events)
    assert (after.open_catalog, dict(after.bare), after.envelope.id_header) == (
        before.open_catalog,
        dict(before.bare),
        before.envelope.id_header,
    )
    seen: Counter[bool] = Counter()
    for _, judged in corpus(name):
        for body, known in judged:
            seen[known is not None] += 1
            assert kept(after, body) == known, body
            assert broken(after, body) == broken(before, body), body
    assert min(seen[True], seen[False]) >= 10 * len(before.events)


def broken(promised: Contract, body: Any) -> set[str]:
    """Give the rules that a body breaks."""
    return {violation.rule for violation in violations(json.dumps(body).encode(), promised)[1]}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["openapi", "asyncapi", "json-schema"])
def test_the_journey_keeps_what_is_known_of_events(name: str, form: str, tmp_path: Path) -> None:
    """Group, provenance, examples and sums of every event come back, and the second journey changes nothing more."""
    before, after = contract(name), returned(name, form, tmp_path)
    for event in before.events.values():
        back = after.events[event.name]
        assert (back.group, back.provenance, dict(back.relations)) == (event.group, event.provenance, dict(event.relations))
        assert set(map(json.dumps, event.examples)) <= set(map(json.dumps, back.examples))


SPOILS = [(form, spoil) for form in ("openapi", "asyncapi", "json-schema") for spoil in ("envelope", "member", "payload")]


@pytest.mark.parametrize(("form", "spoil"), [*SPOILS, ("openapi", "body"), ("asyncapi", "body")])
def test_what_is_not_told_whole_is_read_like_any_document(form: str, spoil: str, tmp_path: Path) -> None:
    """Without an envelope, with members of another form, with a payload missing or bodies described elsewhere, nothing is believed."""
    document = json.loads(FORMATS[form](contract("standard_webhooks")).text)
    told = document["x-hookproof"]
    definitions = document["$defs"] if form == "json-schema" else document["components"]["schemas"]
    if spoil == "envelope":
        del told["envelope"]
    elif spoil == "member":
        told["envelope"]["type_member"] = ["type"]
    else:
        first = next(key for key in definitions if key.startswith({"payload": "payload.", "body": "delivery."}[spoil]))
        definitions["moved"] = definitions.pop(first)
        document = json.loads(json.dumps(document).replace(f'/{first}"', '/moved"'))
    source = tmp_path / "document.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    found = imported(source, "made", Asked(), revision="2026-11-21")
    assert "catalog" not in found.provider["naming"]
    assert not any("x-hookproof" in note.text for note in found.ledger.of(Kind.CHOSEN))


@pytest.mark.parametrize("where", FORMS)
@pytest.mark.parametrize("form", ["openapi", "asyncapi", "json-schema"])
def test_bodies_that_are_their_payloads_travel_too(where: str, form: str, tmp_path: Path) -> None:
    """Without a member that holds the payload the journey changes no judgement either."""
    before = read(tmp_path, where)
    after = travelled(before, form, tmp_path)
    assert (after.envelope.type_member, after.envelope.data_member) == ("event", None)
    seen: Counter[bool] = Counter()
    for event in before.events.values():
        for body in bodies(before, event):
            known = kept(before, body)
            seen[known is not None] += 1
            assert kept(after, body) == known, body
            assert broken(after, body) == broken(before, body), body
    assert min(seen[True], seen[False]) >= 10
