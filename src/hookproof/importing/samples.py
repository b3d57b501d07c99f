"""Events in recorded bodies: one JSON document a line, told apart by the member that names them; their schemas are inferred.

Law: every sample is valid against what was inferred from it; what was inferred is marked so and promises nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from genson import SchemaBuilder

from hookproof.contracts.document import WHOLE
from hookproof.contracts.text import parse_json
from hookproof.importing.dialects import DRAFT_2020
from hookproof.importing.found import Found
from hookproof.importing.library import Library, Page
from hookproof.importing.notes import Ledger
from hookproof.importing.wrapping import TYPE_MEMBERS
from hookproof.model.errors import IllFormedError

LINES = (".ndjson", ".jsonl")
_SHOWN = 3
_MOST_SAMPLES = 100_000


class Reader:
    """Reads a file of samples, or a folder of such files; ``type_member`` names the member that names the event, if it is known."""

    def __init__(self, library: Library, ledger: Ledger, source: Path, type_member: str | None = None) -> None:
        self.library = library
        self.ledger = ledger
        self.type_member = type_member
        files = [source] if source.is_file() else sorted(path for path in source.iterdir() if path.suffix in (*LINES, ".json"))
        self.bodies = [(file, number, body) for file in files for number, body in self._read(file)]
        if not self.bodies:
            raise IllFormedError(str(source), "it holds no sample", place=WHOLE, remedy="Write one body per line.")

    def events(self) -> Iterator[Found]:
        """Give every event of which there is a sample, sorted by name."""
        member = self._type_member()
        groups: dict[str, list[tuple[Path, int, Any]]] = {}
        for file, number, body in self.bodies:
            name = body[member] if member else file.name.removesuffix(file.suffix)
            groups.setdefault(name, []).append((file, number, body))
        for name, group in sorted(groups.items()):
            yield self._event(name, group, member)

    def _event(self, name: str, group: Sequence[tuple[Path, int, Any]], member: str | None) -> Found:
        bodies = [body for _, _, body in group]
        schema = inferred(bodies)
        if member:
            schema["properties"][member] = {"const": name}
        file, line, _ = group[0]
        page = Page(subject=str(file), file=file.parent / f"{name.replace('/', '_')}#inferred", value=schema)
        place = self.library.add(page)
        count = f"{len(group)} sample{'s' if len(group) > 1 else ''}"
        self.ledger.chosen(f"the schema of {name!r} was inferred from {count}: read it before you rely on it", str(file), f"line {line}")
        shown = {str(body): body for body in bodies}
        return Found(
            name=name,
            schema=place,
            place=place,
            dialect=DRAFT_2020,
            description=f"Inferred from {count}; nobody promised it.",
            examples=tuple((place, body) for body in list(shown.values())[:_SHOWN]),
            inferred=True,
        )

    def _type_member(self) -> str | None:
        bodies = [body for _, _, body in self.bodies]
        for member in (self.type_member,) if self.type_member else TYPE_MEMBERS:
            if all(isinstance(body, dict) and isinstance(body.get(member), str) and body[member] for body in bodies):
                return member
        if self.type_member:
            file, number, _ = next(
                each for each in self.bodies if not isinstance(each[2], dict) or not isinstance(each[2].get(self.type_member), str)
            )
            cause = f"the sample has no text under {self.type_member!r}"
            raise IllFormedError(str(file), cause, place=f"line {number}", remedy="Name the member that names the event, or leave it out.")
        return None

    def _read(self, file: Path) -> Iterator[tuple[int, Any]]:
        raw = self.library.read(file)
        if file.suffix not in LINES:
            try:
                yield 1, parse_json(str(file), raw).value
            except IllFormedError:
                if raw.strip().count(b"\n") == 0:
                    raise
            else:
                return
        lines = [(number, line) for number, line in enumerate(raw.split(b"\n"), start=1) if line.strip()]
        if len(lines) > _MOST_SAMPLES:
            raise IllFormedError(str(file), f"it holds more than {_MOST_SAMPLES} samples", place=WHOLE, remedy="Keep a part of them.")
        for number, line in lines:
            try:
                yield number, parse_json(str(file), line).value
            except IllFormedError as error:
                raise IllFormedError(str(file), error.cause, place=f"line {number}", remedy="Write one JSON body per line.") from None


def inferred(bodies: Sequence[Any]) -> dict[str, Any]:
    """Give the schema of all bodies together; a member is required that all of them have."""
    builder = SchemaBuilder(schema_uri="https://json-schema.org/draft/2020-12/schema")
    for body in bodies:
        builder.add_object(body)
    schema: dict[str, Any] = builder.to_schema()
    for name, part in schema.get("properties", {}).items():
        texts = [body[name] for body in bodies if isinstance(body, dict) and name in body]
        if part == {"type": "string"} and all(map(_is_moment, texts)):
            schema["properties"][name] = {"type": "string", "format": "date-time"}
    return schema


def _is_moment(text: str) -> bool:
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
