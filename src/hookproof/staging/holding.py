"""Answers that are held back: awaited until the target gives them up, and never longer than patience.

Law: whatever a target does with a connection that says nothing, the run goes on; what it still awaits then is ended by us.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hookproof.rules.timing import NANO, answer_limit, endless_after
from hookproof.staging.cast import Endpoint
from hookproof.staging.liveness import await_connections
from hookproof.staging.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Held:
    """Endpoints of which each holds one answer back, since a moment of the run's clock."""

    endpoints: tuple[Endpoint, ...]
    since: int


def held_back(stage: Stage, endpoints: Iterable[Endpoint]) -> Held:
    """Wait until a request was read at each endpoint."""
    held = tuple(endpoints)
    await_connections(stage.tools, [endpoint.name for endpoint in held], len(held))
    return Held(endpoints=held, since=stage.tools.recorder.moment())


def let_go(stage: Stage, held: Held) -> None:
    """Wait until the target gave up all that is held back, or until it never will; then end what it still awaits."""
    names = [endpoint.name for endpoint in held.endpoints]
    elapsed = (stage.tools.recorder.moment() - held.since) / NANO
    stage.tools.listener.wait(names, len(names), max(_patience(stage) - elapsed, 0.0))
    stage.tools.listener.release(names)


def _patience(stage: Stage) -> float:
    """Give the real seconds that are worth waiting: a virtual clock cannot go on before, a real one goes on anyway."""
    told = stage.tools.capabilities
    least = 2 * answer_limit(stage.contract, told) + 2.0 if stage.virtual else 0.0
    return min(endless_after(stage.contract, told), max(stage.profile.real_wait, least))
