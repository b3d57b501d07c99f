"""Strict JSON text: what is refused and why, what is kept exactly, and which texts no UTF-8 can carry."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookproof.rules.json_text import MAX_DEPTH, JsonFault, has_lone_surrogate, may_hold_surrogate, parse

TEXTS = st.text(st.characters(exclude_categories=()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_strict_text_is_read_as_the_value_that_it_is(value: Any) -> None:
    """What a JSON writer writes is read back, escaped or not."""
    assert parse(json.dumps(value).encode()) == value


@given(VALUES)
def test_half_of_a_surrogate_pair_is_found_wherever_it_is(value: Any) -> None:
    """In members' names and in values at every depth; exactly the values that UTF-8 cannot carry have one."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
        carried = True
    except UnicodeEncodeError:
        carried = False
    assert has_lone_surrogate(value) is not carried
    assert carried or may_hold_surrogate(json.dumps(value).encode())


@pytest.mark.parametrize("code", [0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000], ids=hex)
def test_the_surrogates_are_these(code: int) -> None:
    """U+D800 to U+DFFF, and their neighbours are plain characters, wherever they stand."""
    char = chr(code)
    for value in (char, [1, [char]], {"a": {"b": char}}, {"a": 1, char: 2}):
        assert has_lone_surrogate(value) is (0xD800 <= code <= 0xDFFF)


@pytest.mark.parametrize(
    ("raw", "held"), [(b'"\\ud83d"', True), (b'"\\uD83D"', True), (b'"\\u00e9"', False), ('"😀"'.encode(), False), (b"", False)]
)
def test_only_an_escape_can_hold_a_surrogate(raw: bytes, *, held: bool) -> None:
    """Escapes in either case of letters are looked at, all other text is not."""
    assert may_hold_surrogate(raw) is held


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_the_bound_of_depth_is_exact(opening: bytes, closing: bytes) -> None:
    """A value nested as deep as the bound is read, one level more is refused, and width is no depth."""
    deepest = b"1" if opening != b"[" else b""
    parse(opening * MAX_DEPTH + deepest + closing * MAX_DEPTH)
    with pytest.raises(JsonFault, match="nested too deeply"):
        parse(opening * (MAX_DEPTH + 1) + deepest + closing * (MAX_DEPTH + 1))
    assert len(parse(b"[" + b"[]," * 500 + b"{}]")) == 501


def test_numbers_are_kept_exactly_where_it_is_asked_for() -> None:
    """With ``exact`` a decimal stays as it was written; integers are exact anyway."""
    assert parse(b"[1.10, 9007199254740993]", exact=True) == [Decimal("1.10"), 9007199254740993]
    assert isinstance(parse(b"1.10"), float)


def test_a_fault_names_the_byte_or_the_member() -> None:
    """Where the text is no UTF-8 the byte is named, where a member is repeated its name."""
    for raw, words in (
        (b'{"a":"\xe9"}', "byte 6 is 0xe9"),
        (b'{"a":1,"b":{"c":1,"d":2,"c":3}}', "'c' occurs twice"),
        (b"[Infinity]", "Infinity is not JSON"),
        (b"\xef\xbb\xbf1", "byte order mark"),
        (b"{", "it is not JSON: Expecting"),
    ):
        with pytest.raises(JsonFault, match=words):
            parse(raw)
