"""One schema of a document as one schema of a contract: JSON Schema 2020-12 whose references stay inside it.

Law: the same values are valid before and after, except where the ledger says under ``unsaid`` what the contract does not say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urldefrag, urljoin

from hookproof.importing.dialects import DRAFT_04, DRAFT_2019, FORMATS, LEFT, LISTS, MAPS, REMARKS, SINGLES, Dialect, dialect_at
from hookproof.importing.library import Place
from hookproof.importing.notes import Ledger
from hookproof.importing.patterns import portable, runs

Named = Callable[[Place, Any, Dialect], str]
"""Gives the reference inside the contract for a reference of the document, which stands at a place."""

_SAID_BESIDE = frozenset({"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"})
_BOUNDS = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}


class Translator:
    """Translates schemas; ``named`` turns references, ``asserting`` tells whether formats decide about validity."""

    def __init__(self, ledger: Ledger, named: Named, *, asserting: bool = True) -> None:
        self.ledger = ledger
        self.named = named
        self.asserting = asserting

    def schema(self, place: Place, dialect: Dialect) -> dict[str, Any] | bool:
        """Translate a schema and all schemas in it."""
        value = place.value
        if isinstance(value, bool):
            return value
        if not isinstance(value, dict):
            raise place.fault(f"a schema is expected, {type(value).__name__} was found", "Write a JSON Schema.")
        place, dialect = self._own(place, dialect)
        if dialect.ref_alone and "$ref" in value:
            return self._reference_alone(place, dialect)
        made: dict[str, Any] = {}
        for word in value:
            self._word(place, word, dialect, made)
        self._nullable(place, dialect, made)
        kinds = value.get("type")
        if dialect is DRAFT_04 and "integer" in (kinds if isinstance(kinds, list) else [kinds]):
            self._unsaid(place, "type", "2.0 is no integer in draft-04 and is one since draft-06, as in most programming languages")
        return made

    def _own(self, place: Place, dialect: Dialect) -> tuple[Place, Dialect]:
        """Give the place with the base that it sets itself, and the dialect that it names."""
        value = place.value
        own = value.get("$id")
        if isinstance(own, str) and not own.startswith("#"):
            place = replace(place, root=place.steps, base=urljoin(place.base, urldefrag(own)[0]))
        if "$schema" in value and (known := dialect_at(value["$schema"])) is not None:
            dialect = known
        elif "$schema" in value and "$schema" in dialect.words:
            self._unsaid(place, "$schema", f"the dialect {value['$schema']!r} is unknown; it was read as {dialect.name}")
        return place, dialect

    def _reference_alone(self, place: Place, dialect: Dialect) -> dict[str, Any]:
        made: dict[str, Any] = {"$ref": self.named(place, place.value["$ref"], dialect)}
        for word, part in place.value.items():
            if word in _SAID_BESIDE and word in dialect.words:
                made[word] = part
            elif word != "$ref" and not word.startswith("x-") and word not in LEFT:
                self._translated(place, word, f"`{word}` beside $ref says nothing in {dialect.name}: left out")
        return made

    def _word(self, place: Place, word: str, dialect: Dialect, made: dict[str, Any]) -> None:
        part = place.value[word]
        if word.startswith("x-"):
            made[word] = part
        elif word in LEFT or (word == "nullable" and dialect.nullable):
            return
        elif word == "example" and word in dialect.words:
            made["examples"] = [part]
            self._translated(place, word, "`example` became `examples`")
        elif word in REMARKS and word in dialect.words:
            made[f"x-{word}"] = part
            self._translated(place, word, f"`{word}` decides nothing about validity: kept as `x-{word}`")
        elif word not in dialect.words:
            made[f"x-{word}"] = part
            self._unsaid(place, word, f"`{word}` is no word of {dialect.name} and says nothing there: kept as `x-{word}`")
        elif not self._renamed(place, word, dialect, made):
            made[word] = self._part(place, word, dialect)

    def _part(self, place: Place, word: str, dialect: Dialect) -> Any:  # noqa: ANN401 -- a part of a schema
        part = place.value[word]
        if word in MAPS and isinstance(part, dict):
            made = {name: self.schema(place.at(word, name), dialect) for name in part}
            return {name: {} if schema is True else schema for name, schema in made.items()}  # the same, and always an object
        if word in LISTS and isinstance(part, list):
            return [self.schema(place.at(word, number), dialect) for number in range(len(part))]
        if word in SINGLES:
            return self.schema(place.at(word), dialect)
        return self.named(place, part, dialect) if word == "$ref" else part

    def _renamed(self, place: Place, word: str, dialect: Dialect, made: dict[str, Any]) -> bool:
        """Translate a word whose name or form differs; tell whether it is one."""
        part = place.value[word]
        if word == "dependencies":
            self._dependencies(place, dialect, made)
        elif word in ("$recursiveRef", "$dynamicRef"):
            self._dynamic(place, word, dialect, made)
        elif word == "format":
            self._format(place, dialect, made)
        elif word == "pattern" and isinstance(part, str):
            self._pattern(place, part, made)
        elif word == "patternProperties" and isinstance(part, dict):
            self._pattern_properties(place, dialect, made)
        else:
            return (
                self._bounded(place, word, dialect, made)
                or self._listed(place, word, dialect, made)
                or self._opened(place, word, dialect, made)
            )
        return True

    def _bounded(self, place: Place, word: str, dialect: Dialect, made: dict[str, Any]) -> bool:
        """Write a bound that is said to be exclusive by true or false as a number."""
        value, part = place.value, place.value[word]
        if not dialect.boolean_bounds:
            return False
        if word in _BOUNDS and isinstance(part, bool):
            self._translated(place, word, f"`{word}` of {dialect.name} is true or false: written as a number")
            if part and _BOUNDS[word] in value:
                made[word] = value[_BOUNDS[word]]
            return True
        return any(inclusive == word and value.get(own) is True for own, inclusive in _BOUNDS.items())

    def _listed(self, place: Place, word: str, dialect: Dialect, made: dict[str, Any]) -> bool:
        """Write schemas for positions under their later names."""
        items = place.value.get("items")
        if word == "items" and dialect.tuples and isinstance(items, list):
            made["prefixItems"] = [self.schema(place.at(word, number), dialect) for number in range(len(items))]
            self._translated(place, word, "a list under `items` became `prefixItems`")
        elif word == "additionalItems":
            if isinstance(items, list):
                made["items"] = self.schema(place.at(word), dialect)
                self._translated(place, word, "`additionalItems` became `items`")
        else:
            return False
        return True

    def _opened(self, place: Place, word: str, dialect: Dialect, made: dict[str, Any]) -> bool:
        """Leave out what would refuse more than the document does, because another word had to be left out or changed its meaning."""
        if word in ("additionalProperties", "unevaluatedProperties") and not _all_run(place.value.get("patternProperties")):
            text = f"`{word}` beside a pattern that cannot be kept would refuse what the pattern allows: kept as a remark"
        elif word == "unevaluatedItems" and dialect is DRAFT_2019 and "contains" in place.value:
            text = "`unevaluatedItems` beside `contains` means another thing since 2020-12: kept as a remark"
        else:
            return False
        made[f"x-{word}"] = place.value[word]
        self._unsaid(place, word, text)
        return True

    def _dependencies(self, place: Place, dialect: Dialect, made: dict[str, Any]) -> None:
        for name, part in place.value["dependencies"].items() if isinstance(place.value["dependencies"], dict) else ():
            if isinstance(part, list):
                made.setdefault("dependentRequired", {})[name] = part
            else:
                made.setdefault("dependentSchemas", {})[name] = self.schema(place.at("dependencies", name), dialect)
        self._translated(place, "dependencies", "`dependencies` became `dependentRequired` and `dependentSchemas`")

    def _dynamic(self, place: Place, word: str, dialect: Dialect, made: dict[str, Any]) -> None:
        reference = self.named(place, place.value[word], dialect)
        if "$ref" in made or "$ref" in place.value:
            made.setdefault("allOf", []).append({"$ref": reference})
        else:
            made["$ref"] = reference
        anchored = place.page.value.get("$recursiveAnchor") if isinstance(place.page.value, dict) else None
        if word == "$recursiveRef" and anchored is not True:
            self._translated(place, word, f"`{word}` became `$ref`")
        else:
            self._unsaid(place, word, f"`{word}` became `$ref` to what it means where it stands; another schema cannot extend it")

    def _format(self, place: Place, dialect: Dialect, made: dict[str, Any]) -> None:
        name = place.value["format"]
        if not isinstance(name, str):
            raise place.at("format").fault("the name of a format is no text", "Mend the document.")
        if name in FORMATS and self.asserting:
            made["format"] = name
            return
        made["x-format"] = name
        if name in FORMATS:
            self._unsaid(place, "format", f"format {name!r} is kept as a remark, as was asked")
        else:
            self._unsaid(
                place, "format", f"format {name!r} is none of JSON Schema 2020-12 and checks nothing: kept as `x-format` ({dialect.name})"
            )

    def _pattern(self, place: Place, part: str, made: dict[str, Any]) -> None:
        written = portable(part)
        if not runs(written):
            made["x-pattern"] = part
            self._unsaid(place, "pattern", f"RE2 cannot run the pattern {part!r}: kept as `x-pattern`")
            return
        made["pattern"] = written
        if written != part:
            self._translated(place, "pattern", "a code unit in a pattern became a code point")

    def _pattern_properties(self, place: Place, dialect: Dialect, made: dict[str, Any]) -> None:
        for name in place.value["patternProperties"]:
            written = portable(name)
            part = self.schema(place.at("patternProperties", name), dialect)
            if runs(written):
                made.setdefault("patternProperties", {})[written] = part
            else:
                made.setdefault("x-patternProperties", {})[name] = place.value["patternProperties"][name]
                self._unsaid(place, "patternProperties", f"RE2 cannot run the pattern {name!r}: kept as `x-patternProperties`")

    def _nullable(self, place: Place, dialect: Dialect, made: dict[str, Any]) -> None:
        if not dialect.nullable or "nullable" not in place.value:
            return
        if place.value["nullable"] is not True:
            self._translated(place, "nullable", "`nullable: false` says nothing: left out")
        elif isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
            self._translated(place, "nullable", "`nullable` became null beside the type")
            if isinstance(made.get("enum"), list) and None not in made["enum"]:
                text = "`nullable` beside `enum` without null: null stays refused, as OpenAPI 3.0.3 says"
                self.ledger.chosen(text, place.page.subject, place.at("nullable").pointer)
        else:
            made["x-nullable"] = True
            self._unsaid(place, "nullable", "`nullable` without `type` says nothing (OpenAPI 3.0.3): kept as `x-nullable`")

    def _translated(self, place: Place, word: str, text: str) -> None:
        self.ledger.translated(text, place.page.subject, place.at(word).pointer)

    def _unsaid(self, place: Place, word: str, text: str) -> None:
        self.ledger.unsaid(text, place.page.subject, place.at(word).pointer)


def _all_run(patterns: Any) -> bool:  # noqa: ANN401 -- whatever stands under patternProperties
    return all(runs(portable(pattern)) for pattern in patterns) if isinstance(patterns, dict) else True
