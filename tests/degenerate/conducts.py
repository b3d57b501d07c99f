"""Ways of sending badly, each as one decision of the reference's conduct or one of its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from hookproof.model.contract import Contract, RetryPolicy
from hookproof.reference import conduct as honest
from hookproof.reference import envelope, sender
from hookproof.reference.conduct import Conduct
from hookproof.reference.engine import Engine
from hookproof.reference.jsontext import compact
from hookproof.reference.outcomes import Outcome
from hookproof.reference.records import Delivery, Endpoint, Happening, Scope
from hookproof.reference.timekeeping import Timekeeping
from tests.degenerate.servers import reference
from tests.suites.courtroom import orbit

CANARY = next(name for name in orbit().catalog if orbit().events[name].provenance.value == "documented")
"""The type of the suite's witnesses; a target may have found that out."""

MANAGEMENT = frozenset(orbit().policy.management.values())
"""The types by which a platform tells of its endpoints."""


# --- who gets what --------------------------------------------------------------------------------------------------------------------


def nobody(_contract: Contract, _endpoint: Endpoint, _kind: str) -> bool:
    """Nobody gets anything."""
    return False


def management_only(contract: Contract, endpoint: Endpoint, kind: str) -> bool:
    """Subscribers get what is told of endpoints, and nothing else."""
    return kind in MANAGEMENT and honest.wants(contract, endpoint, kind)


def canary_type_only(contract: Contract, endpoint: Endpoint, kind: str) -> bool:
    """Subscribers get events of the type of the witness."""
    return kind == CANARY and honest.wants(contract, endpoint, kind)


def canary_endpoints_only(contract: Contract, endpoint: Endpoint, kind: str) -> bool:
    """The witness goes to its own endpoint, and nothing else anywhere."""
    return endpoint.events == (CANARY,) and honest.wants(contract, endpoint, kind)


def everybody(_contract: Contract, _endpoint: Endpoint, _kind: str) -> bool:
    """Everybody gets everything."""
    return True


class TwoOfEach(Engine):
    """Accepts every event twice, so that each comes under two ids."""

    def _accept(
        self, scope: Scope, event_type: str, content: dict[str, Any], audience: Sequence[Endpoint]
    ) -> tuple[Happening, list[Delivery]]:
        event, deliveries = super()._accept(scope, event_type, content, audience)
        return event, [*deliveries, *super()._accept(scope, event_type, content, audience)[1]]


class OneBigTenant(Engine):
    """Sends every event to the subscribers of all tenants."""

    def _accept(
        self, scope: Scope, event_type: str, content: dict[str, Any], audience: Sequence[Endpoint]
    ) -> tuple[Happening, list[Delivery]]:
        every = audience if event_type in MANAGEMENT else [each for other in self.scopes.values() for each in other.endpoints.values()]
        return super()._accept(scope, event_type, content, every)


class OneOff(Engine):
    """Sends what is due to one endpoint to the next one instead."""

    def _accept(
        self, scope: Scope, event_type: str, content: dict[str, Any], audience: Sequence[Endpoint]
    ) -> tuple[Happening, list[Delivery]]:
        event, deliveries = super()._accept(scope, event_type, content, audience)
        row = list(scope.endpoints.values())
        for each in deliveries:
            if each.endpoint in row:
                each.endpoint = row[(row.index(each.endpoint) + 1) % len(row)]
        return event, deliveries


# --- what is sent ---------------------------------------------------------------------------------------------------------------------


def rendering(raw: bytes) -> Callable[[Contract, str, str, int, dict[str, Any]], bytes]:
    """Make every body the same bytes."""
    return lambda *_event: raw


def as_asked(_contract: Contract, _event_id: str, kind: str, _at: int, content: dict[str, Any]) -> bytes:
    """Send what the request for the event said."""
    return compact({"type": kind, "data": content})


def sample(contract: Contract, event_id: str, kind: str, at: int, _content: dict[str, Any]) -> bytes:
    """Send the documented sample, whatever was emitted."""
    return envelope.render(contract, event_id, kind, at, dict(contract.events[kind].examples[0]))


def one_sample(contract: Contract, _event_id: str, kind: str, at: int, _content: dict[str, Any]) -> bytes:
    """Send it under one id."""
    return envelope.render(contract, "evt_sample", kind, at, dict(contract.events[kind].examples[0]))


def always_one_type(contract: Contract, event_id: str, _kind: str, at: int, content: dict[str, Any]) -> bytes:
    """Call every event by the type of the witness."""
    return envelope.render(contract, event_id, CANARY, at, content)


# --- how often ------------------------------------------------------------------------------------------------------------------------


async def twice(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it replaces
    """Send each attempt twice."""
    await sender.post(url, request, timeout)
    return await sender.post(url, request, timeout)


def falling_silent(after: int) -> Callable[[], AbstractContextManager[str]]:
    """Serve a platform that sends so many requests and then only says that it does."""

    def serve() -> AbstractContextManager[str]:
        sent = [0]

        async def post(url: str, request: bytes, timeout: float) -> Outcome:  # noqa: ASYNC109 -- the signature of what it replaces
            sent[0] += 1
            return await sender.post(url, request, timeout) if sent[0] <= after else Outcome(status=200)

        return reference(Conduct(post=post))

    return serve


def never_again(_policy: RetryPolicy | None, _made: int, _ended: int, _outcome: Outcome, _clock: Timekeeping) -> int | None:
    """Give every event up after its first failure."""
    return None


def at_once_for_ever(_policy: RetryPolicy | None, _made: int, ended: int, _outcome: Outcome, _clock: Timekeeping) -> int | None:
    """Send again at once, without end."""
    return ended


def any_answer_will_do(_outcome: Outcome) -> bool:
    """Take every outcome for success."""
    return True
