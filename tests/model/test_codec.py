"""Transcript lines: whatever was recorded comes back the same, and what is no record is refused by name."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.contracts import load_format_schema
from hookproof.model.codec import KINDS, header_from_json, header_to_json, record_from_json, record_to_json
from hookproof.model.transcript import (
    Advance,
    Answer,
    Attempt,
    Effect,
    Emission,
    Exchange,
    Note,
    Record,
    RunHeader,
    Subscription,
)

TEXT = st.text(st.characters() | st.characters(categories=["Cs", "Cc"]))  # lone surrogates and control characters too
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
SECONDS = st.floats(allow_nan=False, allow_infinity=False)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=3).map(tuple)
WORDS = st.lists(TEXT, max_size=3).map(tuple)
MOMENT = st.none() | st.integers()
SPAN: dict[str, st.SearchStrategy[Any]] = {"started_at": st.integers(), "done_at": st.integers()}
BASE: dict[str, st.SearchStrategy[Any]] = {"id": TEXT, "situation": TEXT, "at": st.integers()}
ANSWERS = st.builds(
    Answer,
    status=st.integers(),
    headers=PAIRS,
    body=st.binary(),
    body_repeat=st.integers(),
    delay=SECONDS,
    mode=TEXT,
    drip_interval=SECONDS,
)
RECORDS: dict[type[Record], dict[str, st.SearchStrategy[Any]]] = {
    Subscription: {"event_types": WORDS, "secret": st.none() | TEXT, "exchange": st.none() | TEXT},
    Emission: {
        **SPAN,
        "data": JSON,
        "event_id": st.none() | TEXT,
        "status": st.integers(),
        "started_wall": st.integers(),
        "clock": st.none() | TEXT,
    },
    Attempt: {
        "headers": PAIRS,
        "body": st.binary(),
        "head": st.binary(),
        "answer": ANSWERS,
        "accepted_at": st.integers(),
        "accepted_wall": st.integers(),
        "malformed": st.none() | TEXT,
        **dict.fromkeys(("body_read_at", "answer_started_at", "answer_done_at", "closed_at"), MOMENT),
    },
    Exchange: {
        **SPAN,
        "status": st.integers(),
        **dict.fromkeys(("request_headers", "response_headers"), PAIRS),
        **dict.fromkeys(("request_body", "response_body", "request_head"), st.binary()),
        **dict.fromkeys(("sent_at", "wall"), st.integers()),
    },
    Advance: {**SPAN, "seconds": SECONDS},
    Effect: {
        "count": st.none() | st.integers(),
        "via": st.sampled_from(["control", "command", "url", "sink"]),
        "content": JSON,
        "in_force": st.none() | st.booleans(),
    },
    Note: {"facts": OBJECT},
}
HEADERS = st.builds(
    RunHeader,
    target=OBJECT,
    capabilities=OBJECT,
    seed=st.integers(),
    **dict.fromkeys(("contract", "contract_digest", "role", "profile", "started_at", "salt", "hookproof", "reproduce"), TEXT),
)
LINES = jsonschema_rs.Draft202012Validator(load_format_schema("transcript"), offline=True)
NOTE: dict[str, Any] = {"kind": "note", "id": "n1", "situation": "s", "at": 1, "name": "begin", "facts": {}}
ATTEMPT = record_to_json(
    Attempt(
        id="a1",
        situation="s",
        at=5,
        endpoint="e",
        connection="c1",
        method="POST",
        target="/x",
        http_version="1.1",
        headers=(("Host", "h"), ("X", "\xff")),
        body=b"\x00\xff",
        answer=Answer(status=503, body=b"no"),
        accepted_at=1,
        accepted_wall=2,
    )
)


def _records() -> st.SearchStrategy[Record]:
    return st.one_of(
        *(
            st.builds(record, **{field.name: {**BASE, **special}.get(field.name, TEXT) for field in fields(record)})
            for record, special in RECORDS.items()
        )
    )


def _through_text(line: dict[str, Any]) -> dict[str, Any]:
    """Send a line through ASCII text, as a file would."""
    read: dict[str, Any] = json.loads(json.dumps(line, ensure_ascii=True).encode("ascii"))
    return read


@given(_records())
def test_records_come_back(record: Record) -> None:
    """Every record survives its line, byte for byte and character for character."""
    assert record_from_json(_through_text(record_to_json(record))) == record


@given(HEADERS)
def test_headers_come_back(header: RunHeader) -> None:
    """Every run header survives its line."""
    assert header_from_json(_through_text(header_to_json(header))) == header


def test_every_record_is_generated() -> None:
    """The laws above speak of every kind of record there is."""
    assert set(RECORDS) == set(Record.__subclasses__()) == set(KINDS.values())


@given(_records().map(record_to_json) | HEADERS.map(header_to_json))
def test_lines_are_of_the_published_format(line: dict[str, Any]) -> None:
    """What is written is valid against the published schema of transcripts, wherever UTF-8 can say it."""
    text = json.dumps(line, ensure_ascii=False).encode("utf-8", "replace").decode()
    assert [error.message for error in LINES.iter_errors(json.loads(text))] == []


def test_bytes_and_pairs() -> None:
    """Bytes stand as base64 under a name that says so, header fields as pairs, the answer as an object."""
    assert ATTEMPT["body_base64"] == "AP8="
    assert ATTEMPT["headers"] == [["Host", "h"], ["X", "\xff"]]
    assert ATTEMPT["answer"]["body_base64"] == "bm8="
    assert "body" not in ATTEMPT


def test_defaults() -> None:
    """A member whose field has a default may be missing."""
    assert record_from_json({name: value for name, value in NOTE.items() if name != "facts"}) == Note(
        id="n1", situation="s", at=1, name="begin"
    )


@pytest.mark.parametrize(
    ("line", "member"),
    [
        ({}, "kind"),
        ({"kind": ["note"]}, "kind"),
        ({"kind": "footer"}, "kind"),
        ({**NOTE, "colour": 1}, "colour"),
        ({name: value for name, value in NOTE.items() if name != "name"}, "name"),
        ({**NOTE, "at": True}, "at"),
        ({**NOTE, "at": 1.0}, "at"),
        ({**NOTE, "id": None}, "id"),
        ({**NOTE, "facts": []}, "facts"),
        ({**ATTEMPT, "body_base64": "AP8"}, "body_base64"),
        ({**ATTEMPT, "body_base64": "ÄÄÄÄ"}, "body_base64"),
        ({**ATTEMPT, "headers": [["a"]]}, "headers"),
        ({**ATTEMPT, "headers": [["a", 1]]}, "headers"),
        ({**ATTEMPT, "headers": {"a": "b"}}, "headers"),
        ({**ATTEMPT, "answer": None}, "answer"),
        ({**ATTEMPT, "answer": {"status": "200"}}, "answer.status"),
        ({**ATTEMPT, "answer": {"delay": 10**400}}, "answer.delay"),
        ({**ATTEMPT, "answer": {"oops": 1}}, "answer.oops"),
    ],
)
def test_member_at_fault(line: dict[str, Any], member: str) -> None:
    """What is no record is refused with the member at fault."""
    with pytest.raises(ValueError, match=f"^{member}: "):
        record_from_json(line)


@pytest.mark.parametrize(("member", "value"), [("kind", "note"), ("format", "hookproof.transcript/2"), ("seed", "1"), ("more", 1)])
def test_header_at_fault(member: str, value: Any) -> None:
    """What is no header of this format is refused with the member at fault."""
    texts = dict.fromkeys(("contract", "contract_digest", "role", "profile", "started_at", "salt", "hookproof"), "")
    header = header_to_json(RunHeader(**texts, target={}, capabilities={}, seed=0))
    with pytest.raises(ValueError, match=f"^{member}: "):
        header_from_json({**header, member: value})
