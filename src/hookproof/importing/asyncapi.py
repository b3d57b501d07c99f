"""Events in AsyncAPI 3 documents: the messages that the described application sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hookproof.importing.dialects import ASYNCAPI_3, OPENAPI_30, OPENAPI_31, Dialect, dialect_at
from hookproof.importing.found import Field, Found, followed, is_json, listed, mapped, text_at, told_object
from hookproof.importing.library import Library, Place
from hookproof.importing.notes import Ledger

_SCHEMA = "application/schema+"
_ASYNC = "application/vnd.aai.asyncapi"
_OPEN = "application/vnd.oai.openapi"


class Reader:
    """Reads one document."""

    def __init__(self, library: Library, ledger: Ledger, top: Place) -> None:
        self.library = library
        self.ledger = ledger
        self.top = top
        version = top.value.get("asyncapi")
        if not isinstance(version, str) or not version.startswith("3."):
            raise top.fault(f"AsyncAPI {version!r} is not known here", "Convert it to AsyncAPI 3 (`asyncapi convert`).")

    def events(self) -> Iterator[Found]:
        """Give every message that is sent, in the order of the document; where no operation sends, every message of every channel."""
        seen: set[tuple[str, tuple[str, ...]]] = set()
        for name, place in self._messages():
            message = self._with_traits(told_object(self.library, place))
            if message.key not in seen:
                seen.add(message.key)
                yield from self._message(name, message)

    def _messages(self) -> Iterator[tuple[str, Place]]:
        operations = [told_object(self.library, place) for _, place in mapped(self.top, "operations")]
        sending = [place for place in operations if place.value.get("action") == "send"]
        for place in operations:
            if place not in sending:
                self.ledger.unsaid("an operation that does not send is no webhook: not imported", place.page.subject, place.pointer)
        if not sending:
            for _, channel in mapped(self.top, "channels"):
                yield from mapped(told_object(self.library, channel), "messages")
        for operation in sending:
            chosen = list(listed(operation, "messages"))
            for place in chosen:
                yield (text_at(place.value, "$ref") or "message").rsplit("/", 1)[-1], place
            if not chosen and "channel" in operation.value:
                yield from mapped(told_object(self.library, operation.at("channel")), "messages")

    def _with_traits(self, message: Place) -> Place:
        """Give the message with the members of its traits that it does not have itself."""
        merged = dict(message.value)
        for trait in listed(message, "traits"):
            told = told_object(self.library, trait)
            for word, part in told.value.items():
                if merged.setdefault(word, part) is not part and word in ("headers", "bindings"):
                    self.ledger.unsaid(f"`{word}` of a trait is not merged into that of the message", told.page.subject, told.pointer)
        return replace(message, value=merged)

    def _message(self, name: str, message: Place) -> Iterator[Found]:
        value = message.value
        own = text_at(value, "name") or name
        media = value.get("contentType", self.top.value.get("defaultContentType", "application/json"))
        spoken = self._payload(message)
        if spoken is None or not (isinstance(media, str) and is_json(media)):
            text = f"{own!r} has no JSON payload that a JSON Schema describes ({media}): not imported"
            self.ledger.unsaid(text, message.page.subject, message.pointer)
            return
        tags = [told_object(self.library, tag).value for tag in listed(message, "tags")]
        yield Found(
            name=own,
            schema=spoken[0],
            place=message,
            dialect=spoken[1],
            title=text_at(value, "title", "summary"),
            description=text_at(value, "description", "summary", "title"),
            group=text_at(tags[0], "name") if tags else "",
            examples=tuple(
                (place.at("payload"), place.value["payload"])
                for place in listed(message, "examples")
                if isinstance(place.value, dict) and "payload" in place.value
            ),
            fields=tuple(self._fields(message)),
        )

    def _payload(self, message: Place) -> tuple[Place, Dialect] | None:
        if "payload" not in message.value:
            return None
        payload = message.at("payload")
        told = followed(self.library, payload)
        if not isinstance(told.value, dict) or "schemaFormat" not in told.value or "schema" not in told.value:
            return payload, ASYNCAPI_3
        dialect = _dialect(told.value["schemaFormat"])
        return None if dialect is None else (told.at("schema"), dialect)

    def _fields(self, message: Place) -> Iterator[Field]:
        if "headers" not in message.value:
            return
        headers = told_object(self.library, message.at("headers"))
        value: dict[str, Any] = headers.value
        required = value.get("required")
        for word in value.keys() - {"type", "properties", "required", "title", "description", "examples"}:
            self.ledger.unsaid(f"`{word}` of a message's headers has no place in a contract", headers.page.subject, headers.pointer)
        for name, place in mapped(headers, "properties"):
            schema = followed(self.library, place).value
            schema = schema if isinstance(schema, dict) else {}
            told = schema.keys() - {"type", "title", "description", "examples", "example", "default"}
            if told or schema.get("type", "string") != "string":
                text = f"of the header field {name!r} only its presence is asked, not {', '.join(sorted(told | {'type'}))}"
                self.ledger.unsaid(text, place.page.subject, place.pointer)
            shown = schema.get("examples")
            text = str(shown[0]) if isinstance(shown, list) and shown else str(schema.get("const", schema.get("default", "")))
            yield Field(
                name=name,
                required=isinstance(required, list) and name in required,
                text=text if text.isascii() and text.isprintable() else "",
            )


def _dialect(form: Any) -> Dialect | None:  # noqa: ANN401 -- whatever stands there
    if not isinstance(form, str):
        return None
    version = form.partition("version=")[2]
    if form.startswith(_ASYNC):
        return ASYNCAPI_3
    if form.startswith(_OPEN):
        return OPENAPI_30 if version.startswith("3.0") else OPENAPI_31
    if form.startswith(_SCHEMA):
        return dialect_at(f"https://json-schema.org/{version if version.startswith('draft-') else f'draft/{version}'}/schema")
    return None
