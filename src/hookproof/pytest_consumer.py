"""Parametrisation and fixtures of the consumer suites, imported by their conftest.

Law: an interaction is an ordinary item with an id of its own; it is no clause, so it changes no verdict, but a broken one fails the run.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from hookproof.model.errors import HookproofError
from hookproof.pact.subscriptions import asks
from hookproof.pact.verification import Checked
from hookproof.pytest_plugin import sessions_of
from hookproof.reporting.text import printable
from hookproof.staging.pact_run import PactRun

_RUN = pytest.StashKey[PactRun]()
_FAILED = pytest.StashKey[bool]()
_FOLDER = Path("reports") / "pacts"
_WORSE = (0, 5, 7)
"""Statuses that a broken interaction makes 1: conforms, nothing observed, undecided."""


def _run(config: pytest.Config) -> PactRun:
    """Give the run of the contract that this session judges; raise ``HookproofError`` for errors of use."""
    if _RUN not in config.stash:
        sessions = sessions_of(config)
        session = sessions.get("platform") or next(iter(sessions.values()))
        options = session.options if session.role.value == "platform" else None
        folder = _FOLDER if session.options.reports is None else session.options.reports / "pacts"
        config.stash[_RUN] = PactRun(contract=session.contract, options=options, folder=folder)
    return config.stash[_RUN]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a function one item for each interaction of the kind that its fixture names."""
    wanted = {"ask", "message", "interaction"} & set(metafunc.fixturenames)
    if not wanted:
        return
    try:
        contract = _run(metafunc.config).contract
    except HookproofError as error:
        pytest.exit(printable(str(error)), returncode=error.exit_code)
    name = wanted.pop()
    http = [ask.id for ask in asks(contract)] if name != "message" else []
    told = [f"message/{event}" for event in sorted(contract.events)] if name != "ask" else []
    metafunc.parametrize(name, [*http, *told], ids=[f"pact/{each}" for each in (*http, *told)])


@pytest.fixture(scope="session")
def pact_run(request: pytest.FixtureRequest) -> PactRun:
    """Give what came of every interaction, each staged once for all items."""
    run = _run(request.config)
    held = (session for session in sessions_of(request.config).values() if session.opened)
    if run.options is not None and run.options.listen[1] and any(held):
        run.busy = "needs the listener's port, which this run uses already; name suites/consumer first"
    return run


@pytest.fixture
def consumed(request: pytest.FixtureRequest, pact_run: PactRun) -> str:
    """Give what went wrong with the interaction of this item before its consumer, empty if nothing did."""
    given: dict[str, Any] = request.node.callspec.params
    return pact_run.consumed[given.get("ask") or given["message"]]


@pytest.fixture
def checked(interaction: str, pact_run: PactRun) -> Checked:
    """Give what came of one interaction before the target. An error of use ends pytest with one line and its status."""
    try:
        return pact_run.checked(interaction)
    except HookproofError as error:
        pytest.exit(printable(str(error)), returncode=error.exit_code)


def expect_checked(checked: Checked) -> None:
    """Turn what came of an interaction into the outcome of the running test: fail with what was promised and seen, skip, or pass."""
    if checked.unobserved:
        pytest.skip(f"not_observed: {printable(checked.unobserved)}")
    if checked.faults:
        pytest.fail("\n".join(printable(fault) for fault in (checked.id, *checked.faults)), pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that an interaction failed."""
    report = yield
    item.config.stash[_FAILED] = item.config.stash.get(_FAILED, False) or report.failed
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a broken interaction fail a run whose verdicts alone would not, after these have set the status."""
    run = session.config.stash.get(_RUN, None)
    if run is not None and run.failure is not None and session.exitstatus in (*_WORSE, 1):
        session.exitstatus = run.failure.exit_code
        return
    if session.config.stash.get(_FAILED, False) and session.exitstatus in _WORSE:
        session.exitstatus = 1


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:  # noqa: ANN401 -- pytest's own
    """Print one line about the pacts, if any was tried, after what the verdicts say."""
    run = config.stash.get(_RUN, None)
    if run is not None and run.told:
        terminalreporter.write_line(printable(run.told))
