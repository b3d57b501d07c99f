"""Tells in which line each value of a JSON document stands, which Python's reader does not.

Law: the text has been read as JSON before; every key path of its value has a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from hookproof.contracts.document import Path

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n')


def json_lines(text: str) -> Mapping[Path, int]:
    """Give the line of each key path, counted from 1; a member stands where its key stands."""
    lines: dict[Path, int] = {}
    open_: list[int | str | None] = []  # the key or position that comes next, innermost last; None: a key is awaited
    line = 1
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word == "\n":
            line += 1
        elif word in "}]":
            open_.pop()
        elif word == ",":
            last = open_[-1]
            open_[-1] = last + 1 if isinstance(last, int) else None
        elif word == ":":
            continue
        elif open_ and open_[-1] is None:
            open_[-1] = json.loads(word)
            lines[_path(open_)] = line
        else:
            lines.setdefault(_path(open_), line)
            if word in "{[":
                open_.append(0 if word == "[" else None)
    return lines


def _path(open_: list[int | str | None]) -> Path:
    return tuple(step for step in open_ if step is not None)
