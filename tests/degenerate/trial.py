"""One degenerate target before the real suite, with a watchdog: whatever it does, the run must come to an end.

Law: the run here is opened, judged and closed by the same calls as in the plugin; only patience is shorter.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import pytest

import suites.platform.situations as platform_situations
from hookproof.model.errors import HookproofError
from hookproof.model.verdict import Outcome, Verdict
from hookproof.pytest_plugin import exit_code
from hookproof.reporting.tally import statement
from hookproof.staging.options import read_options
from hookproof.staging.session import Session
from hookproof.staging.situation import scan
from tests.degenerate.servers import KEY
from tests.degenerate.target import Target
from tests.suites.courtroom import orbit

BOUND = 90.0
"""Seconds; a run that has not ended by then never will. No run is meant to come near it."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a run ended: its status, the error if it was one, what was said last, and what was judged until then."""

    status: int
    error: HookproofError | None
    said: str
    url: str
    verdicts: tuple[Verdict, ...]

    @property
    def kept(self) -> Mapping[str, Verdict]:
        """The kept verdicts by clause and event, without the provider's name."""
        return MappingProxyType({_name(v): v for v in self.verdicts if v.outcome is Outcome.KEPT})

    @property
    def broken(self) -> Mapping[str, Verdict]:
        """The broken ones."""
        return MappingProxyType({_name(v): v for v in self.verdicts if v.outcome is Outcome.BROKEN})


def _name(verdict: Verdict) -> str:
    return verdict.clause.partition("/")[2] + (f":{verdict.event}" if verdict.event else "")


def _run(target: Target, url: str) -> Ending:
    options = replace(read_options({"profile": "quick", "role": "platform"}), target=url, api_key=KEY, profile=target.profile)
    session = Session(options, orbit())
    error: HookproofError | None = None
    try:
        found = scan(platform_situations)
        session.open({name: found[name] for name in target.stages or found})
        session.run.planned = tuple(session.run.situations)
        for item in session.items():
            session.run.verdict(item)
    except HookproofError as caught:
        error, session.aborted = caught, str(caught)
    try:
        session.close()
    except HookproofError as caught:
        error = caught
    verdicts = session.verdicts()
    status = exit_code(session) if error is None else error.exit_code
    return Ending(status=status, error=error, said=str(error or statement(verdicts)), url=url, verdicts=verdicts)


@cache
def tried(target: Target) -> Ending:
    """Run the suite before a target, once in all; fail the test, and show where it stands, if it does not end."""
    result: list[Ending | BaseException] = []

    def run() -> None:
        try:
            with target.serve() as url:
                result.append(_run(target, url))
        except BaseException as caught:  # noqa: BLE001 -- handed to the thread that waits
            result.append(caught)

    thread = threading.Thread(target=run, name=target.name, daemon=True)
    thread.start()
    thread.join(BOUND)
    if not result:
        stack = "".join(traceback.format_stack(sys._current_frames()[thread.ident or 0]))
        pytest.fail(f"{target.name}: not over after {BOUND:.0f} s; it stands at\n{stack}", pytrace=False)
    if isinstance(result[0], BaseException):
        raise result[0]
    return result[0]
