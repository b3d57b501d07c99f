"""What Pact can say of a JSON Schema: an example, matching rules by path, and everything that is lost on the way.

Law: no rule refuses a value that the schema allows, but for what is listed as demanded; what no rule says is listed as lost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hookproof.pact.typical import Json, kind_of, pointed, typical

_REMARKS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "$anchor", "title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly"}
)
_ANY = {"match": "include", "value": ""}
_TYPE, _NULL, _EQUAL, _NUMBER = {"match": "type"}, {"match": "null"}, {"match": "equality"}, {"match": "number"}
_WHOLE = r"^-?[0-9]+(\.[0-9]+e\+[0-9]+|\.0+|e\+[0-9]+)?$"  # as Pact's core writes numbers, large ones with an exponent
_FORMATS: Mapping[str, str] = {
    "date-time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "time": r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})",
    "uuid": r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "email": r"[\s\S]+@[\s\S]+",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[\s\S]*",
    "ipv4": r"[0-9]{1,3}(\.[0-9]{1,3}){3}",
    "ipv6": r"[0-9A-Fa-f:.]+",
}
_LONGEST = 1000
"""The largest repetition that is written into a pattern; its compiled form grows with it."""
_DEEPEST = 24
_SPOKEN: Mapping[str, frozenset[str]] = {
    "object": frozenset({"properties", "required"}),
    "array": frozenset({"items", "minItems", "maxItems"}),
    "string": frozenset({"pattern", "minLength", "maxLength"}),
    "integer": frozenset(),
    "number": frozenset(),
    "boolean": frozenset(),
    "null": frozenset(),
}
"""Keywords that the rules say in full, by type."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """One thing that the pact says otherwise than the schema: where (JSON Pointer into the value), which keyword, and how."""

    pointer: str
    keyword: str
    why: str

    def __str__(self) -> str:
        """Give one line."""
        return f"{self.pointer or '/'}: {self.keyword}: {self.why}"


@dataclass(frozen=True, kw_only=True)
class Matched:
    """What a pact says of one value: the ``example``, the ``rules`` by JSONPath as pact files hold them, the ``losses``."""

    example: Json
    rules: Mapping[str, Json]
    losses: tuple[Loss, ...]


def matched(
    schema: Mapping[str, Json], example: Json, reads: Collection[str] | None = None, root: Mapping[str, Json] | None = None
) -> Matched:
    """Say what Pact can of a schema, with an instance as its example.

    ``reads``: JSON Pointers into the value that the consumer reads, with all that is required below each; None means every member that
    is required. ``root``: where the schema's references lead, by default itself. An item of a list has the pointer ``/-``.
    """
    work = _Deriving(schema if root is None else root)
    shown = work.value(schema, example, "$", "", () if reads is None else tuple(reads), whole=reads is None)
    return Matched(example=shown, rules=work.rules, losses=tuple(work.losses))


class _Deriving:
    def __init__(self, root: Mapping[str, Json]) -> None:
        self.root = root
        self.rules: dict[str, Json] = {}
        self.losses: list[Loss] = []

    def value(self, schema: Json, example: Json, path: str, pointer: str, reads: tuple[str, ...], *, whole: bool) -> Json:
        """Say one value; give the example to show. ``whole``: all that is required is read, else ``reads`` only."""
        whole = whole or any(pointer == read or pointer.startswith(read + "/") for read in reads)
        if isinstance(schema, bool) or path.count("[") + path.count(".") > _DEEPEST:
            self._lose(pointer, "false" if schema is False else "depth", "nothing is checked here", when=schema is not True)
            return self._anything(path, {}, example)
        schema = self._flat(schema, pointer)
        if "const" in schema or "enum" in schema:
            return self._listed(schema, example, path, pointer)
        kinds = _kinds(schema)
        kind, nullable = kind_of(schema), "null" in kinds and len(kinds) > 1
        if not kinds or len(kinds - {"null"}) > 1:
            self._lose(pointer, "type", "only presence is checked where several types are legal", when=bool(kinds))
            self._unsaid(schema, {"type"}, pointer)
            return self._anything(path, schema, example)
        if example is None and kind != "null":
            example = typical({**schema, "type": kind}, self.root)
        if kind in ("object", "array"):
            if nullable:
                self._lose(pointer, "type", f"null or {kind}: Pact cannot say it, so only presence is checked")
                self._unsaid(schema, {"type"}, pointer)
                return self._anything(path, schema, example)
            self._unsaid(schema, {"type"} | _SPOKEN[kind], pointer, passing=kind == "object" and _is_map(schema))
            parts = self._object if kind == "object" else self._array
            return parts(schema, example, path, pointer, reads, whole=whole)
        self._scalar(kind, schema, path, pointer, nullable=nullable)
        return example

    # -- losses -----------------------------------------------------------------------------------------------------------------

    def _lose(self, pointer: str, keyword: str, why: str, *, when: bool = True) -> None:
        if when:
            self.losses.append(Loss(pointer=pointer, keyword=keyword, why=why))

    def _unsaid(self, schema: Mapping[str, Json], said: Collection[str], pointer: str, *, passing: bool = False) -> None:
        """List every keyword that constrains and is not said."""
        for word in schema:
            if word in said or word in _REMARKS or word.startswith("x-") or (passing and word == "additionalProperties"):
                continue
            if word == "additionalProperties" and schema[word] is True:
                continue
            self._lose(pointer, word, "Pact has no word for it")

    # -- the forms of a schema --------------------------------------------------------------------------------------------------

    def _flat(self, schema: Mapping[str, Json], pointer: str) -> Mapping[str, Json]:
        """Write references and ``allOf`` out; what stands twice and differs is lost."""
        found: dict[str, Json] = {}
        for part in self._parts(schema, 0):
            for word, said in part.items():
                if word == "properties":
                    found[word] = {**found.get(word, {}), **said}
                elif word == "required":
                    found[word] = [*dict.fromkeys([*found.get(word, ()), *said])]
                elif word in found and found[word] != said and word not in _REMARKS:
                    self._lose(pointer, word, "it is said twice, and only the first is checked")
                else:
                    found.setdefault(word, said)
        return found

    def _parts(self, schema: Mapping[str, Json], depth: int) -> Iterator[Mapping[str, Json]]:
        yield {word: said for word, said in schema.items() if word not in ("$ref", "allOf")}
        referred = [pointed(self.root, schema["$ref"])] if "$ref" in schema else []
        for part in (*referred, *schema.get("allOf", ())) if depth < _DEEPEST else ():
            if isinstance(part, dict):
                yield from self._parts(part, depth + 1)

    def _anything(self, path: str, schema: Mapping[str, Json], example: Json) -> Json:
        """Demand presence alone. A list or an object cannot stand for it: beside one Pact compares types whatever the rule says."""
        self._rule(path, "AND", _ANY)
        if not isinstance(example, dict | list):
            return example
        plain = [kind for kind in _kinds(schema) if kind not in ("object", "array", "null")]
        return typical({**schema, "type": min(plain)}, self.root) if plain else None

    def _listed(self, schema: Mapping[str, Json], example: Json, path: str, pointer: str) -> Json:
        self._unsaid(schema, {"const", "enum", "type"}, pointer)
        values = [schema["const"]] if "const" in schema else list(schema["enum"])
        shown = example if example in values else values[0]
        texts = [re.escape(value) for value in values if isinstance(value, str)]
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        if len(values) == 1 and not numbers:
            self._rule(path, "AND", _EQUAL)
        elif len(texts) == len(values):
            self._rule(path, "AND", _TYPE, _regex("|".join(f"(?:{text})" for text in texts)))
        elif len(numbers) == len(values) and all(float(value).is_integer() for value in numbers):
            self._rule(path, "AND", _NUMBER, _regex("|".join(rf"{int(value)}(?:\.0+)?" for value in numbers)))
        elif len(texts) == len(values) - 1 and None in values:
            self._lose(pointer, "enum", "a number passes whose text is listed")
            self._rule(path, "OR", _regex("|".join(f"(?:{text})" for text in texts)), _NULL)
            shown = next(value for value in values if value is not None) if shown is None else shown
        else:
            self._lose(pointer, "const" if "const" in schema else "enum", "only presence is checked")
            return self._anything(path, schema, shown)
        return shown

    def _scalar(self, kind: str, schema: Mapping[str, Json], path: str, pointer: str, *, nullable: bool) -> None:
        patterns: list[dict[str, Any]] = []
        if kind == "string":
            patterns = [_regex(pattern) for pattern in self._patterns(schema, pointer)]
        elif kind == "integer":
            patterns = [_regex(_WHOLE)]
        self._unsaid(schema, {"type", "format"} | _SPOKEN[kind] if kind == "string" else {"type"}, pointer)
        plain = _NUMBER if kind in ("integer", "number") else _NULL if kind == "null" else _TYPE
        if not nullable:
            self._rule(path, "AND", plain, *patterns)
            return
        if kind == "integer":
            self._lose(pointer, "type", "any number passes where null is legal too")
        elif patterns:
            self._lose(pointer, "type", "a number passes whose text fits, where null is legal too")
            self._lose(pointer, "pattern", "only one of several patterns is checked where null is legal too", when=len(patterns) > 1)
        self._rule(path, "OR", patterns[0] if patterns and kind == "string" else plain, _NULL)

    def _patterns(self, schema: Mapping[str, Json], pointer: str) -> Iterator[str]:
        """Give expressions for the whole text."""
        if "pattern" in schema:
            yield rf"[\s\S]*(?:{schema['pattern']})[\s\S]*"  # the schema searches, Pact compares the whole text
        if "format" in schema:
            shape = _FORMATS.get(schema["format"])
            self._lose(pointer, "format", f"{schema['format']} is checked by its shape" if shape else "Pact has no word for it")
            if shape:
                yield shape
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        if max(least, most or 0) > _LONGEST:
            self._lose(pointer, "minLength" if least > _LONGEST else "maxLength", "it is too large for a pattern")
            least, most = min(least, _LONGEST), None if (most or 0) > _LONGEST else most
        if least or most is not None:
            yield rf"[\s\S]{{{least},{'' if most is None else most}}}"

    def _object(self, schema: Mapping[str, Json], example: Json, path: str, pointer: str, reads: tuple[str, ...], *, whole: bool) -> Json:
        example = example if isinstance(example, dict) else {}
        if _is_map(schema) and whole:
            return self._map(schema["additionalProperties"], example, path, pointer)
        known, required = schema.get("properties", {}), schema.get("required", ())
        shown: dict[str, Json] = {}
        for name in dict.fromkeys([*known, *required, *example]):
            below = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            asked = any(read == below or read.startswith(below + "/") for read in reads)
            if not (asked or (whole and name in required)):
                self._lose(below, "required" if name in required else "optional", "not read", when=name in required or name in known)
                continue
            if "'" in name or "\\" in name:
                self._lose(below, "required", "no path of Pact can name it")
                continue
            self._lose(below, "optional", "the pact demands what may be left out", when=name not in required)
            part = known.get(name, True)
            value = example[name] if name in example else typical(part, self.root)
            shown[name] = self.value(part, value, _member(path, name), below, reads, whole=whole)
        if not shown:
            self._rule(path, "AND", _TYPE)
        return shown

    def _map(self, part: Mapping[str, Json], example: dict[str, Json], path: str, pointer: str) -> Json:
        """Say a map whose keys are free."""
        self._rule(path, "AND", {"match": "values"})
        value = next(iter(example.values()), None) if example else typical(part, self.root)
        return {next(iter(example), "key"): self.value(part, value, f"{path}.*", f"{pointer}/*", (), whole=True)}

    def _array(self, schema: Mapping[str, Json], example: Json, path: str, pointer: str, reads: tuple[str, ...], *, whole: bool) -> Json:
        bounds = {word: schema[key] for word, key in (("min", "minItems"), ("max", "maxItems")) if key in schema}
        self._rule(path, "AND", {**_TYPE, **bounds})
        part = schema.get("items", True)
        if part is True or schema.get("maxItems") == 0:
            return []
        first = example[0] if isinstance(example, list) and example else typical(part, self.root)
        return [self.value(part, first, f"{path}[*]", f"{pointer}/-", reads, whole=whole)] * max(1, schema.get("minItems", 1))

    def _rule(self, path: str, combine: str, *rules: Mapping[str, Json]) -> None:
        self.rules[path] = {"combine": combine, "matchers": list(rules)}


def _kinds(schema: Mapping[str, Json]) -> set[str]:
    """Give the legal types, empty if any is; integers are numbers."""
    named = schema.get("type", [])
    kinds = {named} if isinstance(named, str) else set(named)
    return kinds - {"integer"} if "number" in kinds else kinds


def _is_map(schema: Mapping[str, Json]) -> bool:
    return isinstance(schema.get("additionalProperties"), dict) and not schema.get("properties") and not schema.get("required")


def _regex(pattern: str) -> dict[str, Json]:
    return {"match": "regex", "regex": pattern}


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else f"{path}['{name}']"
