"""Valid payloads of an event, made from its JSON Schema by construction.

Law: the same event, seed and number give the same payload for ever; what the subset cannot make is refused, not guessed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from hookproof.model.contract import Event
from hookproof.model.errors import IllFormedError

_TEXTS = (
    "",
    "a",
    "Grüße",
    "日本語テキスト",
    "😀👩‍👩‍👧",
    "line\nbreak\ttab",
    'quote " backslash \\ slash /',
    "x" * 300,
    "\u2028\u2029",
    "null",
)
_INTEGERS = (0, 1, -1, 255, 65_536, 2_147_483_648, 9_007_199_254_740_991, -9_007_199_254_740_991)
_NUMBERS = (0.5, -0.25, 1e-7, 123456.789, 1e15, 0.1)
_FORMATS: Mapping[str, Sequence[str]] = {
    "date-time": ("2027-02-28T23:59:59Z", "2028-02-29T00:00:00.123456Z", "2027-06-30T12:00:00+05:30", "1999-12-31T23:59:59-08:00"),
    "date": ("2027-02-28", "2028-02-29"),
    "uuid": ("123e4567-e89b-42d3-a456-426614174000", "ffffffff-ffff-4fff-bfff-ffffffffffff"),
    "email": ("a@example.test", "first.last+tag@sub.example.test"),
    "uri": ("https://example.test/a?b=c#d", "http://example.test/"),
}
_NAMES = ("city", "x y")
"""Names of members that a schema leaves free."""
_DEPTH = 6
_REMARKS = frozenset({"$schema", "$id", "$comment", "title", "description", "examples", "default", "deprecated"})
_OBJECT = frozenset({"properties", "required", "anyOf", "allOf", "if", "then", "additionalProperties"})
_MADE: Mapping[str, frozenset[str]] = {
    "object": _OBJECT,
    "array": frozenset({"items", "minItems", "maxItems"}),
    "string": frozenset({"pattern", "format", "minLength", "maxLength"}),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset({"minimum", "maximum"}),
    "boolean": frozenset(),
    "null": frozenset(),
}
"""The keywords that are obeyed, by the type whose values they constrain."""


def payloads(event: Event, count: int, seed: int) -> tuple[Any, ...]:
    """Give ``count`` valid payloads of an event beside its examples.

    The first has every optional member, the second none; later ones choose. Raises ``IllFormedError`` for a schema keyword
    that constrains values and that this generator does not make.
    """
    return tuple(_payload(event, number, seed) for number in range(count))


def _payload(event: Event, number: int, seed: int) -> Any:  # noqa: ANN401 -- any JSON value
    dice = random.Random(f"{seed}/{event.name}/{number}")  # noqa: S311 -- reproducible data, no secret
    optional = {0: 1.0, 1: 0.0}.get(number, 0.5)
    value = _Maker(event.name, dice, optional).make(event.schema, 0)
    for total, parts in event.relations.items():
        for part in parts:
            value[part] = min(value[part], 1_000_000)
        value[total] = sum(value[part] for part in parts)
    return value


class _Maker:
    def __init__(self, subject: str, dice: random.Random, optional: float) -> None:
        self.subject = subject
        self.dice = dice
        self.optional = optional

    def make(self, schema: Mapping[str, Any], depth: int) -> Any:  # noqa: ANN401 -- any JSON value
        """Make one value of a schema."""
        if "const" in schema or "enum" in schema:
            self._refuse_unknown(schema, {"const", "enum", "type"})
            return schema["const"] if "const" in schema else self.dice.choice(schema["enum"])
        kind = schema.get("type", "object" if "properties" in schema else "string")
        kinds = kind if isinstance(kind, list) else [kind]
        self._refuse_unknown(schema, {"type"}.union(*(_MADE[each] for each in kinds)))
        kind = self.dice.choice(kind) if isinstance(kind, list) else kind
        makers: Mapping[str, Callable[[Mapping[str, Any], int], Any]] = {
            "object": self._object,
            "array": self._array,
            "string": self._text,
            "integer": self._integer,
            "number": self._number,
            "boolean": lambda _schema, _depth: self.dice.random() < 0.5,  # noqa: PLR2004 -- a coin
            "null": lambda _schema, _depth: None,
        }
        return makers[kind](schema, depth)

    def _refuse_unknown(self, schema: Mapping[str, Any], known: Collection[str]) -> None:
        unknown = next((word for word in schema if word not in known and word not in _REMARKS and not word.startswith("x-")), None)
        if unknown is not None:
            raise IllFormedError(self.subject, f"`{unknown}` cannot be obeyed here yet", remedy="Write the schema without it.")

    def _chosen(self, choices: Sequence[Any], schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- any JSON value
        if not choices:
            raise IllFormedError(self.subject, f"no value is known that satisfies {dict(schema)}", remedy="Widen its bounds.")
        return self.dice.choice(choices)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        required = set(schema.get("required", ()))
        branch: Mapping[str, Any] = self.dice.choice(schema["anyOf"]) if "anyOf" in schema else {}
        self._refuse_unknown(branch, {"properties", "required"})
        required |= set(branch.get("required", ()))
        properties = {**schema.get("properties", {}), **branch.get("properties", {})}
        value = {
            name: self.make(properties.get(name, {"type": "string"}), depth + 1)
            for name in (*properties, *sorted(required - set(properties)))
            if name in required or (depth < _DEPTH and self.dice.random() < self.optional)
        }
        for rule in [schema, *schema.get("allOf", ())]:
            if rule is not schema:
                self._refuse_unknown(rule, {"if", "then"})
            if "if" in rule:
                self._conditional(rule, value, properties, depth)
        further = schema.get("additionalProperties", True)
        if isinstance(further, dict) and not properties:
            value |= {name: self.make(further, depth + 1) for name in _NAMES}
        elif further is not False and not properties and depth < _DEPTH:
            value |= {"note": self.dice.choice(_TEXTS), "nested": {"count": self.dice.choice(_INTEGERS), "empty": {}, "list": []}}
        return value

    def _conditional(self, rule: Mapping[str, Any], value: dict[str, Any], properties: Mapping[str, Any], depth: int) -> None:
        """Obey one if/then whose condition is a constant member, the only form that our contracts use."""
        condition = rule["if"].get("properties", {})
        if not all("const" in schema for schema in condition.values()):
            raise IllFormedError(self.subject, "this `if` is not a set of constant members", remedy="Write it with `const` members.")
        if condition and all(value.get(name) == schema["const"] for name, schema in condition.items()):
            then = rule.get("then", {})
            self._refuse_unknown(then, {"properties", "required"})
            for name in then.get("required", ()):
                if name not in value:
                    value[name] = self.make(then.get("properties", {}).get(name) or properties.get(name, {"type": "string"}), depth + 1)

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        length = self.dice.choice((least, least + 1, least + 3))
        return [self.make(schema.get("items", {"type": "string"}), depth + 1) for _ in range(min(length, schema.get("maxItems", length)))]

    def _text(self, schema: Mapping[str, Any], _depth: int) -> str:
        if "pattern" in schema and schema.get("examples"):
            return str(self.dice.choice(schema["examples"]))
        if "pattern" in schema:
            raise IllFormedError(self.subject, "a text with `pattern` cannot be made yet", remedy="Give it `enum`, `format` or `examples`.")
        if "format" in schema:
            return str(self._chosen(_FORMATS.get(schema["format"], ()), schema))
        least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000)
        fitting = [text for text in (*_TEXTS, "x" * least) if least <= len(text) <= most]
        choice: str = self._chosen(fitting[:-1] or fitting, schema)
        return choice

    def _integer(self, schema: Mapping[str, Any], _depth: int) -> int:
        least, most = schema.get("minimum", -(2**53) + 1), schema.get("maximum", 2**53 - 1)
        return int(self._chosen([n for n in (*_INTEGERS, least, most) if least <= n <= most], schema))

    def _number(self, schema: Mapping[str, Any], depth: int) -> float | int:
        least, most = schema.get("minimum", -1e15), schema.get("maximum", 1e15)
        fitting = [n for n in (*_NUMBERS, self._integer(schema, depth)) if least <= n <= most]
        choice: float | int = self._chosen(fitting or [n for n in (least,) if n <= most], schema)
        return choice


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
