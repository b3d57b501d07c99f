"""JSON Schema 2020-12 in the words that draft-07 has too.

Law: what is given accepts whatever was accepted, and nothing more but for the places that are listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hookproof.exporting.grafting import mapped

Json = Any  # JSON documents are plain Python values

_LOST = ("unevaluatedProperties", "unevaluatedItems", "minContains", "maxContains", "contentSchema")
"""Keywords without a counterpart. The first four constrain, the last only remarks."""
_NEEDS = "dependentRequired"
_BRINGS = "dependentSchemas"


class Older:
    """Translates schemas and remembers under ``lost`` which keywords could not be said, by the name of the schema.

    ``tuples``: whether lists of schemas for the first items (``prefixItems``) may be written as draft-07 does; later drafts refuse that.
    """

    def __init__(self, *, tuples: bool) -> None:
        self.tuples = tuples
        self.lost: dict[str, list[str]] = {}

    def translated(self, name: str, schema: Json) -> Json:
        """Give the schema of that name in words of draft-07."""

        def change(node: dict[str, Json]) -> Json:
            return _beside_reference(self._item_lists(name, self._without(name, _conditions(node))))

        return mapped(schema, change)

    def unsaid(self) -> list[str]:
        """Say what was lost, one sentence for each schema."""
        return [f"{name}: draft-07 has no {', '.join(sorted(set(words)))}." for name, words in sorted(self.lost.items())]

    def _without(self, name: str, node: dict[str, Json]) -> dict[str, Json]:
        trivial = {word for word in ("unevaluatedProperties", "unevaluatedItems") if node.get(word) is True}
        gone = [word for word in _LOST if word in node and word not in trivial]
        if gone:
            self.lost.setdefault(name, []).extend(gone)
        if node.get("minContains") == 0:  # `contains` asks for nothing then, but for at most as many
            node = {word: part for word, part in node.items() if word != "contains"}
        return {word: part for word, part in node.items() if word not in _LOST}

    def _item_lists(self, name: str, node: dict[str, Json]) -> dict[str, Json]:
        if "prefixItems" not in node:
            return node
        rest = {word: part for word, part in node.items() if word not in ("prefixItems", "items")}
        if self.tuples:
            return {**rest, "items": node["prefixItems"], **({"additionalItems": node["items"]} if "items" in node else {})}
        self.lost.setdefault(name, []).append("prefixItems")
        return rest


def _conditions(node: dict[str, Json]) -> dict[str, Json]:
    """Say what a member brings with it by ``if`` and ``then``, which both drafts have."""
    needed: Mapping[str, list[str]] = node.get(_NEEDS, {})
    brought: Mapping[str, Json] = node.get(_BRINGS, {})
    if not needed and not brought:
        return {word: part for word, part in node.items() if word not in (_NEEDS, _BRINGS)}
    said = [(member, {"required": names}) for member, names in needed.items()] + [*brought.items()]
    conditions = [{"if": {"type": "object", "required": [member]}, "then": then} for member, then in said]
    rest = {word: part for word, part in node.items() if word not in (_NEEDS, _BRINGS)}
    return {**rest, "allOf": [*rest.get("allOf", ()), *conditions]}


def _beside_reference(node: dict[str, Json]) -> dict[str, Json]:
    """Move a reference into ``allOf``: beside one, draft-07 reads nothing."""
    if "$ref" not in node or len(node) == 1:
        return node
    rest = {word: part for word, part in node.items() if word != "$ref"}
    return {**rest, "allOf": [{"$ref": node["$ref"]}, *rest.get("allOf", ())]}
