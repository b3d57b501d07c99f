"""One platform before the whole judge: every situation staged, every clause judged.

Law: the suite that runs here is the one that ships; only the platform is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hookproof.judge import items
from hookproof.model.contract import Contract, Role
from hookproof.model.transcript import Record
from hookproof.model.verdict import Outcome, Verdict
from hookproof.reference.departures import Departures
from hookproof.rules.view import View
from tests.suites.courtroom import courtroom, orbit


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What was recorded of a platform and what was said of it."""

    view: View
    verdicts: tuple[Verdict, ...]

    @property
    def broken(self) -> Mapping[str, tuple[Verdict, ...]]:
        """The broken verdicts by clause, without the provider's name."""
        found: dict[str, tuple[Verdict, ...]] = {}
        for verdict in self.verdicts:
            if verdict.outcome is Outcome.BROKEN:
                clause = short(verdict.clause)
                found[clause] = (*found.get(clause, ()), verdict)
        return found

    def outcomes(self, clause: str) -> set[Outcome]:
        """Give the outcomes of one clause."""
        return {verdict.outcome for verdict in self.verdicts if short(verdict.clause) == clause}

    def records(self) -> Mapping[str, Record]:
        """Give the records by id."""
        return {record.id: record for record in self.view.transcript.records}


def short(clause: str) -> str:
    """Give a clause's id without the provider's name."""
    return clause.partition("/")[2]


def tried(departures: Departures, *, judged_by: Contract | None = None, withheld: Mapping[str, Any] | None = None) -> Trial:
    """Put a platform with these departures through every situation and judge every clause."""
    promised = judged_by or orbit()
    every = list(items(promised, Role.PLATFORM))
    with courtroom(departures=departures, judged_by=promised, withheld=withheld) as run:
        run.planned = tuple(dict.fromkeys(name for item in every for name in item.rule.situations))
        verdicts = tuple(run.verdict(item) for item in every)
        return Trial(view=View(run.tools.recorder.transcript(), promised), verdicts=verdicts)
