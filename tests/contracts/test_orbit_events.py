"""The event files of orbit keep to the source document, to JSON Schema 2020-12 and to each other.

Where the source documents lie beside the checkout, index and samples are compared with them too.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

ROOT = Path(__file__).resolve().parents[2]
ORBIT = ROOT / "contracts" / "orbit"
DOCUMENT = next((ROOT.parent / "shared" / "seeds").glob("000_*.txt"), None)
EVENTS: dict[str, dict[str, Any]] = {file.stem: json.loads(file.read_bytes()) for file in sorted((ORBIT / "events").glob("*.json"))}
CATALOG = sorted(name for name, schema in EVENTS.items() if schema["x-hookproof"].get("catalog", True))
PLACEHOLDER = {"...": "event-specific payload"}  # the data of the sample that shows the envelope only
INDEX_ENTRY = re.compile(r"^([a-z_\d]+(?:\.[a-z_\d]+)+)(?=[A-Z])", re.MULTILINE)
each_event = pytest.mark.parametrize("name", EVENTS)


def accepts(schema: dict[str, Any], data: Any) -> bool:
    """Ask both validators, which must agree, whether the schema accepts the data."""
    first = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).is_valid(data)
    second = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(data)
    assert first == second, f"the validators disagree on {data}"
    return second


def printed_envelopes(text: str) -> Iterator[dict[str, Any]]:
    """Give every JSON object with a type that the document prints, in its order."""
    at = text.find("{")
    while at >= 0:
        try:
            found, end = json.JSONDecoder().raw_decode(text, at)
        except ValueError:
            end = at + 1
        else:
            if "type" in found:
                yield found
        at = text.find("{", end)


def members(schema: Any) -> Iterator[tuple[str, Any]]:
    """Give every member of a JSON value at any depth."""
    if isinstance(schema, dict):
        yield from schema.items()
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from members(child)


def test_catalog() -> None:
    """The names of the files are those of the recorded digest, and of the document's index where the document is at hand."""
    digest = hashlib.sha256("".join(f"{name}\n" for name in CATALOG).encode()).hexdigest()
    assert (ORBIT / "events.digest").read_text().splitlines()[0] == f"sha256:{digest} {len(CATALOG)}"
    if DOCUMENT:
        index = DOCUMENT.read_text().partition("\nCatalog Index\n")[2]
        assert sorted(INDEX_ENTRY.findall(index)) == CATALOG


def test_printed_samples() -> None:
    """Every sample that the document prints, 85 beside the envelope's own, is valid for its event; each documented event has one."""
    if not DOCUMENT:
        return
    printed = [envelope for envelope in printed_envelopes(DOCUMENT.read_text()) if envelope["data"] != PLACEHOLDER]
    refused = [envelope for envelope in printed if not accepts(EVENTS[envelope["type"]], envelope["data"])]
    assert not refused
    assert len(printed) == 85
    documented = {name for name, schema in EVENTS.items() if schema["x-hookproof"]["provenance"] == "documented"}
    assert {envelope["type"] for envelope in printed} == documented


def test_counts() -> None:
    """There are 186 events: 84 with a sample of their own, 44 that share another's shape, 58 known by name; one is uncatalogued."""
    assert len(EVENTS) == 186
    assert Counter(schema["x-hookproof"]["provenance"] for schema in EVENTS.values()) == {
        "documented": 84,
        "shared-shape": 44,
        "catalog-only": 58,
    }
    assert EVENTS.keys() - set(CATALOG) == {"call.early_media"}


@each_event
def test_schema_is_sound_and_open(name: str) -> None:
    """An event file is a valid 2020-12 schema that forbids no further member."""
    schema = EVENTS[name]
    assert schema["$schema"] == jsonschema.Draft202012Validator.META_SCHEMA["$id"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema_rs.Draft202012Validator(schema)
    assert not {key for key, _ in members(schema)} & {"additionalProperties", "unevaluatedProperties", "pattern"}


@each_event
def test_examples_are_valid(name: str) -> None:
    """An event's examples are valid, keep its relations, stay valid with a further member, and are enough for its variants."""
    schema, facts = EVENTS[name], EVENTS[name]["x-hookproof"]
    refused = [e for e in schema["examples"] if not accepts(schema, e) or not accepts(schema, {**e, "x_further": [None]})]
    assert not refused
    assert len(schema["examples"]) >= max(1, len(facts.get("variants", [])))
    for total, parts in facts.get("relations", {}).items():
        assert all(example[total] == sum(example[part] for part in parts) for example in schema["examples"])


@each_event
def test_faulty_data_is_refused(name: str) -> None:
    """An event refuses data that is not an object, and each of its examples once a required member is taken away."""
    schema = EVENTS[name]
    others: list[Any] = [None, True, 1, "text", [], [{}]]
    assert not [data for data in others if accepts(schema, data)]
    for example in schema["examples"]:
        kept = [m for m in schema.get("required", []) if accepts(schema, {k: v for k, v in example.items() if k != m})]
        assert not kept


@pytest.mark.parametrize("name", [name for name, schema in EVENTS.items() if "required" in schema])
def test_members_of_wrong_type_are_refused(name: str) -> None:
    """A member that an event describes refuses a value of another type."""
    schema = EVENTS[name]
    example = schema["examples"][0]
    accepted = [
        member
        for member, shape in schema["properties"].items()
        if accepts(schema, {**example, member: "text" if shape["type"] == "object" else {"not": "expected"}})
    ]
    assert not accepted


@pytest.mark.parametrize(
    ("name", "faulty"),
    [
        ("verification.failed", {"reason": "sim_swap_detected"}),
        ("verification.sent", {"sim_swap_warning": False}),
        ("number.purchased", {"reclaimed": False}),
        ("message.delivered", {"status": "sent"}),
        ("call.recording.paused", {"recording": True}),
        ("call.recording.resumed", {"recording": False}),
        ("flow.executed", {"status": "paused"}),
        ("conference.participant_left", {"reason": "bored"}),
        ("conference.ended", {"ended_reason": "bored"}),
        ("contact.bulk_imported", {"failed": -1}),
        ("whatsapp.template.rejected", {"details": {}}),
        ("call.answered", {"timestamp": "yesterday"}),
    ],
)
def test_special_promises_are_kept(name: str, faulty: dict[str, Any]) -> None:
    """What the document says beside its samples is part of the schema: a member that breaks it is refused."""
    assert not accepts(EVENTS[name], {**EVENTS[name]["examples"][0], **faulty})


def test_recordings_name_their_origin() -> None:
    """A completed recording names its call or its conference, and may name both."""
    schema = EVENTS["recording.completed"]
    bare = {key: value for key, value in schema["examples"][0].items() if key not in ("call_id", "conference_id")}
    call, conference = {"call_id": "call_1"}, {"conference_id": "conf_1"}
    assert not accepts(schema, bare)
    assert all(accepts(schema, {**bare, **origin}) for origin in (call, conference, call | conference))
