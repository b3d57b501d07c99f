"""One platform or receiver before the whole judge: every situation staged, every clause judged.

Law: the suite that runs here is the one that ships; only the target is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any

from hookproof.judge import items
from hookproof.model.contract import Contract, Role
from hookproof.model.transcript import Record
from hookproof.model.verdict import Outcome, Verdict
from hookproof.reference.departures import Departures
from hookproof.rules.view import Readings, View
from hookproof.staging.profile import PROFILES, Profile
from hookproof.staging.run import Run
from tests.suites.courtroom import courtroom, orbit
from tests.suites.mailroom import mailroom


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What was recorded of a platform, with the values of all secrets, and what was said of it."""

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

    def reading(self, clause: str) -> str:
        """Give the readings of one clause that the judge names."""
        return "; ".join(verdict.judgement.reading for verdict in self.verdicts if short(verdict.clause) == clause)

    def records(self) -> Mapping[str, Record]:
        """Give the records by id."""
        return {record.id: record for record in self.view.transcript.records}


def short(clause: str) -> str:
    """Give a clause's id without the provider's name."""
    return clause.partition("/")[2]


def tried(
    departures: Departures,
    *,
    judged_by: Contract | None = None,
    withheld: Mapping[str, Any] | None = None,
    only: Collection[str] | None = None,
    profile: Profile = PROFILES["quick"],
    tls: bool = False,
) -> Trial:
    """Put a target of the departures' role through every situation and judge every clause; without departures, a platform.

    ``only`` limits it to some clauses, without the provider's name, and to the situations that they are judged by. ``tls``: a receiver
    speaks it, and is a black box.
    """
    promised = judged_by or orbit()
    role = next((departure.role for departure in departures.found()), Role.PLATFORM)
    every = [item for item in items(promised, role) if only is None or short(item.clause.id) in only]
    court: Callable[..., AbstractContextManager[Run[Any]]] = partial(mailroom, tls=tls) if role is Role.RECEIVER else courtroom
    with court(departures=departures, judged_by=promised, withheld=withheld, profile=profile) as run:
        run.planned = tuple(dict.fromkeys(name for item in every for name in item.rule.situations))
        verdicts = tuple(run.verdict(item) for item in every)
        return Trial(view=View(run.tools.recorder.transcript(), promised, Readings(run.tools.secrets)), verdicts=verdicts)
