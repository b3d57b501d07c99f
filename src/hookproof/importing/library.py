"""The documents of an import: read strictly, within bounds, from one folder; references between them are resolved here.

Law: nothing is fetched and no file outside the folder is opened, whatever a reference says; every refusal names file and place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from hookproof.contracts.document import WHOLE, shortened
from hookproof.contracts.text import parse_json
from hookproof.contracts.yaml_text import parse_yaml
from hookproof.model.errors import IllFormedError

MOST_BYTES = 32 << 20
"""Of all documents of one import together."""
MOST_FILES = 2000
_LONGEST = 80
_ANCHORS = ("$anchor", "$dynamicAnchor")


@dataclass(frozen=True, kw_only=True, eq=False)
class Page:
    """One document: ``subject`` as shown to people, ``file`` where it lies, ``value`` what it says."""

    subject: str
    file: Path
    value: Any
    anchors: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Place:
    """A value inside a document: ``steps`` lead to it from the top, ``root`` to the resource by whose ``base`` references are read."""

    page: Page
    steps: tuple[str, ...] = ()
    value: Any
    root: tuple[str, ...] = ()
    base: str = ""

    @property
    def pointer(self) -> str:
        """The JSON Pointer (RFC 6901) of the value."""
        return pointer_of(self.steps)

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """What tells places apart."""
        return str(self.page.file), self.steps

    def at(self, *steps: str | int) -> Place:
        """Give the place of a part that is known to be there."""
        value = self.value
        for step in steps:
            value = value[step]
        return replace(self, steps=(*self.steps, *map(str, steps)), value=value)

    def fault(self, cause: str, remedy: str) -> IllFormedError:
        """Make the error that something is wrong here."""
        return IllFormedError(self.page.subject, shortened(cause), place=shortened(self.pointer) or WHOLE, remedy=remedy)


def pointer_of(steps: tuple[str, ...]) -> str:
    """Write steps as a JSON Pointer."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


class Library:
    """Reads documents of one folder, each once; ``folder`` is the wall that no reference passes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._pages: dict[Path, Page] = {}
        self._ids: dict[str, Place] = {}
        self._bytes = 0

    def read(self, file: Path) -> bytes:
        """Give the bytes of a file of the folder, counted against the bound of all."""
        real = file.resolve()
        if not real.is_relative_to(self.folder):
            raise IllFormedError(str(file), "it lies outside the folder of the document", place=WHOLE, remedy="Put it into the folder.")
        try:
            if not real.is_file():
                raise IllFormedError(str(file), "there is no such file", place=WHOLE, remedy="Name a document that can be read.")
            self._bytes += real.stat().st_size
            if self._bytes > MOST_BYTES or len(self._pages) >= MOST_FILES:
                cause = f"the documents hold more than {MOST_BYTES} bytes or {MOST_FILES} files"
                raise IllFormedError(str(file), cause, place=WHOLE, remedy="Import a part of them at a time.")
            with real.open("rb") as opened:
                return opened.read(MOST_BYTES + 1)
        except OSError as error:
            cause = f"it cannot be read: {error.strerror or error}"
            raise IllFormedError(str(file), cause, place=WHOLE, remedy="Mend its permissions.") from None

    def open(self, file: Path) -> Place:
        """Give the top of a document, JSON or YAML."""
        real = file.resolve()
        if real not in self._pages:
            raw = self.read(file)
            is_json = file.suffix == ".json" or raw.lstrip()[:1] in (b"{", b"[")
            parsed = parse_json(str(file), raw, most_bytes=MOST_BYTES) if is_json else parse_yaml(str(file), raw)
            self.add(Page(subject=str(file), file=real, value=parsed.value))
        return self._top(self._pages[real])

    def add(self, page: Page) -> Place:
        """Take a document in, with the identifiers and anchors in it."""
        self._pages[page.file] = page
        for steps, node in _objects((), page.value):
            named = node.get("$id", node.get("id") if not steps else None)
            if isinstance(named, str) and named.startswith("#"):
                page.anchors.setdefault(named[1:], steps)
            elif isinstance(named, str):
                absolute = urldefrag(named)[0]
                self._ids.setdefault(absolute, Place(page=page, steps=steps, value=node, root=steps, base=absolute))
            for word in _ANCHORS:
                if isinstance(node.get(word), str):
                    page.anchors.setdefault(node[word], steps)
        return self._top(page)

    def pages(self) -> tuple[Page, ...]:
        """Give every document that was read."""
        return tuple(self._pages.values())

    def resolve(self, place: Place, reference: Any) -> Place:  # noqa: ANN401 -- whatever stands there
        """Give what a reference means that stands at ``place``."""
        if not isinstance(reference, str):
            raise place.fault("the reference is no text", "Write a reference such as #/components/schemas/order.")
        address, fragment = urldefrag(reference)
        top = self._resource(place, address) if address else self._part(place, place.page, place.root, reference)
        top = replace(top, root=top.steps, base=place.base if not address else top.base)
        fragment = unquote(fragment)
        if not fragment:
            return top
        if fragment.startswith("/"):
            steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in fragment[1:].split("/"))
        elif fragment in top.page.anchors:
            return self._part(place, top.page, top.page.anchors[fragment], reference, root=top.steps, base=top.base)
        else:
            raise place.fault(f"the reference {_quoted(reference)} leads to no anchor", "Mend the reference.")
        return self._part(place, top.page, (*top.steps, *steps), reference, root=top.steps, base=top.base)

    def _resource(self, place: Place, address: str) -> Place:
        absolute = urljoin(place.base, address)
        if absolute in self._ids:
            return self._ids[absolute]
        if urlsplit(absolute).scheme and urlsplit(address).scheme:
            cause = f"the reference {_quoted(address)} leads outside the folder of the document"
            raise place.fault(cause, "Nothing is fetched: put the document beside this one and refer to it by its file name.")
        file = place.page.file.parent / unquote(address)
        if not file.resolve().is_relative_to(self.folder):
            raise place.fault(f"the reference {_quoted(address)} leads outside the folder of the document", "Put the file into the folder.")
        if not file.is_file():
            raise place.fault(f"the reference {_quoted(address)} leads to no file", "Put the file into the folder, or mend the reference.")
        return self.open(file)

    def _top(self, page: Page) -> Place:
        named = page.value.get("$id", page.value.get("id")) if isinstance(page.value, dict) else None
        return Place(page=page, value=page.value, base=urldefrag(named)[0] if isinstance(named, str) else "")

    @staticmethod
    def _part(asker: Place, page: Page, steps: tuple[str, ...], reference: str, *, root: tuple[str, ...] = (), base: str = "") -> Place:
        value = page.value
        for step in steps:
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < len("1000000") and int(step) < len(value):
                value = value[int(step)]
            else:
                raise asker.fault(f"the reference {_quoted(reference)} leads to nothing", "Mend the reference, or add what it means.")
        return Place(page=page, steps=steps, value=value, root=root, base=base)


def _quoted(reference: str) -> str:
    return repr(reference if len(reference) <= _LONGEST else f"{reference[:_LONGEST]}…")


def _objects(steps: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:  # noqa: ANN401 -- any JSON value
    """Give every object of a document with its steps, without recursion."""
    stack = [(steps, value)]
    while stack:
        steps, value = stack.pop()
        if isinstance(value, dict):
            yield steps, value
            stack.extend(((*steps, name), part) for name, part in value.items() if isinstance(part, dict | list))
        elif isinstance(value, list):
            stack.extend(((*steps, str(number)), part) for number, part in enumerate(value) if isinstance(part, dict | list))
