"""Whether there is a target to be judged at all: its events arrive here, and its clock goes where it is moved.

Law: a target of which nothing arrives, or whose clock is not what it declares, is an error with a cause, never a list of verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hookproof.model.contract import Contract
from hookproof.model.errors import CapabilityError, HookproofError, UnreachableError
from hookproof.model.transcript import Transcript
from hookproof.ports import ClockReading
from hookproof.rules.timing import NANO
from hookproof.rules.view import View, seconds_of

if TYPE_CHECKING:
    from hookproof.staging.cast import Tenant
    from hookproof.staging.stage import Tools

_ROUNDING = 1.0
"""Seconds; a clock may be told in whole ones."""

_VIRTUAL_PATIENCE = 0.3
"""Seconds; with a virtual clock the target itself says when it is ready, so patience only spares a round trip."""

_CONNECTING = 2.0
"""Seconds; a virtual clock says nothing of requests that are held open, but what is due at once connects soon."""

_MOST_VAIN, _WEARY = 6, 0.25
"""After so many waits in vain each further one lasts so many seconds: what is due is waited for before every canary all the same."""


def patience_left(tools: Tools, asked: float | None) -> float:
    """Give how long to wait for an arrival, in seconds: what was asked or the profile has, less for a target that loses much."""
    limit = tools.profile.patience if asked is None else asked
    if tools.capabilities.time == "virtual":
        limit = min(limit, _VIRTUAL_PATIENCE)
    return limit if tools.vain < _MOST_VAIN else min(limit, _WEARY)


def await_connections(tools: Tools, names: Sequence[str], count: int) -> bool:
    """Wait until so many requests were begun at these endpoints together, whether or not they can end; False if they were not."""
    limit = tools.profile.patience
    return tools.listener.wait_accepted(names, count, min(limit, _CONNECTING) if tools.capabilities.time == "virtual" else limit)


def require_life(tools: Tools) -> bool:
    """Give False if anything that was emitted ever arrived; raise ``UnreachableError`` if nothing ever did.

    What the target tells of its own endpoints by itself does not count.
    """
    view = View(tools.recorder.transcript(), tools.contract)
    untold = {*tools.contract.policy.management.values()} - {emission.type for emission in view.emissions}
    if any(view.body(attempt).type not in untold for attempt in view.attempts):
        return False
    taken = f"{len(view.accepted)} of {len(view.emissions)} events"
    where = next((_place(endpoint) for tenant in tools.tenants if (endpoint := tenant.canary)), "our listener")
    raise UnreachableError(
        tools.platform.url,
        f"the target took {taken}, but none of them ever arrived at {where}",
        remedy="Let it send, let it reach that address (--listen, --public-url), or stop declaring emit.",
    )


def _place(endpoint: object) -> str:
    parts = urlsplit(str(getattr(endpoint, "url", "")))
    return f"{parts.scheme}://{parts.netloc}"


def require_move(tools: Tools, tenant: Tenant, reading: ClockReading, seconds: float) -> None:
    """Raise ``CapabilityError`` unless a clock moved by what was asked; one that also runs by itself is a clock all the same."""
    before, after = seconds_of(tenant.now or ""), seconds_of(reading.now)
    told = tools.capabilities
    slack = _ROUNDING + told.scheduler_resolution_seconds + told.poll_interval_seconds
    ran = (tools.recorder.moment() - tenant.read_at) / NANO
    if before is not None and after is not None and seconds - slack <= after - before <= seconds + slack + ran:
        return
    moved = "is told without a zone" if before is None or after is None else f"moved by {after - before:g} s"
    raise CapabilityError(
        tools.platform.url,
        f"the target declares a virtual clock, which {moved} when asked to move by {seconds:g} s",
        remedy="Mend the control interface or declare time: real.",
    )


def final_error(transcript: Transcript, contract: Contract, url: str) -> HookproofError | None:
    """Give what ends a run that found no MUST broken, None if nothing does.

    A witness that was taken and never came is an ``UnreachableError``; ids of emissions of which no delivery knows, a
    ``CapabilityError``, since they are to be those of the envelopes.
    """
    view = View(transcript, contract)
    carried = {view.body(attempt).event_id for attempt in view.attempts}
    told = contract.envelope.identified
    if told and carried and view.accepted and not carried & {emission.event_id for emission in view.accepted}:
        cause = f"the target declares `emit`, but the ids that it gave to {len(view.accepted)} events came in no envelope"
        return CapabilityError(url, cause, remedy="Answer an emission with the id of its envelope.")
    arrived = {delivery.event_id for delivery in view.deliveries}
    lost = [emission for emission in view.accepted if emission.purpose == "canary" and emission.event_id not in arrived]
    if not lost:
        return None
    cause = f"the target took event {lost[-1].event_id!r} for a healthy endpoint ({lost[-1].situation}), which never came"
    return UnreachableError(url, cause, remedy="See its log, or give it more time by --profile.")
