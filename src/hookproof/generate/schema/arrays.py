"""Makes lists: empty and long, with what they must contain, each item another one where that is asked."""

from __future__ import annotations

from hookproof.generate.schema.choices import Choices
from hookproof.generate.schema.flattening import Flattened
from hookproof.generate.schema.members import item_parts
from hookproof.generate.schema.objects import Make, MakerOf
from hookproof.generate.schema.values import same_key
from hookproof.generate.schema.whole import Part, UnmadeError
from hookproof.model.contract import Json

LONG = 12
"""Items of a long list."""
_TURNS = 12


class Arrays:
    """What is known of the lists of one place."""

    def __init__(self, whole: Flattened, maker_of: MakerOf) -> None:
        nodes = whole.nodes
        self.whole = whole
        self.maker_of = maker_of
        self.least = max((node.get("minItems", 0) for node in nodes), default=0)
        self.most: int | None = min((node["maxItems"] for node in nodes if "maxItems" in node), default=None)
        self.different = any(node.get("uniqueItems") for node in nodes)
        self.prefix = max((len(node.get("prefixItems", ())) for node in nodes), default=0)
        self.needs = [(node["contains"], node.get("minContains", 1), node.get("maxContains")) for node in nodes if "contains" in node]
        self.makers: list[Make] = []
        self.rest = self._rest()

    def _rest(self) -> Make | None:
        """Compile the makers of the items at their positions; a list ends before the first that cannot be made."""
        for index in range(self.prefix + 1):
            try:
                maker = self.maker_of(item_parts(self.whole, index))
            except UnmadeError:
                if index < self.least:
                    raise
                self.most = index if self.most is None else min(index, self.most)
                return None
            if index == self.prefix:
                return maker
            self.makers.append(maker)
        return None

    def contained(self) -> list[tuple[Make | None, int]]:
        """Give makers of items that must be contained, with how many are needed."""
        found: list[tuple[Make | None, int]] = []
        for part, least, most in self.needs:
            parts: tuple[Part, ...] = item_parts(self.whole, self.prefix) if self.rest is not None else ()
            if least:
                found.append((self.maker_of((*parts, part)), least if most is None else min(least, most)))
        return found


def array_maker(whole: Flattened, maker_of: MakerOf, pointer: str, *, wide: bool) -> Make:
    """Compile the maker of the lists of one place."""
    own = Arrays(whole, maker_of)
    if own.most is not None and own.most < own.least:
        raise UnmadeError("maxItems", pointer)
    contained = own.contained()
    needed = sum(count for _, count in contained)
    least = max(own.least, (own.prefix if needed else 0) + needed) if needed else own.least
    edges = {least, least + 1, least + 3, own.prefix, *({LONG, own.most} if wide else set())}
    lengths = sorted(n for n in edges if n is not None and least <= n and (own.most is None or n <= own.most) and n <= least + LONG)
    if not lengths:
        raise UnmadeError("contains" if needed else "minItems", pointer)

    def make(choices: Choices) -> Json:
        length = lengths[0 if choices.ending else choices.below(len(lengths))]
        choices.depth += 1
        choices.left -= length
        seen: set[str] | None = set() if own.different else None
        value: list[Json] = []
        try:
            due = [maker for maker, count in contained if maker is not None for _ in range(count)]
            for index in range(length):
                maker = own.makers[index] if index < own.prefix else own.rest
                if due and index >= length - len(due):
                    maker = due[index - (length - len(due))]
                if maker is None:
                    break
                if not _append(value, maker, choices, seen):
                    break
        finally:
            choices.depth -= 1
        if len(value) < least:
            raise UnmadeError("uniqueItems", pointer)
        return value

    return make


def _append(value: list[Json], maker: Make, choices: Choices, seen: set[str] | None) -> bool:
    """Add an item that is not there yet, if one is found."""
    for _ in range(_TURNS if seen is not None else 1):
        item = maker(choices)
        if seen is None:
            value.append(item)
            return True
        if (key := same_key(item)) not in seen:
            seen.add(key)
            value.append(item)
            return True
    return False
