"""What becomes of receivers and platforms when events come, go or change their form."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hookproof.comparing.change import BREAKS, FINE, Change, Side
from hookproof.comparing.schema_change import differences, same, schema_sides, stripped
from hookproof.contracts.document import key_path
from hookproof.model.contract import Contract, Event, Role
from hookproof.model.verdict import Level

_PLACES_SHOWN = 3
_NAMING = re.compile(r"[^A-Za-z0-9_-]+")
"""What stands in an event name where its file name has a dot."""
_UNKNOWN = "unknown-event"


def event_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Give what changed among the events."""
    for name in sorted({*old.events, *new.events}):
        before, after = old.events.get(name), new.events.get(name)
        if before is None:
            yield _added(old, new, name)
        elif after is None:
            sides = FINE if new.open_catalog and old.open_catalog else BREAKS
            what = f"the event {name} was removed" + (" from the samples" if sides is FINE else "")
            yield _change("event-removed", name, "", what, sides, sides, "events", "catalog")
        else:
            yield from _changed(before, after)
    if old.open_catalog != new.open_catalog:
        opened = new.open_catalog
        what = "the catalog was opened: any event may be sent" if opened else "the catalog was closed: only what it lists may be sent"
        receivers, platforms = (BREAKS, FINE) if opened else (FINE, BREAKS)
        place = "naming.catalog"
        yield Change(
            kind="catalog-changed", file="provider.yaml", place=place, what=what, receivers=receivers, platforms=platforms,
            aspects=frozenset({"catalog"}),
        )  # fmt: skip


def _change(kind: str, event: str, place: str, what: str, receivers: Side, platforms: Side, *aspects: str) -> Change:
    file = f"events/{_NAMING.sub('.', event)}.json"
    return Change(kind=kind, file=file, place=place, what=what, receivers=receivers, platforms=platforms, aspects=frozenset(aspects))


def _added(old: Contract, new: Contract, name: str) -> Change:
    """Who asks for all events may get it unasked; who must take unknown events was ready for it."""
    ready = old.open_catalog or any(
        clause.level is Level.MUST and Role.RECEIVER in clause.roles and _UNKNOWN in clause.parameters.get("purposes", ())
        for clause in old.clauses
        if clause.rule is not None
    )
    asked = name in new.policy.explicit_only or not any(new.policy.asked_for([form], name) for form in _forms(name))
    receivers = (
        FINE if ready or asked else Side(provided="receivers that ask for many events at once pass over those that they do not know")
    )
    platforms = FINE if old.open_catalog else Side(provided="platforms offer it before they are judged by the new contract")
    what = f"the event {name} was added"
    return _change("event-added", name, "", what, receivers, platforms, "events", "catalog")


def _forms(name: str) -> list[str]:
    return ["*", *(name[:end] + "*" for end in range(1, len(name)))]


def _changed(old: Event, new: Event) -> Iterator[Change]:
    if not same(stripped(old.schema), stripped(new.schema)):
        examples = (*old.examples, *new.examples, *old.counter_examples, *new.counter_examples)
        receivers, platforms = schema_sides(old.schema, new.schema, examples)
        places = [key_path(path) for path in differences(stripped(old.schema), stripped(new.schema))]
        more = f" and {len(places) - _PLACES_SHOWN} more" if len(places) > _PLACES_SHOWN else ""
        what = f"its schema changed at {', '.join(places[:_PLACES_SHOWN])}{more}"
        yield _change("payload-changed", new.name, places[0], what, receivers, platforms, "events")
    elif not same(old.schema, new.schema):
        yield _change("event-text-changed", new.name, "", "words of its schema changed, not what it accepts", FINE, FINE)
    if old.relations != new.relations:
        one, other = set(old.relations.items()), set(new.relations.items())
        receivers, platforms = (FINE if one <= other else BREAKS), (FINE if other <= one else BREAKS)
        yield _change(
            "relations-changed", new.name, "x-hookproof.relations", "sums between its members changed", receivers, platforms, "events"
        )
    if old.bare != new.bare:
        what = "whether it comes without an envelope, or how it is then known, changed"
        yield _change("bare-changed", new.name, "x-hookproof.bare", what, BREAKS, BREAKS, "events", "envelope")
    if old.catalog != new.catalog:
        what = f"it was {'taken into' if new.catalog else 'taken out of'} the provider's index"
        receivers = FINE if new.catalog else BREAKS
        platforms = Side(provided="platforms let subscriptions name it") if new.catalog else FINE
        yield _change("index-changed", new.name, "x-hookproof.catalog", what, receivers, platforms, "catalog")
    if not same(_remarks(old), _remarks(new)):
        yield _change("event-text-changed", new.name, "x-hookproof", "what is told of it changed, not its form", FINE, FINE)


def _remarks(event: Event) -> tuple[object, ...]:
    return (
        event.title, event.description, event.group, event.provenance, event.deprecated, event.alias_of, event.variants, event.examples,
        event.counter_examples,
    )  # fmt: skip
