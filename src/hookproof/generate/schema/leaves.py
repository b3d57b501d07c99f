"""Makes texts, numbers, booleans and constants: from a pool that is worked out once, or something new."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

from hookproof.generate.schema.choices import Choices
from hookproof.generate.schema.flattening import Flattened
from hookproof.generate.schema.negation import EXCLUDED
from hookproof.generate.schema.numbers import SAFE, integers, numbers, span
from hookproof.generate.schema.objects import Make
from hookproof.generate.schema.patterns import matching
from hookproof.generate.schema.texts import FORMATS, LETTERS, NEW_OF_FORMAT, texts
from hookproof.generate.schema.values import same_key
from hookproof.generate.schema.whole import UnmadeError, Whole
from hookproof.model.contract import Json

_SHORT = 12
_FINE = 1 << 20


def constants(whole: Whole, held: Flattened) -> Make | None:
    """Compile the choice among the values that schemas name, None if they name none."""
    naming = [node for node in held.nodes if "const" in node or "enum" in node]
    if not naming:
        return None
    first = naming[0]
    word = "const" if "const" in first else "enum"
    told = [first["const"]] if word == "const" else first["enum"]
    return _one_of(fitting(whole, held, told), naming[-1], whole, word)


def fitting(whole: Whole, held: Flattened, values: Sequence[Json]) -> list[Json]:
    """Give those values that all schemas allow."""
    checks = [whole.valid(node) for node in held.nodes]
    banned = {same_key(value) for node in held.nodes for value in node.get(EXCLUDED, ())}
    return [value for value in values if all(check(value) for check in checks) and not (banned and same_key(value) in banned)]


def _one_of(values: Sequence[Json], node: object, whole: Whole, word: str) -> Make:
    if not values:
        raise UnmadeError(word, whole.pointer(node))
    count = len(values)
    if count == 1 and not isinstance(values[0], dict | list):
        only = values[0]
        return lambda _: only
    if any(isinstance(value, dict | list) for value in values):
        return lambda choices: copy.deepcopy(values[choices.below(count)])
    return lambda choices: values[choices.below(count)]


def _pooled(pool: Sequence[Json], fresh: Callable[[Choices], Json] | None) -> Make:
    """Compile the choice from a pool; one time in four something new, where there is a way to make it."""
    count = len(pool)
    if fresh is None:
        return (lambda _: pool[0]) if count == 1 else lambda choices: pool[choices.below(count)]
    more = count + max(count // 3, 1)

    def make(choices: Choices) -> Json:
        number = choices.below(more)
        return pool[number] if number < count else fresh(choices)

    return make


def text_maker(whole: Whole, held: Flattened, *, wide: bool) -> Make:
    """Compile the maker of the texts of one place."""
    nodes = held.nodes
    least = max((node.get("minLength", 0) for node in nodes), default=0)
    most: int | None = min((node["maxLength"] for node in nodes if "maxLength" in node), default=None)
    patterns = [node["pattern"] for node in nodes if "pattern" in node]
    formats = [node["format"] for node in nodes if node.get("format") in FORMATS]
    shown = [text for node in nodes if patterns for text in node.get("examples", ()) if isinstance(text, str)]
    written = [text for pattern in patterns for text in matching(pattern)] + [text for form in formats for text in FORMATS[form]]
    written += [NEW_OF_FORMAT[form].format(number=number) for form in formats if form in NEW_OF_FORMAT for number in range(4)]
    told = written if patterns or formats else texts(least, most, wide=wide)
    pool = fitting(whole, held, list(dict.fromkeys([*told, *shown])))
    if not pool and (patterns or formats):
        pool = fitting(whole, held, texts(least, most, wide=True))
    if not pool:
        word, owner = next(((w, n) for w in ("pattern", "format", "maxLength", "minLength", "type") for n in nodes if w in n), ("type", {}))
        raise UnmadeError(word, whole.pointer(owner))
    banned = any(EXCLUDED in node for node in nodes)
    bare = not patterns and not banned and all(whole.valid(node)("x" * least) for node in nodes)
    if formats:
        plain = not patterns and not banned and least == 0 and most is None and len(set(formats)) == 1
        return _pooled(pool, _new_of(formats[0]) if plain else None)
    return _pooled(pool, _new_text(least, most) if bare and (most is None or most > least) else None)


def _new_of(form: str) -> Callable[[Choices], Json] | None:
    template = NEW_OF_FORMAT.get(form)
    return None if template is None else lambda choices: template.format(number=choices.between(0, 2**32 - 1))


def _new_text(least: int, most: int | None) -> Callable[[Choices], Json]:
    top = least + _SHORT if most is None else min(most, least + _SHORT)
    letters = len(LETTERS)

    def fresh(choices: Choices) -> Json:
        below = choices.below
        return "".join([LETTERS[below(letters)] for _ in range(least + below(top - least + 1))][: max(top, least)])

    return fresh


def number_maker(whole: Whole, held: Flattened, *, whole_numbers: bool, wide: bool) -> Make:
    """Compile the maker of the numbers of one place."""
    allowed = span(held.nodes)
    edges: Sequence[float] = integers(allowed, wide=wide) if whole_numbers else numbers(allowed, wide=wide)
    pool = fitting(whole, held, edges)
    if not pool:
        words = ("multipleOf", "exclusiveMaximum", "maximum", "exclusiveMinimum", "minimum", "type")
        word, owner = next(((word, node) for word in words for node in held.nodes if word in node), ("type", {}))
        raise UnmadeError(word, whole.pointer(owner))
    if any(EXCLUDED in node or "not" in node for node in held.nodes):
        return _pooled(pool, None)
    step = 1 if allowed.step is None else allowed.step
    if step != int(step):
        return _pooled(pool, None)
    unit = int(step)
    low = -SAFE if allowed.low is None else int(allowed.low) + 1
    high = SAFE if allowed.high is None else int(allowed.high) - 1
    first, last = -(-low // unit), high // unit
    if first >= last:
        return _pooled(pool, None)
    if whole_numbers or allowed.step is not None:
        return _pooled(pool, lambda choices: choices.between(first, last) * unit)
    return _pooled(pool, lambda choices: choices.between(first, last - 1) + choices.below(_FINE) / _FINE)


def simple_maker(whole: Whole, held: Flattened, kind: str) -> Make:
    """Compile the maker of null and the booleans."""
    values = fitting(whole, held, [None] if kind == "null" else [False, True])
    return _one_of(values, held.nodes[-1] if held.nodes else {}, whole, "type")
