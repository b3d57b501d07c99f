"""Events in OpenAPI documents: ``webhooks``, ``x-webhooks``, callbacks, and schemas that a vendor's extension marks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hookproof.importing.dialects import OPENAPI_30, OPENAPI_31, Dialect, dialect_at
from hookproof.importing.found import Field, Found, followed, is_json, listed, mapped, text_at, told_object
from hookproof.importing.library import Library, Place
from hookproof.importing.notes import Ledger

_METHODS = ("post", "put", "patch", "get", "delete", "options", "head", "trace", "query")
_NAMES = ("type", "name", "event")
_PLAIN = {"type": "string"}


class Reader:
    """Reads one document; ``extension`` is the word that marks events in it, if any."""

    def __init__(self, library: Library, ledger: Ledger, top: Place, extension: str | None = None) -> None:
        self.library = library
        self.ledger = ledger
        self.top = top
        self.extension = extension
        self.dialect = self._dialect()

    def events(self) -> Iterator[Found]:
        """Give every event of the document, in its order."""
        if self.extension is not None and self.extension not in self.top.value:
            yield from self._marked(self.extension)
            return
        for word in (self.extension,) if self.extension else ("webhooks", "x-webhooks"):
            for name, place in mapped(self.top, word):
                yield from self._item(name, place)
        if self.extension is None:
            yield from self._callbacks()

    def _dialect(self) -> Dialect:
        version = self.top.value.get("openapi")
        if isinstance(version, str) and version.startswith("3.0"):
            return OPENAPI_30
        if isinstance(version, str) and version.startswith(("3.1", "3.2")):
            return dialect_at(self.top.value.get("jsonSchemaDialect")) or OPENAPI_31
        raise self.top.fault(f"OpenAPI {version!r} is not known here", "Write an OpenAPI 3.0, 3.1 or 3.2 document.")

    def _item(self, name: str, place: Place, tag: str = "") -> Iterator[Found]:
        item = told_object(self.library, place)
        operations = [(method, item.at(method)) for method in _METHODS if isinstance(item.value, dict) and method in item.value]
        operations += mapped(item, "additionalOperations")
        if not operations:
            self.ledger.unsaid(f"{name!r} has no operation: not imported", place.page.subject, place.pointer)
        for method, operation in operations:
            own = name if len(operations) == 1 else f"{name}.{method}"
            yield from self._operation(own, method, item, told_object(self.library, operation), tag)

    def _operation(self, name: str, method: str, item: Place, operation: Place, tag: str) -> Iterator[Found]:
        if not isinstance(operation.value, dict):
            raise operation.fault("an operation is expected", "Mend the document.")
        body = told_object(self.library, operation.at("requestBody")) if "requestBody" in operation.value else None
        media = [(kind, part) for kind, part in mapped(body, "content")] if body is not None else []
        chosen = next(((kind, part) for kind, part in media if is_json(kind)), None)
        if chosen is None or not isinstance(chosen[1].value, dict) or "schema" not in chosen[1].value:
            kinds = ", ".join(kind for kind, _ in media) or "nothing"
            text = f"{name!r} has no JSON body that a schema describes (its bodies: {kinds}): not imported"
            self.ledger.unsaid(text, operation.page.subject, operation.pointer)
            return
        for kind, part in media:
            if kind != chosen[0]:
                self.ledger.unsaid(f"bodies of {kind} cannot be described", part.page.subject, part.pointer)
        content = chosen[1]
        value = operation.value
        tags = value.get("tags")
        yield Found(
            name=name,
            schema=content.at("schema"),
            place=operation,
            dialect=self.dialect,
            title=text_at(value, "summary"),
            description=text_at(value, "description", "summary"),
            group=tag or (str(tags[0]) if isinstance(tags, list) and tags else ""),
            deprecated=value.get("deprecated") is True,
            examples=tuple(self._examples(content)),
            fields=tuple(self._fields(item, operation)),
            method=method.upper(),
        )

    def _examples(self, content: Place) -> Iterator[tuple[Place, Any]]:
        if "example" in content.value:
            yield content.at("example"), content.value["example"]
        for _, entry in mapped(content, "examples"):
            told = told_object(self.library, entry)
            word = next((word for word in ("dataValue", "value") if isinstance(told.value, dict) and word in told.value), None)
            if word is not None:
                yield told.at(word), told.value[word]
            else:
                self.ledger.unsaid("an example elsewhere is not fetched", told.page.subject, told.pointer)

    def _fields(self, item: Place, operation: Place) -> Iterator[Field]:
        for place in (*listed(item, "parameters"), *listed(operation, "parameters")):
            parameter = told_object(self.library, place)
            value = parameter.value if isinstance(parameter.value, dict) else {}
            name = value.get("name")
            if not isinstance(name, str):
                raise parameter.fault("a parameter has no name", "Mend the document.")
            schema = followed(self.library, parameter.at("schema")).value if "schema" in value else {}
            if value.get("in") != "header":
                text = f"the {value.get('in')} parameter {name!r} has no place in a contract"
                self.ledger.unsaid(text, parameter.page.subject, parameter.pointer)
                continue
            told = {word: part for word, part in schema.items() if word not in _SAID} if isinstance(schema, dict) else {}
            if told not in ({}, _PLAIN):
                text = f"of the header field {name!r} only its presence is asked, not {', '.join(sorted(told))}"
                self.ledger.unsaid(text, parameter.page.subject, parameter.pointer)
            yield Field(name=name, required=value.get("required") is True, text=_sample(value, schema))

    def _callbacks(self) -> Iterator[Found]:
        for _, path in mapped(self.top, "paths"):
            item = told_object(self.library, path)
            for method in _METHODS:
                operation = item.at(method) if isinstance(item.value, dict) and method in item.value else None
                for name, callback in mapped(operation, "callbacks") if operation is not None else ():
                    told = told_object(self.library, callback)
                    for address in told.value if isinstance(told.value, dict) else ():
                        if not address.startswith("x-"):
                            yield from self._item(name, told.at(address))

    def _marked(self, extension: str) -> Iterator[Found]:
        components = self.top.at("components") if isinstance(self.top.value.get("components"), dict) else self.top
        for name, place in mapped(components, "schemas"):
            mark = place.value.get(extension) if isinstance(place.value, dict) else None
            if mark is None:
                continue
            own = mark if isinstance(mark, str) else text_at(mark, *_NAMES) or name
            value = place.value
            yield Found(
                name=own,
                schema=place,
                place=place,
                dialect=self.dialect,
                title=text_at(value, "title"),
                description=text_at(value, "description", "title"),
                deprecated=value.get("deprecated") is True,
            )


_SAID = frozenset({"title", "description", "example", "examples", "default", "deprecated"})


def _sample(parameter: dict[str, Any], schema: Any) -> str:  # noqa: ANN401 -- any JSON value
    """Give an example of a header field's value as text, empty if there is none."""
    schema = schema if isinstance(schema, dict) else {}
    given = [
        part for part in (parameter.get("example"), schema.get("example"), schema.get("const"), schema.get("default")) if part is not None
    ]
    for part in (schema.get("examples"), schema.get("enum")):
        given += part[:1] if isinstance(part, list) else []
    shown = parameter.get("examples")
    given += [part["value"] for part in shown.values() if isinstance(part, dict) and "value" in part] if isinstance(shown, dict) else []
    text = next((str(part) for part in given if isinstance(part, str | int | float) and not isinstance(part, bool)), "")
    return text if text.isascii() and text.isprintable() else ""
