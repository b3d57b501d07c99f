"""Reads the event files: one JSON Schema per event, whose ``x-hookproof`` says what a schema cannot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from hookproof.contracts.document import Document, did_you_mean
from hookproof.contracts.formats import check_format
from hookproof.contracts.schema_check import check_instance, check_schema, members
from hookproof.model.contract import Event, Provenance
from hookproof.model.errors import IllFormedError

_OURS = "x-hookproof"


def read_events(documents: Mapping[str, Document], separator: str) -> dict[str, Event]:
    """Give the events by name from documents keyed by the stem of their file name."""
    events: dict[str, Event] = {}
    stems: dict[str, str] = {}
    for stem, document in documents.items():
        name = stem.replace(".", separator)
        if name in events:
            cause = f"the event {name!r} is a duplicate: {stems[name]}.json gives it too"
            raise document.fault((), cause, "Remove or rename one of the files.")
        events[name], stems[name] = _read_event(document, name), stem
    for stem, document in documents.items():
        _check_names(document, events[stem.replace(".", separator)], events)
    return events


def check_catalog(subject: str, text: str, events: Iterable[Event]) -> None:
    """Refuse a catalog that is not the one whose digest and size stand in the first line of ``events.digest``."""
    names = sorted(event.name for event in events if event.catalog)
    digest = hashlib.sha256("".join(f"{name}\n" for name in names).encode()).hexdigest()
    wanted = f"sha256:{digest} {len(names)}"
    found = text.split("\n", maxsplit=1)[0].strip()
    if found != wanted:
        cause = f"it says {found!r}, but the catalog in events/ is {wanted!r}"
        raise IllFormedError(subject, cause, place="line 1", remedy="Mend events/, or write the line anew after an intended change.")


def _read_event(document: Document, name: str) -> Event:
    check_format(document, "event")
    whole = document.value
    ours = whole[_OURS]
    validator = check_schema(document, (), whole)
    for position, example in enumerate(whole["examples"]):
        check_instance(document, ("examples", position), validator, example)
    for position, example in enumerate(ours.get("counter_examples", ())):
        if validator.is_valid(example):
            cause = "the counter-example is valid, so the schema does not forbid what it should"
            raise document.fault((_OURS, "counter_examples", position), cause, "Mend the counter-example, or narrow the schema.")
    relations = {total: tuple(parts) for total, parts in ours.get("relations", {}).items()}
    _check_relations(document, relations, whole)
    return Event(
        name=name,
        title=whole["title"],
        description=whole["description"],
        group=ours["group"],
        provenance=Provenance(ours["provenance"]),
        schema={word: part for word, part in whole.items() if word not in (_OURS, "examples")},
        examples=tuple(whole["examples"]),
        catalog=ours.get("catalog", True),
        deprecated=ours.get("deprecated"),
        alias_of=ours.get("alias_of"),
        variants=tuple(ours.get("variants", ())),
        relations=relations,
        bare=tuple(ours.get("bare", ())),
        counter_examples=tuple(ours.get("counter_examples", ())),
    )


def _check_relations(document: Document, relations: Mapping[str, tuple[str, ...]], schema: Mapping[str, object]) -> None:
    known = members(schema) if relations else frozenset()
    for total, parts in relations.items():
        for member in (total, *parts):
            if member not in known:
                cause = f"the relation speaks of {member!r}, which is no member of the payload"
                raise document.fault((_OURS, "relations", total), cause, did_you_mean(member, known))


def _check_names(document: Document, event: Event, events: Mapping[str, Event]) -> None:
    for key, other in (("deprecated", event.deprecated), ("alias_of", event.alias_of)):
        if other is not None and (other not in events or other == event.name):
            cause = f"{other!r} is no other event of the contract"
            raise document.fault((_OURS, key), cause, did_you_mean(other, events.keys() - {event.name}))
