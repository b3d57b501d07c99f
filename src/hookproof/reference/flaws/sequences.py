"""Flaws of events that belong together: companions, the last event of a subject, an event that must follow another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hookproof.model.contract import Contract
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Flaw
from hookproof.reference.engine import Engine
from hookproof.reference.records import Delivery, Endpoint, Happening, Scope
from hookproof.reference.timekeeping import MICROSECONDS

_LATE = 10 * MICROSECONDS


def _alone(contract: Contract) -> Contract:
    return replace(contract, policy=replace(contract.policy, companions={}))


class _Emptying(Engine):
    """Sends companions along without their payload."""

    _content: dict[str, Any] | None = None

    def _accept(
        self, scope: Scope, event_type: str, content: dict[str, Any], audience: Sequence[Endpoint]
    ) -> tuple[Happening, list[Delivery]]:
        companion = content is self._content
        self._content = content if event_type in self.contract.policy.companions else None
        return super()._accept(scope, event_type, {} if companion else content, audience)


class _Lagging(Engine):
    """Ten seconds after a subject has ended, tells once more what was told last before the end."""

    _told: tuple[str, dict[str, Any]] | None = None

    async def emit(self, scope: Scope, event_type: str, content: dict[str, Any]) -> str:
        event_id = await super().emit(scope, event_type, content)
        if not event_type.endswith(".ended"):
            self._told = (event_type, content)
        elif self._told and self._told[0].split(".")[0] == event_type.split(".", maxsplit=1)[0]:
            event, deliveries = self._accept(scope, *self._told, tuple(scope.endpoints.values()))
            late = event.created_at + _LATE
            event = replace(event, created_at=late, body=self.conduct.render(self.contract, event.id, event.type, late, self._told[1]))
            for each in deliveries:
                each.event, each.due_at = event, each.due_at + _LATE
            await self._safe(scope, deliveries)
        return event_id


class _Swallowing(Engine):
    """Holds a call that had early media for answered already, and says nothing when it is."""

    def _accept(
        self, scope: Scope, event_type: str, content: dict[str, Any], audience: Sequence[Endpoint]
    ) -> tuple[Happening, list[Delivery]]:
        early: set[str] = self.__dict__.setdefault("early", set())
        call = f"{scope.id}/{content.get('call_id')}"
        if event_type.endswith(".early_media"):
            early.add(call)
        lost = event_type.endswith(".answered") and call in early
        return super()._accept(scope, event_type, content, () if lost else audience)


def _with(part: type[Engine]) -> Callable[[Conduct], Conduct]:
    def change(conduct: Conduct) -> Conduct:
        return replace(conduct, parts=(part, *conduct.parts))

    return change


FLAWS = (
    Flaw(
        id="companions-are-not-sent",
        row="S101",
        title="No event is sent along with another.",
        contract=_alone,
        breaks=("sequences/call-received",),
    ),
    Flaw(
        id="companions-are-empty",
        row="S101",
        title="What is sent along with an event carries nothing of it.",
        conduct=_with(_Emptying),
        breaks=("sequences/call-received",),
        implies=("payload/schema",),
    ),
    Flaw(
        id="an-event-follows-the-end",
        row="S102",
        title="A straggler is made and sent ten seconds after the event that is called the last.",
        conduct=_with(_Lagging),
        breaks=("sequences/conference-ended-last",),
    ),
    Flaw(
        id="answers-after-early-media-are-lost",
        row="S103",
        title="A call that had early media is never said to be answered.",
        conduct=_with(_Swallowing),
        breaks=("sequences/answered-after-early-media",),
    ),
)
