"""What a change of the subscription API does is decided where OpenAPI says enough, and called undecided elsewhere.

Law: whoever sends is broken by what is refused now, whoever is sent to by what may come now; and the reverse change does the reverse.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hookproof.comparing.api_change import api_changes
from hookproof.comparing.change import Change, Impact
from hookproof.staging.session import read_contract
from tests.rules.contract_value import CONTRACT

FINE, BREAKS, OPEN = Impact.COMPATIBLE, Impact.BREAKING, Impact.UNDECIDED
Alter = Callable[[dict[str, Any]], None]
HOOK = {"type": "object", "required": ["url"], "properties": {"url": {"$ref": "#/components/schemas/Url"}, "note": {"type": "string"}}}
API: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Garden", "version": "1"},
    "security": [{"Key": []}],
    "paths": {
        "/hooks": {
            "parameters": [{"$ref": "#/components/parameters/Tenant"}],
            "post": {
                "operationId": "create",
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Hook"}}}},
                "responses": {
                    "201": {"description": "made", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Hook"}}}},
                    "4XX": {"$ref": "#/components/responses/Refused"},
                },
            },
        },
        "/hooks/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "parameters": [{"name": "depth", "in": "query", "schema": {"type": "integer", "maximum": 9}}],
                "responses": {"200": {"description": "it"}},
            },
        },
    },
    "components": {
        "schemas": {"Hook": HOOK, "Url": {"type": "string", "maxLength": 200}, "Spare": {"type": "string"}},
        "parameters": {"Tenant": {"name": "X-Tenant", "in": "header", "schema": {"type": "string"}}},
        "responses": {"Refused": {"description": "no"}},
        "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}
POST = ("paths", "/hooks", "post")
GET = ("paths", "/hooks/{id}", "get")
PAGE = {"name": "page", "in": "query", "schema": {"type": "string"}}


def put(*steps: str | int, to: Any) -> Alter:
    """Write a value at a place; remove it if it is ``...``; add it to a list with the step -1."""

    def alter(api: dict[str, Any]) -> None:
        node: Any = api
        for step in steps[:-1]:
            node = node[step]
        if to is ...:
            del node[steps[-1]]
        elif isinstance(node, list):
            node.append(to)
        else:
            node[steps[-1]] = to

    return alter


def rename(api: dict[str, Any]) -> None:
    """Call the part of a path by another name, which nobody sends."""
    item = api["paths"].pop("/hooks/{id}")
    item["parameters"][0]["name"] = "hook"
    api["paths"]["/hooks/{hook}"] = item


def move(api: dict[str, Any]) -> None:
    """Put an operation under another path."""
    api["paths"]["/webhooks"] = api["paths"].pop("/hooks")


BODY, ANSWER = (*POST, "requestBody"), (*POST, "responses")
CASES: dict[str, tuple[Alter, str, tuple[Impact, Impact], tuple[Impact, Impact] | None]] = {
    # the change, its kind, what it does to subscribers and platforms, and what the reverse does (None: the reverse is not looked at)
    "operation added": (put("paths", "/hooks", "get", to={"responses": {}}), "operation-added", (FINE, FINE), (BREAKS, FINE)),
    "operation moved": (move, "operation-moved", (BREAKS, FINE), (BREAKS, FINE)),
    "required parameter added": (
        put(*GET, "parameters", -1, to={**PAGE, "required": True}),
        "parameter-added",
        (BREAKS, FINE),
        (OPEN, FINE),
    ),
    "optional parameter added": (put(*GET, "parameters", -1, to=PAGE), "parameter-added", (FINE, FINE), (OPEN, FINE)),
    "parameter required": (put(*GET, "parameters", 0, "required", to=True), "parameter-changed", (BREAKS, FINE), (FINE, BREAKS)),
    "shared parameter required": (
        put("components", "parameters", "Tenant", "required", to=True),
        "parameter-changed",
        (BREAKS, FINE),
        (FINE, BREAKS),
    ),
    "parameter narrowed": (put(*GET, "parameters", 0, "schema", "maximum", to=5), "parameter-changed", (BREAKS, FINE), (FINE, BREAKS)),
    "parameter spelled otherwise": (
        put(*GET, "parameters", 0, "style", to="spaceDelimited"),
        "parameter-changed",
        (OPEN, OPEN),
        (OPEN, OPEN),
    ),
    "body required": (put(*BODY, "required", to=True), "request-body-changed", (BREAKS, FINE), (FINE, BREAKS)),
    "body added": (put(*GET, "requestBody", to={"content": {}}), "request-body-added", (FINE, FINE), (OPEN, FINE)),
    "needed body added": (
        put(*GET, "requestBody", to={"required": True, "content": {}}),
        "request-body-added",
        (BREAKS, FINE),
        (OPEN, FINE),
    ),
    "another form of body": (put(*BODY, "content", "text/plain", to={}), "request-body-changed", (FINE, FINE), (BREAKS, FINE)),
    "class of errors added": (put(*GET, "responses", "5XX", to={"description": "oh"}), "response-added", (FINE, FINE), (FINE, BREAKS)),
    "success added": (put(*GET, "responses", "202", to={"description": "soon"}), "response-added", (BREAKS, FINE), (FINE, BREAKS)),
    "member of a class named": (put(*ANSWER, "422", to={"description": "no"}), "", (FINE, FINE), (FINE, FINE)),
    "answer with another form": (
        put(*ANSWER, "201", "content", "text/plain", to={}),
        "response-changed",
        (BREAKS, FINE),
        (FINE, BREAKS),
    ),
    "answer with a body": (
        put(*GET, "responses", "200", "content", to={"text/plain": {}}),
        "response-changed",
        (FINE, OPEN),
        (BREAKS, FINE),
    ),
    "answer with a header": (
        put(*ANSWER, "201", "headers", to={"X-A": {"required": True}}),
        "response-changed",
        (OPEN, OPEN),
        (OPEN, OPEN),
    ),
    "another key serves too": (put("security", -1, to={"Other": []}), "operation-security-changed", (FINE, FINE), (BREAKS, FINE)),
    "no key is needed": (put(*POST, "security", to=[]), "operation-security-changed", (FINE, FINE), (BREAKS, FINE)),
    "key elsewhere": (put("components", "securitySchemes", "Key", "in", to="query"), "api-changed", (OPEN, OPEN), (OPEN, OPEN)),
    "another word": (put(*POST, "x-flow", to=1), "operation-changed", (OPEN, OPEN), (OPEN, OPEN)),
    "path names its part otherwise": (rename, "", (FINE, FINE), (FINE, FINE)),
    "words": (put(*POST, "summary", to="Make one."), "", (FINE, FINE), (FINE, FINE)),
    "deprecated": (put(*POST, "deprecated", to=True), "", (FINE, FINE), (FINE, FINE)),
    "what nothing refers to": (put("components", "schemas", "Spare", "maxLength", to=1), "", (FINE, FINE), (FINE, FINE)),
}


def compared(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Compare two descriptions."""
    return list(api_changes(replace(CONTRACT, subscription_api=old), replace(CONTRACT, subscription_api=new)))


def altered(*alterations: Alter) -> dict[str, Any]:
    """Give the description with alterations."""
    made = copy.deepcopy(API)
    for alter in alterations:
        alter(made)
    return made


def worst(changes: list[Change]) -> tuple[Impact, Impact]:
    """Give the worst that changes do to subscribers and to platforms."""
    found = [{getattr(change, side).impact for change in changes} for side in ("receivers", "platforms")]
    one, other = (next((impact for impact in (BREAKS, OPEN) if impact in impacts), FINE) for impacts in found)
    return one, other


@pytest.mark.parametrize("name", CASES)
def test_changes_are_classed(name: str) -> None:
    """A change breaks exactly whom its construction says, under its own kind, and its reverse what the reverse does."""
    alter, kind, forth, back = CASES[name]
    found = compared(API, altered(alter))
    assert {change.kind for change in found} == {kind or "api-text-changed"}
    assert worst(found) == forth
    if back is not None:
        assert worst(compared(altered(alter), API)) == back


def test_no_difference_from_itself() -> None:
    """A description has no difference from itself, nor from one whose members stand in another order."""
    assert compared(API, copy.deepcopy(API)) == []
    turned = json.loads(json.dumps(API), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert {change.kind for change in compared(API, turned)} <= {"api-text-changed"}


def test_a_schema_counts_in_both_directions() -> None:
    """What requests and answers share narrows one side's choice in the request and the other's in the answer, with a witness for each."""
    found = {change.kind: change for change in compared(API, altered(put("components", "schemas", "Url", "maxLength", to=100)))}
    assert found.keys() == {"request-body-changed", "response-changed"}
    request, answer = found["request-body-changed"], found["response-changed"]
    assert (request.receivers.impact, request.platforms.impact) == (BREAKS, FINE)
    assert (answer.receivers.impact, answer.platforms.impact) == (FINE, BREAKS)
    (shown,) = request.receivers.witness
    assert len(shown["url"]) > 100


def test_a_new_member_is_fine_under_a_condition() -> None:
    """A new optional member breaks nobody who sends nothing else under its name, and the condition names who that is."""
    found = {
        change.kind: change
        for change in compared(API, altered(put("components", "schemas", "Hook", "properties", "rate", to={"type": "integer"})))
    }
    assert worst(list(found.values())) == (FINE, FINE)
    assert "no subscriber already sends" in str(found["request-body-changed"].receivers.provided)
    assert "no platform already sends" in str(found["response-changed"].platforms.provided)


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        ((*BODY, "content", "application/json", "schema"), {"$ref": "https://example.com/hook.json"}),
        ((*BODY, "content", "application/json", "schema"), {"$ref": "#/components/schemas/None"}),
        ((*BODY, "content", "application/json", "schema"), {"type": "string", "pattern": "^(?=x)"}),
        ((*BODY, "content", "application/json", "schema"), {"type": 7}),
        (("components", "schemas", "Url"), {"$ref": "#/components/schemas/Url"}),
        ((*POST, "requestBody"), {"$ref": "#/paths/~1hooks/post/requestBody"}),
        ((*POST, "responses"), []),
        ((*POST, "security"), {"Key": []}),
        (("components", "parameters", "Tenant"), None),
        ((*BODY, "content"), []),
    ],
)
def test_what_cannot_be_read_is_undecided(steps: tuple[str, ...], value: Any) -> None:
    """References that lead nowhere, outside or in a circle, and parts of another form are undecided, and the same ones no change."""
    odd = altered(put(*steps, to=value))
    found = compared(API, odd)
    assert OPEN in worst(found)
    assert compared(odd, copy.deepcopy(odd)) == []


def test_a_format_that_decides_nothing_is_no_difference() -> None:
    """Formats and words that only OpenAPI knows accept and refuse nothing."""
    shown = altered(put("components", "schemas", "Hook", "properties", "count", to={"type": "integer", "format": "int32", "example": 1}))
    other = altered(put("components", "schemas", "Hook", "properties", "count", to={"type": "integer", "format": "int64"}))
    assert {change.kind for change in compared(shown, other)} == {"api-text-changed"}


def test_ours_are_read_whole() -> None:
    """Of the subscription APIs of ours each schema is compared: a narrower body is decided, not called undecided."""
    ours = read_contract("orbit")
    api = json.loads(json.dumps(ours.subscription_api))
    (name,) = [name for name in api["components"]["schemas"] if name.startswith("New")][:1]
    api["components"]["schemas"][name]["minProperties"] = 9
    found = list(api_changes(ours, replace(ours, subscription_api=api)))
    assert found
    assert worst(found)[0] is BREAKS
    assert OPEN not in worst(found)
