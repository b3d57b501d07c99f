"""All schemas that hold together for one value: references followed, conjunctions opened, decisions taken or found open.

Law: a decision belongs to the schema that asks for it; the same schema reached twice is decided once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hookproof.generate.schema.negation import EXCLUDED, broken, certain
from hookproof.generate.schema.values import same_key
from hookproof.generate.schema.whole import Part, UnmadeError, Whole

Branch = tuple[Part, ...]
Key = tuple[Any, ...]
_MOST = 5000


@dataclass(frozen=True, kw_only=True, eq=False)
class State:
    """What is asked of one value: all ``roots`` hold, and the ``decided`` branches by the schema and keyword that asked."""

    roots: tuple[Part, ...]
    decided: Mapping[tuple[int, str], Branch] = field(default_factory=dict)

    @cached_property
    def key(self) -> Key:
        """What tells states apart."""
        taken = tuple((owner, word, tuple(map(id, branch))) for (owner, word), branch in self.decided.items())
        return (tuple(map(id, self.roots)), taken)

    def deciding(self, point: Point, branch: Branch) -> State:
        """Take one branch."""
        return State(roots=self.roots, decided={**self.decided, (id(point.owner), point.word): branch})


@dataclass(frozen=True, kw_only=True, eq=False)
class Flat:
    """One schema object that holds, and the positions of those that it is part of."""

    node: Mapping[str, Any]
    trail: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """A decision that is open: the schema object that asks and its keyword."""

    owner: Mapping[str, Any]
    word: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Flattened:
    """All schema objects that hold together, and the first decision that is open."""

    flats: tuple[Flat, ...]
    point: Point | None

    @cached_property
    def nodes(self) -> tuple[Mapping[str, Any], ...]:
        """The schema objects alone."""
        return tuple(flat.node for flat in self.flats)


def points(node: Mapping[str, Any]) -> Iterator[str]:
    """Give the decisions that a schema object asks for."""
    yield from (word for word in ("oneOf", "anyOf", "not") if word in node)
    if "if" in node and ("then" in node or "else" in node):
        yield "if"
    yield from (f"dependentSchemas/{name}" for name in node.get("dependentSchemas", ()))


class Flattener:
    """Flattens states of one schema."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        self._branches: dict[tuple[int, str], tuple[Branch, ...]] = {}
        self._known: dict[Key, Flattened] = {}

    def flattened(self, state: State) -> Flattened:
        """Give what holds together; raise ``UnmadeError`` where a schema is ``false``."""
        found = self._known.get(state.key)
        if found is None:
            flats: list[Flat] = []
            open_: list[Point] = []
            for root in state.roots:
                self._walk(root, (), state, flats, open_)
            found = self._known[state.key] = Flattened(flats=tuple(flats), point=open_[0] if open_ else None)
        return found

    def _walk(self, part: Part, trail: tuple[int, ...], state: State, flats: list[Flat], open_: list[Point]) -> None:
        if part is True:
            return
        if part is False or len(flats) > _MOST:
            raise UnmadeError("false" if part is False else "$ref")
        inner = (*trail, len(flats))
        flats.append(Flat(node=part, trail=trail))
        further = [self.whole.led_to(part[word]) for word in ("$ref", "$dynamicRef") if word in part]
        further += part.get("allOf", ())
        for word in points(part):
            branch = state.decided.get((id(part), word))
            if branch is None:
                open_.append(Point(owner=part, word=word))
            else:
                further += branch
        for each in further:
            self._walk(each, inner, state, flats, open_)

    def branches(self, point: Point) -> tuple[Branch, ...]:
        """Give the ways in which an open decision can be taken."""
        key = (id(point.owner), point.word)
        if key not in self._branches:
            found = tuple(self._ways(point.owner, point.word))
            self._branches[key] = self.whole.keep(found)
        return self._branches[key]

    def _ways(self, node: Mapping[str, Any], word: str) -> Iterator[Branch]:
        if word == "if":
            yield (node["if"], node.get("then", True))
            for way in broken(self.whole, node["if"]):
                yield (way, node.get("else", True))
        elif word == "not":
            yield from ((way,) for way in broken(self.whole, node["not"]))
        elif word in ("oneOf", "anyOf"):
            yield from ((part,) for part in node[word])
        else:
            name = word.partition("/")[2]
            yield ({"properties": {name: False}},)
            yield ({"type": "object", "required": [name]}, node["dependentSchemas"][name])

    def doubtful(self, point: Point) -> bool:
        """Whether a value of a branch may still break the keyword, so that it must be checked."""
        if point.word in ("if", "not"):
            return not certain(self.whole, point.owner[point.word])
        return point.word == "oneOf" and not self._apart(point.owner["oneOf"])

    def _apart(self, branches: tuple[Part, ...]) -> bool:
        """Whether no value can be of two branches, by its type or by a constant member."""
        seen: list[tuple[frozenset[str], dict[str, frozenset[str]]]] = []
        for part in branches:
            try:
                nodes = self.flattened(State(roots=(part,))).nodes
            except UnmadeError:
                continue
            own = (kinds_of(nodes), tags_of(nodes))
            if not all(_differ(own, other) for other in seen):
                return False
            seen.append(own)
        return True


def _differ(one: tuple[frozenset[str], dict[str, frozenset[str]]], other: tuple[frozenset[str], dict[str, frozenset[str]]]) -> bool:
    shared = one[0] & other[0]
    return not shared or (shared == {"object"} and any(not one[1][name] & other[1][name] for name in one[1].keys() & other[1].keys()))


ALL = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


def kinds_of(nodes: tuple[Mapping[str, Any], ...]) -> frozenset[str]:
    """Give the types that all schemas allow; an integer is a number too."""
    found = ALL
    for node in nodes:
        if "type" in node:
            told = {node["type"]} if isinstance(node["type"], str) else set(node["type"])
            found &= told | ({"integer"} if "number" in told else set())
        for word in ("const", "enum"):
            if word in node:
                found &= frozenset().union(*map(_kind, [node["const"]] if word == "const" else node["enum"]))
    return found


def _kind(value: Any) -> frozenset[str]:  # noqa: ANN401 -- any JSON value
    if value is None or isinstance(value, bool):
        return frozenset({"null" if value is None else "boolean"})
    if isinstance(value, int | float):
        return frozenset({"integer", "number"} if value == int(value) else {"number"})
    return frozenset({"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"})


def tags_of(nodes: tuple[Mapping[str, Any], ...]) -> dict[str, frozenset[str]]:
    """Give the constants that required members are bound to, by name; none for a member that is required and may not be there."""
    required = {name for node in nodes for name in node.get("required", ())}
    found: dict[str, frozenset[str]] = {}
    banned: dict[str, set[str]] = {}
    for node in nodes:
        for name, part in node.get("properties", {}).items() if required else ():
            if name not in required or part is True:
                continue
            if part is False:
                found[name] = frozenset()
            elif "const" in part or "enum" in part:
                values = frozenset(map(same_key, [part["const"]] if "const" in part else part["enum"]))
                found[name] = found.get(name, values) & values
            elif EXCLUDED in part:
                banned.setdefault(name, set()).update(map(same_key, part[EXCLUDED]))
    return {name: values - banned.get(name, set()) for name, values in found.items()}
