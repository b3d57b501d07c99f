"""One body on its own: what is wrong with it, under which rule, and where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hookproof.judge import check_body
from hookproof.model.contract import Contract
from hookproof.rules.bodies import pointer_of, schema_faults, validator, validators_of, violations
from tests.rules.contract_value import CONTRACT, clause
from tests.rules.recording import compact

GOOD: dict[str, Any] = {"id": "i", "type": "rose.bloomed", "created_at": "2026-09-21T14:13:20Z", "data": {"leaf": 1}}
CUT = {**GOOD, "truncated": True, "data": {"_truncated": True, "_original_bytes": 600}}


def found(body: Any, contract: Contract = CONTRACT) -> list[tuple[str, str]]:
    """Give rule and pointer of every fault."""
    raw = body if isinstance(body, bytes) else compact(body)
    return [(violation.rule, violation.pointer) for violation in violations(raw, contract)[1]]


@pytest.mark.parametrize("more", [{}, {"truncated": False}, {"created_at": "2026-09-21t14:13:20+02:00"}, {"extra": 1}])
def test_a_good_body_has_no_fault(more: dict[str, Any]) -> None:
    """Plain, and with what RFC 3339 and the schema allow."""
    assert found({**GOOD, **more}) == []


def test_a_cut_body_is_judged_by_the_envelope_of_cut_ones() -> None:
    """What was cut is not held against its payload's schema, but against the shape of cut envelopes."""
    assert found(CUT) == []
    assert found({**CUT, "data": {"_truncated": True}}) == [("envelopes-have-their-shape", "/data")]
    plain_only = replace(CONTRACT, envelope=replace(CONTRACT.envelope, truncated_schema=None))
    assert found({**CUT, "data": {}}, plain_only) == []
    assert found({**CUT, "data": 7}, plain_only) == [("envelopes-have-their-shape", "/data")]


SUM = {**GOOD, "type": "sum.counted"}


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        (b"", [("bodies-are-strict-json", "")]),
        (b'{"id":"\\ud800"}', [("bodies-are-strict-json", "")]),
        ({**GOOD, "id": ""}, [("envelopes-have-their-shape", "/id")]),
        ({**GOOD, "type": "rose.withered"}, [("types-are-known", "/type")]),
        ({**GOOD, "type": 7}, [("envelopes-have-their-shape", "/type")]),
        ({**GOOD, "created_at": "2026-09-21T14:13:20"}, [("creation-times-have-a-zone", "/created_at")]),
        ({**GOOD, "created_at": "2026-09-21 14:13:20Z"}, [("creation-times-have-a-zone", "/created_at")]),
        ({**GOOD, "created_at": "yesterday"}, [("creation-times-have-a-zone", "/created_at")]),
        ({**GOOD, "data": {"leaf": "1"}}, [("payloads-match-their-schema", "/data/leaf")]),
        ({**GOOD, "data": {}}, [("payloads-match-their-schema", "/data")]),
        ({**SUM, "data": {"leaf": 1, "total": 3, "good": 2, "bad": 1}}, []),
        ({**SUM, "data": {"leaf": 1, "total": 4, "good": 2, "bad": 1}}, [("sums-add-up", "/data/total")]),
        ({**SUM, "data": {"leaf": 1, "total": 2, "good": 2, "bad": 1}}, [("sums-add-up", "/data/total")]),
        ({**SUM, "data": {"leaf": 1, "total": 2, "good": 2}}, []),
        ({**SUM, "data": {"leaf": 1, "total": True, "good": 2, "bad": 1}}, []),
        ({**SUM, "data": 7}, [("envelopes-have-their-shape", "/data"), ("payloads-match-their-schema", "/data")]),
        ([], [("envelopes-have-their-shape", "")]),
    ],
    ids=repr,
)
def test_each_fault_has_its_rule_and_its_place(body: Any, faults: list[tuple[str, str]]) -> None:
    """A fault names the rule that it breaks and points at its place; nothing else is blamed with it."""
    assert found(body) == faults


def test_a_fault_belongs_to_the_clause_of_its_rule() -> None:
    """Faults are told under the contract's clause, or by the rule's name where the contract has none, with the type that was named."""
    body = compact({**GOOD, "created_at": "noon", "data": {}})
    contract = replace(CONTRACT, clauses=(clause("creation-times-have-a-zone"),))
    kind, faults = check_body(contract, body)
    assert kind == "rose.bloomed"
    assert [(fault.clause, fault.pointer) for fault in faults] == [
        ("garden/topic/creation-times-have-a-zone", "/created_at"),
        ("garden/body/payloads-match-their-schema", "/data"),
    ]
    assert "'noon' is not an ISO 8601 date" in faults[0].message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a" * 90, "1 was expected"),
        ("short", '1 was expected, "short" was seen'),
        (["seen"], "1 was expected"),
        ({"seen": 1}, "1 was expected"),
    ],
    ids=["long", "short", "list", "object"],
)
def test_a_plain_value_that_fits_a_line_is_shown(value: Any, message: str) -> None:
    """What was seen is said where it is short and plain; lists and objects are in the excerpt anyway."""
    assert schema_faults(validator({"const": 1}), value) == [("", message)]


def test_a_value_that_the_message_shows_is_not_shown_twice() -> None:
    """Where the validator's own message shows the value nothing is added."""
    assert schema_faults(validator({"type": "string"}), 7) == [("", '7 is not of type "string"')]


@pytest.mark.parametrize(("size", "shown"), [(77, True), (78, True), (79, False)])
def test_a_line_holds_80_characters_of_a_value(size: int, shown: bool) -> None:  # noqa: FBT001 -- a row of the table
    """A value of at most 80 characters, quotes included, is shown."""
    ((_, told),) = schema_faults(validator({"const": 1}), "a" * size)
    assert ("was seen" in told) is shown


def test_formats_are_asserted_and_nothing_is_fetched() -> None:
    """A format binds, and a reference to elsewhere is an error instead of a request."""
    assert schema_faults(validator({"format": "date"}), "noon")
    with pytest.raises(ValueError, match="Retrieval is disabled"):
        validator({"$ref": "http://127.0.0.1:1/schema.json"})


def test_compiled_schemas_are_kept() -> None:
    """A contract's schemas are compiled once."""
    assert validators_of(CONTRACT) is validators_of(CONTRACT)
    event = CONTRACT.events["rose.bloomed"]
    assert validators_of(CONTRACT).event(event) is validators_of(CONTRACT).event(event)


def test_pointers_escape_what_rfc_6901_says() -> None:
    """A step's tilde and slash are escaped, in this order."""
    assert pointer_of(["a/b", "~1", 0]) == "/a~1b/~01/0"
    assert pointer_of([]) == ""
