"""Valid payloads per second: Schemathesis, ours inside @given, ours as corpora, and a naive random generator, on the same schemas.

All run in this process, interleaved, medians of five, by processor time, on the six events of Orbit whose schemas say most and on one
that has everything. Prints one JSON line; goals: inside @given 20 times Schemathesis' `as_strategy`, as corpora 100 times, and corpora at
least half as fast as the naive closures, which know no edges and check nothing. Inside @given Hypothesis itself takes longer for one
example than a payload takes to be made (`hypothesis_alone`: a strategy that draws one integer), so one payload an example cannot be
20 times as fast whoever makes it: the goal is that of batches, and one by one is printed beside.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from hookproof.generate.payloads import Payloads
from hookproof.generate.strategies import event_batches, event_payloads
from hookproof.model.contract import Event
from hookproof.rules.bodies import validator
from hookproof.staging.session import read_contract

ROUNDS = 5
GIVEN, CORPORA, NAIVE = 20.0, 100.0, 0.5
EXAMPLES, CORPUS = 60, 1500
BATCH = 10
"""Payloads of one example, on the average, where a test takes several."""

MONEY = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "integer", "minimum": 0}, "currency": {"type": "string"}},
}
SHIPMENT: Mapping[str, Any] = {
    "type": "object",
    "required": ["id", "type", "created_at", "status", "total", "party"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "type": {"const": "shipment.changed"},
        "created_at": {"type": "string", "format": "date-time"},
        "status": {"enum": ["packed", "sent", "lost"]},
        "total": {"$ref": "#/$defs/money"},
        "party": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/party"}]},
        "phone": {"type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$"},
        "tags": {"type": "array", "items": {"type": "string", "maxLength": 20}, "maxItems": 8},
        "weight": {"type": "number", "minimum": 0, "maximum": 1000},
        "pieces": {"type": "integer", "minimum": 1, "maximum": 99},
        "express": {"type": "boolean"},
        "note": {"type": ["string", "null"], "maxLength": 200},
        "link": {"type": "string", "format": "uri"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "previous": {"type": "array", "items": {"$ref": "#/$defs/money"}, "maxItems": 3},
    },
    "additionalProperties": False,
    "$defs": {
        "money": MONEY,
        "party": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string", "minLength": 1}, "vip": {"type": "boolean"}},
        },
    },
}
"""An event with what events have: constants, formats, a pattern, bounds, references, a choice, lists and a map."""


Draw = Callable[[random.Random], Any]


class Naive:
    """Compiles a schema as one would by hand: closures, random values, no edges, no checks."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self.whole = whole
        self.simple: Mapping[str, Callable[[Mapping[str, Any]], Draw]] = {
            "object": self.obj, "array": self.arr, "string": self.text, "integer": self.integer, "number": self.number,
            "boolean": lambda _: lambda dice: dice.random() < 0.5, "null": lambda _: lambda _: None,
        }  # fmt: skip

    def compiled(self, schema: Mapping[str, Any]) -> Draw:
        """Compile one schema."""
        if "$ref" in schema:
            return self.compiled(self.whole["$defs"][schema["$ref"].rpartition("/")[2]])
        if "const" in schema:
            return lambda _: schema["const"]
        if "enum" in schema:
            return lambda dice: dice.choice(schema["enum"])
        parts = schema.get("oneOf", ())
        kind = schema.get("type", "object" if "properties" in schema else "string")
        if isinstance(kind, list):
            parts = [{**schema, "type": each} for each in kind]
        if parts:
            branches = [self.compiled(part) for part in parts]
            return lambda dice: dice.choice(branches)(dice)
        return self.simple[kind](schema)

    def obj(self, schema: Mapping[str, Any]) -> Draw:
        """Compile an object; each optional member is there every other time."""
        required = set(schema.get("required", ()))
        members = [(name, self.compiled(part), name in required) for name, part in schema.get("properties", {}).items()]
        members += [(name, self.compiled({}), True) for name in sorted(required - set(schema.get("properties", {})))]
        return lambda dice: {name: make(dice) for name, make, needed in members if needed or dice.random() < 0.5}

    def arr(self, schema: Mapping[str, Any]) -> Draw:
        """Compile a list."""
        make, least, most = self.compiled(schema.get("items", {})), schema.get("minItems", 0), schema.get("maxItems", 5)
        return lambda dice: [make(dice) for _ in range(dice.randint(least, most))]

    def text(self, schema: Mapping[str, Any]) -> Draw:
        """Compile a text of a format, a telephone number for any pattern, or letters."""
        least, most = schema.get("minLength", 0), min(schema.get("maxLength", 20), 20)
        formats: Mapping[str, Draw] = {
            "uuid": lambda dice: f"{dice.getrandbits(32):08x}-0000-4000-8000-{dice.getrandbits(48):012x}",
            "date-time": lambda dice: f"20{dice.randint(10, 99)}-0{dice.randint(1, 9)}-{dice.randint(10, 28)}T12:00:00Z",
            "uri": lambda dice: f"https://example.test/{dice.randint(0, 999)}",
        }
        if schema.get("format") in formats:
            return formats[schema["format"]]
        if "pattern" in schema:
            return lambda dice: f"+1{dice.randint(10**6, 10**9)}"
        return lambda dice: "".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(least, most)))

    def integer(self, schema: Mapping[str, Any]) -> Draw:
        """Compile an integer."""
        least, most = schema.get("minimum", -1000), schema.get("maximum", 10**6)
        return lambda dice: dice.randint(least, most)

    def number(self, schema: Mapping[str, Any]) -> Draw:
        """Compile a number."""
        return lambda dice: dice.uniform(schema.get("minimum", -1000), schema.get("maximum", 10**6))


def lifted(event: Event) -> st.SearchStrategy[Any]:
    """Give Schemathesis' strategy of an event: its schema as the body of one operation of an OpenAPI 3.1 document."""

    def moved(node: Any) -> Any:  # noqa: ANN401 -- any JSON value
        if isinstance(node, dict):
            return {
                key: part.replace("#/$defs/", "#/components/schemas/event/$defs/") if key == "$ref" else moved(part)
                for key, part in node.items()
            }
        return [moved(part) for part in node] if isinstance(node, list) else node

    content = {"application/json": {"schema": {"$ref": "#/components/schemas/event"}}}
    operation = {"operationId": "event", "requestBody": {"required": True, "content": content}, "responses": {"204": {"description": "ok"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "events", "version": "1"},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": {"/event": {"post": operation}},
        "components": {"schemas": {"event": moved({k: v for k, v in event.schema.items() if k != "$schema"})}},
    }
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict({"seed": 7}))
    found = next(iter(schema.get_all_operations())).ok()  # type: ignore[union-attr] # our own document is well-formed
    return found.as_strategy(generation_mode=GenerationMode.POSITIVE).map(lambda case: case.body)


def drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Give what a test gets from a strategy in so many examples."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=False,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def test(payload: Any) -> None:  # noqa: ANN401 -- any JSON value
        found.append(payload)

    test()
    return found


def timed(makers: Mapping[str, Callable[[], list[Any]]]) -> Iterator[tuple[str, float, list[Any]]]:
    """Run each maker once; give its name, payloads per second of processor time, and the payloads."""
    for name, make in makers.items():
        started = time.process_time()
        found = make()
        yield name, len(found) / (time.process_time() - started), found


def makers_of(event: Event) -> dict[str, Callable[[], list[Any]]]:
    """Give the ways of making payloads of an event, everything compiled."""
    theirs, ours, made, hand = lifted(event), event_payloads(event), Payloads(event, wide=True), Naive(event.schema).compiled(event.schema)
    several = event_batches(event, most=2 * BATCH)
    dice = random.Random(7)  # noqa: S311 -- reproducible data, no secret
    return {
        "schemathesis": lambda: drawn(theirs, EXAMPLES),
        "given": lambda: drawn(ours, EXAMPLES * 5),
        "given_batches": lambda: [payload for batch in drawn(several, EXAMPLES * 5) for payload in batch],
        "hypothesis_alone": lambda: drawn(st.integers(min_value=0, max_value=2**60).map(lambda _: event.examples), EXAMPLES * 5),
        "corpora": lambda: [made.numbered(number, 0) for number in range(CORPUS)],
        "naive": lambda: [hand(dice) for _ in range(CORPUS)],
    }


def main() -> None:
    """Measure, print, and end with status 1 if a goal is missed."""
    warnings.simplefilter("ignore")
    orbit = read_contract("orbit").events
    wordiest = sorted(orbit, key=lambda name: (-len(json.dumps(orbit[name].schema)), name))[:6]
    own = replace(orbit[wordiest[0]], name="shipment.changed", schema=SHIPMENT, examples=(), relations={})
    rates: dict[str, dict[str, list[float]]] = {}
    valid: dict[str, list[bool]] = {}
    for event in [own, *(orbit[name] for name in wordiest)]:
        makers, compiled = makers_of(event), validator(event.schema)
        for make in makers.values():
            make()  # what is compiled at first use
        for _ in range(ROUNDS):
            for name, rate, found in timed(makers):
                rates.setdefault(event.name, {}).setdefault(name, []).append(rate)
                valid.setdefault(name, []).extend(map(compiled.is_valid, found))
    medians = {event: {name: statistics.median(found) for name, found in each.items()} for event, each in rates.items()}

    def ratio(one: str, other: str) -> float:
        return statistics.geometric_mean(each[one] / each[other] for each in medians.values())

    ratios = {
        "given_batches": ratio("given_batches", "schemathesis"),
        "corpora": ratio("corpora", "schemathesis"),
        "naive": ratio("corpora", "naive"),
    }
    goals = {"given_batches": GIVEN, "corpora": CORPORA, "naive": NAIVE}
    print(
        json.dumps(
            {
                **{f"{name}_ratio": round(found, 2) for name, found in ratios.items()},
                **{f"{name}_goal": goal for name, goal in goals.items()},
                "given_one_by_one_ratio": round(ratio("given", "schemathesis"), 2),
                "hypothesis_alone_ratio": round(ratio("hypothesis_alone", "schemathesis"), 2),
                "valid": {name: round(sum(found) / len(found), 4) for name, found in valid.items() if name != "hypothesis_alone"},
                "per_s": {event: {name: round(rate) for name, rate in each.items()} for event, each in medians.items()},
            }
        )
    )
    sys.exit(any(ratios[name] < goal for name, goal in goals.items()))


if __name__ == "__main__":
    main()
