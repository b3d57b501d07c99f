"""One schema with all that it refers to: references followed, any part of it usable as a validator of its own.

Law: parts are told apart by identity; whatever is a part lives as long as the whole.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from hookproof.contracts.schema_check import schema_nodes
from hookproof.model.contract import Json

Part = Any  # a JSON Schema: an object, true or false
Valid = Callable[[Json], bool]

_HERE = "urn:hookproof:schema"


class UnmadeError(Exception):
    """No value is known that satisfies ``keyword`` of the schema at ``pointer``."""

    def __init__(self, keyword: str, pointer: str = "") -> None:
        super().__init__(keyword, pointer)
        self.keyword = keyword
        self.pointer = pointer


class Whole:
    """A schema, read once; ``root`` is its own copy, whose references are absolute."""

    def __init__(self, schema: Mapping[str, Json]) -> None:
        self.root: dict[str, Any] = copy.deepcopy({word: part for word, part in schema.items() if word not in ("$id", "$schema")})
        self._marks: dict[str, Part] = {}
        self._pointers: dict[int, str] = {}
        for path, node in schema_nodes(self.root):
            self._pointers[id(node)] = _pointer(path)
            self._marks.update({f"#{node[word]}": node for word in ("$anchor", "$dynamicAnchor") if isinstance(node.get(word), str)})
        for _, node in list(schema_nodes(self.root)):
            for word in ("$ref", "$dynamicRef"):
                if isinstance(node.get(word), str):
                    node[word] = _HERE + node[word]
        self._registry = jsonschema_rs.Registry([(_HERE, self.root)])
        self._known: dict[int, Valid] = {}
        self._kept: list[Part] = []

    def keep(self, part: Part) -> Part:
        """Take in a part that the schema does not hold itself."""
        self._kept.append(part)
        return part

    def pointer(self, part: Part) -> str:
        """Give the place of a part in the schema, empty for the whole of it and for what it does not hold itself."""
        return self._pointers.get(id(part), "")

    def led_to(self, reference: str) -> Part:
        """Give the part that a reference means."""
        local = reference.removeprefix(_HERE)
        if local in self._marks:
            return self._marks[local]
        found: Any = self.root
        for step in local.removeprefix("#").split("/")[1:]:
            word = unquote(step).replace("~1", "/").replace("~0", "~")
            found = found[int(word)] if isinstance(found, list) else found[word]
        return found

    def compiled(self, part: Part) -> jsonschema_rs.Draft202012Validator:
        """Compile one part as the judge compiles schemas: formats asserted, nothing fetched, linear-time patterns."""
        return jsonschema_rs.Draft202012Validator(
            part, registry=self._registry, validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
        )

    def valid(self, part: Part) -> Valid:
        """Tell values that are valid under one part; compiled at first use."""
        found = self._known.get(id(part))
        if found is None:
            compiled = self.compiled(part)

            def found(value: Json) -> bool:
                try:
                    return compiled.is_valid(value)
                except ValueError:  # nested beyond what the validator walks
                    return False

            self._known[id(part)] = found
            self._kept.append(part)
        return found


def _pointer(path: tuple[str | int, ...]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
