"""Tells what kind of document a source is, from what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from hookproof.contracts.document import WHOLE
from hookproof.importing import asyncapi, folders, openapi, samples
from hookproof.importing.found import Found, text_at
from hookproof.importing.library import Library, Place
from hookproof.importing.notes import Ledger
from hookproof.model.errors import IllFormedError

KINDS = ("openapi", "asyncapi", "schemas", "samples")


class Reader(Protocol):
    """Gives the events of a source."""

    def events(self) -> Iterator[Found]:
        """Give every event, in the order of the source."""
        ...


def library_of(source: Path) -> Library:
    """Give the library of a source: its folder is the wall."""
    if not source.exists():
        raise IllFormedError(str(source), "there is no such file or folder", place=WHOLE, remedy="Name a document or a folder.")
    return Library(source if source.is_dir() else source.parent)


def recognised(library: Library, source: Path) -> str:
    """Give the kind of a source; refuse one that is none."""
    if source.is_dir():
        return "samples" if _has_lines(source) else "schemas"
    if source.suffix in samples.LINES:
        return "samples"
    top = library.open(source)
    value = top.value
    if not isinstance(value, dict):
        raise top.fault("it is no object", "Import OpenAPI 3, AsyncAPI 3, JSON Schemas, or samples as NDJSON.")
    for kind in ("openapi", "asyncapi"):
        if kind in value:
            return kind
    if "swagger" in value:
        raise top.fault("it is Swagger 2.0, which has no webhooks", "Convert it to OpenAPI 3 and add `webhooks` or `x-webhooks`.")
    if value.keys() & {"$schema", "$id", "properties", "type", "$ref", "allOf", "oneOf", "anyOf", "$defs", "definitions"}:
        return "schemas"
    raise top.fault("it is none of the kinds that are known", f"Say what it is with --from ({', '.join(KINDS)}).")


def _has_lines(folder: Path) -> bool:
    return any(path.suffix in samples.LINES for path in folder.iterdir())


def reader(library: Library, ledger: Ledger, source: Path, kind: str, *, extension: str | None, type_member: str | None) -> Reader:
    """Give what reads a source of a kind."""
    if kind == "openapi":
        return openapi.Reader(library, ledger, _top(library, source), extension)
    if kind == "asyncapi":
        return asyncapi.Reader(library, ledger, _top(library, source))
    if kind == "schemas":
        return folders.Reader(library, ledger, source)
    return samples.Reader(library, ledger, source, type_member)


def _top(library: Library, source: Path) -> Place:
    if source.is_dir():
        raise IllFormedError(str(source), "it is a folder", place=WHOLE, remedy="Name the document itself.")
    top = library.open(source)
    if not isinstance(top.value, dict):
        raise top.fault("it is no object", "Name the document itself.")
    return top


def document_title(library: Library, source: Path, kind: str) -> str:
    """Give the title by which clauses name the document."""
    if kind in ("openapi", "asyncapi"):
        about = library.open(source).value.get("info")
        title, version = text_at(about, "title"), text_at(about, "version")
        if title:
            return f"{title} {version}".strip()
    return source.name or source.resolve().name
