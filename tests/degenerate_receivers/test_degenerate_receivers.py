"""Whatever stands where a receiver should be, a run before it ends soon, says what it met, and keeps nothing in vain."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache

import pytest

import suites.receiver.situations as receiver_situations
from hookproof.model.contract import Contract
from hookproof.model.errors import HookproofError
from hookproof.model.verdict import Outcome, Verdict
from hookproof.pytest_plugin import exit_code
from hookproof.reporting.tally import statement
from hookproof.signing.scheme import throwaway_secret
from hookproof.staging.certifying import ReceiverSession
from hookproof.staging.options import read_options
from hookproof.staging.profile import Profile
from hookproof.staging.situation import scan
from tests.degenerate_receivers.receivers import BROKEN, RECEIVERS, UNREACHABLE, Degenerate
from tests.kill_matrix.trial import short
from tests.suites.courtroom import orbit

BOUND = 90.0
"""Seconds; a run that has not ended by then never will. No run is meant to come near it."""
CURT = Profile(name="quick", samples=0, real_wait=0.0, patience=0.3, answer=0.5, ready=0.5)
NAMED = pytest.mark.parametrize("receiver", [pytest.param(r, id=r.name, marks=pytest.mark.xdist_group(r.name)) for r in RECEIVERS])
"""All tests of a receiver are given to one worker, which judges it once."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a run ended: its status, the error if it was one, what was said last, and what was judged until then."""

    status: int
    error: HookproofError | None
    said: str
    verdicts: tuple[Verdict, ...]

    def clauses(self, outcome: Outcome) -> set[str]:
        """Give the clauses with an outcome, without the provider's name."""
        return {short(verdict.clause) for verdict in self.verdicts if verdict.outcome is outcome}


def _hasty() -> Contract:
    """Give Orbit with a time-out so short that a silent receiver is given up soon."""
    return replace(orbit(), policy=replace(orbit().policy, timeout_seconds=1.5))


def _run(url: str) -> Ending:
    options = read_options({"profile": "quick", "role": "receiver"})
    options = replace(options, target=url, api_key="", profile=CURT, secret=throwaway_secret("degenerate", "receiver"))
    session = ReceiverSession(options, _hasty())
    error: HookproofError | None = None
    try:
        session.open(scan(receiver_situations))
        session.run.planned = tuple(session.run.situations)
        for item in session.items():
            session.run.verdict(item)
    except HookproofError as caught:
        error, session.aborted = caught, str(caught)
    session.close()
    verdicts = session.verdicts()
    status = exit_code(session) if error is None else error.exit_code
    return Ending(status=status, error=error, said=str(error or statement(verdicts)), verdicts=verdicts)


@cache
def _ending(receiver: Degenerate) -> Ending:
    result: list[Ending | BaseException] = []

    def run() -> None:
        try:
            with receiver.serve() as url:
                result.append(_run(url))
        except BaseException as caught:  # noqa: BLE001 -- handed to the thread that waits
            result.append(caught)

    thread = threading.Thread(target=run, name=receiver.name, daemon=True)
    thread.start()
    thread.join(BOUND)
    if not result:
        pytest.fail(f"{receiver.name}: not over after {BOUND:.0f} s", pytrace=False)
    if isinstance(result[0], BaseException):
        raise result[0]
    return result[0]


@NAMED
def test_a_run_ends_as_it_must(receiver: Degenerate) -> None:
    """A receiver that does not answer is an error with its address, any other is judged; none conforms."""
    ending = _ending(receiver)
    assert (ending.status, receiver.says in ending.said) == (receiver.ends, True), ending.said
    assert "\n" not in ending.said
    assert "conforms" not in ending.said
    assert (ending.error is not None) == (receiver.ends == UNREACHABLE)
    if ending.error is not None:
        assert ending.said.removeprefix("GET ").startswith("http://127.0.0.1:")


@NAMED
def test_what_must_be_broken_is(receiver: Degenerate) -> None:
    """The clauses that a receiver is made to break are broken, with evidence."""
    ending = _ending(receiver)
    assert set(receiver.breaks) <= ending.clauses(Outcome.BROKEN), sorted(ending.clauses(Outcome.BROKEN))
    assert all(verdict.judgement.evidence for verdict in ending.verdicts if verdict.outcome is Outcome.BROKEN)


@NAMED
def test_nothing_is_kept_in_vain(receiver: Degenerate) -> None:
    """What was not put to the test is not kept: who accepts nothing keeps nothing, who accepts everything keeps no refusal."""
    kept = _ending(receiver).clauses(Outcome.KEPT)
    assert not {clause for clause in kept if not any(fnmatchcase(clause, pattern) for pattern in receiver.keeps)}
    assert not kept & {*receiver.breaks}
    if receiver.ends == BROKEN and receiver.keeps:
        assert not kept & {"receiver/idempotent", "receiver/dedupe-by-id", "receiver/after-failure", "receiver/failure-told"}


@NAMED
def test_no_exception_is_idle(receiver: Degenerate) -> None:
    """Each pattern of what a receiver may keep has a reason and is met by something that it keeps."""
    kept = _ending(receiver).clauses(Outcome.KEPT)
    for pattern, reason in receiver.keeps.items():
        assert reason
        assert any(fnmatchcase(clause, pattern) for clause in kept), pattern


def test_there_are_many() -> None:
    """Fewer would leave known ways of being no receiver untried, and no two have one name."""
    assert len({receiver.name for receiver in RECEIVERS}) == len(RECEIVERS) >= 12
