"""Compiles a schema into one closure that makes its values.

Law: a decision is offered only where a value can follow; what construction cannot promise is checked where it was decided, and tried
again a bounded number of times.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hookproof.generate.schema.arrays import array_maker
from hookproof.generate.schema.choices import Choices
from hookproof.generate.schema.flattening import ALL, Flattened, Flattener, Key, Point, State, kinds_of, tags_of
from hookproof.generate.schema.leaves import constants, fitting, number_maker, simple_maker, text_maker
from hookproof.generate.schema.members import item_parts, member_parts
from hookproof.generate.schema.negation import KINDS
from hookproof.generate.schema.objects import Make, object_maker
from hookproof.generate.schema.whole import Part, UnmadeError, Valid, Whole
from hookproof.model.contract import Json

_TRIES = 8
"""How often one branch is tried before another is."""
_TALLEST = 16
_WEIGHTIEST = 64
_MOST_STATES = 40_000
_ANYTHING: Sequence[Json] = ("text", "", None, False, True, 0, -1.5, 2**53, [], {}, [None, [], {}], {"a": {"b": [1]}}, "😀")
_HINTS: Mapping[str, frozenset[str]] = {
    "object": frozenset({
        "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties",
        "dependentRequired", "dependentSchemas", "unevaluatedProperties",
    }),
    "array": frozenset({"items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems", "unevaluatedItems"}),
    "string": frozenset({"pattern", "format", "minLength", "maxLength"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}  # fmt: skip
"""Keywords from which an unspoken type is guessed."""


class Compiler:
    """Compiles the makers of one schema. ``wide``: values are made too that careful code need not take, such as integers beyond 2^53."""

    def __init__(self, schema: Mapping[str, Any], *, wide: bool) -> None:
        self.whole = Whole(schema)
        self.wide = wide
        self._flattener = Flattener(self.whole)
        self._makers: dict[Key, Make] = {}
        self._fits: dict[tuple[Key, int], bool] = {}
        self._heights: dict[Key, int | None] = {}
        self._weights: dict[Key, int] = {}
        self._reasons: dict[Key, UnmadeError] = {}
        self._leaves: dict[Key, tuple[Flattened, tuple[str, ...], Make | None]] = {}
        self._states: dict[tuple[int, ...], State] = {}

    def whole_maker(self) -> Make:
        """Compile the schema itself; of a schema that says no type objects are made."""
        schema = self.whole.root
        allowed = kinds_of(self._flattener.flattened(State(roots=(schema,))).nodes)
        parts: tuple[Part, ...] = (schema,) if "object" not in allowed else (schema, self.whole.keep({"type": "object"}))
        return self.maker_of(parts)

    def maker_of(self, parts: tuple[Part, ...]) -> Make:
        """Compile the maker of values that satisfy all of some parts; raise ``UnmadeError`` if there are none."""
        return self._maker(self._state(parts))

    def _state(self, parts: tuple[Part, ...]) -> State:
        key = tuple(map(id, parts))
        if key not in self._states:
            self._states[key] = State(roots=self.whole.keep(parts))
        return self._states[key]

    def _maker(self, state: State) -> Make:
        found = self._makers.get(state.key)
        if found is None:
            if self._height(state) is None:
                raise self._reasons.get(state.key) or UnmadeError("$ref")
            cell: list[Make] = []

            def later(choices: Choices) -> Json:
                return cell[0](choices)

            self._makers[state.key] = later  # for a schema that holds itself
            try:
                found = self._compiled(state)
            except UnmadeError:
                del self._makers[state.key]
                raise
            cell.append(found)
            self._makers[state.key] = found
        return found

    def _compiled(self, state: State) -> Make:
        held = self._flattener.flattened(state)
        if held.point is not None:
            return self._decider(state, held.point)
        held, kinds, given = self._leaf(state)
        if given is not None:
            return given
        if not kinds:
            return self._anything(held)
        makers = [maker for kind in kinds if (maker := self._of_kind(held, kind)) is not None]
        if not makers:
            raise UnmadeError("type", self.whole.pointer(held.nodes[0]))
        if len(makers) == 1:
            return makers[0]
        count = len(makers)
        return lambda choices: makers[choices.below(count)](choices)

    def _leaf(self, state: State) -> tuple[Flattened, tuple[str, ...], Make | None]:
        """Give all that holds, the types that are possible (none: any), and the maker of constants if there are some."""
        found = self._leaves.get(state.key)
        if found is None:
            held = self._flattener.flattened(state)
            given = constants(self.whole, held)
            kinds = kinds_of(held.nodes)
            if not kinds:
                owner = next((node for node in reversed(held.nodes) if "type" in node), None)
                raise UnmadeError("type", self.whole.pointer(owner))
            told = any("type" in node for node in held.nodes)
            ordered: tuple[str, ...] = tuple(kind for kind in KINDS if kind in kinds)
            if not told and kinds == ALL:
                words = frozenset().union(*held.nodes)
                ordered = tuple(kind for kind, hints in _HINTS.items() if hints & words)
            elif "number" in kinds:
                ordered = tuple(kind for kind in ordered if kind != "integer")
            found = self._leaves[state.key] = (held, ordered, given)
        return found

    def _of_kind(self, held: Flattened, kind: str) -> Make | None:
        pointer = self.whole.pointer(held.nodes[0]) if held.nodes else ""
        makers: Mapping[str, Callable[[], Make]] = {
            "object": lambda: object_maker(held, self.maker_of, pointer),
            "array": lambda: array_maker(held, self.maker_of, pointer, wide=self.wide),
            "string": lambda: text_maker(self.whole, held, wide=self.wide),
            "integer": lambda: number_maker(self.whole, held, whole_numbers=True, wide=self.wide),
            "number": lambda: number_maker(self.whole, held, whole_numbers=False, wide=self.wide),
        }
        make = makers.get(kind, lambda: simple_maker(self.whole, held, kind))
        try:
            return make()
        except UnmadeError:
            if len(kinds_of(held.nodes) - {"integer"}) > 1:
                return None
            raise

    def _anything(self, held: Flattened) -> Make:
        if not self.wide:
            return text_maker(self.whole, held, wide=False)
        pool = fitting(self.whole, held, _ANYTHING)
        if not pool:
            raise UnmadeError("not", self.whole.pointer(held.nodes[0]))
        count = len(pool)
        return lambda choices: copy.deepcopy(pool[choices.below(count)])

    def _decider(self, state: State, point: Point) -> Make:
        """Compile a decision among the branches after which a value can follow."""
        further = [state.deciding(point, branch) for branch in self._flattener.branches(point)]
        possible = [each for each in further if self._height(each) is not None]
        shortest = min(range(len(possible)), key=lambda number: self._height(possible[number]) or 0)
        barest = min(range(len(possible)), key=lambda number: self._required(possible[number]))
        table = [number for number, each in enumerate(possible) for _ in range(self._weight(each))]
        check = self.whole.valid(point.owner) if self._flattener.doubtful(point) else None
        makers: list[Make | None] = [None] * len(possible)
        word, pointer, size, count = point.word, self.whole.pointer(point.owner), len(table), len(possible)

        def make(choices: Choices) -> Json:
            start = shortest if choices.deep else barest if choices.presence is False else table[choices.below(size)]
            for turn in range(count * _TRIES if check is not None or count > 1 else _TRIES):
                number = (start + turn // _TRIES) % count
                maker = makers[number]
                try:
                    if maker is None:
                        maker = makers[number] = self._maker(possible[number])
                    value = maker(choices)
                except UnmadeError:
                    continue
                if check is None or check(value):
                    return value
            raise UnmadeError(word, pointer)

        return make

    def _required(self, state: State) -> int:
        """Count the members that a state asks for, as far as it is decided."""
        return len({name for node in self._flattener.flattened(state).nodes for name in node.get("required", ())})

    def _weight(self, state: State) -> int:
        """Count the ways to decide all that is open in a state, up to a bound."""
        found = self._weights.get(state.key)
        if found is None:
            point = self._flattener.flattened(state).point
            found = 0 if point is not None else 1
            for branch in self._flattener.branches(point) if point is not None else ():
                each = state.deciding(point, branch) if point is not None else state
                found += self._weight(each) if self._height(each) is not None else 0
                if found >= _WEIGHTIEST:
                    break
            found = self._weights[state.key] = max(1, min(found, _WEIGHTIEST))
        return found

    def _height(self, state: State) -> int | None:
        """Give how many levels the lowest value of a state has, None if there is none."""
        if state.key not in self._heights:
            self._heights[state.key] = next((height for height in range(_TALLEST) if self._fit(state, height)), None)
        return self._heights[state.key]

    def _fit(self, state: State, height: int) -> bool:
        """Whether a state has a value of no more than so many levels, as far as construction can tell."""
        key = (state.key, height)
        if key not in self._fits:
            if len(self._fits) > _MOST_STATES:
                return True  # too many to look at: what cannot be made is found out when it is tried
            self._fits[key] = False
            try:
                self._fits[key] = self._fitting(state, height)
            except UnmadeError as error:
                self._reasons[state.key] = error
        return self._fits[key]

    def _fitting(self, state: State, height: int) -> bool:
        held = self._flattener.flattened(state)
        if held.point is not None:
            if any(not values for values in tags_of(held.nodes).values()) or not kinds_of(held.nodes):
                raise UnmadeError(held.point.word, self.whole.pointer(held.point.owner))
            branches = self._flattener.branches(held.point)
            fit = any(self._fit(state.deciding(held.point, branch), height) for branch in branches)
            if not fit:
                self._reasons[state.key] = UnmadeError(held.point.word, self.whole.pointer(held.point.owner))
            return fit
        held, kinds, given = self._leaf(state)
        if given is not None or not kinds:
            return True
        return any(self._kind_fits(held, kind, height, state) for kind in kinds)

    def _kind_fits(self, held: Flattened, kind: str, height: int, state: State) -> bool:
        try:
            if kind == "object":
                required = {name for node in held.nodes for name in node.get("required", ())}
                return all(self._part_fits(member_parts(held, name), height, state) for name in sorted(required))
            if kind == "array":
                least = max((node.get("minItems", 0) for node in held.nodes), default=0)
                prefix = max((len(node.get("prefixItems", ())) for node in held.nodes), default=0)
                return all(self._part_fits(item_parts(held, index), height, state) for index in range(min(least, prefix + 1)))
            return self._of_kind(held, kind) is not None
        except UnmadeError as error:
            self._reasons[state.key] = error
            return False

    def _part_fits(self, parts: tuple[Part, ...], height: int, above: State) -> bool:
        if height == 0:
            return False
        inner = self._state(parts)
        fit = self._fit(inner, height - 1)
        if not fit and inner.key in self._reasons:
            self._reasons[above.key] = self._reasons[inner.key]
        return fit


def checked(compiler: Compiler) -> tuple[Make, Valid]:
    """Compile a schema: its maker, and what tells whether a value is valid under all of it."""
    return compiler.whole_maker(), compiler.whole.valid(compiler.whole.root)
