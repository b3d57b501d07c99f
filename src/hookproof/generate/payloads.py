"""Valid payloads of an event, made from its JSON Schema by construction.

Law: the same event, seed and number give the same payload for ever; what cannot be made is refused by name, never guessed or left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jsonschema_rs

from hookproof.generate.schema.choices import Choices, diced
from hookproof.generate.schema.compiling import Compiler
from hookproof.generate.schema.whole import UnmadeError
from hookproof.model.contract import Event, Json
from hookproof.model.errors import IllFormedError

_TRIES = 40
"""How often a payload is made anew that its schema refuses."""
_PART = 1_000_000
"""The largest part of a promised sum."""


class RefusedError(Exception):
    """A value was made that its schema refuses."""

    def __init__(self, value: Json) -> None:
        super().__init__("refused")
        self.value = value


class Payloads:
    """What makes the payloads of one event, compiled once.

    ``wide``: values are made too that careful receivers need not take, such as integers beyond 2^53; without it all are interoperable
    (RFC 7493). Raises ``IllFormedError`` with the place and the keyword of the schema of which no value is known.
    """

    def __init__(self, event: Event, *, wide: bool = False) -> None:
        self.event = event
        self.compiler = Compiler(event.schema, wide=wide)
        try:
            self._make = self.compiler.whole_maker()
        except UnmadeError as error:
            raise self._unmade(error.keyword, error.pointer) from None
        self.is_valid = self.compiler.whole.valid(self.compiler.whole.root)

    def numbered(self, number: int, seed: int) -> Json:
        """Give the payload of a number: 0 has every optional member, 1 none, later ones choose."""
        presence = None if number > 1 else number == 0
        first = f"{seed}/{self.event.name}/{number}"
        return self._tried(lambda turn: diced(f"{first}/{turn}" if turn else first, presence=presence))

    def some(self, count: int, seed: int) -> tuple[Json, ...]:
        """Give the payloads of the first numbers."""
        return tuple(self.numbered(number, seed) for number in range(count))

    def made(self, choices: Choices) -> Json:
        """Make a payload by some decisions; raise ``UnmadeError`` if they lead to none, ``RefusedError`` if to one that is not valid."""
        value = self._related(self._make(choices))
        if not self.is_valid(value):
            raise RefusedError(value)
        return value

    def _tried(self, source: Callable[[int], Choices]) -> Json:
        """Make a payload by the decisions of a source, of another turn of it if the value turns out to be refused."""
        refused: Json = None
        unmade: UnmadeError | None = None
        for turn in range(_TRIES):
            try:
                return self.made(source(turn))
            except UnmadeError as error:
                unmade = error
            except RefusedError as error:
                refused = error.value
        if unmade is not None:
            raise self._unmade(unmade.keyword, unmade.pointer)
        fault = next(iter(self.compiler.whole.compiled(self.compiler.whole.root).iter_errors(refused)))
        raise self._unmade(_keyword(fault), "".join(f"/{step}" for step in fault.schema_path[:-1]))

    def _related(self, value: Json) -> Json:
        """Make the promised sums right."""
        for total, parts in self.event.relations.items():
            if isinstance(value, dict):
                for part in parts:
                    value[part] = min(value.get(part, 0), _PART)
                value[total] = sum(value[part] for part in parts)
        return value

    def _unmade(self, keyword: str, pointer: str) -> IllFormedError:
        return IllFormedError(
            self.event.name,
            f"no value is known that satisfies `{keyword}` together with all that holds there",
            place=pointer or "the whole schema",
            remedy="Widen it, or give the texts `examples` that fit.",
        )


def _keyword(fault: jsonschema_rs.ValidationError) -> str:
    return str(fault.schema_path[-1]) if fault.schema_path else "false"


_KNOWN: dict[tuple[int, bool], Payloads] = {}


def payloads_of(event: Event, *, wide: bool = False) -> Payloads:
    """Give what makes the payloads of an event, shared by all in the process."""
    found = _KNOWN.get((id(event.schema), wide))
    if found is None or found.event.schema is not event.schema or found.event.name != event.name:
        found = _KNOWN[id(event.schema), wide] = Payloads(event, wide=wide)
    return found


def payloads(event: Event, count: int, seed: int, *, wide: bool = False) -> tuple[Any, ...]:
    """Give ``count`` valid payloads of an event beside its examples.

    The first has every optional member, the second none; later ones choose. Raises ``IllFormedError`` for a schema of which no value is
    known, naming the event, the place and the keyword.
    """
    return payloads_of(event, wide=wide).some(count, seed) if count else ()


HARD_TEXTS: Mapping[str, str] = {
    "ascii": "".join(map(chr, range(0x20, 0x7F))),
    "control": "".join(map(chr, range(0x01, 0x20))) + "\x7f",
    "latin": "àéîöü ßñç¡¿",
    "three_bytes": "€漢字仮名ไทย\u2028\u2029\ufeff\ufffd",
    "four_bytes": "😀🏳️‍🌈👩‍👩‍👧‍👦\U0010ffff\U00010000",
    "combining": "e\u0301 a\u0308 \u0627\u064e",
    "escapes": '\\u0041 \\" \\/ </script> &amp; %41 ${x} {{y}}',
    "empty": "",
    "spaces": "  leading and trailing  \n",
    "look_alikes": "null true 0 NaN 1e3 [] {}",
}
"""Texts that careless code spoils, by what is hard about them."""

HARD_NUMBERS: Mapping[str, int | float] = {
    "beyond_double": 9_007_199_254_740_993,
    "int64_max": 9_223_372_036_854_775_807,
    "int64_beyond": 18_446_744_073_709_551_616,
    "tiny": 5e-324,
    "huge": 1.7976931348623157e308,
    "third": 0.1,
    "exponent": 1e21,
    "negative": -0.5,
}
"""Numbers that careless code spoils."""

HARD_EMPTIES: Mapping[str, Any] = {
    "null": None,
    "false": False,
    "zero": 0,
    "empty_text": "",
    "empty_list": [],
    "empty_object": {},
    "nested": {"null": None, "list": [[], {}, "", None], "object": {"empty": {}}},
}
"""Values that count as nothing somewhere."""
