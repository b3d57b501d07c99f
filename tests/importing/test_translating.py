"""A schema of an older dialect and its translation give every value the same verdict; what cannot be kept is listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator

from hookproof.contracts.document import Document
from hookproof.contracts.schema_check import check_schema
from hookproof.importing.dialects import DRAFT_04, DRAFT_06, DRAFT_07, DRAFT_2019, DRAFT_2020, OPENAPI_30, OPENAPI_31, Dialect
from hookproof.importing.library import Library, Page
from hookproof.importing.notes import Kind, Ledger
from hookproof.importing.pool import Pool

ENGINES = {
    DRAFT_04: jsonschema_rs.Draft4Validator,
    DRAFT_06: jsonschema_rs.Draft6Validator,
    DRAFT_07: jsonschema_rs.Draft7Validator,
    DRAFT_2019: jsonschema_rs.Draft201909Validator,
    DRAFT_2020: jsonschema_rs.Draft202012Validator,
    OPENAPI_31: jsonschema_rs.Draft202012Validator,
}
NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.sampled_from([0.5, 2.0]) | st.sampled_from(["", "a", "bb", "2027-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean"])


def translated(schema: Any, dialect: Dialect) -> tuple[Any, Ledger]:
    """Translate one schema; give the compiled contract schema and the ledger."""
    library, ledger = Library(Path("/nowhere")), Ledger()
    pool = Pool(library, ledger)
    top = library.add(Page(subject="document", file=Path("/nowhere/document.json"), value=schema))
    made = pool.closed(pool.taken(top, dialect))
    return check_schema(Document(subject="made", value=made), (), made), ledger


@st.composite
def schemas(draw: st.DrawFn, dialect: Dialect, *, depth: int = 2) -> Any:
    """Give a schema of a dialect in most of its words, with references into its own definitions at the top."""
    inner = schemas(dialect, depth=depth - 1) if depth else TYPES.map(lambda kind: {"type": kind})
    words: dict[str, Any] = {
        "type": TYPES, "enum": st.lists(VALUES, min_size=1, max_size=3, unique_by=json.dumps), "minimum": st.integers(-2, 3),
        "maximum": st.integers(0, 4), "multipleOf": st.sampled_from([1, 2]), "minLength": st.integers(0, 2), "maxLength": st.integers(0, 2),
        "pattern": st.sampled_from(["^a", "[0-9]", "\\u0061"]), "minItems": st.integers(0, 2), "uniqueItems": st.booleans(),
        "required": st.lists(NAMES, min_size=1, max_size=2, unique=True), "properties": st.dictionaries(NAMES, inner, max_size=2),
        "additionalProperties": st.booleans() | inner, "items": inner, "not": inner, "minProperties": st.integers(0, 2),
        "allOf": st.lists(inner, min_size=1, max_size=2), "anyOf": st.lists(inner, min_size=1, max_size=2),
        "oneOf": st.lists(inner, min_size=1, max_size=2), "title": st.just("told"),
    }  # fmt: skip
    if dialect.tuples:
        words |= {"items": inner | st.lists(inner, min_size=1, max_size=2), "additionalItems": st.booleans() | inner}
    if dialect is not OPENAPI_30:
        words |= {"dependencies": st.dictionaries(NAMES, st.lists(NAMES, min_size=1, max_size=2, unique=True) | inner, max_size=2)}
        words |= {"patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=2)}
    if dialect.nullable:
        words |= {"nullable": st.booleans()}
    later = {"const": VALUES, "contains": inner, "propertyNames": inner, "if": inner, "then": inner, "else": inner}
    words |= {word: part for word, part in later.items() if word in dialect.words}
    newest = {
        "prefixItems": st.lists(inner, min_size=1, max_size=2),
        "unevaluatedProperties": st.booleans(),
        "minContains": st.integers(0, 2),
    }
    words |= {word: part for word, part in newest.items() if word in dialect.words}
    bound = st.booleans() if dialect.boolean_bounds else st.integers(-1, 3)
    words |= {"exclusiveMinimum": bound, "exclusiveMaximum": bound}
    chosen = draw(st.lists(st.sampled_from(sorted(words)), min_size=1, max_size=4, unique=True))
    schema = {word: draw(words[word]) for word in chosen}
    for word, other in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if dialect.boolean_bounds and word in schema:
            schema.setdefault(other, 1)
    if isinstance(schema.get("items"), list) and draw(st.booleans()):
        schema.setdefault("additionalItems", False)
    if dialect is OPENAPI_30 and schema.get("type") == "array":
        schema.setdefault("items", {})
    if draw(st.integers(0, 5)) == 0 and dialect is not OPENAPI_30:
        schema = {**schema, "$ref": "#/definitions/shared"} if draw(st.booleans()) else {"$ref": "#/definitions/shared"}
    return schema


def whole(dialect: Dialect) -> st.SearchStrategy[Any]:
    """Give schemas with the definition that they refer to."""
    return st.builds(lambda top, shared: {**top, "definitions": {"shared": shared}}, schemas(dialect), schemas(dialect, depth=0))


@pytest.mark.parametrize("dialect", ENGINES, ids=lambda dialect: dialect.name)
def test_the_same_values_are_valid(dialect: Dialect) -> None:
    """Document and contract agree on every value; a reference in place to itself, which contracts refuse, is set apart."""

    @given(schema=whole(dialect), values=st.lists(VALUES, min_size=1, max_size=12))
    def agree(schema: Any, values: list[Any]) -> None:
        if "shared" in json.dumps(schema["definitions"]):
            schema = {**schema, "definitions": {"shared": {"type": "object"}}}
        original = ENGINES[dialect](schema, validate_formats=True, offline=True)
        ours, ledger = translated(schema, dialect)
        assert all("unevaluatedItems" in note.text or "2.0 is no integer" in note.text for note in ledger.of(Kind.UNSAID))
        for value in values:
            if dialect is DRAFT_04 and "2.0" in json.dumps(value):
                continue
            assert ours.is_valid(value) == original.is_valid(value), value

    agree()


@given(schema=schemas(OPENAPI_30), values=st.lists(VALUES, min_size=1, max_size=12))
def test_openapi_30_means_the_same(schema: Any, values: list[Any]) -> None:
    """The validator of OpenAPI 3.0 and the contract agree on every value, except for null, on which only a stated type decides."""
    original = OAS30Validator(schema)
    ours, _ = translated(schema, OPENAPI_30)
    for value in values:
        if "null" not in json.dumps(value):
            assert ours.is_valid(value) == original.is_valid(value), value


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"type": "string", "nullable": True}, [None, "a"], [1]),
        ({"type": "string", "nullable": True, "enum": ["a"]}, ["a"], [None, "b"]),
        ({"type": "string", "nullable": True, "enum": ["a", None]}, ["a", None], ["b"]),
        ({"type": "integer", "nullable": False}, [1], [None]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1, 0]),
        ({"type": "integer", "maximum": 1, "exclusiveMaximum": False}, [1, 0], [2]),
    ],
)
def test_openapi_30_null_and_bounds(schema: Any, valid: list[Any], invalid: list[Any]) -> None:
    """Null and exclusive bounds mean in the contract what OpenAPI 3.0.3 says."""
    ours, ledger = translated(schema, OPENAPI_30)
    assert all(map(ours.is_valid, valid))
    assert not any(map(ours.is_valid, invalid))
    assert not ledger.of(Kind.UNSAID)


@pytest.mark.parametrize(
    ("dialect", "schema", "pointer", "word"),
    [
        (DRAFT_07, {"type": "string", "pattern": "^(?=a)b"}, "/pattern", "pattern"),
        (DRAFT_07, {"type": "string", "pattern": "(a)\\1"}, "/pattern", "pattern"),
        (DRAFT_07, {"type": "string", "format": "color"}, "/format", "color"),
        (DRAFT_07, {"properties": {"a": {"unevaluatedItems": False}}}, "/properties/a/unevaluatedItems", "unevaluatedItems"),
        (DRAFT_04, {"const": 1}, "/const", "const"),
        (DRAFT_04, {"type": ["integer", "null"]}, "/type", "integer"),
        (DRAFT_2020, {"additionalItems": False}, "/additionalItems", "additionalItems"),
        (DRAFT_2020, {"made-up": 1}, "/made-up", "made-up"),
        (DRAFT_2020, {"$dynamicRef": "#/$defs/a", "$defs": {"a": {}}}, "/$dynamicRef", "dynamicRef"),
        (OPENAPI_30, {"nullable": True, "allOf": [{"type": "string"}]}, "/nullable", "nullable"),
        (OPENAPI_30, {"type": "object", "patternProperties": {}}, "/patternProperties", "patternProperties"),
        (OPENAPI_31, {"type": "integer", "format": "int64"}, "/format", "int64"),
    ],
)
def test_what_cannot_be_kept_is_listed(dialect: Dialect, schema: Any, pointer: str, word: str) -> None:
    """A word that a contract cannot say is in the ledger with its place, and stays in the schema as a remark or a plain reference."""
    _, ledger = translated(schema, dialect)
    (note,) = ledger.of(Kind.UNSAID)
    assert note.pointer == pointer
    assert word in note.text


def test_a_lost_pattern_refuses_nobody() -> None:
    """Where the pattern of a member's name cannot be kept, what it allowed beside closed members stays allowed."""
    ours, ledger = translated({"patternProperties": {"^(?!x)": {"type": "integer"}}, "additionalProperties": False}, DRAFT_2020)
    assert ours.is_valid({"a": 1})
    assert {note.pointer for note in ledger.of(Kind.UNSAID)} == {"/patternProperties", "/additionalProperties"}


@pytest.mark.parametrize("dialect", [DRAFT_04, DRAFT_06, DRAFT_07, DRAFT_2019], ids=lambda dialect: dialect.name)
def test_what_follows_positions_stays_closed(dialect: Dialect) -> None:
    """Items beyond those that a list describes are judged by what stood under ``additionalItems``."""
    ours, _ = translated({"items": [{"type": "string"}], "additionalItems": {"type": "boolean"}}, dialect)
    assert ours.is_valid(["a", True])
    assert not ours.is_valid(["a", "b"])


def test_recursion_stays_recursion() -> None:
    """A schema that refers to itself judges a value of any depth."""
    tree = {"type": "object", "properties": {"next": {"$ref": "#"}, "size": {"type": "integer"}}}
    ours, _ = translated(tree, DRAFT_07)
    deep: Any = {"size": 1}
    for _ in range(30):
        deep = {"next": deep}
    assert ours.is_valid(deep)
    assert not ours.is_valid({"next": {"next": {"size": "x"}}})
