"""Contracts unlike ours are exported with the same judgement: references of every kind, bodies without envelopes, envelopes without types.

Law: what the schema of any delivery accepts is what the contract accepts, in every dialect but for what is listed.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from datetime import datetime
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator

from hookproof.exporting import FORMATS
from hookproof.exporting.deliveries import ZONED_TIME
from hookproof.exporting.keys import keys
from hookproof.exporting.samples import samples
from hookproof.rules.bodies import validator, violations
from tests.exporting.corpus import kept
from tests.exporting.odd import DEFINED, PAYLOADS, contracts, envelope, event, odd

ODD = contracts()
EACH = pytest.mark.parametrize("name", ODD)


def odd_bodies() -> list[Any]:
    """Give bodies made of every choice of members that any of the contracts knows."""
    members: dict[str, list[Any]] = {
        "type": [..., "order/paid", "order.paid", "a", "none", 3],
        "data": [..., None, 7, *PAYLOADS[:9:3]],
        "cut": [..., True, False],
        "size": [..., 5, "5"],
        "a": [..., 1, "1"],
        "b": [..., 2],
    }
    chosen = (dict(zip(members, values, strict=True)) for values in itertools.product(*members.values()))
    made = [{name: value for name, value in body.items() if value is not ...} for body in chosen]
    whole = [{"type": "order/paid", "data": data} for data in PAYLOADS]
    timed = [{"a": 1, "at": at} for at in ("2027-01-31T12:00:00Z", "noon", 3)] + [
        {"c": 1},
        {"c": "x", "cut": True},
        {"at": "noon", "c": ""},
    ]
    return [*made, *whole, *timed, [], "text", None, 3]


@EACH
def test_any_body_is_judged_alike(name: str) -> None:
    """The bundle of an odd contract accepts exactly the bodies that the contract accepts."""
    promised = ODD[name]
    judge = validator(json.loads(FORMATS["json-schema"](promised).text))
    seen: Counter[bool] = Counter()
    for body in odd_bodies():
        expected = kept(promised, body) is not None
        seen[expected] += 1
        assert judge.is_valid(body) is expected, body
    assert min(seen[True], seen[False]) >= 4


@EACH
def test_each_delivery_is_judged_alike(name: str) -> None:
    """The schema of one event's deliveries accepts a body exactly when the contract takes it for that event."""
    promised = ODD[name]
    document = json.loads(FORMATS["json-schema"](promised).text)
    named = [each for each in promised.events.values() if not each.bare] if promised.envelope.type_member else []
    assert named or name == "unnamed"
    for each in named:
        key = keys(promised.events)[each.name]
        judge = validator({"$defs": document["$defs"], "$ref": f"#/$defs/delivery.{key}"})
        for body in odd_bodies():
            assert judge.is_valid(body) is (kept(promised, body) == each.name), (each.name, body)


@pytest.mark.parametrize("form", ["json-schema", "openapi", "asyncapi"])
def test_parts_of_a_schema_are_found_wherever_it_stands(form: str) -> None:
    """References to definitions, to other members, to anchors and to the whole lead to the same part in a larger document."""
    document = json.loads(FORMATS[form](ODD["parts"]).text)
    root = "/$defs" if form == "json-schema" else "/components/schemas"
    lifted = {word: document[word] for word in ("$defs", "components") if word in document}
    dialect = jsonschema_rs.Draft7Validator if form == "asyncapi" else jsonschema_rs.Draft202012Validator
    key = keys(ODD["parts"].events)["order/paid"]
    wrapped = {**lifted, "allOf": [{"$ref": f"#{root}/payload.{key}"}]}
    judge, own = dialect(wrapped, offline=True), validator(DEFINED)
    for payload in PAYLOADS:
        assert judge.is_valid(payload) is own.is_valid(payload), payload


def test_what_draft_07_cannot_say_is_listed_and_only_loosens() -> None:
    """Svix's event type lists what it lost, and still takes every payload that is right."""
    exported = FORMATS["svix"](ODD["parts"])
    told = "\n".join(exported.unsaid)
    assert all(word in told for word in ("minContains", "prefixItems", "order/paid: its event type is named"))
    document = json.loads(exported.text)
    schema = document["webhooks"][keys(ODD["parts"].events)["order/paid"]]["post"]["requestBody"]["content"]["application/json"]["schema"]
    judge = jsonschema_rs.Draft7Validator({**schema, "components": document["components"]}, offline=True)
    own = validator(DEFINED)
    seen = Counter((own.is_valid(payload), judge.is_valid({"type": "order/paid", "data": payload})) for payload in PAYLOADS)
    assert seen[True, False] == 0
    assert seen[True, True] >= 3
    assert seen[False, False] >= 5
    assert seen[False, True] == 2, "two payloads break only what is listed"


@EACH
@pytest.mark.parametrize("form", ["openapi", "svix"])
def test_odd_contracts_make_valid_openapi(name: str, form: str) -> None:
    """openapi-spec-validator finds nothing wrong with an odd contract either."""
    assert [error.message for error in OpenAPIV31SpecValidator(json.loads(FORMATS[form](ODD[name]).text)).iter_errors()] == []


def test_only_bodies_that_the_contract_takes_are_shown() -> None:
    """Where an envelope asks for more than we can fill in, no sample is made up; whatever is shown is taken."""
    asking = envelope(schema={"type": "object", "required": ["type", "account"], "properties": {"account": {"type": "integer"}}})
    events = [event("one", {"type": "object"}, {"a": 1})]
    assert samples(odd(events, asking), events[0]) == ()
    for promised in ODD.values():
        for each in promised.events.values():
            shown = samples(promised, each)
            assert shown or each.name == "d", "the bodies of d are taken for those of c"
            assert all(kept(promised, body) is not None for body in shown)


@given(st.sets(st.text(max_size=6), max_size=8))
def test_keys_are_allowed_and_different(names: set[str]) -> None:
    """Every name has a key of allowed letters, no two the same one, and an allowed name is its own."""
    found = keys(names)
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
    assert set(found) == names
    assert len(set(found.values())) == len(names)
    assert all(key and set(key) <= allowed for key in found.values())
    assert all(found[name] == name for name in names if name and set(name) <= allowed)


TIMES = odd([event("e", {}, {})], envelope(created_member="at"))
_CLOCK = st.one_of(
    st.datetimes().map(datetime.isoformat), st.from_regex(ZONED_TIME, fullmatch=True), st.text("0123456789-:TtZzWw+., ", max_size=28)
)
_ZONE = st.sampled_from(["", "Z", "z", "+05:30", "-0800", "+24:00", "+05", "+05:30:15.5"])


@given(_CLOCK, _ZONE)
def test_times_with_a_zone_are_recognised(clock: str, zone: str) -> None:
    """The pattern of creation times takes what the judge takes, but for days and weeks that their month or year lacks."""
    text = clock + zone
    judged = not violations(json.dumps({"type": "e", "data": {}, "at": text}).encode(), TIMES)[1]
    written = validator({"pattern": ZONED_TIME}).is_valid(text)
    assert written or not judged, text
    assert judged or not written or not _exists(text), text


def _exists(text: str) -> bool:
    """Tell whether a text that has the form of a time names a day of the calendar."""
    day = text.upper().split("T")[0]
    try:
        datetime.fromisoformat(day)
    except ValueError:
        return False
    return True
