"""Which schemas a member of an object, or an item of a list, must satisfy, given all that hold for the whole."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jsonschema_rs

from hookproof.generate.schema.flattening import Flattened
from hookproof.generate.schema.whole import Part, UnmadeError


@lru_cache(maxsize=4096)
def _compiled_name(pattern: str) -> Any:  # noqa: ANN401 -- jsonschema-rs has no public type for it
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()).is_valid


def name_fits(pattern: str, name: str) -> bool:
    """Whether a name matches a pattern anywhere, as the validator's engine sees it."""
    return bool(_compiled_name(pattern)(name))


def member_parts(whole: Flattened, name: str) -> tuple[Part, ...]:
    """Give the schemas of a member by its name; raise ``UnmadeError`` if it may not be there."""
    found: list[Part] = []
    evaluating: set[int] = set()
    for position, flat in enumerate(whole.flats):
        node = flat.node
        own = [node["properties"][name]] if name in node.get("properties", ()) else []
        own += [part for pattern, part in node.get("patternProperties", {}).items() if name_fits(pattern, name)]
        if not own and "additionalProperties" in node:
            own = [node["additionalProperties"]]
        if own or "additionalProperties" in node:
            evaluating |= {position, *flat.trail}
        found += own
    found += _unevaluated(whole, "unevaluatedProperties", evaluating)
    return _possible(found)


def item_parts(whole: Flattened, index: int) -> tuple[Part, ...]:
    """Give the schemas of an item by its position; raise ``UnmadeError`` if it may not be there."""
    found: list[Part] = []
    evaluating: set[int] = set()
    for position, flat in enumerate(whole.flats):
        first = flat.node.get("prefixItems", ())
        own = [first[index]] if index < len(first) else [flat.node["items"]] if "items" in flat.node else []
        if own:
            evaluating |= {position, *flat.trail}
        found += own
    found += _unevaluated(whole, "unevaluatedItems", evaluating)
    return _possible(found)


def _unevaluated(whole: Flattened, word: str, evaluating: set[int]) -> list[Part]:
    """Give what holds for a part that nothing within a schema speaks of; the innermost speaks first."""
    found = []
    for position in range(len(whole.flats) - 1, -1, -1):
        flat = whole.flats[position]
        if word in flat.node and position not in evaluating:
            found.append(flat.node[word])
            evaluating |= set(flat.trail)
    return found


def _possible(parts: list[Part]) -> tuple[Part, ...]:
    if any(part is False for part in parts):
        raise UnmadeError("false")
    own = {id(part): part for part in parts if part is not True}
    return tuple(own.values())
