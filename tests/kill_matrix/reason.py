"""Why a flaw is found: the clause, the words that must be said, and the records that really show it.

Law: the predicate knows the flaw and not the judge; it looks at what was recorded, never at verdicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from hookproof.model.contract import Clause, Contract
from hookproof.model.transcript import Record
from hookproof.rules.view import View

Shown = Callable[[View, Record], bool]


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One clause that a flaw breaks.

    ``words`` must be in a finding, and every finding's evidence must hold a record that ``shown`` accepts.
    """

    clause: str
    words: str
    shown: Shown


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is expected of one flaw: its reasons, and for promises that Orbit does not make, the contract that makes them.

    ``withheld`` replaces capabilities so that the flaw's hook is missing: its clauses must then be ``not_observed``. ``readings``: words
    that the judge must say of an open clause with the flaw, and does not say without it. ``profile`` names the one that is needed;
    ``tls``: the target speaks it.
    """

    reasons: tuple[Reason, ...]
    judged_by: Callable[[Contract], Contract] = lambda contract: contract
    withheld: Mapping[str, object] | None = None
    readings: Mapping[str, str] = field(default_factory=dict)
    profile: str = "quick"
    tls: bool = False


def promising(contract: Contract, *more: Clause) -> Contract:
    """Give a contract that makes further promises."""
    return replace(contract, clauses=(*contract.clauses, *more))
