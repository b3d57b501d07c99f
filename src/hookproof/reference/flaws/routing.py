"""Flaws of routing: who gets an event, when an endpoint is off or gone, and what a neighbour's failure costs the others."""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hookproof.model.contract import Contract
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.dispatch import Dispatcher
from hookproof.reference.engine import Engine
from hookproof.reference.outcomes import Outcome
from hookproof.reference.records import CANCELLED, Delivery, Endpoint, Happening, Scope

Accepted = tuple[Happening, list[Delivery]]
Audience = Sequence[Endpoint]


# --- filters ------------------------------------------------------------------------------------------------------------------------


def _ignoring_filters(conduct: Conduct) -> Conduct:
    return replace(conduct, wants=lambda contract, endpoint, kind: conduct.wants(contract, endpoint, kind) or True)


def _filtering_by_group(conduct: Conduct) -> Conduct:
    def wants(contract: Contract, endpoint: Endpoint, kind: str) -> bool:
        groups = {name.split(".")[0] for name in endpoint.events}
        return conduct.wants(contract, endpoint, kind) or kind.split(".", maxsplit=1)[0] in groups

    return replace(conduct, wants=wants)


def _filtering_by_the_first_form(conduct: Conduct) -> Conduct:
    cached: dict[str, tuple[str, ...]] = {}

    def wants(contract: Contract, endpoint: Endpoint, kind: str) -> bool:
        return conduct.wants(contract, replace(endpoint, events=cached.setdefault(endpoint.id, endpoint.events)), kind)

    return replace(conduct, wants=wants)


def _taking_the_wildcard_for_a_name(conduct: Conduct) -> Conduct:
    def wants(contract: Contract, endpoint: Endpoint, kind: str) -> bool:
        return kind in endpoint.events and conduct.wants(contract, endpoint, kind)

    return replace(conduct, wants=wants)


def _muting_explicit_only_events(conduct: Conduct) -> Conduct:
    def wants(contract: Contract, endpoint: Endpoint, kind: str) -> bool:
        return kind not in contract.policy.explicit_only and conduct.wants(contract, endpoint, kind)

    return replace(conduct, wants=wants)


# --- tenants ------------------------------------------------------------------------------------------------------------------------


def _strangers(engine: Engine, scope: Scope) -> dict[Scope, list[Endpoint]]:
    """Give the endpoints subscribed to everything in other tenants: the index of ``*`` knows no tenants."""
    others = [each for each in engine.scopes.values() if each is not scope]
    return {each: [endpoint for endpoint in each.endpoints.values() if endpoint.events == ("*",)] for each in others}


class _Leaking(Engine):
    def _accept(self, scope: Scope, event_type: str, content: dict[str, Any], audience: Audience) -> Accepted:
        event, deliveries = super()._accept(scope, event_type, content, audience)
        for other, endpoints in _strangers(self, scope).items():
            leaks = [Delivery(id=str(uuid.uuid4()), endpoint=each, event=event, due_at=event.created_at) for each in endpoints]
            self.dispatcher.schedule(other, leaks)
        return event, deliveries


class _Copying(Engine):
    async def emit(self, scope: Scope, event_type: str, content: dict[str, Any]) -> str:
        event_id = await super().emit(scope, event_type, content)
        for other, endpoints in _strangers(self, scope).items():
            await self._safe(other, self._accept(other, event_type, content, endpoints)[1])
        return event_id


# --- endpoints that are off or gone -------------------------------------------------------------------------------------------------


class _Awake(Engine):
    def _accept(self, scope: Scope, event_type: str, content: dict[str, Any], audience: Audience) -> Accepted:
        everybody = [each if each.active else replace(each, active=True) for each in audience]
        return super()._accept(scope, event_type, content, everybody)


def _never_waking(conduct: Conduct) -> Conduct:
    asleep: set[str] = set()

    class Sleeping(Engine):
        async def update_endpoint(self, scope: Scope, endpoint: Endpoint, draft: Mapping[str, Any]) -> None:
            await super().update_endpoint(scope, endpoint, draft)
            if not endpoint.active:
                asleep.add(endpoint.id)

        def _accept(self, scope: Scope, event_type: str, content: dict[str, Any], audience: Audience) -> Accepted:
            return super()._accept(scope, event_type, content, [each for each in audience if each.id not in asleep])

    return replace(conduct, parts=(Sleeping, *conduct.parts))


def _remembering_the_deleted(conduct: Conduct) -> Conduct:
    ghosts: defaultdict[str, list[Endpoint]] = defaultdict(list)

    class Haunted(Engine):
        async def delete_endpoint(self, scope: Scope, endpoint: Endpoint) -> None:
            ghosts[scope.id].append(replace(endpoint))
            await super().delete_endpoint(scope, endpoint)

        def _accept(self, scope: Scope, event_type: str, content: dict[str, Any], audience: Audience) -> Accepted:
            return super()._accept(scope, event_type, content, (*audience, *ghosts[scope.id]))

    return replace(conduct, parts=(Haunted, *conduct.parts))


# --- neighbours ---------------------------------------------------------------------------------------------------------------------


class _Twice(Engine):
    async def emit(self, scope: Scope, event_type: str, content: dict[str, Any]) -> str:
        if event_type.endswith(".created"):  # once when the row is inserted, once when it is committed
            await super().emit(scope, event_type, content)
        return await super().emit(scope, event_type, content)


def _stopping_at_a_failing_endpoint(conduct: Conduct) -> Conduct:
    failing: set[str] = set()

    class Watching(Dispatcher):
        def _conclude(self, scope: Scope, delivery: Delivery, outcome: Outcome, ended_at: int) -> int | None:
            (failing.discard if self._conduct.succeeded(outcome) else failing.add)(delivery.endpoint.id)
            return super()._conclude(scope, delivery, outcome, ended_at)

    class Stopping(Engine):
        def _accept(self, scope: Scope, event_type: str, content: dict[str, Any], audience: Audience) -> Accepted:
            due = [each for each in audience if self.conduct.wants(self.contract, each, event_type)]
            stop = next((place for place, each in enumerate(due, start=1) if each.id in failing), len(due))
            return super()._accept(scope, event_type, content, due[:stop])

    return replace(conduct, parts=(Watching, Stopping, *conduct.parts))


def _dropping_the_rest_after_a_failure(conduct: Conduct) -> Conduct:
    turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
    aborted: set[str] = set()

    class Looping(Dispatcher):
        async def _attempt(self, scope: Scope, delivery: Delivery) -> bool:
            async with turns[delivery.event.id]:
                if delivery.event.id in aborted and not delivery.made:
                    delivery.state = CANCELLED
                    self._store._write("UPDATE deliveries SET state = ? WHERE id = ?", CANCELLED, delivery.id)  # noqa: SLF001 -- no honest caller may
                    return False
                return await super()._attempt(scope, delivery)

        def _conclude(self, scope: Scope, delivery: Delivery, outcome: Outcome, ended_at: int) -> int | None:
            if outcome.failure:
                aborted.add(delivery.event.id)
            return super()._conclude(scope, delivery, outcome, ended_at)

    return replace(conduct, parts=(Looping, *conduct.parts))


FLAWS = (
    Flaw(
        id="filters-are-ignored",
        row="P037",
        title="Every endpoint gets every event of its tenant.",
        conduct=_ignoring_filters,
        breaks=("fan-out/filters",),
    ),
    Flaw(
        id="filters-compare-groups-only",
        row="P037",
        title="Whoever named one event of a group gets the whole group.",
        conduct=_filtering_by_group,
        breaks=("fan-out/filters",),
    ),
    Flaw(
        id="filters-are-cached-for-ever",
        row="P037",
        title="The filter is read once: what an update changes is stored and never heeded.",
        conduct=_filtering_by_the_first_form,
        breaks=("fan-out/filters", "fan-out/named"),
    ),
    Flaw(
        id="wildcard-is-taken-for-a-name",
        row="P037",
        title="A subscription to * waits for an event called *.",
        conduct=_taking_the_wildcard_for_a_name,
        breaks=("fan-out/wildcard",),
    ),
    Flaw(
        id="explicit-only-events-reach-nobody",
        row="P037",
        title="Events that must be named are muted for those who name them, too.",
        conduct=_muting_explicit_only_events,
        breaks=("fan-out/explicit-only", "fan-out/named"),
    ),
    Flaw(
        id="wildcard-index-knows-no-tenants",
        row="P037",
        title="Whoever subscribed to * gets the events of every tenant.",
        conduct=lambda conduct: replace(conduct, parts=(_Leaking, *conduct.parts)),
        breaks=("fan-out/tenants",),
    ),
    Flaw(
        id="events-are-copied-to-other-tenants",
        row="P037",
        title="Whoever subscribed to * gets a copy of other tenants' events, under an id of its own.",
        conduct=lambda conduct: replace(conduct, parts=(_Copying, *conduct.parts)),
        breaks=("fan-out/tenants",),
    ),
    Flaw(
        id="disabled-endpoints-still-get-events",
        row="P038",
        title="Whether an endpoint is active is stored and shown, but never asked when an event is fanned out.",
        conduct=lambda conduct: replace(conduct, parts=(_Awake, *conduct.parts)),
        breaks=("fan-out/disabled-endpoints",),
        implies=("http/gone",),
    ),
    Flaw(
        id="enabled-endpoints-stay-silent",
        row="P038",
        title="An endpoint that was set inactive once gets nothing any more, whatever is said of it later.",
        conduct=_never_waking,
        breaks=("fan-out/named",),
    ),
    Flaw(
        id="deleted-endpoints-still-get-events",
        row="P038",
        title="The router keeps endpoints that the API has deleted.",
        conduct=_remembering_the_deleted,
        breaks=("fan-out/deleted-endpoints",),
    ),
    Flaw(
        id="creations-are-sent-twice",
        row="P039",
        title="Every created event is made twice, each time with an id of its own.",
        conduct=lambda conduct: replace(conduct, parts=(_Twice, *conduct.parts)),
        breaks=("idempotency/no-doubles",),
        implies=("idempotency/id-stable", "idempotency/payload-stable", "idempotency/bytes-stable"),
    ),
    Flaw(
        id="fan-out-stops-at-a-failing-endpoint",
        row="P040",
        title="The loop over subscribers ends at the first one whose last delivery failed.",
        conduct=_stopping_at_a_failing_endpoint,
        breaks=("fan-out/named", "fan-out/wildcard"),
    ),
    Flaw(
        id="failed-connection-drops-the-rest",
        row="P040",
        title="Endpoints are served one after the other, and an exception on the way loses the event for the others.",
        conduct=_dropping_the_rest_after_a_failure,
        breaks=("fan-out/named", "fan-out/wildcard"),
        implies=("retries/connection-failures",),
    ),
)
