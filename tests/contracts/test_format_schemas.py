"""The JSON Schemas of our formats tell editors what everything is, and are themselves sound."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from hookproof.contracts import load_format_schema
from hookproof.contracts.schema_check import schema_nodes

FOLDER = Path(__file__).resolve().parents[2] / "contracts" / "schemas"
NAMES = sorted(file.name.removesuffix(".schema.json") for file in FOLDER.iterdir())
each_format = pytest.mark.parametrize("name", NAMES)


def untold(schema: dict[str, Any]) -> Iterator[tuple[str | int, ...]]:
    """Give the path of every named part of a schema that lacks a title or a description, its own or that of what it refers to."""
    for path, node in schema_nodes(schema):
        named = not path or (len(path) > 1 and path[-2] in ("properties", "patternProperties", "$defs"))
        meant = load(schema, node["$ref"]) if "$ref" in node else node
        if named and not all(isinstance(words := {**meant, **node}.get(key), str) and words.strip() for key in ("title", "description")):
            yield path


def load(schema: dict[str, Any], reference: str) -> dict[str, Any]:
    """Follow a reference inside a schema."""
    found: Any = schema
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    assert isinstance(found, dict)
    return found


def test_every_file_is_a_format() -> None:
    """There is no other file among the schemas, and each is loaded by its name."""
    assert len(NAMES) >= 9
    assert [load_format_schema(name) for name in NAMES] == [json.loads((FOLDER / f"{name}.schema.json").read_bytes()) for name in NAMES]


@each_format
def test_everything_is_told(name: str) -> None:
    """Every property of every schema, every definition and the whole have a title and a description, so that editors can show them."""
    assert not list(untold(load_format_schema(name)))


@each_format
def test_schemas_are_sound(name: str) -> None:
    """Both validators take every schema as one of draft 2020-12."""
    schema = load_format_schema(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema_rs.Draft202012Validator(schema, offline=True)


@pytest.mark.parametrize("word", ["title", "description"])
@pytest.mark.parametrize("lack", [..., "", " "])
def test_what_is_untold_is_found(word: str, lack: Any) -> None:
    """A property without words is found, wherever it stands."""
    inner = {"title": "A", "description": "a", word: lack}
    lacking = {key: value for key, value in inner.items() if value is not ...}
    told = {"title": "A", "description": "a"}
    schema = {**told, "properties": {"x": {**told, "items": {"anyOf": [{"properties": {"y": lacking}}]}}}}
    assert list(untold(schema)) == [("properties", "x", "items", "anyOf", 0, "properties", "y")]
