r"""How text that came from a target is shown without being obeyed.

Law: what is shown is printable, stands on one line, and tells the original exactly: ``unescaped(printable(x)) == x``.
A character is escaped as ``\u{1b}`` (a form that JSON never has), a byte that is not UTF-8 as ``\x{ff}``.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from rich.emoji import Emoji
from rich.markup import escape

# Listed here, not asked of unicodedata: results must be the same bytes under every Python. C0, DEL, C1, invisible and
# direction-changing characters, line and paragraph separators, surrogates, noncharacters, tags and selectors.
_UNSEEN = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_ESCAPED = re.compile(
    rf"[{_UNSEEN}]"
    r"|\\(?=[ux]\{)"  # else a target could write what looks like one of our escapes
    r"|:(?=:[A-Za-z])"  # ::error and the like: GitHub obeys them at the start of any line, also one that we wrapped
    r"|#(?=#(?:\[|vso\[|teamcity\[))",  # the same for Azure and TeamCity
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\([ux])\{([0-9a-f]{1,6})\}")
_NOT_UTF8 = re.compile(r"\\u\{dc([89a-f][0-9a-f])\}")
_ESCAPING_BACKSLASH = re.compile(r"\\(?=\[|$)")  # it would escape a bracket, or whatever markup follows the text
_EMOJI_CODE = re.compile(r":(?=([^\s:]+:))")
_BINARY_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ROW = 16


def _escape(match: re.Match[str]) -> str:
    return f"\\u{{{ord(match[0]):x}}}"


def printable(text: str) -> str:
    r"""Give the text on one line with everything that a terminal, a log or a CI system would obey replaced by ``\u{…}``."""
    return _ESCAPED.sub(_escape, text)


def visible(text: str) -> str:
    """Give ``printable(text)`` made fit for Rich markup: rendered as markup, it shows exactly the printable text, unstyled."""
    shown = _ESCAPING_BACKSLASH.sub(_escape, printable(text))
    return escape(_EMOJI_CODE.sub(_escape_emoji, shown))


def _escape_emoji(colon: re.Match[str]) -> str:
    code = f":{colon[1]}"
    return ":" if Emoji.replace(code) == code else _escape(colon)


def unescaped(shown: str) -> str:
    """Give back what ``printable`` was given."""
    return _ESCAPE.sub(lambda match: chr(int(match[2], 16)), shown)


def bytes_as_text(raw: bytes) -> str:
    r"""Give bytes as one line of printable text; ``\x{ff}`` for each byte that is not UTF-8."""
    return _NOT_UTF8.sub(r"\\x{\1}", printable(raw.decode("utf-8", "surrogateescape")))


def text_as_bytes(shown: str) -> bytes:
    """Give back the bytes that ``bytes_as_text`` was given."""
    restored = _ESCAPE.sub(lambda m: chr(int(m[2], 16) + (0xDC00 if m[1] == "x" else 0)), shown)
    return restored.encode("utf-8", "surrogateescape")


def is_binary(raw: bytes) -> bool:
    """Whether bytes are better read as hex: control bytes, or not UTF-8 (a character cut at either end does not count)."""
    if _BINARY_CONTROL.search(raw):
        return True
    start = next((i for i, byte in enumerate(raw[:4]) if byte & 0xC0 != 0x80), 0)  # noqa: PLR2004 -- the mask of UTF-8 continuation bytes
    try:
        codecs.getincrementaldecoder("utf-8")().decode(raw[start:], final=False)
    except UnicodeDecodeError:
        return True
    return False


def hex_rows(raw: bytes) -> Iterator[str]:
    """Give rows of offset, 16 bytes in hex, and their text (colons and hashes, which CI systems may obey, as dots), 72 columns wide."""
    for offset in range(0, len(raw), _ROW):
        row = raw[offset : offset + _ROW]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F and byte not in b":#" else "." for byte in row)  # noqa: PLR2004 -- printable ASCII
        yield f"{offset:04x}  {row.hex(' '):<47}  {text}"


def body_rows(raw: bytes) -> Iterator[str]:
    """Give bytes as rows for people: text line by line, or hex with text when they are binary."""
    if is_binary(raw):
        yield from hex_rows(raw)
    else:
        for line in raw.split(b"\n"):
            yield bytes_as_text(line.removesuffix(b"\r"))
