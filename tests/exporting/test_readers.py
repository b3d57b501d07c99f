"""Exported documents are read without complaint by the Python tools that others read such documents with."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from hookproof.exporting import FORMATS
from tests.exporting.corpus import NAMES, contract

EACH = pytest.mark.parametrize("name", NAMES)


@EACH
@pytest.mark.parametrize("form", ["openapi", "svix"])
def test_openapi_is_valid(name: str, form: str) -> None:
    """openapi-spec-validator finds nothing wrong, schemas and their defaults included."""
    assert [error.message for error in OpenAPIV31SpecValidator(json.loads(FORMATS[form](contract(name)).text)).iter_errors()] == []


@EACH
def test_the_bundle_is_json_schema(name: str) -> None:
    """Two validators take the bundle for JSON Schema 2020-12, and RE2's kind of patterns is enough for it."""
    document = json.loads(FORMATS["json-schema"](contract(name)).text)
    jsonschema.Draft202012Validator.check_schema(document)
    jsonschema_rs.Draft202012Validator(document, offline=True, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions())


@EACH
def test_translated_schemas_are_draft_07(name: str) -> None:
    """Every schema for AsyncAPI and Svix is valid draft-07, and none says anything in words that draft-07 does not know."""
    later = {"$defs", "prefixItems", "unevaluatedProperties", "unevaluatedItems", "dependentRequired", "dependentSchemas", "minContains"}
    for form in ("asyncapi", "svix"):
        document = json.loads(FORMATS[form](contract(name)).text)
        for schema in _schemas(document):
            jsonschema_rs.meta.validate({**schema, "$schema": "http://json-schema.org/draft-07/schema#"})
            assert not later & set(_words(schema))


def _schemas(document: dict[str, Any]) -> list[dict[str, Any]]:
    operations = [item["post"] for item in document.get("webhooks", {}).values()]
    bodies = [operation["requestBody"]["content"]["application/json"]["schema"] for operation in operations]
    return [*document.get("components", {}).get("schemas", {}).values(), *bodies]


def _words(value: Any) -> list[str]:
    pairs = value.items() if isinstance(value, dict) else ((None, part) for part in value) if isinstance(value, list) else ()
    return [word for name, part in pairs if name != "examples" for word in ([name] if isinstance(name, str) else []) + _words(part)]
