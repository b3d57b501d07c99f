"""AsyncAPI 3.0: one channel, the subscriber's endpoint, to which the platform sends one message for each event.

Law: schemas are written in the words of draft-07, which AsyncAPI reads without being told a format; what is lost on the way is listed.
"""

from __future__ import annotations

from typing import Any

from hookproof.exporting.deliveries import ADDED, Shelf, facts_of, told, unsaid
from hookproof.exporting.document import Exported, json_text
from hookproof.exporting.draft07 import Older
from hookproof.exporting.fields import MEDIA_TYPE, fields_of
from hookproof.exporting.prose import about, remarks, schedules
from hookproof.exporting.samples import samples
from hookproof.model.contract import Contract, Event

CHANNEL = "endpoint"
_BINDING = "0.3.0"

Json = Any  # JSON documents are plain Python values


def asyncapi(contract: Contract) -> Exported:
    """Write the contract as an AsyncAPI 3.0 document, as the platform sees it: it sends."""
    shelf = Shelf(contract, "#/components/schemas")
    events = [event for _, event in sorted(contract.events.items())]
    older = Older(tuples=True)
    schemas = {name: older.translated(name, schema) for name, schema in shelf.definitions().items()}
    lost = (*unsaid(contract), *older.unsaid())
    document = {
        "asyncapi": "3.0.0",
        "info": {"title": contract.title, "version": contract.revision, "description": about(contract)},
        "defaultContentType": MEDIA_TYPE,
        "channels": {CHANNEL: _channel(shelf, events)},
        "operations": {shelf.keys[event.name]: _operation(contract, event, shelf) for event in events},
        "components": {
            "messages": {shelf.keys[event.name]: _message(contract, event, shelf) for event in events},
            "schemas": schemas,
        },
        ADDED: {**facts_of(contract), "unsaid": list(lost)},
    }
    return Exported(text=json_text(document), unsaid=lost)


def _channel(shelf: Shelf, events: list[Event]) -> dict[str, Json]:
    messages = {shelf.keys[event.name]: {"$ref": f"#/components/messages/{shelf.keys[event.name]}"} for event in events}
    return {"address": None, "title": "Endpoint", "description": "The URL that the subscriber gave.", "messages": messages}


def _operation(contract: Contract, event: Event, shelf: Shelf) -> dict[str, Json]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "title": event.title,
        "summary": event.title,
        "description": "\n\n".join([event.description, *schedules(contract, event)]),
        "tags": [{"name": event.group}],
        "bindings": {"http": {"method": "POST", "bindingVersion": _BINDING}},
        "messages": [{"$ref": f"#/channels/{CHANNEL}/messages/{shelf.keys[event.name]}"}],
    }


def _message(contract: Contract, event: Event, shelf: Shelf) -> dict[str, Json]:
    fields = fields_of(contract, event)
    headers: dict[str, Json] = {
        "type": "object",
        "required": [field.name for field in fields if field.required],
        "properties": {field.name: {**field.schema, "description": field.description} for field in fields},
    }
    return {
        "name": event.name,
        "title": event.title,
        "summary": event.title,
        "description": "\n\n".join([event.description, *remarks(event)]),
        "contentType": MEDIA_TYPE,
        "tags": [{"name": event.group}],
        **({"headers": headers} if fields else {}),
        "payload": shelf.ref(shelf.delivery(event.name)),
        "examples": [{"name": f"example-{number}", "payload": body} for number, body in enumerate(samples(contract, event), start=1)],
        ADDED: told(event),
    }
