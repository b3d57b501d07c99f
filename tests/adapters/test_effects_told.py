"""What is said of effects is read strictly: each event once, legal counts, and nothing said is not zero."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.adapters.effects_told import Telling
from hookproof.model.errors import CapabilityError
from hookproof.ports import Asked, Seen

TELLING = Telling("--effects-command", "command")
ONE = Asked(event_id="evt_1", event_type="rose.bloomed")
TWO = (ONE, Asked(event_id="evt_2"))
COUNTS = st.integers(min_value=0, max_value=1_000_000_000)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["count", "effects", "event_id", "x"]) | TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)


def raw(document: object) -> bytes:
    """Write as JSON."""
    return json.dumps(document).encode()


@given(count=COUNTS, content=st.none() | st.dictionaries(TEXTS, TEXTS, max_size=2), holds=st.none() | st.booleans())
def test_every_spelling_of_one_answer_means_the_same(count: int, content: Any, holds: Any) -> None:
    """A bare number, an object and, of few effects, a list of them give the same count; an object may say more."""
    for document in (count, {"count": count}, {"count": count, "event_id": "evt_1"}):
        assert TELLING.one(raw(document), ONE).count == count
    seen = TELLING.one(raw({"count": count, "content": content, "in_force": holds}), ONE)
    assert (seen.count, seen.content, seen.in_force, seen.via) == (count, content, holds, "command")
    few = count % 5
    for entry in ({}, {"event_id": "evt_1"}, "evt_1"):
        assert TELLING.one(raw({"effects": [entry] * few}), ONE).count == few


@given(first=COUNTS, second=COUNTS)
def test_many_are_told_of_in_any_order_and_form(first: int, second: int) -> None:
    """Lines, a list, and additional events: the answers come in the order of the questions."""
    entries = [{"event_id": "evt_2", "count": second}, {"event_id": "evt_other", "count": 9}, {"event_id": "evt_1", "count": first}]
    for text in (b"\n".join(map(raw, entries)), b"\r\n".join(map(raw, entries)) + b"\r\n", raw(entries)):
        assert [seen.count for seen in TELLING.many(text, TWO)] == [first, second]


def test_a_list_of_all_effects_is_counted() -> None:
    """Whoever is not in it took no effect; the last content counts."""
    told = raw({"effects": ["evt_2", {"event_id": "evt_2", "content": {"x": 1}}, {"event_id": "evt_3"}]})
    assert [(seen.count, seen.content) for seen in TELLING.many(told, TWO)] == [(0, None), (2, {"x": 1})]
    assert [seen.count for seen in TELLING.many(raw({"effects": []}), TWO)] == [0, 0]


def test_null_says_that_it_cannot_be_said() -> None:
    """It is no zero."""
    assert TELLING.one(b"null", ONE).count is None
    assert TELLING.one(raw({"count": None}), ONE).count is None


BAD_ONE = {
    b"": "it says nothing",
    b" \n": "it says nothing",
    b"one": "not JSON",
    b"1 2": "not JSON",
    b"NaN": "not JSON",
    b"\xff": "not JSON",
    b"[" * 100_000: "not JSON",
    b"1" * 5_000: "not JSON",
    b"-1": "-1 is no number",
    b"1.0": "1.0 is no number",
    b"true": "True is no number",
    b'"1"': "'1' is no number",
    b"[]": "[] is no number",
    b"1000000001": "is no number",
    b"{}": "no count",
    b'{"count": "1"}': "is no number",
    b'{"count": 1, "event_id": "evt_2"}': "asked of 'evt_1' and speaks of 'evt_2'",
    b'{"count": 1, "in_force": 1}': "in_force",
    b'{"effects": 1}': "not a list",
    b'{"effects": [1]}': "",
    b'{"effects": [{"count": 0}]}': "each entry is one effect",
    b'{"effects": [{"event_id": "evt_1", "count": 2}]}': "each entry is one effect",
}


@pytest.mark.parametrize("told", BAD_ONE, ids=[repr(told[:24]) for told in BAD_ONE])
def test_what_cannot_be_understood_is_an_error(told: bytes) -> None:
    """It says what was wrong, on one line, and is never taken for a count."""
    if not BAD_ONE[told]:
        assert TELLING.one(told, ONE).count == 1  # an entry without a name is one effect of the event that was asked of
        return
    with pytest.raises(CapabilityError, match=BAD_ONE[told].replace("[]", r"\[\]")) as caught:
        TELLING.one(told, ONE)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


BAD_MANY = {
    b"": "says nothing of 'evt_1'",
    b"1": "names no event_id",
    b'{"count": 1}': "names no event_id",
    b'{"event_id": "evt_1", "count": 1}': "says nothing of 'evt_2'",
    b'{"event_id": "evt_1", "count": 1}\n{"event_id": "evt_1", "count": 1}': "twice",
    b'{"event_id": "evt_1", "count": 1}\n{"event_id": "evt_2"}': "no count",
    b'{"event_id": "evt_1", "count": 1}\nTraceback': "not JSON",
    b'{"effects": [{}]}': "names no event_id",
    b'{"effects": [7]}': "names no event_id",
}


@pytest.mark.parametrize("told", BAD_MANY, ids=[repr(told) for told in BAD_MANY])
def test_many_are_told_of_whole_or_not_at_all(told: bytes) -> None:
    """An event that is left out, told of twice or without a name makes the whole answer an error."""
    with pytest.raises(CapabilityError, match=BAD_MANY[told]):
        TELLING.many(told, TWO)


def read_one(told: bytes) -> list[Seen]:
    """Read as the answer about one event."""
    return [TELLING.one(told, ONE)]


def read_many(told: bytes) -> list[Seen]:
    """Read as the answer about two."""
    return TELLING.many(told, TWO)


@given(JSON)
@pytest.mark.parametrize("read", [read_one, read_many])
def test_any_json_is_a_count_or_an_error(read: Callable[[bytes], list[Seen]], document: Any) -> None:
    """Nothing else comes out of it."""
    try:
        found = read(raw(document))
    except CapabilityError:
        return
    assert all(seen.count is None or seen.count >= 0 for seen in found)
