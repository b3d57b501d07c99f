"""Every kind of document becomes a contract that judges bodies as the document does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from hookproof.importing.assembling import Asked, imported
from hookproof.importing.notes import Kind, Ledger
from hookproof.importing.wrapping import Members
from hookproof.importing.writing import files_of, written
from hookproof.judge import check_body
from hookproof.model.contract import Contract, Provenance
from hookproof.model.errors import IllFormedError
from hookproof.rules.bodies import validators_of
from tests.importing.documents import ADYEN, ASYNCAPI, CALLBACKS, MARKED, OPENAPI, body, wrapped


def contract_of(tmp_path: Path, document: Any, asked: Asked | None = None, *, suffix: str = "json") -> tuple[Contract, Ledger]:
    """Import a document; give the contract and the ledger."""
    source = tmp_path / f"document.{suffix}"
    source.write_text(json.dumps(document) if suffix == "json" else yaml.safe_dump(json.loads(json.dumps(document))))
    return contract_from(tmp_path, source, asked)


def contract_from(tmp_path: Path, source: Path, asked: Asked | None = None) -> tuple[Contract, Ledger]:
    """Import a source; give the contract and the ledger."""
    found = imported(source, "made", asked or Asked(), revision="2026-11-21")
    return written(tmp_path / "contracts" / "made", files_of(found)), found.ledger


def faults(contract: Contract, value: Any) -> list[str]:
    """Give the rules that a body breaks."""
    return sorted({fault.clause.partition("/")[2] for fault in check_body(contract, json.dumps(value).encode())[1]})


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_openapi_webhooks(tmp_path: Path, suffix: str) -> None:
    """Webhooks with a common envelope become its events under the names on the wire; a body that is no JSON is listed."""
    contract, ledger = contract_of(tmp_path, OPENAPI, suffix=suffix)
    assert set(contract.events) == {"order.placed", "order.paid"}
    assert contract.envelope.type_member == "type"
    assert contract.envelope.data_member == "data"
    assert contract.events["order.placed"].examples == ({"order": "o-7"},)
    assert faults(contract, {"type": "order.placed", "data": {"order": "o-1", "more": 1}}) == []
    assert faults(contract, {"type": "order.placed", "data": {"order": "o"}}) == ["payload/schema"]
    assert faults(contract, {"type": "order.paid", "data": {"order": "o-1", "more": 1}}) == ["payload/schema"]
    assert faults(contract, {"type": "order.lost", "data": {}}) == ["envelope/known-type"]
    assert faults(contract, {"type": "order.paid"}) != []
    assert [(note.pointer, "formOnly" in note.text) for note in ledger.of(Kind.UNSAID)] == [("/webhooks/formOnly/post", True)]


def test_bodies_beside_the_payload(tmp_path: Path) -> None:
    """What each event asks beside its payload is asked of that event alone, and references can make such bodies."""
    contract, _ = contract_of(tmp_path, ADYEN)
    base = {"environment": "live", "data": {"balancePlatform": "x"}}
    created, updated = (f"balancePlatform.accountHolder.{what}" for what in ("created", "updated"))
    assert contract.envelope.created_member == "timestamp"
    assert contract.envelope.constants["environment"] in ("test", "live")
    assert faults(contract, {**base, "type": created, "reason": "long enough"}) == []
    assert faults(contract, {**base, "type": updated, "reason": "abc"}) == []
    assert faults(contract, {**base, "type": updated, "reason": "long enough"}) == ["envelope/shape"]
    assert faults(contract, {**base, "type": created, "environment": "none"}) == ["envelope/shape"]
    assert faults(contract, {**base, "type": created, "data": {}}) == ["payload/schema"]


def test_openapi_callbacks(tmp_path: Path) -> None:
    """A callback of OpenAPI 3.0 becomes an event without an envelope; bounds and null mean what 3.0 says, recursion stays."""
    contract, ledger = contract_of(tmp_path, CALLBACKS)
    assert contract.bare == {"stockChanged": ("left", "sku")}
    valid: list[Any] = [{"sku": "a", "left": 1}, {"sku": "a", "left": None}, {"sku": "a", "left": 1, "parent": {"sku": "b", "left": 2}}]
    invalid: list[Any] = [{"sku": "a", "left": 0}, {"sku": "a", "left": "1"}, {"sku": "a", "left": 1, "parent": {"sku": "b", "left": 0}}]
    assert [faults(contract, value) for value in valid] == [[]] * 3
    assert [faults(contract, value) for value in invalid] == [["payload/schema"]] * 3
    assert faults(contract, {"sku": "a"}) == ["envelope/shape"]
    assert not ledger.of(Kind.UNSAID)
    assert {note.pointer for note in ledger.of(Kind.TRANSLATED)} >= {
        "/components/schemas/Stock/properties/left/exclusiveMinimum", "/components/schemas/Stock/properties/left/nullable",
    }  # fmt: skip


def test_bodies_that_name_their_event_and_are_their_payload(tmp_path: Path) -> None:
    """Where a member names the event and none holds a payload, the body is the payload; a plain id among it may be that of a thing."""
    base: dict[str, Any] = {"type": "object", "required": ["event", "id", "eventId"]}
    members = {"id": {"type": "string"}, "eventId": {"type": "string"}, "left": {"type": "integer"}}
    events = {name: body({**base, "properties": {"event": {"const": f"stock.{name}"}, **members}}) for name in ("low", "gone")}
    contract, _ = contract_of(tmp_path, {**OPENAPI, "webhooks": events})
    assert set(contract.events) == {"stock.low", "stock.gone"}
    names = contract.envelope
    assert (names.type_member, names.data_member, names.id_member, names.created_member) == ("event", None, "eventId", None)
    right = {"event": "stock.low", "id": "7", "eventId": "e", "left": 1}
    assert check_body(contract, json.dumps(right).encode()) == ("stock.low", ())
    assert faults(contract, {**right, "left": "1"}) == ["payload/schema"]
    assert faults(contract, {**right, "event": "stock.lost"}) == ["envelope/known-type"]
    assert faults(contract, {"id": "7"}) == ["envelope/shape"]


def test_schemas_that_an_extension_marks(tmp_path: Path) -> None:
    """A vendor's extension names the events among the schemas; without it the document has none."""
    contract, _ = contract_of(tmp_path, MARKED, Asked(extension="x-stripeEvent"))
    assert set(contract.events) == {"charge.succeeded", "charge.failed"}
    compiled = validators_of(contract).event(contract.events["charge.failed"])
    assert compiled.is_valid({"object": {"amount": 1}})
    assert not compiled.is_valid({"object": {"amount": "1"}})
    with pytest.raises(IllFormedError, match="no event was found") as refused:
        contract_of(tmp_path, MARKED)
    assert "--extension" in refused.value.remedy


def test_asyncapi_messages(tmp_path: Path) -> None:
    """The messages that the application sends are the events; header fields are asked, tuples of draft-07 mean the same."""
    contract, ledger = contract_of(tmp_path, ASYNCAPI)
    assert set(contract.events) == {"thing.made", "thing.gone"}
    assert faults(contract, {"type": "thing.made", "data": {"pair": ["a", 1]}}) == []
    assert faults(contract, {"type": "thing.made", "data": {"pair": ["a", 1, 2]}}) == ["payload/schema"]
    assert faults(contract, {"type": "thing.gone", "data": {}}) == ["payload/schema"]
    asked = next(clause for clause in contract.clauses if clause.id == "made/http/fields")
    assert asked.parameters == {"fields": {"webhook-id": "*"}}
    assert [note.pointer for note in ledger.of(Kind.UNSAID)] == ["/operations/read"]


def test_a_folder_of_schemas(tmp_path: Path) -> None:
    """Each schema that no other refers to is an event; references by file and by identifier lead to what is beside it."""
    folder = tmp_path / "schemas"
    (folder / "shared").mkdir(parents=True)
    money = {"$id": "https://shop.example/money", "definitions": {"sum": {"type": "integer", "minimum": 0}}, "$ref": "#/definitions/sum"}
    paid = {
        "$schema": "http://json-schema.org/draft-07/schema#", "$id": "https://shop.example/order.paid", "type": "object",
        "required": ["total", "buyer"],
        "properties": {"total": {"$ref": "money"}, "buyer": {"$ref": "shared/buyer.json#/definitions/name"}},
        "dependencies": {"tip": ["waiter"]},
    }  # fmt: skip
    for name, value in (
        ("shared/money", money),
        ("order.paid.schema", paid),
        ("shared/buyer", {"definitions": {"name": {"type": "string"}}}),
    ):
        (folder / f"{name}.json").write_text(json.dumps(value))
    contract, ledger = contract_from(tmp_path, folder)
    assert set(contract.events) == {"order.paid"}
    compiled = validators_of(contract).event(contract.events["order.paid"])
    assert compiled.is_valid({"total": 1, "buyer": "b"})
    assert not compiled.is_valid({"total": -1, "buyer": "b"})
    assert not compiled.is_valid({"total": 1, "buyer": 2})
    assert not compiled.is_valid({"total": 1, "buyer": "b", "tip": 1})
    assert {Path(note.subject).name for note in ledger.of(Kind.CHOSEN)} == {"money.json", "buyer.json"}


def test_recorded_samples(tmp_path: Path) -> None:
    """Samples become events whose inferred schemas accept all of them, are marked so, and promise no MUST but JSON."""
    lines = [{"event": "a.made", "id": str(n), "payload": {"n": n, "at": None if n else "x"}} for n in range(3)]
    lines += [{"event": "a.gone", "id": "9", "payload": {"why": ["x"]}}]
    source = tmp_path / "samples.ndjson"
    source.write_text("\n".join(map(json.dumps, lines)) + "\n")
    contract, _ = contract_from(tmp_path, source)
    assert {event.provenance for event in contract.events.values()} == {Provenance.INFERRED}
    assert (contract.envelope.type_member, contract.envelope.data_member, contract.envelope.id_member) == ("event", "payload", "id")
    for line in lines:
        assert faults(contract, line) == []
    assert faults(contract, {"event": "a.gone", "id": "1", "payload": {"why": "x"}}) == ["payload/schema"]
    assert [clause.id for clause in contract.clauses if clause.level == "MUST"] == ["made/envelope/strict-json"]


def test_members_that_the_user_names(tmp_path: Path) -> None:
    """An envelope that is not found by its members' names is found by those that the user gives."""
    base = {"type": "object", "required": ["what", "inside"]}
    names = ("a", "b")
    events = {name: body({**base, "properties": {"what": {"const": name}, "inside": {"type": "object"}}}) for name in names}
    document = {**OPENAPI, "webhooks": events}
    assert contract_of(tmp_path / "one", document, _ready(tmp_path / "one"))[0].envelope.type_member is None
    asked = Asked(members=Members(type="what", data="inside"))
    contract, _ = contract_of(tmp_path / "two", document, _ready(tmp_path / "two", asked))
    assert (contract.envelope.type_member, contract.envelope.data_member) == ("what", "inside")


def _ready(folder: Path, asked: Asked | None = None) -> Asked | None:
    folder.mkdir()
    return asked


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/b", "c/d"], {"a/b", "c/d"}),
        (["a:b", "c"], {"a:b", "c"}),
        (["a.b", "c:d"], {"a.b", "c_d"}),
        (["Made", "made"], {"Made", "made-2"}),
        (["été", "x y"], {"t", "x y"}),
    ],
)
def test_names_become_files(tmp_path: Path, names: list[str], expected: set[str]) -> None:
    """Names keep their own separator; what no file name can hold is imported under another name and listed."""
    document = {**OPENAPI, "webhooks": {name: body(wrapped(name, {"type": "object"})) for name in names}}
    contract, ledger = contract_of(tmp_path, document)
    assert set(contract.events) == expected
    assert len(ledger.of(Kind.UNSAID)) == len(set(names) - expected)


def test_an_invalid_example_is_told_and_not_used(tmp_path: Path) -> None:
    """An example of the document that its own schema refuses is not taken over, and the reader is told where it stands."""
    document = {
        **OPENAPI,
        "webhooks": {"a": body({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}, example={"n": "1"})},
    }
    contract, ledger = contract_of(tmp_path, document)
    assert contract.events["a"].examples == ({"n": 1},)
    (note,) = ledger.of(Kind.CHOSEN)
    assert note.pointer == "/webhooks/a/post/requestBody/content/application~1json/example"


def test_what_only_a_lifted_contradiction_needed_is_left_out(tmp_path: Path) -> None:
    """Definitions stay that something still refers to, also by way of others; what only a contradiction named goes with it."""
    inner = {"used": {"$ref": "#/components/schemas/deep"}, "both": {"allOf": [{"$ref": "#/components/schemas/thing"}, {"type": "null"}]}}
    schema = {"type": "object", "required": ["used", "both"], "properties": inner}
    shared = {
        "thing": {"type": "object"},
        "deep": {"properties": {"x": {"$ref": "#/components/schemas/deeper"}}},
        "deeper": {"type": "string"},
    }
    contract, ledger = contract_of(tmp_path, {**OPENAPI, "webhooks": {"odd": body(schema)}, "components": {"schemas": shared}})
    assert any("no value can satisfy" in note.text for note in ledger.of(Kind.UNSAID))
    assert set(contract.events["odd"].schema["$defs"]) == {"deep", "deeper"}
    assert faults(contract, {"used": {"x": 1}, "both": {}}) == ["payload/schema"]
