"""The dialects of JSON Schema that documents are written in, and what each of their words means.

Law: a word that a dialect does not know says nothing in it, so it says nothing in the contract either, and is kept as a remark.
"""

from __future__ import annotations

from dataclasses import dataclass

MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
SINGLES = frozenset({
    "items", "contains", "additionalProperties", "propertyNames", "if", "then", "else", "not",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
})  # fmt: skip
LEFT = frozenset({"$schema", "$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$defs", "definitions"})
"""Words that only serve references and dialects; references are resolved, so they are not needed any more."""
REMARKS = frozenset({"example", "xml", "externalDocs", "discriminator"})
"""Words of OpenAPI and AsyncAPI that never decide whether a value is valid."""
FORMATS = frozenset({
    "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference",
    "iri", "iri-reference", "uuid", "uri-template", "json-pointer", "relative-json-pointer", "regex",
})  # fmt: skip
"""The formats of JSON Schema 2020-12."""

_BASE = frozenset({
    "type", "enum", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern",
    "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required", "title", "description", "default", "format",
    "properties", "additionalProperties", "items", "allOf", "anyOf", "oneOf", "not", "$ref", "$comment", "$schema",
})  # fmt: skip
_DRAFT_04 = _BASE | {"id", "patternProperties", "additionalItems", "dependencies", "definitions"}
_DRAFT_06 = (_DRAFT_04 - {"id"}) | {"$id", "const", "contains", "propertyNames", "examples"}
_DRAFT_07 = _DRAFT_06 | {"if", "then", "else", "readOnly", "writeOnly", "contentEncoding", "contentMediaType"}
_LATER = _DRAFT_07 | {
    "$defs", "$anchor", "$vocabulary", "dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties",
    "maxContains", "minContains", "contentSchema", "deprecated",
}  # fmt: skip
_DRAFT_2020 = (_LATER - {"additionalItems"}) | {"prefixItems", "$dynamicRef", "$dynamicAnchor"}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One dialect. ``ref_alone``: words beside a reference say nothing. ``boolean_bounds``: exclusiveMinimum is true or false.

    ``tuples``: a list under ``items`` is for positions. ``nullable``: that word adds null to the type.
    """

    name: str
    words: frozenset[str]
    ref_alone: bool = False
    boolean_bounds: bool = False
    tuples: bool = False
    nullable: bool = False


DRAFT_04 = Dialect(name="draft-04", words=_DRAFT_04, ref_alone=True, boolean_bounds=True, tuples=True)
DRAFT_06 = Dialect(name="draft-06", words=_DRAFT_06, ref_alone=True, tuples=True)
DRAFT_07 = Dialect(name="draft-07", words=_DRAFT_07, ref_alone=True, tuples=True)
DRAFT_2019 = Dialect(name="2019-09", words=_LATER | {"$recursiveRef", "$recursiveAnchor"}, tuples=True)
DRAFT_2020 = Dialect(name="2020-12", words=_DRAFT_2020)
OPENAPI_30 = Dialect(
    name="OpenAPI 3.0",
    words=(_BASE - {"$comment", "$schema"}) | {"deprecated", "readOnly", "writeOnly"} | REMARKS,
    ref_alone=True,
    boolean_bounds=True,
    nullable=True,
)
OPENAPI_31 = Dialect(name="OpenAPI 3.1", words=_DRAFT_2020 | REMARKS)
ASYNCAPI_3 = Dialect(name="AsyncAPI 3", words=_DRAFT_07 | {"deprecated"} | REMARKS, ref_alone=True, tuples=True)

_BY_ADDRESS = {
    "json-schema.org/draft-04/schema": DRAFT_04,
    "json-schema.org/draft-06/schema": DRAFT_06,
    "json-schema.org/draft-07/schema": DRAFT_07,
    "json-schema.org/draft/2019-09/schema": DRAFT_2019,
    "json-schema.org/draft/2020-12/schema": DRAFT_2020,
    "spec.openapis.org/oas/3.1/dialect/base": OPENAPI_31,
    "spec.openapis.org/oas/3.1/dialect/2024-11-10": OPENAPI_31,
    "spec.openapis.org/oas/3.2/dialect/2025-09-17": OPENAPI_31,
}


def dialect_at(address: object) -> Dialect | None:
    """Give the dialect that ``$schema`` or ``jsonSchemaDialect`` names, None if it is none that we know."""
    if not isinstance(address, str):
        return None
    return _BY_ADDRESS.get(address.partition("://")[2].rstrip("#"))
