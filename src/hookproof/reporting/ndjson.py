"""Lines of JSON with a footer: how both of our file formats are written and read.

Law: a line is whole or the file is refused, with the number of the line and how many lines before it are intact.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from hookproof.model.errors import HookproofError, IllFormedError

LINE_CAP = 64 * 1024 * 1024
"""The longest legal line in bytes."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: its number from 1, its bytes with the newline, and the JSON object that it holds."""

    path: Path
    number: int
    raw: bytes
    document: dict[str, Any]

    @property
    def kind(self) -> object:
        """What the line says it is."""
        return self.document.get("kind")

    def refuse(self, cause: str, *, key: str = "", remedy: str = "") -> NoReturn:
        """Raise ``IllFormedError`` for this line."""
        refuse(self.path, self.number, cause, key=key, remedy=remedy)

    def refuse_whole(self, cause: str, *, key: str = "") -> NoReturn:
        """Raise ``IllFormedError`` for a file that this line (the footer) gives the lie."""
        remedy = f"All {self.number - 1} lines before can be read, but the file was altered after it was written; get the original."
        raise IllFormedError(str(self.path), cause, place=f"line {self.number}" + (f", {key}" if key else ""), remedy=remedy)

    def member(self, key: str, kind: type[T]) -> T:
        """Give a member of the given type or refuse the line."""
        value = self.document.get(key)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.refuse(f"the member is missing or not of type {kind.__name__}", key=key)
        return value


def refuse(path: Path, number: int, cause: str, *, key: str = "", remedy: str = "") -> NoReturn:
    """Raise ``IllFormedError`` that names file and line, and says how much before it is intact."""
    before = number - 1
    counted = {0: "There is no line before it.", 1: "The 1 line before it is intact."}
    intact = counted.get(before, f"The {before} lines before it are intact.")
    place = f"line {number}, {key}" if key else f"line {number}"
    raise IllFormedError(str(path), cause, place=place, remedy=f"{intact} {remedy or 'Get an unaltered copy, or run again.'}")


def line_bytes(document: dict[str, Any]) -> bytes:
    """Give the one line of a JSON object: ASCII, no NaN, newline at its end; raise ``HookproofError`` if it cannot be said."""
    try:
        text = json.dumps(document, ensure_ascii=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        kind = str(document.get("kind"))
        raise HookproofError(f"{kind} line", f"it cannot be written as JSON: {error}", remedy="Report it as a bug of ours.") from error
    return text.encode("ascii").replace(b"\x7f", b"\\u007f") + b"\n"


def read_lines(path: Path) -> Iterator[Line]:
    """Give the lines one by one; refuse one that is too long, cut off, or not one JSON object."""
    try:
        with path.open("rb") as file:
            number = 0
            while raw := file.readline(LINE_CAP + 1):
                number += 1
                yield _line(path, number, raw)
    except OSError as error:
        raise IllFormedError(str(path), f"it cannot be read: {error.strerror}", remedy="Check the name and the permissions.") from error


def _line(path: Path, number: int, raw: bytes) -> Line:
    if len(raw) > LINE_CAP:
        refuse(path, number, f"the line is longer than {LINE_CAP} bytes")
    if not raw.endswith(b"\n"):
        refuse(path, number, "the file is torn: it ends inside this line")
    try:
        document = json.loads(raw, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        refuse(path, number, f"the line is not JSON: {error}")
    if not isinstance(document, dict):
        refuse(path, number, "the line is not a JSON object")
    return Line(path=path, number=number, raw=raw, document=document)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("an object has the same key twice")
    return document


def first_line(lines: Iterator[Line], path: Path, form: str) -> Line:
    """Take the header line; refuse an empty file, another kind of file and a version that we do not know."""
    line = next(lines, None)
    if line is None:
        refuse(path, 1, "the file is empty", remedy="Run again.")
    if line.kind != "header":
        line.refuse("the file does not begin with a header line", remedy=f"Give a file of the format {form}.")
    found = line.document.get("format")
    if found != form:
        remedy = "Use the version of Hookproof that wrote it."
        line.refuse(f"the format is {found!r}, this version reads {form}", key="format", remedy=remedy)
    return line


def torn(path: Path, last: int) -> IllFormedError:
    """Make the error for a file that ends without a footer after ``last`` lines."""
    remedy = f"The {last} lines that it has are intact, but the run was cut off; run again."
    return IllFormedError(str(path), "the file is torn: the footer is missing", place=f"line {last + 1}", remedy=remedy)
