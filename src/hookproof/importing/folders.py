"""Events in JSON Schemas: one in each file of a folder, or one in each definition of a single file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hookproof.importing.dialects import DRAFT_2020, Dialect, dialect_at
from hookproof.importing.found import Found, mapped, text_at
from hookproof.importing.library import Library, Place
from hookproof.importing.notes import Ledger

_DELIVERY, _PAYLOAD = "delivery.", "payload."
SUFFIXES = (".json", ".yaml", ".yml")
_SHARED = frozenset({"$schema", "$id", "id", "title", "description", "$comment", "$defs", "definitions", "$vocabulary"})


class Reader:
    """Reads the schemas of a folder, or of one file."""

    def __init__(self, library: Library, ledger: Ledger, source: Path) -> None:
        self.library = library
        self.ledger = ledger
        files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.suffix in SUFFIXES and path.is_file())
        self.tops = [library.open(file) for file in files]

    def events(self) -> Iterator[Found]:
        """Give every schema that no other document refers to, under the name of its file; definitions alone are events too."""
        referred = self._referred()
        for top in self.tops:
            if not isinstance(top.value, dict):
                raise top.fault("it is no JSON Schema", "Leave only schemas in the folder.")
            if len(self.tops) == 1 and isinstance(top.value.get("x-hookproof"), dict):
                yield from self._exported(top)
            elif len(self.tops) == 1 and top.value.keys() <= _SHARED:
                for word in ("$defs", "definitions"):
                    for name, place in mapped(top, word):
                        yield self._event(name, place, _spoken(top))
            elif top.page.file in referred or top.value.keys() <= _SHARED:
                self.ledger.chosen("other schemas refer to it, or it holds definitions only: not an event", top.page.subject, "")
            else:
                yield self._event(_stem(top.page.file), top, _spoken(top))

    def _exported(self, top: Place) -> Iterator[Found]:
        """Give the events of a bundle that we exported: it has a definition for each body and one for each payload."""
        definitions = dict(mapped(top, "$defs"))
        for name, place in definitions.items():
            if name.startswith(_DELIVERY):
                found = self._event(name.removeprefix(_DELIVERY), place, _spoken(top))
                found = replace(found, place=definitions.get(_PAYLOAD + found.name, place))
                yield replace(found, name=text_at(found.told, "name") or found.name)

    def _event(self, name: str, place: Place, dialect: Dialect) -> Found:
        value = place.value if isinstance(place.value, dict) else {}
        shown = value.get("examples")
        return Found(
            name=name,
            schema=place,
            place=place,
            dialect=dialect,
            title=text_at(value, "title"),
            description=text_at(value, "description", "title"),
            deprecated=value.get("deprecated") is True,
            examples=tuple((place.at("examples", n), example) for n, example in enumerate(shown)) if isinstance(shown, list) else (),
        )

    def _referred(self) -> set[Path]:
        """Give the files to which other files refer."""
        found = set()
        for top in self.tops:
            stack = [top]
            while stack:
                place = stack.pop()
                if isinstance(place.value, dict):
                    reference = place.value.get("$ref")
                    if isinstance(reference, str) and not reference.startswith("#"):
                        target = self.library.resolve(place, reference)
                        found |= {target.page.file} - {top.page.file}
                    stack.extend(place.at(word) for word, part in place.value.items() if isinstance(part, dict | list))
                elif isinstance(place.value, list):
                    stack.extend(place.at(number) for number, part in enumerate(place.value) if isinstance(part, dict | list))
        return found


def _spoken(top: Place) -> Dialect:
    """Give the dialect that a document names; the newest where it names none."""
    if "$schema" not in top.value:
        return DRAFT_2020
    known = dialect_at(top.value["$schema"])
    if known is None:
        raise top.at("$schema").fault(
            f"the dialect {top.value['$schema']!r} is not known here", "Write draft-04, 06, 07, 2019-09 or 2020-12."
        )
    return known


def _stem(file: Path) -> str:
    name = file.name
    for suffix in (*SUFFIXES, ".schema"):
        name = name.removesuffix(suffix)
    return name
