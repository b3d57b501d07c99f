"""The promises that a document makes by describing deliveries, and those of the standards that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hookproof.importing.found import Field
from hookproof.signing.scheme import Scheme

_SHAPE = "envelopes-have-their-shape"
_ID = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")
_JSON = ("RFC 8259", "2 JSON Grammar")


Shapes = Mapping[str, tuple[str, dict[str, Any]]]
"""Promise and schema of clauses on the whole body, by their id."""


def clauses(
    name: str, document: str, *, inferred: bool, named: bool, posted: bool, timed: bool, fields: Sequence[Field], scheme: Scheme | None
) -> list[dict[str, Any]]:
    """Give the clauses of an imported contract; what samples show is a SHOULD, what a document describes a MUST."""
    level = "SHOULD" if inferred else "MUST"
    made = [
        *_of_bodies(document, level, named=named, timed=timed),
        *_of_requests(document, level, posted=posted, fields=fields),
        *(_signed(document, scheme) if scheme is not None else ()),
        *_receiving(document, inferred=inferred),
    ]
    return [{"id": f"{name}/{clause.pop('id')}", **clause} for clause in made]


def shaped(name: str, document: str, shapes: Shapes, others: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give clauses that each bring a schema of the whole body, under ids that no other clause has."""
    taken, found = {str(clause["id"]) for clause in others}, []
    for number, (own, (promise, schema)) in enumerate(shapes.items(), start=1):
        id_ = f"{name}/{own}"
        if not _ID.fullmatch(own) or id_ in taken:
            id_ = f"{name}/envelope/shape-told-{number}"
        taken.add(id_)
        clause = _clause(id_, "MUST", promise or "Every body has this shape.", (document, "bodies"), _SHAPE, schema=schema)
        found.append(clause)
    return found


def _of_bodies(document: str, level: str, *, named: bool, timed: bool) -> Iterator[dict[str, Any]]:
    bodies, events = (document, "bodies"), (document, "events")
    strict = "Every body is one JSON object in UTF-8 that every JSON reader reads alike."
    yield _clause("envelope/strict-json", "MUST", strict, _JSON, "bodies-are-strict-json")
    yield _clause("envelope/shape", level, "Every body has the shape that is described.", bodies, _SHAPE)
    if named:
        known = "Every body names an event that is described, the one that happened."
        yield _clause("envelope/known-type", level, known, events, "types-are-known")
    if timed:
        zoned = "The moment of the event is a date and time with a zone."
        yield _clause("envelope/created-at", level, zoned, bodies, "creation-times-have-a-zone")
    valid = "The payload of every event is valid against its schema."
    yield _clause("payload/schema", level, valid, events, "payloads-match-their-schema")
    same = "What happened arrives unchanged: no member dropped, no value altered."
    yield _clause("payload/unchanged", "SHOULD", same, events, "payloads-arrive-unchanged")


def _of_requests(document: str, level: str, *, posted: bool, fields: Sequence[Field]) -> Iterator[dict[str, Any]]:
    if posted:
        yield _clause("http/post", level, "Deliveries are POST requests.", (document, "events"), "deliveries-are-posts")
    typed, source = "Content-Type is application/json, with any parameters.", ("RFC 9110", "8.3 Content-Type")
    yield _clause("http/content-type", "SHOULD", typed, source, "content-type-is-declared", media_type="application/json")
    if asked := {field.name.lower(): "*" for field in fields if field.required}:
        carried = "Every delivery carries the header fields that are described as required."
        yield _clause("http/fields", level, carried, (document, "header fields"), "named-fields-are-sent", fields=asked)


def _signed(document: str, scheme: Scheme) -> Iterator[dict[str, Any]]:
    doubt = f"The document names the field {scheme.header}, not how its value is made: that of {scheme.title} is expected."
    for promise, text, rule in (
        ("signature/signed", f"Every attempt carries {scheme.header}.", "deliveries-are-signed"),
        ("signature/valid", f"{scheme.header} verifies as {scheme.title} makes it.", "signatures-verify"),
    ):
        made = _clause(promise, "SHOULD", text, (document, "header fields"), rule)
        yield {**made, "ambiguity": doubt, "level_if_declared": "MUST", "declared_by": "signing"}


def _receiving(document: str, *, inferred: bool) -> Iterator[dict[str, Any]]:
    level = "SHOULD" if inferred else "MUST"
    accepted = "correct-deliveries-are-accepted"
    yield _receiver(
        "receiver/events",
        level,
        "A correct delivery of every event is answered with success.",
        (document, "events"),
        "every-event-is-accepted",
    )
    yield _receiver(
        "receiver/extra-members",
        "SHOULD",
        "Members that the contract does not name are accepted.",
        (document, "events"),
        accepted,
        purposes=["extra-members"],
    )
    yield _receiver(
        "receiver/media-types",
        "SHOULD",
        "A media type with a charset, and a body in chunks, are accepted.",
        ("RFC 9110", "8.3 Content-Type"),
        accepted,
        purposes=["media-type-parameter", "chunked"],
    )
    yield _receiver(
        "robustness/no-json",
        "SHOULD",
        "A body that is no JSON object is refused with a 4xx answer.",
        _JSON,
        "faulty-deliveries-are-refused",
        faults=["not-json", "empty-body", "not-an-object", "trailing-text"],
    )
    yield _receiver(
        "answers/nothing-leaks",
        "SHOULD",
        "No answer shows a secret, an expected signature or a stack trace.",
        ("RFC 9110", "17 Security Considerations"),
        "answers-leak-nothing",
    )


def _clause(promise: str, level: str, text: str, source: tuple[str, str], rule: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 -- rules' own
    made: dict[str, Any] = {
        "id": promise,
        "level": level,
        "roles": ["platform"],
        "promise": text,
        "source": {"document": source[0], "section": source[1]},
        "rule": rule,
    }
    return made | ({"parameters": parameters} if parameters else {})


def _receiver(promise: str, level: str, text: str, source: tuple[str, str], rule: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401 -- rules' own
    return _clause(promise, level, text, source, rule, **parameters) | {"roles": ["receiver"]}
