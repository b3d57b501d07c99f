"""A change that is seeded into a schema is classed as its construction says, and no class is ever refuted by an instance."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hookproof.comparing.change import Impact, Side
from hookproof.comparing.schema_change import differences, judge_of, schema_sides, stripped

FINE, BREAKS, OPEN = Impact.COMPATIBLE, Impact.BREAKING, Impact.UNDECIDED
NAMES = st.sampled_from(["id", "name", "total", "tag", "x y", "a/b"])
LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more}, st.integers(1, 4), st.integers(1, 5)),
    st.builds(lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more}, st.integers(-5, 5), st.integers(1, 9)),
    st.builds(lambda words: {"enum": sorted(words)}, st.sets(st.sampled_from("abcdef"), min_size=2, max_size=4)),
    st.just({"type": ["string", "null"]}),
    st.just({"type": "boolean"}),
)
Schema = dict[str, Any]


def objects(parts: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    """Give open objects with such members, some of them required."""

    def build(members: dict[str, Schema], chosen: set[str]) -> Schema:
        required = sorted(chosen & members.keys())
        return {"type": "object", "properties": members, **({"required": required} if required else {})}

    return st.builds(build, st.dictionaries(NAMES, parts, min_size=1, max_size=4), st.sets(NAMES))


def nodes(schema: Schema) -> list[Schema]:
    """Give every object inside a schema of ours, outermost first, that every instance may reach."""
    inner = [part for member in schema.get("properties", {}).values() for part in nodes(member)] if isinstance(schema, dict) else []
    return [schema, *inner] if "properties" in schema else inner


WHOLES = objects(st.one_of(LEAVES, objects(LEAVES)))
Seed = tuple[Callable[[Schema, Any], bool], Impact, Impact]


def edge(word: str, by: int) -> Callable[[Schema, Any], bool]:
    """Move one edge of one member."""

    def seed(node: Schema, draw: Any) -> bool:
        fit = [part for part in node["properties"].values() if word in part]
        part = draw(st.sampled_from(fit)) if fit else {}
        if part:
            part[word] += by
        return bool(part)

    return seed


def words(change: Callable[[list[str]], list[str]]) -> Callable[[Schema, Any], bool]:
    """Change the words of one enumeration."""

    def seed(node: Schema, draw: Any) -> bool:
        fit = [part for part in node["properties"].values() if "enum" in part]
        part = draw(st.sampled_from(fit)) if fit else {}
        if part:
            part["enum"] = change(part["enum"])
        return bool(part)

    return seed


def kinds(before: Any, after: Any) -> Callable[[Schema, Any], bool]:
    """Change the type of one member."""

    def seed(node: Schema, draw: Any) -> bool:
        fit = [name for name, part in node["properties"].items() if part == {"type": before}]
        if fit:
            node["properties"][draw(st.sampled_from(fit))] = {"type": after}
        return bool(fit)

    return seed


def added(node: Schema, draw: Any) -> bool:
    """Describe a new member that may be missing."""
    node["properties"]["brand-new"] = draw(LEAVES)
    return True


def demanded(node: Schema, draw: Any) -> bool:
    """Require a member more."""
    free = sorted({*node["properties"], "brand-new"} - set(node.get("required", ())))
    node["required"] = [*node.get("required", ()), draw(st.sampled_from(free))]
    return True


def released(node: Schema, draw: Any) -> bool:
    """Require a member less."""
    if node.get("required"):
        node["required"].remove(draw(st.sampled_from(node["required"])))
        return True
    return False


def forgotten(node: Schema, draw: Any) -> bool:
    """Describe a member no longer that may be missing."""
    free = sorted(set(node["properties"]) - set(node.get("required", ())))
    if free:
        del node["properties"][draw(st.sampled_from(free))]
    return bool(free)


def closed(node: Schema, draw: Any) -> bool:
    """Allow no further member."""
    del draw
    node["additionalProperties"] = False
    return True


def told(node: Schema, draw: Any) -> bool:
    """Say something to people."""
    node["properties"][draw(st.sampled_from(sorted(node["properties"])))]["description"] = "Told."
    node["title"] = "Told"
    node["x-told"] = {"anything": [1]}
    return True


def reordered(node: Schema, draw: Any) -> bool:
    """Write the same in another order."""
    del draw
    node["properties"] = dict(reversed(node["properties"].items()))
    node["required"] = list(reversed(node.get("required", [])))
    return True


SEEDS: dict[str, Seed] = {
    # what is done, and what it does to receivers and to platforms
    "a member more may come": (added, FINE, FINE),
    "a member more must come": (demanded, FINE, BREAKS),
    "a member less must come": (released, BREAKS, FINE),
    "a member is described no longer": (forgotten, BREAKS, FINE),
    "no further member may come": (closed, FINE, BREAKS),
    "longer texts": (edge("maxLength", 1), BREAKS, FINE),
    "shorter texts": (edge("maxLength", -1), FINE, BREAKS),
    "texts may be shorter": (edge("minLength", -1), BREAKS, FINE),
    "texts must be longer": (edge("minLength", 1), FINE, BREAKS),
    "larger numbers": (edge("maximum", 1), BREAKS, FINE),
    "smaller numbers": (edge("maximum", -1), FINE, BREAKS),
    "numbers may be smaller": (edge("minimum", -1), BREAKS, FINE),
    "a word more": (words(lambda known: [*known, "zz"]), BREAKS, FINE),
    "a word less": (words(lambda known: known[1:]), FINE, BREAKS),
    "another word": (words(lambda known: [*known[1:], "zz"]), BREAKS, BREAKS),
    "null no longer": (kinds(["string", "null"], "string"), FINE, BREAKS),
    "any text, not true or false": (kinds("boolean", "string"), BREAKS, BREAKS),
    "words for people": (told, FINE, FINE),
    "another order": (reordered, FINE, FINE),
}


@pytest.mark.parametrize("name", SEEDS)
@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much], max_examples=25)
@given(data=st.data(), old=WHOLES)
def test_seeded_changes_are_classed(name: str, data: st.DataObject, old: Schema) -> None:
    """A change breaks exactly whom its construction says, at any depth, and its reverse breaks the other side."""
    seed, receivers, platforms = SEEDS[name]
    new = copy.deepcopy(old)
    assume(seed(data.draw(st.sampled_from(nodes(new))), data.draw))
    got = schema_sides(old, new)
    assert [side.impact for side in got] == [receivers, platforms]
    check_witnesses(old, new, got)
    back = schema_sides(new, old)
    told_anew = {"a member more may come": got, "a member is described no longer": back}.get(name)
    if told_anew is None:
        assert [side.impact for side in back] == [platforms, receivers]
    else:  # to describe a member breaks nobody who did not use its name; to describe it no longer withdraws a promise
        other = back if told_anew is got else got
        assert [side.impact for side in told_anew] == [FINE, FINE]
        assert told_anew[1].provided
        assert [side.impact for side in other] == [BREAKS, FINE]


def check_witnesses(old: Schema, new: Schema, got: tuple[Side, Side]) -> None:
    """Demand that every instance that is shown is what it is said to be."""
    for side, (accepting, refusing) in zip(got, ((new, old), (old, new)), strict=True):
        for instance in side.witness:
            assert judge_of(accepting)(instance)
            assert not judge_of(refusing)(instance)
        assert not side.witness or side.impact is BREAKS


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-7, 16) | st.sampled_from(["", "a", "b", "zz", "xxxxx"]),
    lambda inner: st.dictionaries(NAMES | st.just("brand-new"), inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=8,
)


@settings(deadline=None, max_examples=150)
@given(old=WHOLES, new=WHOLES, instances=st.lists(VALUES, max_size=12))
def test_no_class_is_refuted(old: Schema, new: Schema, instances: list[Any]) -> None:
    """Between any two schemas: what is compatible without a condition is refuted by no instance, and every witness is one."""
    got = schema_sides(old, new)
    check_witnesses(old, new, got)
    before, after = judge_of(old), judge_of(new)
    for instance in instances:
        if after(instance) and not before(instance):
            assert got[0].impact is not FINE
        if before(instance) and not after(instance):
            assert got[1].impact is not FINE or got[1].provided


PAIRS: dict[str, tuple[Any, Any, Impact, Impact]] = {
    "same by reference": ({"$ref": "#/$defs/m", "$defs": {"m": {"type": "string"}}}, {"type": "string"}, FINE, FINE),
    "deep in a list": (
        {"type": "array", "items": {"type": "object", "properties": {"k": {"enum": ["a"]}}}},
        {"type": "array", "items": {"type": "object", "properties": {"k": {"enum": ["a", "b"]}}}},
        BREAKS,
        FINE,
    ),
    "alternatives": ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"anyOf": [{"required": ["a"]}]}, FINE, BREAKS),
    "patterns that nobody compares": ({"type": "string", "pattern": "^aa*$"}, {"type": "string", "pattern": "^a+$"}, OPEN, OPEN),
    "a pattern more": ({"type": "string"}, {"type": "string", "pattern": "^A"}, FINE, BREAKS),
    "a format more": ({"type": "string"}, {"type": "string", "format": "uuid"}, FINE, BREAKS),
    "a new member of an object below not": (
        {"not": {"type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}},
        {"not": {"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}}, "required": ["a"]}},
        BREAKS,
        FINE,
    ),
    "a new member of one alternative": (
        {"anyOf": [{"type": "object", "properties": {"a": {}}}]},
        {"anyOf": [{"type": "object", "properties": {"a": {}, "b": {"type": "string"}}}]},
        FINE,
        BREAKS,
    ),
    "true and 1": ({"const": 1}, {"const": True}, BREAKS, BREAKS),
    "1 and 1.0": ({"const": 1}, {"const": 1.0}, FINE, FINE),
    "a new member that may be anything": ({"type": "object"}, {"type": "object", "properties": {"b": {}}}, FINE, FINE),
    "a member called like a keyword": (
        {"type": "object", "properties": {"title": {"type": "string"}}},
        {"type": "object", "properties": {"title": {"type": "integer"}}},
        BREAKS,
        BREAKS,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name: str) -> None:
    """Pairs whose relation is known are classed so."""
    old, new, receivers, platforms = PAIRS[name]
    got = schema_sides(old, new)
    assert [side.impact for side in got] == [receivers, platforms]
    check_witnesses(old, new, got)


@given(old=WHOLES, new=WHOLES)
def test_differences_are_places(old: Schema, new: Schema) -> None:
    """A schema differs from itself nowhere, and from another one somewhere."""
    assert list(differences(old, copy.deepcopy(old))) == []
    assert bool(list(differences(old, new))) == (old != new)
    assert stripped(stripped(old)) == stripped(old)


@pytest.mark.parametrize("depth", [1, 4])
def test_witnesses_are_found_in_large_schemas(depth: int) -> None:
    """Among hundreds of members the one that changed is shown, at its place."""

    def whole(words: list[str]) -> Schema:
        part: Schema = {"type": "object", "required": ["z"], "properties": {"z": {"enum": words}}}
        for number in range(depth):
            others = {f"m{number}-{n}": {"enum": [f"w{number}-{n}", f"v{number}-{n}"]} for n in range(150)}
            part = {"type": "object", "required": ["inner"], "properties": {**others, "inner": part}}
        return part

    got = schema_sides(whole(["a", "b"]), whole(["a", "c"]))
    assert [len(side.witness) for side in got] == [1, 1]
    check_witnesses(whole(["a", "b"]), whole(["a", "c"]), got)
