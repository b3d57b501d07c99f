"""What is exported judges each body as the contract does: as a whole, and event by event.

Law: thousands of bodies, right ones and each with one thing wrong, have the same outcome under the contract and under every schema.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import jsonschema_rs
import pytest

from hookproof.exporting import FORMATS
from tests.exporting.corpus import NAMES, contract, corpus

EACH = pytest.mark.parametrize("name", NAMES)
SCHEMAS = {"json-schema": "/$defs", "openapi": "/components/schemas"}


def compiled(document: dict[str, Any], pointer: str) -> Any:
    """Compile the schema at a place of an exported document."""
    lifted = {word: part for word, part in document.items() if word in ("$defs", "components")}
    return jsonschema_rs.Draft202012Validator({**lifted, "$ref": f"#{pointer}"}, offline=True, validate_formats=True)


@EACH
def test_the_bundle_judges_any_body_as_the_contract_does(name: str) -> None:
    """The root of the JSON Schema bundle accepts exactly what the contract accepts, whichever event it is."""
    promised = contract(name)
    judge = jsonschema_rs.Draft202012Validator(json.loads(FORMATS["json-schema"](promised).text), offline=True, validate_formats=True)
    seen: Counter[bool] = Counter()
    for _, judged in corpus(name):
        for body, known in judged:
            seen[known is not None] += 1
            assert judge.is_valid(body) is (known is not None), body
    assert min(seen[True], seen[False]) >= 10 * len(promised.events)


@EACH
@pytest.mark.parametrize("form", SCHEMAS)
def test_each_delivery_is_judged_as_the_contract_judges_its_event(name: str, form: str) -> None:
    """The schema of one event's deliveries accepts a body exactly when the contract takes it for that event."""
    promised = contract(name)
    document = json.loads(FORMATS[form](promised).text)
    for event, judged in corpus(name):
        schema = (
            document["webhooks"][event.name]["post"]["requestBody"]["content"]["application/json"]["schema"] if form == "openapi" else None
        )
        pointer = schema["$ref"].removeprefix("#") if schema else f"{SCHEMAS[form]}/delivery.{event.name.replace(':', '.')}"
        judge = compiled(document, pointer)
        assert len(judged) >= 20
        alike = {other.name for other in promised.events.values() if other.bare and set(other.bare) == set(event.bare)} | {event.name}
        for body, known in judged:
            assert judge.is_valid(body) is (known in alike), (event.name, body)
