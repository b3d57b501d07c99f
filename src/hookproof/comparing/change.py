"""What one change of a contract does to those who relied on the old one.

Law: ``compatible`` is proven: whoever kept and relied on no more than the old contract is not broken by the new one, given the
``provided`` that is told with it. ``breaking`` is shown or proven. All else is ``undecided``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hookproof.model.contract import Role


class Impact(StrEnum):
    """What a change does to one side."""

    COMPATIBLE = "compatible"
    BREAKING = "breaking"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Side:
    """What a change does to the receivers, or to the platforms.

    ``provided``: what must hold besides for it to be compatible. ``witness``: an instance that shows the break, in a tuple of one.
    """

    impact: Impact = Impact.COMPATIBLE
    provided: str | None = None
    witness: tuple[Any, ...] = ()


FINE = Side()
BREAKS = Side(impact=Impact.BREAKING)
OPEN = Side(impact=Impact.UNDECIDED)


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change. ``kind`` is a stable word; ``place`` a key path in ``file``; ``aspects`` what it touches; ``clauses`` whom by id."""

    kind: str
    file: str
    place: str
    what: str
    receivers: Side = FINE
    platforms: Side = FINE
    aspects: frozenset[str] = field(default_factory=frozenset)
    clauses: tuple[str, ...] = ()

    @property
    def impact(self) -> Impact:
        """The worst that it does to anybody."""
        found = {self.receivers.impact, self.platforms.impact}
        return next((impact for impact in (Impact.BREAKING, Impact.UNDECIDED) if impact in found), Impact.COMPATIBLE)


def sides(role: Role, its: Side, others: Side) -> dict[str, Side]:
    """Give what a change does to a role and to the other one as arguments of ``Change``."""
    receiver = role is Role.RECEIVER
    return {"receivers": its if receiver else others, "platforms": others if receiver else its}


def joined(one: Side, other: Side) -> Side:
    """Give what two changes do together to one side."""
    for impact in (Impact.BREAKING, Impact.UNDECIDED):
        for side in (one, other):
            if side.impact is impact:
                return side
    told = [side.provided for side in (one, other) if side.provided]
    return Side(provided="; ".join(dict.fromkeys(told)) or None)
