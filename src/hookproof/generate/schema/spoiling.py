"""How each keyword of a schema is broken: changes of a value that satisfies it, each with what was done in words.

Law: a change aims at one keyword; whether it breaks that one alone is for the validator to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from hookproof.generate.schema.choices import diced
from hookproof.generate.schema.compiling import Compiler
from hookproof.generate.schema.members import name_fits
from hookproof.generate.schema.numbers import exact
from hookproof.generate.schema.patterns import unmatched
from hookproof.generate.schema.sites import Site
from hookproof.generate.schema.whole import UnmadeError
from hookproof.model.contract import Json

Changes = Iterator[tuple[Json, str]]
Spoil = Callable[[Compiler, Site, Any], Changes]

STRANGER = "x_unexpected"
"""The name of a member that nothing speaks of."""
_OTHERS: Mapping[str, Json] = {
    "null": None, "a boolean": True, "an integer": 7, "a fraction": 0.5, "a text": "text", "a list": [], "an object": {},
}  # fmt: skip
_NO_FORMAT = (
    "not of the format",
    "",
    "::",
    "{",
    "%",
    "-",
    "1/~2",
    "[0-9",
    "a b",
    "2027-13-45T99:99:99Z",
    "no@",
    "999.999.0.1",
    "x" * 300,
    "P",
)
_NAMES = ("", "Ü 1", "UPPER", "lower", "0", "x" * 300, "_", STRANGER, "a.b")


def _type(_compiler: Compiler, site: Site, _told: Any) -> Changes:  # noqa: ANN401 -- what the keyword says
    yield from ((value, f"replaced by {kind}") for kind, value in _OTHERS.items() if value != site.value)


def _another(_compiler: Compiler, site: Site, _told: Any) -> Changes:  # noqa: ANN401 -- what the keyword says
    value = site.value
    if isinstance(value, str):
        yield from (
            (text, "replaced by another text") for text in (f"{value}_of_tomorrow", value.upper(), "x" * len(value), f"{value[:-1]}~")
        )
    elif isinstance(value, bool):
        yield (not value, "turned round")
    elif isinstance(value, int | float):
        yield from ((value + step, "replaced by another number") for step in (1, -1, 1000, -1000))
    elif isinstance(value, list):
        yield ([*value, None], "an item was added")
    elif isinstance(value, dict):
        yield ({**value, STRANGER: None}, "a member was added")
    yield from _type(_compiler, site, None)


def _required(_compiler: Compiler, site: Site, told: list[str]) -> Changes:
    yield from ((_without(site.value, name), f"the member {name!r} was left out") for name in told if name in site.value)


def _depending(_compiler: Compiler, site: Site, told: Mapping[str, list[str]]) -> Changes:
    for name, names in told.items():
        for other in names:
            if other in site.value:
                yield {**_without(site.value, other), name: site.value.get(name)}, f"{other!r} was left out beside {name!r}"
        if name not in site.value:
            yield {**site.value, name: "x"}, f"{name!r} was added alone"


def _shorter(_compiler: Compiler, site: Site, least: int) -> Changes:
    if least > 0:
        yield from ((text, f"shortened to {least - 1}") for text in (site.value[: least - 1], "x" * (least - 1)))


def _longer(_compiler: Compiler, site: Site, most: int) -> Changes:
    missing = most + 1 - len(site.value)
    letters = (site.value[-1:] or "x", "x", "0")
    yield from ((site.value + letter * missing, f"lengthened to {most + 1}") for letter in letters)


def _unmatched(_compiler: Compiler, site: Site, pattern: str) -> Changes:
    yield from ((text, "changed so that the pattern does not match") for text in islice(unmatched([site.value], pattern), 12))


def _unformatted(_compiler: Compiler, site: Site, form: str) -> Changes:
    changed = (*_NO_FORMAT, f"{site.value} ", site.value[:-1], f" {site.value}", f"{site.value}\x7f", site.value.replace("-", ""))
    yield from ((text, f"replaced by a text that is no {form}") for text in changed)


def _past(*steps: float) -> Spoil:
    def spoil(_compiler: Compiler, site: Site, bound: float) -> Changes:
        yield from ((bound + step, f"set {'to' if not step else 'beyond'} the bound") for step in steps)
        unit = exact(site.node.get("multipleOf", 1))
        past = (exact(bound) // unit + (2 if steps[-1] > 0 else -1)) * unit
        yield (int(past) if past == int(past) else float(past)), "set beyond the bound"

    return spoil


def _between_steps(_compiler: Compiler, site: Site, step: float) -> Changes:
    yield from ((site.value + part, "set beside the step") for part in (1, -1, step / 2, -step / 2, step / 3))


def _fewer_items(_compiler: Compiler, site: Site, least: int) -> Changes:
    if least > 0:
        yield site.value[: least - 1], f"cut to {least - 1} items"


def _more_items(compiler: Compiler, site: Site, most: int) -> Changes:
    missing = most + 1 - len(site.value)
    for item in (*site.value[:1], *_made(compiler, site.node.get("items", True)), *_OTHERS.values()):
        yield [*site.value, *[item] * missing], f"lengthened to {most + 1} items"
    numbers = [{"n": number} for number in range(missing)]
    texts = [f"x{number}" for number in range(missing)]
    yield from (([*site.value, *more], f"lengthened to {most + 1} items") for more in (texts, list(range(1000, 1000 + missing)), numbers))


def _twice(compiler: Compiler, site: Site, told: bool) -> Changes:  # noqa: FBT001 -- what the keyword says
    for item in [*site.value[:1], *_made(compiler, site.node.get("items", True))] if told else ():
        yield [*site.value, item, *([] if site.value else [item])], "an item was repeated"
        yield [item, item, *site.value[2:]], "an item was repeated"


def _closed_list(_compiler: Compiler, site: Site, told: Any) -> Changes:  # noqa: ANN401 -- what the keyword says
    if told is False:
        yield [*site.value, None], "an item was added"


def _not_contained(compiler: Compiler, site: Site, told: Any) -> Changes:  # noqa: ANN401 -- a schema
    valid = compiler.whole.valid(told)
    others = [item for item in site.value if not valid(item)]
    yield from (
        (left, "what must be contained was taken out") for left in (others, [], *([other] * len(site.value) for other in others[:1]))
    )


def _contained(compiler: Compiler, site: Site, most: int) -> Changes:
    for item in _made(compiler, site.node.get("contains", True)):
        yield [*site.value, *[item] * (most + 1)], "what may be contained was added too often"


def _fewer_members(_compiler: Compiler, site: Site, least: int) -> Changes:
    required = site.node.get("required", ())
    names = sorted(site.value, key=lambda name: name not in required)
    yield {name: site.value[name] for name in names[: max(least - 1, 0)]}, f"cut to {least - 1} members"


def _more_members(compiler: Compiler, site: Site, most: int) -> Changes:
    missing = most + 1 - len(site.value)
    for value in (*_OTHERS.values(), *_made(compiler, site.node.get("additionalProperties", True))):
        yield {**site.value, **{f"x_more_{number}": value for number in range(missing)}}, f"filled up to {most + 1} members"
    others = {name: None for name in site.node.get("properties", ()) if name not in site.value}
    yield {**site.value, **dict(list(others.items())[:missing])}, f"filled up to {most + 1} members"


def _stranger(_compiler: Compiler, site: Site, told: Any) -> Changes:  # noqa: ANN401 -- a schema
    names = [STRANGER, *(f"{name}_" for name in site.node.get("properties", ())), "", "0"]
    for name in names if told is False else ():
        if not any(name_fits(pattern, name) for pattern in site.node.get("patternProperties", ())):
            yield {**site.value, name: None}, f"a member {name!r} was added"


def _misnamed(_compiler: Compiler, site: Site, _told: Any) -> Changes:  # noqa: ANN401 -- a schema
    values = [*site.value.values(), None, 1, "x"]
    yield from (({**site.value, name: value}, f"a member {name!r} was added") for name in _NAMES for value in values[:3])


def _forbidden(_compiler: Compiler, site: Site, told: Mapping[str, Any]) -> Changes:
    for name, part in told.items():
        if part is False:
            yield {**site.value, name: None}, f"a member {name!r} was added"


def _satisfied(compiler: Compiler, site: Site, told: Any) -> Changes:  # noqa: ANN401 -- a schema
    for made in _made(compiler, told):
        yield made, "replaced by what is excluded"
        if isinstance(made, dict) and isinstance(site.value, dict):
            yield {**site.value, **made}, "made what is excluded"
    if isinstance(told, dict) and isinstance(site.value, dict):
        yield {**site.value, **dict.fromkeys((n for n in told.get("required", ()) if n not in site.value), "x")}, "made what is excluded"


def _no_branch(compiler: Compiler, site: Site, told: list[Any]) -> Changes:
    yield from _type(compiler, site, None)
    yield from ((value, "replaced by what two branches allow") for part in told for value in _made(compiler, part))
    if isinstance(site.value, dict):
        for name in site.value:
            yield _without(site.value, name), f"the member {name!r} was left out"
            yield {**site.value, name: None}, f"the member {name!r} was made null"


def _without(value: Json, name: str) -> Json:
    return {key: part for key, part in value.items() if key != name}


def _made(compiler: Compiler, part: Any) -> list[Json]:  # noqa: ANN401 -- a schema
    try:
        maker = compiler.maker_of((part,))
        return [maker(diced(f"spoil/{number}")) for number in range(3)]
    except UnmadeError:
        return []


SPOILS: Mapping[str, tuple[type | tuple[type, ...], Spoil]] = {
    "type": (object, _type),
    "const": (object, _another),
    "enum": (object, _another),
    "required": (dict, _required),
    "dependentRequired": (dict, _depending),
    "minLength": (str, _shorter),
    "maxLength": (str, _longer),
    "pattern": (str, _unmatched),
    "format": (str, _unformatted),
    "minimum": ((int, float), _past(-1, -0.5)),
    "maximum": ((int, float), _past(1, 0.5)),
    "exclusiveMinimum": ((int, float), _past(0, -1)),
    "exclusiveMaximum": ((int, float), _past(0, 1)),
    "multipleOf": ((int, float), _between_steps),
    "minItems": (list, _fewer_items),
    "maxItems": (list, _more_items),
    "uniqueItems": (list, _twice),
    "items": (list, _closed_list),
    "unevaluatedItems": (list, _closed_list),
    "contains": (list, _not_contained),
    "minContains": (list, lambda compiler, site, _: _not_contained(compiler, site, site.node.get("contains", True))),
    "maxContains": (list, _contained),
    "minProperties": (dict, _fewer_members),
    "maxProperties": (dict, _more_members),
    "additionalProperties": (dict, _stranger),
    "unevaluatedProperties": (dict, _stranger),
    "propertyNames": (dict, _misnamed),
    "properties": (dict, _forbidden),
    "not": (object, _satisfied),
    "oneOf": (object, _no_branch),
    "anyOf": (object, _no_branch),
}
"""The type of value that each keyword constrains, and what breaks it."""
