"""Options, fixtures and parametrisation of the suites. The only place that knows pytest.

Law: one item per clause (and event); a verdict that was not observed is a skip that says so, counted and printed, never green.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from rich.console import Console

from hookproof.judge import Item
from hookproof.model.errors import HookproofError, IllFormedError
from hookproof.model.transcript import Record
from hookproof.model.verdict import Level, Outcome, Verdict
from hookproof.reporting.closing import closed
from hookproof.reporting.markup import evidence_text, exchange_text, failure_text, labels, xml_safe
from hookproof.reporting.rehearsal import Rehearsal, print_rehearsal
from hookproof.reporting.tally import statement, undecided
from hookproof.reporting.terminal import print_summary
from hookproof.reporting.text import printable
from hookproof.staging.certifying import ReceiverSession, roles, session_for
from hookproof.staging.exploring import Exploration, Probe, exploration_of, probes
from hookproof.staging.options import read_options
from hookproof.staging.secret_sources import refuse_secrets
from hookproof.staging.session import Session, read_contract
from hookproof.staging.situation import scan
from hookproof.staging.telling import ANYWHERE

_SESSIONS = pytest.StashKey[dict[str, Session]]()
_ERROR = pytest.StashKey[HookproofError]()
_PLANNED = pytest.StashKey[dict[str, tuple[str, ...]]]()
_REHEARSED = pytest.StashKey[list[Rehearsal]]()
_ATTACHED = 3


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of ``interfaces``."""
    group = parser.getgroup("hookproof", "judging webhook implementations")
    values = {
        "--target": "URL of the implementation to judge; without it the embedded reference is judged",
        "--contract": "name or folder of the contract (default: orbit)",
        "--role": "platform or receiver (default: platform)",
        "--target-profile": "TOML file that describes the target",
        "--results": "write verdicts to this NDJSON file",
        "--transcript": "write the recording to this folder",
        "--control-url": "URL of the control interface (default: TARGET/conformance/v1)",
        "--adapter": "how to reach the target (default: http)",
        "--secret-env": "environment variable with a signing secret that the target issued",
        "--secret-file": "file with that secret instead, of mode 0600",
        "--api-key-env": "environment variable with the target's API key (default: HOOKPROOF_API_KEY)",
        "--listen": "HOST:PORT of our listener (default: 127.0.0.1 and any port)",
        "--public-url": "URL under which the target reaches our listener",
        "--known-failures": "file with the ids of clauses that are known to be broken",
        "--profile": "how thorough: quick, ci, certify, nightly or hostile (default: ci)",
        "--seed": "seed of all generated data (default: 0)",
        "--rate": "requests a second that a receiver gets at most (default: no limit on this machine, 20 beyond it)",
        "--deadline": "seconds after which no more is sent to a receiver (default: 3600)",
        "--effects-command": "command that tells how often an event took effect in a receiver; {id} or {ids} (a file) are replaced",
        "--effects-url": "URL that tells the same: with {id}, or `POST URL` for many at once",
    }
    for flag, text in values.items():
        group.addoption(flag, default=None, help=text)
    told = "HOST:PORT of a sink of ours that the receiver calls once per applied effect (default: 127.0.0.1 and any port)"
    group.addoption("--effects-sink", nargs="?", const=ANYWHERE, default=None, help=told)
    group.addoption("--reports", default=None, help="folder for results, transcript, summary and requests to send again")
    group.addoption("--challenge-env", default=None, help="environment variable with the text that an allowed host must answer")
    group.addoption(
        "--allow-host", action="append", default=None, metavar="HOST[:PORT]", help="a receiver's host beyond this machine; repeatable"
    )
    group.addoption("--dry-run", action="store_true", default=False, help="show what would be sent to a receiver, and send nothing")
    group.addoption("--require-complete", action="store_true", default=False, help="fail when a MUST was not observed")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers of suite functions."""
    for marker in (
        "judges(topic, but=()): judges every clause of a topic, * of any but those",
        "explores: tells what Schemathesis found, by phase and operation",
    ):
        config.addinivalue_line("markers", marker)


def sessions_of(config: pytest.Config) -> dict[str, Session]:
    """Give the run of each role that is judged, made at first use. Raises ``HookproofError`` for errors of use."""
    if _SESSIONS not in config.stash:
        names = ("target", "contract", "role", "target_profile", "results", "transcript", "control_url", "adapter", "api_key_env", "listen")
        more = ("public_url", "secret_env", "known_failures", "profile", "seed", "require_complete")
        effects = ("effects_command", "effects_url", "effects_sink")
        safety = ("secret_file", "allow_host", "challenge_env", "dry_run", "reports", "rate", "deadline")
        refuse_secrets(config.invocation_params.args)
        every = roles(read_options({name: config.getoption(name) for name in names + more + effects + safety}))
        sessions = {options.role: session_for(options, read_contract(options.contract)) for options in every}
        _check_known(list(sessions.values()))
        config.stash[_SESSIONS] = sessions
    return config.stash[_SESSIONS]


def _judges(marker: pytest.Mark, topic: str) -> bool:
    return topic not in marker.kwargs.get("but", ()) and marker.args[0] in (topic, "*")


def _role(name: str) -> str:
    """Give the role that a suite module judges: the name of its folder."""
    return name.rpartition(".")[0].rpartition(".")[2]


def _check_known(sessions: list[Session]) -> None:
    unknown = sessions[0].options.known_failures - {item.id for session in sessions for item in session.items()}
    if unknown:
        raise IllFormedError("--known-failures", f"{min(unknown)!r} is no id of this contract", remedy="Remove or mend the line.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a suite function one item per clause of its topic, and per event for payload clauses; or one per phase and operation."""
    marker, exploring = (metafunc.definition.get_closest_marker(name) for name in ("judges", "explores"))
    if marker is None and exploring is None:
        return
    chosen: list[Item | Probe] = []
    try:
        session = sessions_of(metafunc.config).get(_role(metafunc.module.__name__))
        if session is not None and marker is not None:
            chosen += [item for item in session.items() if _judges(marker, item.clause.topic)]
        elif session is not None:
            chosen += probes(session.contract)
    except HookproofError as error:
        metafunc.config.stash[_ERROR] = error
    metafunc.parametrize("item", chosen, ids=[item.id for item in chosen])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End pytest with one line and the right status when the options or the contract are wrong; collecting cannot do it.

    Suites of a role that is not judged in this run have no items.
    """
    error = config.stash.get(_ERROR, None)
    if error is not None:
        pytest.exit(printable(str(error)), returncode=error.exit_code)
    items[:] = [t for t in items if isinstance(_item(t), Item | Probe) or not any(map(t.get_closest_marker, ("judges", "explores")))]


def _item(test: pytest.Item) -> Any:  # noqa: ANN401 -- pytest's own
    return test.callspec.params.get("item") if isinstance(test, pytest.Function) and hasattr(test, "callspec") else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember which situations the chosen items need, so that waits can be filled."""
    wanted: dict[str, dict[str, None]] = {}
    for test in session.items:
        item = _item(test)
        if isinstance(item, Item) and isinstance(test, pytest.Function):
            wanted.setdefault(_role(test.module.__name__), {}).update(dict.fromkeys(item.rule.situations))
    session.config.stash[_PLANNED] = {role: tuple(names) for role, names in wanted.items()}
    chosen = {role: frozenset(item.id for test in session.items if (item := _judging(test, role))) for role in wanted}
    for role, ids in chosen.items():
        sessions_of(session.config)[role].chosen = ids
    if session.config.getoption("dry_run"):
        _rehearse(session, wanted)


def _judging(test: pytest.Item, role: str) -> Item | None:
    item = _item(test)
    return item if isinstance(item, Item) and isinstance(test, pytest.Function) and _role(test.module.__name__) == role else None


def _rehearse(session: pytest.Session, wanted: Mapping[str, Iterable[str]]) -> None:
    """Stage before nobody what the chosen items need, and leave nothing to be run."""
    try:
        for role, names in wanted.items():
            run = sessions_of(session.config)[role]
            if not isinstance(run, ReceiverSession):
                raise IllFormedError("--dry-run", "only deliveries to a receiver can be rehearsed", remedy="Use it with suites/receiver.")
            suites = next(test.module.__name__ for test in session.items if isinstance(test, pytest.Function) and _judging(test, role))
            told = run.rehearse(scan(import_module(f"{suites.rpartition('.')[0]}.situations")), names)
            session.config.stash.setdefault(_REHEARSED, []).append(told)
    except HookproofError as error:
        pytest.exit(printable(str(error)), returncode=error.exit_code)
    session.items.clear()


@pytest.fixture(scope="session")
def _open_sessions(request: pytest.FixtureRequest) -> Iterator[dict[str, Session]]:
    """Keep the runs open until the last item, then close each."""
    sessions = sessions_of(request.config)
    yield sessions
    for session in sessions.values():
        with _ours(request.config, session):
            session.close()


@pytest.fixture
def hookproof_session(request: pytest.FixtureRequest, _open_sessions: dict[str, Session]) -> Session:
    """Give the run of the role that the module judges: opened for its first item, closed after the last one."""
    return _open_sessions[_role(request.module.__name__)]


@contextmanager
def _ours(config: pytest.Config, session: Session) -> Iterator[None]:
    """Keep an error for the exit code: one of use ends pytest with one line, a bug of ours also fails the item with its traceback."""
    try:
        yield
    except HookproofError as error:
        config.stash[_ERROR] = error
        session.aborted = str(error)
        pytest.exit(printable(str(error)), returncode=error.exit_code)
    except Exception as error:
        session.aborted = f"a bug of ours: {type(error).__name__}"
        config.stash[_ERROR] = HookproofError("hookproof", session.aborted, remedy="Please report it with the traceback.")
        raise


def _open(session: Session, request: pytest.FixtureRequest) -> None:
    """Open a run, unless it is open."""
    if session.opened:
        return
    if _ERROR in request.config.stash:  # opening failed by a bug of ours, which the first item shows
        raise request.config.stash[_ERROR]
    session.announce = _announcing(request.config)
    session.open(scan(import_module(f"{request.module.__package__}.situations")), _progress(request.config))
    session.run.planned = request.config.stash[_PLANNED].get(session.role.value, ())


@pytest.fixture
def exploration(hookproof_session: Session, request: pytest.FixtureRequest) -> Exploration:
    """Give what Schemathesis found; it goes to work for the first item."""
    with _ours(request.config, hookproof_session):
        _open(hookproof_session, request)
        return exploration_of(hookproof_session)


@pytest.fixture
def judged(item: Item, hookproof_session: Session, request: pytest.FixtureRequest) -> Verdict:
    """Give the verdict on one item; staging what it needs first. Labels and attachments go to JUnit and Allure."""
    with _ours(request.config, hookproof_session):
        _open(hookproof_session, request)
        verdict = hookproof_session.run.verdict(item)
    for name, value in labels(verdict).items():
        request.node.user_properties.append((name, xml_safe(value)))  # not by `record_property`, which warns under xunit2
    return verdict


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Give the verdict to Allure where it belongs: to the test, not to its set-up."""
    given = getattr(item, "funcargs", {})
    verdict, run = given.get("judged"), given.get("hookproof_session")
    if isinstance(verdict, Verdict) and run is not None and item.config.getoption("allure_report_dir", None):
        _to_allure(verdict, run)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep secrets out of tracebacks, which show the arguments of our functions."""
    report = yield
    if report.failed and isinstance(_item(item), Item | Probe):  # it was opened, or never will be: only then are all its secrets known
        for run in item.config.stash.get(_SESSIONS, {}).values():
            shown = report.longreprtext
            if shown != (clean := run.artifacts.scrubbed(shown)):
                report.longrepr = clean
            report.sections = [(name, run.artifacts.scrubbed(text)) for name, text in report.sections]
    return report


def _progress(config: pytest.Config) -> Any:  # noqa: ANN401 -- a callable or None
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not reporter.isatty:
        return None
    capture = config.pluginmanager.get_plugin("capturemanager")

    def show(text: str) -> None:
        """Write past pytest's capture, over the last such line."""
        with capture.global_and_fixture_disabled() if capture is not None else nullcontext():
            reporter.write(f"\r\x1b[K{text}… ", flush=True)

    return show


def _announcing(config: pytest.Config) -> Callable[[str], None]:
    """Give what shows the user a line at once, past pytest's capture."""
    reporter, capture = (config.pluginmanager.get_plugin(name) for name in ("terminalreporter", "capturemanager"))

    def announce(text: str) -> None:
        with capture.global_and_fixture_disabled() if capture is not None else nullcontext():
            if reporter is not None:
                reporter.ensure_newline()
                reporter.write_line(printable(text), flush=True)

    return announce


def _lookup(session: Session) -> dict[str, Record]:
    return {record.id: record for record in session.run.tools.recorder.transcript().records}


def _evidence(session: Session, records: Mapping[str, Record], verdict: Verdict) -> str:
    """Give the bytes that show a broken SHOULD or MAY; those of a MUST stand in its failure."""
    return "" if verdict.level is Level.MUST else evidence_text(verdict, records.get, session.resending)


def _to_allure(verdict: Verdict, session: Session) -> None:
    import allure  # noqa: PLC0415 -- costs half a second, needed with --alluredir only

    for name, value in {**labels(verdict), "feature": labels(verdict)["family"]}.items():
        allure.dynamic.label(name, value)
    allure.dynamic.title(f"{verdict.clause}{':' + verdict.event if verdict.event else ''}")
    records = _lookup(session)
    for evidence in verdict.judgement.evidence[:_ATTACHED]:
        if evidence in records:
            allure.attach(exchange_text(records[evidence]), name=evidence, attachment_type=allure.attachment_type.TEXT)


def _known(session: Session, verdict: Verdict) -> bool:
    """Whether the user listed this very item as a known failure."""
    return f"{verdict.clause}{':' + verdict.event if verdict.event else ''}" in session.options.known_failures


def expect_kept(verdict: Verdict, session: Session) -> None:
    """Turn a verdict into the outcome of the running test: fail, skip with the reason, or pass."""
    known = _known(session, verdict)
    if verdict.outcome in (Outcome.NOT_OBSERVED, Outcome.NOT_APPLICABLE):
        pytest.skip(f"{verdict.outcome.value}: {printable(verdict.judgement.reason)}")
    if verdict.outcome is Outcome.BROKEN and verdict.level is Level.MUST:
        records = _lookup(session)
        text = failure_text(verdict, session.contract.clauses_by_id[verdict.clause], records.get, session.resending)
        if known:
            pytest.xfail(xml_safe(verdict.judgement.reason))
        pytest.fail(xml_safe(session.artifacts.scrubbed(text)), pytrace=False)
    if known and verdict.outcome is Outcome.KEPT:
        pytest.fail("it is listed in --known-failures but was kept; remove the line", pytrace=False)


def exit_code(session: Session) -> int:
    """Choose the status of a run from its verdicts (see ``interfaces``)."""
    verdicts = session.verdicts()
    failing = [v for v in verdicts if v.fails and not _known(session, v)]
    if failing:
        return 1
    if verdicts and not any(v.outcome in (Outcome.KEPT, Outcome.BROKEN) for v in verdicts):
        return 5
    return 7 if undecided(verdicts, require_complete=session.options.require_complete) else 0


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    """Leave out frames that were interrupted at no line of their source: pytest would end in an error of its own over them."""
    excinfo.traceback = type(excinfo.traceback)(entry for entry in excinfo.traceback if _has_line(entry))


def _has_line(entry: Any) -> bool:  # noqa: ANN401 -- pytest does not name the type
    try:
        return bool(entry.lineno >= 0)
    except TypeError:
        return False


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Set pytest's status to ours when items were judged: the worst of the runs."""
    runs, error = session.config.stash.get(_SESSIONS, {}), session.config.stash.get(_ERROR, None)
    if _REHEARSED in session.config.stash and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = 0
        return
    for run in runs.values():
        if exitstatus == pytest.ExitCode.INTERRUPTED and run.aborted is None:
            run.aborted = "interrupted"  # the run is closed after this
    if not runs or exitstatus not in (0, 1):
        return
    if error is not None:
        session.exitstatus = error.exit_code
        return
    codes = [exit_code(run) for run in runs.values() if run.opened]
    session.exitstatus = 1 if 1 in (*codes, exitstatus) else max(codes, default=0)  # what is no clause may fail too


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:  # noqa: ANN401 -- pytest's own
    """Print the summary of each run by clause family after pytest's own lines."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and _SESSIONS in config.stash and _REHEARSED not in config.stash:
        terminalreporter.write_line("nothing was judged: no clause was chosen; `hookproof list --contract NAME` shows what -k may name")
    for told in config.stash.get(_REHEARSED, []):
        buffer = io.StringIO()
        print_rehearsal(Console(file=buffer, width=max(80, terminalreporter._tw.fullwidth)), told)  # noqa: SLF001 -- no public width
        terminalreporter.write_sep("=", "hookproof")
        terminalreporter.write(buffer.getvalue())
    for run in config.stash.get(_SESSIONS, {}).values():
        if run.verdicts():
            _summary(terminalreporter, config, run)
        elif run.opened and run.written():
            terminalreporter.write_line(printable(f"nothing was judged; what was recorded: {', '.join(run.written())}"))


def _summary(terminalreporter: Any, config: pytest.Config, run: Session) -> None:  # noqa: ANN401 -- pytest's own
    buffer = io.StringIO()
    colour = bool(getattr(terminalreporter, "hasmarkup", False))
    console = Console(file=buffer, width=max(80, terminalreporter._tw.fullwidth), force_terminal=colour, no_color=not colour)  # noqa: SLF001 -- pytest has no public width
    complete, shown = run.options.require_complete, partial(_evidence, run, _lookup(run))
    print_summary(console, run.run.tools.recorder.header, run.contract, run.verdicts(), require_complete=complete, evidence=shown)
    terminalreporter.write_sep("=", "hookproof")
    failed = [report for kind in ("failed", "error") for report in terminalreporter.stats.get(kind, ()) if run.role.value == "platform"]
    text = closed(
        buffer.getvalue(),
        said=statement(run.verdicts(), require_complete=run.options.require_complete),
        cause=str(config.stash.get(_ERROR, None) or run.aborted or ""),
        known=sum(verdict.fails and _known(run, verdict) for verdict in run.verdicts()),
        others=sum("clause" not in dict(report.user_properties) for report in failed),
    )
    text = run.artifacts.scrubbed(text)
    written = [*run.written(), *filter(None, [run.artifacts.resent, run.artifacts.write_summary(re.sub("\x1b\\[[0-9;]*m", "", text))])]
    terminalreporter.write(text)
    if run.options.reports is not None:
        terminalreporter.write_line(printable("written: " + ", ".join(map(str, written))))
