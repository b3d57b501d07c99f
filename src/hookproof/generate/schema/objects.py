"""Makes objects: required members, optional ones as is decided, names that the schema leaves free.

Law: a member that cannot be made is left out where it is optional; where it is required the object cannot be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from hookproof.generate.schema.choices import Choices, diced
from hookproof.generate.schema.flattening import Flattened
from hookproof.generate.schema.members import member_parts
from hookproof.generate.schema.patterns import matching
from hookproof.generate.schema.whole import Part, UnmadeError
from hookproof.model.contract import Json

Make = Callable[[Choices], Json]
MakerOf = Callable[[tuple[Part, ...]], Make]
"""Gives the maker of a value that satisfies some parts; raises ``UnmadeError`` if there is none."""

NAMES = ("city", "x y", "größe", "日本", "a/b~c", "😀")
"""Names of members that a schema leaves free."""
_AT_ONCE = 16
"""Optional members that are decided by one number."""
_SPARE = 64


class Objects:
    """What is known of the objects of one place."""

    def __init__(self, whole: Flattened, maker_of: MakerOf) -> None:
        self.whole = whole
        self.maker_of = maker_of
        nodes = whole.nodes
        self.depending: dict[str, set[str]] = {}
        for node in nodes:
            for name, names in node.get("dependentRequired", {}).items():
                self.depending.setdefault(name, set()).update(names)
        self.least = max((node.get("minProperties", 0) for node in nodes), default=0)
        self.most = min((node["maxProperties"] for node in nodes if "maxProperties" in node), default=None)
        self.required = self.closed({name for node in nodes for name in node.get("required", ())})
        self.known = dict.fromkeys(name for node in nodes for name in node.get("properties", ()))
        self.known |= dict.fromkeys(sorted(self.required))
        self.naming = [node["propertyNames"] for node in nodes if "propertyNames" in node]
        self.makers = {name: maker for name in self.known if (maker := self.member(name, needed=name in self.required)) is not None}
        self.free = self._free()

    def closed(self, names: set[str]) -> set[str]:
        """Give names together with those that they demand."""
        found, todo = set(names), list(names)
        while todo:
            further = self.depending.get(todo.pop(), set()) - found
            found |= further
            todo.extend(further)
        return found

    def member(self, name: str, *, needed: bool) -> Make | None:
        """Give the maker of a member, None for one that can be left out and cannot be made."""
        wrong = next((part for part in self.naming if not self._may_be_named(part, name)), None)
        if wrong is not None and needed:
            raise UnmadeError("propertyNames")
        try:
            return self.maker_of(member_parts(self.whole, name)) if wrong is None else None
        except UnmadeError:
            if needed:
                raise
            return None

    def _may_be_named(self, part: Part, name: str) -> bool:
        try:
            made = self.maker_of(({"const": name}, part))
        except UnmadeError:
            return False
        return made is not None

    @property
    def tight(self) -> bool:
        """Whether the number of members or their company is restricted."""
        return bool(self.depending) or self.least > len(self.required) or self.most is not None

    def _free(self) -> dict[str, Make]:
        """Give makers of members whose names the schema leaves free, where it speaks of such or needs them."""
        nodes = self.whole.nodes
        patterns = dict.fromkeys(pattern for node in nodes for pattern in node.get("patternProperties", ()))
        words = ("additionalProperties", "unevaluatedProperties")
        spoken = patterns or self.naming or any(isinstance(node.get(word), dict) for node in nodes for word in words)
        if not spoken and self.least <= len(self.makers):
            return {}
        found: dict[str, Make] = {}
        for name in self._names(patterns):
            if name not in self.known and (maker := self.member(name, needed=False)) is not None:
                found[name] = maker
            if len(found) > self.least + len(NAMES) + 2 * len(patterns):
                break
        return found

    def _names(self, patterns: Mapping[str, Any]) -> Iterator[str]:
        for pattern in patterns:
            yield from islice(matching(pattern), 4)
        if self.naming:
            try:
                make = self.maker_of(({"type": "string"}, *self.naming))
                yield from dict.fromkeys(made for number in range(_SPARE) if isinstance(made := make(diced(f"name/{number}")), str))
            except UnmadeError:
                return
        yield from NAMES
        yield from (f"n{number}" for number in range(self.least))


def object_maker(whole: Flattened, maker_of: MakerOf, pointer: str) -> Make:
    """Compile the maker of the objects of one place."""
    own = Objects(whole, maker_of)
    if not own.makers and not own.free and not own.least and own.most is None:
        return _anything
    ordered = [(name, maker, name in own.required) for name, maker in own.makers.items()]
    optional = [name for name in own.makers if name not in own.required]
    rows = [(name, maker, 0 if needed else 1 << optional.index(name)) for name, maker, needed in ordered]
    drawn = [(start, 1 << min(len(optional) - start, _AT_ONCE)) for start in range(0, len(optional), _AT_ONCE)]
    finish = _finisher(own, pointer) if own.tight or own.free else None

    def make(choices: Choices) -> Json:
        mask = _present(choices, drawn) if drawn else 0
        choices.depth += 1
        choices.left -= len(rows)
        value: dict[str, Json] = {}
        try:
            for name, maker, bit in rows:
                if not bit:
                    value[name] = maker(choices)
                elif mask & bit:
                    try:
                        value[name] = maker(choices)
                    except UnmadeError:
                        value.pop(name, None)
            if finish is not None:
                finish(choices, value)
        finally:
            choices.depth -= 1
        return value

    return make


def _present(choices: Choices, drawn: list[tuple[int, int]]) -> int:
    """Decide which optional members are there: one bit for each."""
    if choices.ending:
        return 0
    return -1 if choices.presence else sum(choices.below(size) << start for start, size in drawn)


def _anything(choices: Choices) -> Json:
    """Make an object of which the schema says nothing."""
    if choices.deep or (choices.presence is None and not choices.below(4)):
        return {}
    text = ("a", "Grüße", "日本語", "😀", "")[choices.below(5)]
    return {"note": text, "nested": {"count": choices.below(1 << 31), "empty": {}, "list": []}}


def _finisher(own: Objects, pointer: str) -> Callable[[Choices, dict[str, Json]], None]:
    """Compile what brings an object into its bounds: free names, company, least and most."""
    free = list(own.free.items())
    needed = own.required

    def finish(choices: Choices, value: dict[str, Json]) -> None:
        wanted = 0 if not free or choices.ending else choices.below(min(len(free), 4) + 1) if choices.presence is None else len(free)
        start = choices.below(len(free)) if free and wanted else 0
        for turn in range(len(free)):
            if turn >= wanted and len(value) >= own.least:
                break
            if own.most is not None and len(value) >= own.most:
                break
            name, maker = free[(start + turn) % len(free)]
            _add(value, name, maker, choices)
        for name, maker in own.makers.items():
            if len(value) < own.least and name not in value:
                _add(value, name, maker, choices)
        _accompany(own, value, choices)
        while own.most is not None and len(value) > own.most:
            loose = [name for name in value if name not in needed and not _leant_on(own, value, name)]
            if not loose:
                raise UnmadeError("maxProperties", pointer)
            del value[loose[choices.below(len(loose))]]
        if len(value) < own.least:
            raise UnmadeError("minProperties", pointer)

    return finish


def _add(value: dict[str, Json], name: str, maker: Make, choices: Choices) -> None:
    try:
        made = maker(choices)
    except UnmadeError:
        return
    value[name] = made


def _accompany(own: Objects, value: dict[str, Json], choices: Choices) -> None:
    """Add what members demand; a member whose company cannot be made goes."""
    for name in [name for name in value if name in own.depending]:
        company = own.closed({name}) - {name}
        for other in sorted(company - value.keys()):
            maker = own.makers.get(other) or own.member(other, needed=False)
            if maker is not None:
                _add(value, other, maker, choices)
        if not company <= value.keys():
            if name in own.required:
                raise UnmadeError("dependentRequired")
            del value[name]


def _leant_on(own: Objects, value: dict[str, Json], name: str) -> bool:
    return any(name in names for other, names in own.depending.items() if other in value)
