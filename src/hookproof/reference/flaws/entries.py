"""How flaws of receivers are written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hookproof.model.contract import Role
from hookproof.reference.departures import Flaw
from hookproof.reference.receiver.reception import Reception

Change = Callable[[Reception], Reception]


def stacking(*parts: type) -> Change:
    """Put subclasses of the receiver's parts on top of what is there."""
    return lambda reception: replace(reception, parts=(*parts, *reception.parts))


def receiver_flaw(
    row: str, flaw_id: str, title: str, change: Change, *breaks: str, implies: tuple[str, ...] = (), needs: tuple[str, ...] = ()
) -> Flaw:
    """Make a flaw of a receiver; see ``Flaw`` for the members."""
    return Flaw(id=flaw_id, row=row, title=title, role=Role.RECEIVER, reception=change, breaks=breaks, implies=implies, needs=needs)
