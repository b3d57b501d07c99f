"""Puts an imported contract together: events, how they are wrapped, what is promised, and what the document says beyond that.

Law: an event of the document is either in the contract or in the ledger under ``unsaid``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hookproof.contracts.document import WHOLE
from hookproof.importing.clauses import clauses, shaped
from hookproof.importing.contradictions import REMARK, contradictions, lifted
from hookproof.importing.event_files import Ready, event_files
from hookproof.importing.exemplars import Examiner, exemplar
from hookproof.importing.found import Found
from hookproof.importing.headers import fields_of, schemes_of, templates
from hookproof.importing.naming import separator_of
from hookproof.importing.notes import Ledger
from hookproof.importing.pool import Pool, pruned
from hookproof.importing.recognising import document_title, library_of, reader, recognised
from hookproof.importing.returning import returned
from hookproof.importing.wrapping import Members, Wrapping, wrapping
from hookproof.model.errors import IllFormedError

MOST_EVENTS = 5000
_LONGEST = 120


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a user asked for.

    ``kind`` None is recognised, ``title`` None is the document's; ``asserting``: formats decide about validity.
    """

    kind: str | None = None
    extension: str | None = None
    members: Members = field(default_factory=Members)
    asserting: bool = True
    title: str | None = None


@dataclass(frozen=True, kw_only=True)
class Imported:
    """A contract as data, not yet written: ``events`` by file name without its ending."""

    name: str
    kind: str
    source: Path
    provider: dict[str, Any]
    policy: dict[str, Any]
    clauses: list[dict[str, Any]]
    events: Mapping[str, dict[str, Any]]
    left_out: tuple[str, ...]
    made: tuple[str, ...]
    ledger: Ledger


def imported(source: Path, name: str, asked: Asked, *, revision: str) -> Imported:
    """Read a source and give the contract that it describes; raise ``IllFormedError`` for what cannot be understood."""
    library, ledger = library_of(source), Ledger()
    kind = asked.kind or recognised(library, source)
    read = reader(library, ledger, source, kind, extension=asked.extension, type_member=asked.members.type)
    events = _named_apart(read.events(), ledger)
    if not events:
        raise IllFormedError(str(source), f"no event was found in it, read as {kind}", place=WHOLE, remedy=_REMEDIES[kind])
    pool = Pool(library, ledger, asserting=asked.asserting)
    bodies = {event.name: pool.taken(event.schema, event.dialect) for event in events}
    whole = library.open(source) if source.is_file() and kind != "samples" and asked.members == Members() else None
    wrapped = (returned(whole, pool, events) if whole is not None else None) or wrapping(pool, bodies, asked.members)
    ready = [_ready(event, wrapped, pool) for event in events]
    kept = [each for each in ready if each is not None]
    if not kept:
        raise IllFormedError(str(source), "of no event an example could be made", place=WHOLE, remedy="Write examples into the document.")
    title = document_title(library, source, kind)
    separator = separator_of([wrapped.names[each.found.name] for each in kept])
    return Imported(
        name=name,
        kind=kind,
        source=source,
        provider=_provider(name, asked.title or title, title, source, revision, wrapped, kept, separator),
        policy=_policy(kept, ledger),
        clauses=_clauses(name, title, kept, wrapped),
        events=event_files(kept, wrapped, separator, title, ledger),
        left_out=tuple(each.name for each, made in zip(events, ready, strict=True) if made is None),
        made=tuple(wrapped.names[each.found.name] for each in kept if each.invented),
        ledger=ledger,
    )


_REMEDIES = {
    "openapi": "Name the extension that marks events with --extension, if it has neither webhooks nor callbacks.",
    "asyncapi": "Add an operation with `action: send`.",
    "schemas": "Put one JSON Schema per event into the folder.",
    "samples": "Write one recorded body per line.",
}


def _named_apart(events: Iterable[Found], ledger: Ledger) -> list[Found]:
    """Give the events under names of their own."""
    found: dict[str, Found] = {}
    for event in events:
        name, number = event.name, 2
        while name in found:
            name, number = f"{event.name}-{number}", number + 1
        if name != event.name:
            ledger.unsaid(f"{event.name!r} occurs twice: imported as {name!r}", event.place.page.subject, event.place.pointer)
        found[name] = replace(event, name=name)
        if len(found) > MOST_EVENTS:
            raise event.place.fault(f"there are more than {MOST_EVENTS} events", "Import a part of them at a time.")
    return list(found.values())


def _ready(event: Found, wrapped: Wrapping, pool: Pool) -> Ready | None:
    schema, member, ledger = wrapped.payloads[event.name], wrapped.data_member(event.name), pool.ledger
    examiner = _examiner(event, schema)
    examples: list[Any] = []
    constants: dict[str, Any] = {}
    for place, body in event.examples:
        value = body.get(member) if member and isinstance(body, dict) else body
        if not examiner.bearable(value):
            raise place.fault("to validate this example against its schema would take for ever", "Simplify the schema.")
        faults = examiner.faults(value)
        if faults:
            where = "".join(f"/{step}" for step in faults[0].instance_path)
            text = f"the example is invalid ({where or 'whole'}: {faults[0].message[:_LONGEST]}): not taken over"
            ledger.chosen(text, place.page.subject, place.pointer)
        elif value not in examples:
            examples.append(value)
            constants = constants or ({name: part for name, part in body.items() if name != member} if member else {})
    own = schema.get("examples", ()) if not examples else ()
    examples += [value for value in own if examiner.bearable(value) and not examiner.faults(value)]
    if examples:
        return Ready(found=event, schema=schema, examples=examples, constants=constants, invented=False)
    return _invented(event, examiner, pool)


def _invented(event: Found, examiner: Examiner, pool: Pool) -> Ready | None:
    """Make an example; what contradicts itself is lifted first, so that there can be one."""
    made = exemplar(examiner)
    if made is None and (parts := contradictions(examiner.schema)):
        for steps in parts:
            text = f"no value can satisfy this part, so {event.name!r} could never be sent: kept as `{REMARK}`"
            pool.ledger.unsaid(text, *pool.origin(event.schema, steps))
        examiner = _examiner(event, pruned(lifted(examiner.schema, parts)))
        made = exemplar(examiner)
    if made is None:
        text = f"of {event.name!r} no valid example could be made, and a contract needs one: not imported"
        pool.ledger.unsaid(text, event.place.page.subject, event.place.pointer)
        return None
    return Ready(found=event, schema=examiner.schema, examples=[made], constants={}, invented=True)


def _examiner(event: Found, schema: dict[str, Any]) -> Examiner:
    try:
        return Examiner(schema, subject=event.schema.page.subject)
    except IllFormedError as error:
        cause = f"the schema of {event.name!r}, with what it refers to, cannot stand in a contract: {error.place}: {error.cause}"
        raise event.schema.fault(cause, error.remedy) from None


def _provider(
    name: str, title: str, document: str, source: Path, revision: str, wrapped: Wrapping, kept: Sequence[Ready], separator: str
) -> dict[str, Any]:
    """Give what stands in provider.yaml; members of bodies that nothing names get a sample value, so that bodies can be made."""
    envelope = json.loads(json.dumps(wrapped.envelope))
    if not wrapped.told:
        _give_constants(envelope, kept)
    return {
        "name": name,
        "title": title,
        "revision": revision,
        "sources": [{"document": document, "note": f"imported from {source.name}"}],
        "naming": {"separator": separator, **({"catalog": "open"} if wrapped.open_catalog else {})},
        "envelope": envelope,
    }


def _give_constants(envelope: dict[str, Any], kept: Sequence[Ready]) -> None:
    own = {envelope[word] for word in ("id_member", "type_member", "created_member", "data_member")}
    schema = envelope["schema"]
    shown = next((each.constants for each in kept if each.constants), {})
    cases = (schema, *(case["then"] for case in schema.get("allOf", ()) if "then" in case))
    needed = {name for case in cases for name in case.get("required", ())}
    for name in sorted(needed - own):
        parts = [case["properties"].get(name, True) for case in cases if "properties" in case]
        told = next((part for part in parts if isinstance(part, dict) and part), {})
        value = shown[name] if name in shown else exemplar(Examiner({**told, "$defs": schema.get("$defs", {})}))
        place = schema.setdefault("properties", {}).setdefault(name, {})
        if isinstance(place, dict) and value is not None:
            place.setdefault("examples", [value])


def _policy(kept: Sequence[Ready], ledger: Ledger) -> dict[str, Any]:
    fields = fields_of(each.found for each in kept)
    schemes = schemes_of(fields)
    scheme = schemes[0] if schemes else None
    place = kept[0].found.place
    if scheme is not None:
        others = f" ({', '.join(other.name for other in schemes[1:])} use it too)" if schemes[1:] else ""
        text = f"the field {scheme.header} is signed as {scheme.name} says{others}; the document does not say how"
        ledger.chosen(text, place.page.subject, place.pointer)
    told = templates(fields, scheme)
    assumed = ["retry", "assignments", "timeout_seconds", "success", "failure", "truncation", "wildcards"]
    return {
        "retry": {},
        "assignments": [],
        "timeout_seconds": 30,
        "success": ["2xx"],
        "failure": [],
        "truncation": None,
        "signing": None
        if scheme is None
        else {"documented": True, "schemes": [scheme.name], "tolerance_seconds": 300, "overlap_seconds": 0},
        "wildcards": [],
        **({"fields": told} if told else {}),
        "assumed": assumed + ([] if scheme else ["signing"]),
    }


def _clauses(name: str, document: str, kept: Sequence[Ready], wrapped: Wrapping) -> list[dict[str, Any]]:
    fields = fields_of(each.found for each in kept)
    schemes = schemes_of(fields)
    made = clauses(
        name,
        document,
        inferred=all(each.found.inferred for each in kept),
        named=wrapped.named,
        posted=all(each.found.method == "POST" for each in kept),
        timed=wrapped.envelope["created_member"] is not None,
        fields=fields,
        scheme=schemes[0] if schemes else None,
    )
    return made + shaped(name, document, wrapped.shapes, made)
