"""Laws of showing a target's text without obeying it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from hookproof.reporting.text import bytes_as_text, hex_rows, is_binary, printable, text_as_bytes, unescaped, visible

PIECES = ["\x1b", "\0", "\r", "\n", "\u202e", "\u2028", "\ud800", *"\\{}ux[]/:#@ab", ":smile:", "[/]", "[bold]", "::error", "##vso["]
HOSTILE = st.lists(st.characters() | st.sampled_from(PIECES)).map("".join)


@given(HOSTILE)
def test_what_is_shown_tells_the_original(text: str) -> None:
    """Escaping loses nothing: the original can be read back, and no two texts look the same."""
    assert unescaped(printable(text)) == text


@given(HOSTILE)
def test_nothing_shown_can_be_obeyed(text: str) -> None:
    """No control, bidi, line-breaking or surrogate character is ever shown."""
    shown = printable(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", shown)
    shown.encode("utf-8")


@given(HOSTILE)
def test_markup_shows_exactly_the_text(text: str) -> None:
    """Rendered as Rich markup, visible text loses no character and gets no style, also with markup around it."""
    rendered = Text.from_markup(f"[bold]{visible(text)}[/bold]")
    assert unescaped(rendered.plain) == text
    assert {str(span.style) for span in rendered.spans} <= {"bold"}


@given(st.binary())
def test_bytes_survive_being_shown(raw: bytes) -> None:
    """Any bytes are shown as text from which the same bytes can be read back."""
    assert text_as_bytes(bytes_as_text(raw)) == raw


@given(HOSTILE)
def test_printable_is_a_fixed_point_of_harmless_text(text: str) -> None:
    """Letters, digits and spaces are shown as they are."""
    plain = re.sub(r"[^A-Za-z0-9 ]", "", text)
    assert printable(plain) == plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\u{1b}]0;title\u{7}"),
        ("a\nb", r"a\u{a}b"),
        ("\u202egpj", r"\u{202e}gpj"),
        ("\ud800", r"\u{d800}"),
        (r"\u{1b}", r"\u{5c}u{1b}"),
        (r"C:\user \u001b", r"C:\user \u001b"),
        ("::error file=a::b", r"\u{3a}:error file=a\u{3a}:b"),
        ("##vso[task]", r"\u{23}#vso[task]"),
        ("##[error]x", r"\u{23}#[error]x"),
        ('{"a":[true,null],"b":"::1"}', '{"a":[true,null],"b":"::1"}'),
        ("[bold]x[/]", "[bold]x[/]"),
    ],
)
def test_known_attacks_are_spelled_out(text: str, shown: str) -> None:
    """Terminal, log and CI commands are spelled out; ordinary JSON is left readable."""
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("raw", "binary"),
    [
        (b"", False),
        (b'{"a":1}\r\n\t', False),
        ("é€😀".encode(), False),
        ("é€😀".encode()[1:-1], False),
        (b"\x1f\x8b\x08\x00", True),
        (b"a\xffb", True),
        (b"a\x00b", True),
    ],
)
def test_binary_is_told_from_text(raw: bytes, *, binary: bool) -> None:
    """UTF-8 text cut anywhere is text; control bytes and other encodings are binary."""
    assert is_binary(raw) is binary


@given(st.binary(min_size=1, max_size=100))
def test_hex_rows_hold_all_bytes_in_72_columns(raw: bytes) -> None:
    """A hex dump fits a narrow terminal and holds every byte."""
    rows = list(hex_rows(raw))
    assert bytes.fromhex("".join(row[6:53] for row in rows)) == raw
    assert all(len(row) <= 72 for row in rows)
