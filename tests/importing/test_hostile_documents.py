"""Whatever a document holds, importing it ends in a contract or in one error of file, place and remedy; nothing is fetched or left.

Law: bounds are counted, not timed, so that these tests fail alike on a slow machine.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hookproof.importing import library as library_module
from hookproof.importing.assembling import MOST_EVENTS, Asked, imported
from hookproof.importing.notes import Kind
from hookproof.importing.writing import files_of, written
from hookproof.model.errors import IllFormedError
from tests.importing import documents
from tests.importing.corpus import mutated
from tests.importing.documents import body

HEAD = {"openapi": "3.1.0", "info": {"title": "Hostile", "version": "1"}}
BOMB = "a: &a [x, x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20))


def document(schema: Any, **schemas: Any) -> dict[str, Any]:
    """Give a document with one webhook."""
    return {**HEAD, "webhooks": {"a": body(schema)}, "components": {"schemas": schemas}}


def ref(name: str) -> dict[str, str]:
    """Refer to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def doubled(make: Callable[[dict[str, str]], Any]) -> dict[str, Any]:
    """Give a chain of schemas of which each applies the next one twice."""
    chain = {f"s{n}": make(ref(f"s{n + 1}")) for n in range(50)}
    return document(ref("s0"), **chain, s50={"type": "object"})


def nested(levels: int) -> Any:
    """Give an object in an object in an object."""
    value: Any = {}
    for _ in range(levels):
        value = {"x": value}
    return value


def twice(target: dict[str, str]) -> Any:
    """Apply a schema twice to one member."""
    return {"allOf": [{"properties": {"x": target}}, {"properties": {"x": target}}]}


DEEP = doubled(twice)
DEEP["webhooks"]["a"]["post"]["requestBody"]["content"]["application/json"]["example"] = nested(45)

REFUSED: dict[str, tuple[Any, str]] = {
    "a reference to the web": (document({"$ref": "https://example.test/schema.json"}), "leads outside the folder"),
    "a reference to a file elsewhere": (document({"$ref": "../outside.json"}), "leads outside the folder"),
    "a reference to an absolute file": (document({"$ref": "/etc/passwd"}), "leads outside the folder"),
    "a reference to a file URL": (document({"$ref": "file:///etc/passwd"}), "leads outside the folder"),
    "a reference to a link that leads out": (document({"$ref": "link.json"}), "leads outside the folder"),
    "a reference to nothing": (document(ref("none")), "leads to nothing"),
    "a reference to a huge position": (document({"$ref": "#/webhooks/" + "9" * 4000}), "leads to nothing"),
    "a reference that is a number": (document({"$ref": 5}), "is no text"),
    "operations in a circle": ({**HEAD, "webhooks": {"a": {"$ref": "#/webhooks/b"}, "b": {"$ref": "#/webhooks/a"}}}, "without end"),
    "schemas in a circle": (document(ref("s"), s={"allOf": [ref("t")]}, t={"anyOf": [ref("s")]}), "leads back"),
    "references that double": (doubled(lambda target: {"allOf": [target, target]}), "multiply"),
    "references that double with depth": (DEEP, "for ever"),
    "an example that is nested too deeply": (document(nested(70)), "deeper than"),
    "a schema that is a list": (document([]), "a schema is expected"),
    "webhooks that are a list": ({**HEAD, "webhooks": []}, "an object is expected"),
    "a type that is none": (document({"type": "text"}), "is no JSON Schema"),
    "too many events": ({**HEAD, "webhooks": {f"e{n}": body({"type": "null"}) for n in range(MOST_EVENTS + 1)}}, "more than"),
    "an unknown version": ({**HEAD, "openapi": "4.0"}, "is not known here"),
    "Swagger 2.0": ({"swagger": "2.0"}, "Swagger 2.0"),
    "no object": ([], "no object"),
    "nothing that is known": ({"hello": "world"}, "none of the kinds"),
    "no event": ({**HEAD, "paths": {}}, "no event was found"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for one document, with something outside that must not be read, and no way to the network."""
    (tmp_path / "outside.json").write_text('{"type": "string"}')
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.json").symlink_to(tmp_path / "outside.json")

    def forbidden(*_: object, **__: object) -> None:
        pytest.fail("an import opened a socket")

    monkeypatch.setattr(socket, "socket", forbidden)
    return inside


def bring_in(source: Path) -> Any:
    """Import and write a source."""
    found = imported(source, "made", Asked(), revision="2026-11-21")
    return found, written(source.parent / "made", files_of(found))


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_documents_end_in_one_error(folder: Path, name: str) -> None:
    """The error names the document, the place and a remedy on one line, and no folder is left."""
    value, cause = REFUSED[name]
    source = folder / "document.json"
    source.write_text(json.dumps(value))
    with pytest.raises(IllFormedError, match=cause) as refused:
        bring_in(source)
    assert refused.value.exit_code == 4
    assert "document.json" in refused.value.subject
    assert refused.value.place
    assert refused.value.remedy
    assert len(str(refused.value)) < 2000
    assert "\n" not in str(refused.value)
    assert sorted(path.name for path in folder.iterdir()) == ["document.json", "link.json"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("bomb.yaml", BOMB), ("tag.yaml", "a: !!python/object/apply:os.system [exit]\n"), ("deep.json", "[" * 100_000),
        ("nan.json", "[NaN]"),
        ("twice.json", '{"a": 1, "a": 2}'), ("empty.json", ""), ("bytes.json", "\x00"), ("lines.ndjson", '{"a": 1}\n{"a": \n'),
        ("digits.json", "[" + "9" * 5000 + "]"), ("blank.ndjson", "\n\n"),
    ],
    ids=lambda value: value[:12] if value.isascii() and value.isprintable() else "text",
)  # fmt: skip
def test_hostile_texts_end_in_one_error(folder: Path, name: str, text: str) -> None:
    """Text that is no document is refused with its line or place, whatever a parser would make of it."""
    source = folder / name
    source.write_text(text)
    with pytest.raises(IllFormedError) as refused:
        bring_in(source)
    assert refused.value.place
    assert refused.value.remedy


def test_a_huge_document_is_not_read(folder: Path) -> None:
    """A file beyond the bound is refused by its size alone."""
    source = folder / "huge.json"
    with source.open("wb") as file:
        file.truncate(100 << 20)
    with pytest.raises(IllFormedError, match="more than"):
        bring_in(source)


def test_documents_are_bounded_together(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is that of all documents of an import, so that many small files are no way around it."""
    monkeypatch.setattr(library_module, "MOST_BYTES", 3000)
    for number in range(4):
        (folder / f"s{number}.json").write_text(json.dumps({"type": "string", "description": "x" * 1000}))
    (folder / "link.json").unlink()
    with pytest.raises(IllFormedError, match="more than 3000 bytes"):
        imported(folder, "made", Asked(), revision="2026-11-21")


def test_a_link_in_a_folder_leads_nowhere_else(folder: Path) -> None:
    """Of a folder of schemas no file is read that lies elsewhere, whatever leads there."""
    with pytest.raises(IllFormedError, match="outside the folder"):
        imported(folder, "made", Asked(), revision="2026-11-21")


def test_what_is_no_file_is_not_opened(folder: Path) -> None:
    """A pipe, which would keep a reader waiting, is refused unopened."""
    os.mkfifo(folder / "pipe.json")
    with pytest.raises(IllFormedError, match="no such file"):
        imported(folder / "pipe.json", "made", Asked(), revision="2026-11-21")


def test_copies_are_bounded(folder: Path) -> None:
    """Many events that refer to one large schema, each of which would hold a copy, are refused before they fill a disk."""
    large = {"type": "object", "properties": {f"member{n}": {"type": "string", "description": "x" * 900} for n in range(2000)}}
    source = folder / "document.json"
    events = {f"e{n}": body({"type": "object", "properties": {"a": ref("large")}}, example={}) for n in range(200)}
    source.write_text(json.dumps({**HEAD, "webhooks": events, "components": {"schemas": {"large": large}}}))
    with pytest.raises(IllFormedError, match="each with all that it refers to"):
        bring_in(source)


@pytest.mark.parametrize("name", ["OPENAPI", "ADYEN", "CALLBACKS", "MARKED", "ASYNCAPI"])
def test_spoiled_documents_end_in_one_error(folder: Path, name: str) -> None:
    """A document with any one place spoiled becomes a contract or ends in one error; no other exception leaves the importer."""
    source = folder / "document.json"
    asked = Asked(extension="x-stripeEvent" if name == "MARKED" else None)
    refused = 0
    for spoiled in mutated(getattr(documents, name), name, 150):
        source.write_text(json.dumps(spoiled))
        try:
            files_of(imported(source, "made", asked, revision="2026-11-21"))
        except IllFormedError as error:
            assert error.remedy  # noqa: PT017 -- some documents are refused, others are not
            refused += 1
    assert 0 < refused < 150


def test_slow_patterns_are_listed(folder: Path) -> None:
    """A pattern that only a backtracking engine can run is kept as a remark; one that could be slow there is linear here."""
    source = folder / "document.json"
    members = {"a": {"type": "string", "pattern": "^(a+)+$"}, "b": {"type": "string", "pattern": "^(?=(a+)+$)"}}
    source.write_text(json.dumps(document({"type": "object", "required": ["a"], "properties": members})))
    found, contract = bring_in(source)
    assert contract.events["a"].schema["properties"]["a"]["pattern"] == "^(a+)+$"
    assert [note.pointer.rsplit("/", 2)[-2:] for note in found.ledger.of(Kind.UNSAID)] == [["b", "pattern"]]
