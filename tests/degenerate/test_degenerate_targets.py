"""Whatever stands where a platform should be: the run ends, says what is wrong, and keeps no promise that was not put to the test."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from hookproof.model.verdict import Outcome
from tests.degenerate.classes import Kind, kinds_of
from tests.degenerate.servers import KEY
from tests.degenerate.target import BROKEN, CONFIGURATION, CONFORMS, UNREACHABLE
from tests.degenerate.targets import EVERY, TARGETS
from tests.degenerate.trial import Ending, tried
from tests.suites.courtroom import orbit

LEAST = 28
BY_TIME = frozenset({"retries/server-errors"})
"""What a target shows only if this host lets it send again before our patience ends; on a busy one it may stay unobserved."""

_NEEDING_CONTROL = (Kind.PRESENCE, Kind.NEGATIVE)


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in TARGETS])
def name(request: pytest.FixtureRequest) -> str:
    """Give each target's name; all its tests are given to one worker, which judges it once."""
    return str(request.param)


@pytest.fixture
def ending(name: str) -> Ending:
    """Give how the run before the target ended; it did, or this fails."""
    return tried(TARGETS[name])


def _clause(kept: str) -> str:
    return kept.partition(":")[0]


def _kind(clause: str) -> Kind:
    rule = orbit().clauses_by_id[f"orbit/{clause}"].rule
    return next(iter(kinds_of(rule or "")), Kind.NEGATIVE)  # what is not classified yet must be listed like the strictest


def test_there_are_many_and_no_two_are_one() -> None:
    """The catalogue holds as many targets as it must, each under a name of its own."""
    assert len(TARGETS) == len(EVERY) >= LEAST


def test_a_run_ends_with_the_right_status_and_says_why(name: str, ending: Ending) -> None:
    """The status is the one that tells this cause, and the last words are one line that names the target or what is wrong."""
    target = TARGETS[name]
    assert ending.status == target.ends, ending.said
    assert target.says in ending.said
    assert ending.said.isprintable()
    assert KEY not in ending.said
    if target.ends in (CONFIGURATION, UNREACHABLE):
        assert ending.error is not None
        assert ending.url.removeprefix("http://") in ending.said
    else:
        assert ending.error is None


def test_only_the_right_conform(name: str, ending: Ending) -> None:
    """A run is called conforming only where the target was right all the time; in an error it is called nothing at all."""
    begins = {CONFORMS: "conforms: ", BROKEN: "does not conform: "}.get(TARGETS[name].ends, "http")
    assert ending.said.removeprefix("POST ").removeprefix("GET ").startswith(begins)


def test_nothing_is_kept_that_was_not_put_to_the_test(name: str, ending: Ending) -> None:
    """No clause of presence or absence is kept that its target is not known to keep, and none at all that it must lose."""
    target = TARGETS[name]
    found = {_clause(kept) for kept in ending.kept}
    unlisted = {c for c in found if _kind(c) in _NEEDING_CONTROL and not any(fnmatchcase(c, pattern) for pattern in target.keeps)}
    vain = sorted(unlisted | {clause for clause in found if any(fnmatchcase(clause, pattern) for pattern in target.loses)})
    assert vain == [], {clause: ending.kept[clause].judgement for clause in vain if clause in ending.kept}


def test_no_exception_is_idle(name: str, ending: Ending) -> None:
    """Each pattern of what a target may keep has a reason and is met by something that it keeps, or did not come to in time."""
    unseen = {_clause(v.clause.partition("/")[2]) for v in ending.verdicts if v.outcome is Outcome.NOT_OBSERVED}
    for pattern, reason in TARGETS[name].keeps.items():
        assert reason
        assert any(fnmatchcase(_clause(kept), pattern) for kept in ending.kept) or pattern in BY_TIME & unseen, pattern


def test_what_must_be_broken_is(name: str, ending: Ending) -> None:
    """The clauses that a target is made to break are broken, and each broken verdict says so in one line with its evidence."""
    broken = {_clause(found) for found in ending.broken}
    assert set(TARGETS[name].breaks) <= broken, {c: [v for v in ending.verdicts if v.clause.endswith(c)] for c in TARGETS[name].breaks}
    for verdict in ending.broken.values():
        assert verdict.judgement.evidence, verdict
        assert "\n" not in verdict.judgement.reason
        assert "Traceback" not in verdict.judgement.reason


def test_the_right_break_nothing(name: str, ending: Ending) -> None:
    """A target that is right in an odd way has nothing broken, at any level."""
    if TARGETS[name].ends == CONFORMS:
        assert {v.clause: v.judgement.reason for v in ending.verdicts if v.outcome is Outcome.BROKEN} == {}
