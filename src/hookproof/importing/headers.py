"""The header fields that a document describes, as a policy says them: names, what they mean, and who signs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hookproof.importing.found import Field, Found
from hookproof.signing.scheme import Scheme
from hookproof.signing.schemes import SCHEMES

_GENERAL = frozenset({"content-type", "content-length", "host", "connection", "accept", "accept-encoding", "transfer-encoding"})
_MEANINGS = {
    "{type}": ("-event", "-event-type", "-topic", "-event-name"),
    "{delivery}": ("-delivery", "-delivery-id"),
    "{id}": ("-event-id", "-webhook-id"),
}


def fields_of(events: Iterable[Found]) -> tuple[Field, ...]:
    """Give the fields that the deliveries of all events have, each once; required where every event requires it."""
    described = [{field.name.lower(): field for field in event.fields} for event in events]
    common = set.intersection(*(set(each) for each in described)) if described else set()
    first = described[0] if described else {}
    return tuple(
        Field(name=first[name].name, required=all(each[name].required for each in described), text=first[name].text)
        for name in first
        if name in common and name not in _GENERAL
    )


def schemes_of(fields: Sequence[Field]) -> tuple[Scheme, ...]:
    """Give the schemes whose signature stands in one of the fields, the plainest first."""
    names = {field.name.lower() for field in fields}
    return tuple(scheme for scheme in SCHEMES.values() if scheme.header in names)


def templates(fields: Sequence[Field], scheme: Scheme | None) -> dict[str, str]:
    """Give the text of every field that the scheme does not make, with what it stands for where its name tells."""
    made = {name.lower() for name, _ in scheme.fields("id", "1", ["tag"])} if scheme else set()
    told: dict[str, str] = {}
    for field in fields:
        name, text = field.name.lower(), field.text.replace("{", "").replace("}", "").strip() or "text"
        if name in made:
            continue
        meaning = next((meaning for meaning, ends in _MEANINGS.items() if name.endswith(ends) and meaning not in told.values()), None)
        told[field.name] = meaning or text
    return told
