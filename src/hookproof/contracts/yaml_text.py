"""Strict YAML: the part of YAML 1.2 that JSON could say, with comments and line numbers.

Law: values are built from parser events on a stack of our own, so neither depth nor aliases can blow up; keys are always text;
only ``true``, ``false``, ``null`` (or nothing) and numbers mean something, all other plain words are text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from hookproof.contracts.document import Document, Path, shortened
from hookproof.contracts.text import MOST_DIGITS, MOST_LEVELS, MOST_VALUES, decode, is_unicode, too_deep, too_many
from hookproof.model.errors import IllFormedError

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_BASES = ((re.compile(r"[-+]?[0-9]+"), 10), (re.compile(r"0o[0-7]+"), 8), (re.compile(r"0x[0-9a-fA-F]+"), 16))
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(kw_only=True)
class _Open:
    """A mapping or list that is not closed yet; ``key`` is the key whose value comes next."""

    path: Path
    value: dict[str, Any] | list[Any]
    key: str | None = None


class _Builder:
    """Turns the events of one file into one value."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.lines: dict[Path, int] = {}
        self.stack: list[_Open] = []
        self.root: Any = None
        self.documents = 0
        self.values = 0

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        self._refuse_sharing(event)
        self.values += isinstance(event, yaml.NodeEvent)
        if self.values > MOST_VALUES:
            raise too_many(self.subject, f"line {_line(event)}")
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise self.fault(event, "it holds a second document", "Keep one document per file; remove the line '---'.")
        elif isinstance(event, yaml.ScalarEvent):
            self._take_scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._open(event, {})
        elif isinstance(event, yaml.SequenceStartEvent):
            self._open(event, [])
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()

    def fault(self, event: yaml.Event, cause: str, remedy: str) -> IllFormedError:
        """Make the error that something is wrong at an event."""
        return IllFormedError(self.subject, shortened(cause), place=f"line {_line(event)}", remedy=remedy)

    def _refuse_sharing(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self.fault(event, "anchors and aliases (& and *) are not allowed", "Write the value out, or quote the text.")
        if getattr(event, "tag", None):
            raise self.fault(event, "tags (!) are not allowed", "Write the plain value, or quote the text.")

    def _take_scalar(self, event: yaml.ScalarEvent) -> None:
        if not is_unicode(event.value):
            raise self.fault(event, "a text holds half of a surrogate pair", "Write the whole character.")
        top = self.stack[-1] if self.stack else None
        if top is None or isinstance(top.value, list) or top.key is not None:
            self._put(event, event.value if event.style else self._plain(event))
        elif event.value in top.value:
            raise self.fault(event, f"the key {event.value!r} occurs twice in one mapping", "Remove or merge one of them.")
        else:
            top.key = event.value
            self.lines[(*top.path, event.value)] = _line(event)

    def _plain(self, event: yaml.ScalarEvent) -> Any:  # noqa: ANN401 -- a scalar of any type
        text = event.value
        if text in _WORDS:
            return _WORDS[text]
        base = next((base for pattern, base in _BASES if pattern.fullmatch(text)), None)
        if base is None and not _FLOAT.fullmatch(text):
            return text
        number = math.inf if len(text) > MOST_DIGITS else int(text, base) if base else float(text)
        if isinstance(number, float) and not math.isfinite(number):
            raise self.fault(event, "a number is too large or has too many digits", "Quote it if it is a text.")
        return number

    def _put(self, event: yaml.Event, value: Any) -> Path:  # noqa: ANN401 -- any value
        if not self.stack:
            self.root = value
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            path = (*top.path, len(top.value))
            self.lines[path] = _line(event)
            top.value.append(value)
            return path
        if top.key is None:
            raise self.fault(event, "a key is a list or a mapping", "Use a plain word as the key, or quote the text.")
        path = (*top.path, top.key)
        top.value[top.key], top.key = value, None
        return path

    def _open(self, event: yaml.Event, value: dict[str, Any] | list[Any]) -> None:
        if len(self.stack) >= MOST_LEVELS:
            raise too_deep(self.subject, f"line {_line(event)}")
        self.stack.append(_Open(path=self._put(event, value), value=value))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def parse_yaml(subject: str, raw: bytes) -> Document:
    """Parse one YAML document strictly."""
    builder = _Builder(subject)
    text = decode(subject, raw)
    try:
        for event in yaml.parse(text, Loader=_PARSER):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        position = getattr(error, "position", None)
        line = mark.line if mark else text.count("\n", 0, position) if isinstance(position, int) else 0
        cause = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
        raise IllFormedError(subject, f"it is not YAML: {cause}", place=f"line {line + 1}", remedy="Mend the YAML.") from None
    return Document(subject=subject, value=builder.root, lines=builder.lines)
