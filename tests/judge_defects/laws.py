"""Laws of the judge that belong to no single room: what a run says, in files, in exit codes and twice over."""

from __future__ import annotations

import re
import socket
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest import mock

import pytest

import suites.platform.situations as platform_situations
from hookproof import pytest_plugin
from hookproof.judge import check_body, items, judge
from hookproof.model.contract import Role
from hookproof.model.errors import HookproofError
from hookproof.model.transcript import Answer, Attempt, HeaderPairs, Note
from hookproof.model.verdict import Level, Observations, Outcome, Verdict, not_applicable, not_observed
from hookproof.reference.platform import ReferencePlatform
from hookproof.reporting.results import read_results
from hookproof.reporting.tally import statement
from hookproof.reporting.transcripts import TranscriptWriter, read_transcript
from hookproof.signing.schemes import SCHEMES
from hookproof.staging.recorder import RunRecorder
from hookproof.staging.session import Session
from hookproof.staging.situation import Situation, scan
from hookproof.staging.stage import Stage
from hookproof.wire.listener import CaptureListener
from tests.judge_defects.seeding import Surroundings
from tests.reporting.test_terminal import KEPT, SIGNED, STOPS, broke, verdict
from tests.staging.test_recorder import header
from tests.suites.courtroom import courtroom, item, orbit
from tests.suites.test_faults_of_targets import KEY, session
from tests.wire.peer import Peer

ROOT = Path(__file__).resolve().parents[2]


def ended(*verdicts: Verdict, require_complete: bool = False) -> Session:
    """Give what the plugin looks at when a run has ended."""
    options = SimpleNamespace(known_failures=frozenset(), require_complete=require_complete)
    return cast("Session", SimpleNamespace(verdicts=lambda: verdicts, options=options))


def unobserved_is_not_green(_around: Surroundings) -> None:
    """What was not observed is skipped by its item, and fails a run that must be complete."""
    for judgement in (not_observed("needs retry"), not_applicable("no such promise")):
        with pytest.raises(pytest.skip.Exception, match=judgement.reason):
            pytest_plugin.expect_kept(verdict(SIGNED, judgement), ended())
    kept, unseen = verdict(STOPS, KEPT), verdict(SIGNED, not_observed("needs retry"))
    assert pytest_plugin.exit_code(ended(kept, unseen)) == 0
    assert pytest_plugin.exit_code(ended(kept, unseen, require_complete=True)) == 7


def a_run_of_nothing_fails(_around: Surroundings) -> None:
    """A run that observed nothing exits 5 and is not called conforming."""
    unseen = verdict(SIGNED, not_observed("needs retry"))
    assert pytest_plugin.exit_code(ended(unseen)) == 5
    assert statement([unseen]).startswith("nothing observed")
    assert statement([]).startswith("nothing observed")


def a_run_of_nothing_is_not_observed(_around: Surroundings) -> None:
    """A rule that saw nothing and found nothing says so."""
    assert Observations(missing="nothing was delivered").conclude().outcome is Outcome.NOT_OBSERVED


def a_broken_must_fails(_around: Surroundings) -> None:
    """A broken MUST fails its run, whatever else was kept."""
    assert pytest_plugin.exit_code(ended(verdict(STOPS, KEPT), verdict(SIGNED, broke()))) == 1
    assert pytest_plugin.exit_code(ended(verdict(STOPS, KEPT), verdict(SIGNED, broke(), Level.SHOULD))) == 0


def nothing_is_run_again(_around: Surroundings) -> None:
    """Neither pytest, tox nor CI repeats what failed: no plugin for it is installed and no option asks for it."""
    again = re.compile(r"rerun|flaky|--retries|\bretries\s*=|--lf\b|--last-failed|\|\|")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *(name for group in project["dependency-groups"].values() for name in group)]
    said = [*wanted, str(project["tool"]["pytest"]), (ROOT / "tox.ini").read_text(), (ROOT / ".ci" / "run").read_text()]
    assert [text for text in said if again.search(text)] == []


def a_secret_without_its_prefix_is_taken(_around: Surroundings) -> None:
    """The official library takes a secret with and without its prefix, and so do we."""
    standard = SCHEMES["standard-webhooks"]
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    tag = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers: HeaderPairs = (
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", tag),
    )
    for form in (secret, secret.removeprefix("whsec_")):
        assert standard.match(form, standard.read(headers), b'{"test": 2432232314}') == "base64-decoded"


def two_listeners_are_no_trouble(_around: Surroundings) -> None:
    """Nothing is assumed of ports, paths or ids: two listeners work side by side and give different URLs for one name."""
    try:
        with CaptureListener() as one, CaptureListener() as other:
            urls = {listener.open_endpoint("e", (), then=Answer()) for listener in (one, other)}
    except HookproofError as error:
        pytest.fail(str(error))
    assert len(urls) == 2


def free_port() -> int:
    """Find a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def wall_clock_going_back() -> Iterator[None]:
    """Let the wall clock step an hour back with every look at it; the monotonic clock goes on."""
    start = 1_900_000_000 * 10**9
    backwards = partial(next, iter(range(start, 0, -3600 * 10**9)))
    with mock.patch("time.time_ns", backwards), mock.patch("hookproof.wire.connection.time_ns", backwards):
        yield


def stamps_do_not_follow_the_wall_clock(_around: Surroundings) -> None:
    """Moments of attempts rise though the wall clock goes back all the time."""
    with wall_clock_going_back(), CaptureListener() as listener, Peer(listener.open_endpoint("e", (), then=Answer())) as peer:
        for _ in range(4):
            peer.send(peer.post())
            peer.answer()
        assert listener.wait(["e"], 4, 5)
        attempts = listener.attempts(["e"])
    moments = [at for a in attempts for at in (a.accepted_at, a.body_read_at or 0, a.answer_started_at or 0, a.answer_done_at or 0, a.at)]
    assert moments == sorted(moments)
    walls = [a.accepted_wall for a in attempts]
    assert walls == sorted(walls, reverse=True)


def records_do_not_follow_the_wall_clock(_around: Surroundings) -> None:
    """Moments of records rise though the wall clock goes back all the time."""
    keeper = RunRecorder(header())
    with wall_clock_going_back():
        moments = [keeper.add("n", lambda name, at: Note(id=name, situation="", at=at, name="fact")).at for _ in range(4)]
    assert moments == sorted(moments)


def what_is_released_at_the_end_is_judged(_around: Surroundings) -> None:
    """An attempt whose answer was held until its situation ended belongs to that situation."""
    with ExitStack() as peers, courtroom() as run:

        def hold(stage: Stage) -> None:
            endpoint = stage.endpoint(stage.tenant(), [orbit().catalog[0]], then=Answer(mode="never"))
            peer = peers.enter_context(Peer(endpoint.url))
            peer.send(peer.post())
            assert stage.tools.listener.wait_accepted([endpoint.name], 1, 5)

        run.situations = {"values": Situation(name="values", needs=(), act=hold)}
        run.verdict(item("payload/text"))
        part = run.tools.recorder.transcript().of(["values"])
    assert len([record for record in part.records if isinstance(record, Attempt)]) == 1


CHOSEN = ("payload/text", "payload/numbers", "fan-out/filters", "subscription-api/key-required")


def live_and_offline_agree(around: Surroundings) -> None:
    """What was said live, situation after situation, is said again of the recording that was written and read back."""
    chosen = [found for found in items(orbit(), Role.PLATFORM) if found.clause.id.partition("/")[2] in CHOSEN]
    assert len(chosen) == len(CHOSEN)
    with courtroom() as run:
        live = [run.verdict(found) for found in chosen]
        recorded = run.tools.recorder.transcript()
    path = around.folder / "t.ndjson"
    writer = TranscriptWriter(path, recorded.header)
    for record in recorded.records:
        writer.write(record)
    writer.close(complete=True)
    offline = judge(orbit(), read_transcript(path)[0], only={found.id for found in chosen})
    assert sorted(map(repr, live)) == sorted(map(repr, offline))
    assert {found.outcome for found in live} == {Outcome.KEPT}


def an_unfinished_run_says_so_in_its_files(around: Surroundings) -> None:
    """Transcript and results of a run that was stopped are marked as incomplete, whatever was kept before."""
    files = {"transcript": str(around.folder / "run"), "results": str(around.folder / "results.ndjson")}
    with (
        ReferencePlatform(orbit(), api_key=KEY, real_timeout_cap=0.5) as platform,
        session(platform.url, around.patch, role="platform", **files) as run,
    ):
        run.open(scan(platform_situations))
        assert run.run.verdict(item("payload/text")).outcome is Outcome.KEPT
        run.aborted = "interrupted"
    assert not read_results(around.folder / "results.ndjson").footer.complete
    footer = read_transcript(around.folder / "run" / "transcript.ndjson")[1]
    assert (footer.complete, footer.aborted) == (False, "interrupted")


def bodies_are_judged_alike(_around: Surroundings) -> None:
    """A creation time without a zone is a fault of one body on its own as it is of a live delivery."""
    body = b'{"id":"evt_1","type":"contact.created","created_at":"2027-01-01T00:00:00","data":{}}'
    _, faults = check_body(orbit(), body)
    assert "orbit/envelope/created-at" in {fault.clause for fault in faults}
