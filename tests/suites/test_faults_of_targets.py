"""Targets that do not answer, answer nonsense, lie about themselves or die: an error with a cause, never a verdict out of nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

import suites.platform.situations as platform_situations
from hookproof.adapters.http import HttpPlatform
from hookproof.model.errors import CapabilityError, HookproofError, UnreachableError
from hookproof.model.verdict import Outcome
from hookproof.reference.platform import ReferencePlatform
from hookproof.reporting.results import read_results
from hookproof.reporting.transcripts import read_transcript
from hookproof.staging.options import read_options
from hookproof.staging.session import Session
from hookproof.staging.situation import scan
from hookproof.wire.bounds import Bounds
from tests.degenerate.servers import Reply, free_port, said
from tests.staging.test_answering import exchange
from tests.suites.courtroom import item, orbit

ROOT = Path(__file__).resolve().parents[2]
KEY = "key-of-faulty-targets"
CONTROL = "/conformance/v1"

Decide = Callable[[str, str, bytes], "Reply | None"]


# --- targets ------------------------------------------------------------------------------------------------------------------------


@contextmanager
def raw_target(act: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve connections by ``act``, which gets each with its first bytes already read; hold it until the end if it says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                peer, _ = listener.accept()
                with peer:
                    if peer.recv(65_536):
                        act(peer)

        thread = threading.Thread(target=serve)
        thread.start()
        host, port = listener.getsockname()
        try:
            yield f"http://{host}:{port}"
        finally:
            over.set()
            socket.create_connection((host, port)).close()
            thread.join()


@contextmanager
def http_target(answer: Callable[[str, str, dict[str, str], bytes], Reply | None]) -> Iterator[str]:
    """Serve HTTP by ``answer``; None closes the connection without a word."""

    class Server(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            reply = answer(self.command, self.path, dict(self.headers), body)
            if reply is None:
                return
            self.send_response(reply[0])
            for name, value in {**reply[1], "Content-Length": str(len(reply[2]))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply[2])

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 -- names of http.server

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- name of http.server
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.daemon_threads = False  # so that closing waits for them
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def behind_proxy(decide: Callable[[str, str, bytes], Reply | str | None]) -> Iterator[str]:
    """Put the reference behind a proxy; ``decide`` gives an answer, None to close without one, or ``forward``."""
    with ReferencePlatform(orbit(), api_key=KEY, real_timeout_cap=0.5) as platform, httpx.Client(trust_env=False, timeout=20) as client:

        def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Reply | None:
            decided = decide(method, path, body)
            if not isinstance(decided, str):
                return decided
            kept: dict[str, str] = {name: headers[name] for name in ("X-API-Key", "Content-Type") if name in headers}
            got = client.request(method, platform.url + path, headers=kept, content=body)
            return got.status_code, {"Content-Type": got.headers.get("Content-Type", "text/plain")}, got.content

        with http_target(answer) as url:
            yield url


# --- the suite before them ----------------------------------------------------------------------------------------------------------


@contextmanager
def session(url: str, monkeypatch: pytest.MonkeyPatch, **flags: str) -> Iterator[Session]:
    """Prepare a run against a target; close it at the end."""
    monkeypatch.setenv("HOOKPROOF_API_KEY", KEY)
    run = Session(read_options({"target": url, "role": "platform", "profile": "quick", **flags}), orbit())
    try:
        yield run
    finally:
        run.close()


def test_no_call_of_a_platform_s_api_is_sent_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls build on each other, so that no command is given which would send one of them by itself."""
    with session("http://127.0.0.1:1", monkeypatch) as run:
        assert not run.resending(exchange(status=422))


def refusal(url: str, monkeypatch: pytest.MonkeyPatch, **flags: str) -> HookproofError:
    """Give the error with which opening a run ends: one line that shows no key."""
    with session(url, monkeypatch, **flags) as run, pytest.raises(HookproofError) as caught:
        run.open(scan(platform_situations))
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)
    return caught.value


@dataclass(frozen=True)
class Told:
    """What a command said."""

    status: int
    out: str
    err: str


def hookproof(*arguments: str | Path) -> Told:
    """Run a command as a child."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    env = {**kept, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200", "HOOKPROOF_API_KEY": KEY}
    command = [sys.executable, "-c", "from hookproof.cli import main; main()", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, env=env, cwd=ROOT, timeout=120, check=False)
    told = Told(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert KEY not in told.out + told.err
    assert "Traceback" not in told.out + told.err
    return told


# --- not there, or not HTTP ---------------------------------------------------------------------------------------------------------


def test_an_unreachable_target_is_one_clear_line() -> None:
    """Where nobody listens the run exits 6 with one line that names the target and what to do."""
    url = f"http://127.0.0.1:{free_port()}"
    told = hookproof("run", url, "--profile", "quick")
    assert told.status == 6, told.out + told.err
    assert [line for line in told.out.splitlines() if f"{url}: the target does not answer HTTP" in line and "Start it" in line]
    assert len(told.out.strip().splitlines()) <= 3


@pytest.mark.parametrize(
    "act",
    [lambda _peer: None, lambda peer: peer.sendall(b"220 mail.example.test ESMTP\r\n"), lambda peer: peer.sendall(b"HTTP/1.1 200 O")],
    ids=["accepts and closes", "speaks something else", "ends inside the status line"],
)
def test_what_does_not_speak_http_is_unreachable(act: Callable[[socket.socket], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that closes, talks another protocol or stops inside its answer is unreachable (exit 6)."""
    with raw_target(act) as url:
        error = refusal(url, monkeypatch)
    assert isinstance(error, UnreachableError)
    assert "does not answer HTTP" in str(error)


def test_a_target_that_hangs_is_given_up() -> None:
    """A target that takes a request and never answers is unreachable after the client's patience."""
    over = threading.Event()

    def hold(_peer: socket.socket) -> None:
        over.wait(30)

    with raw_target(hold) as url:
        platform = HttpPlatform(url, api_key=KEY, timeout=0.2)
        try:
            with pytest.raises(UnreachableError, match="does not answer HTTP"):
                platform.capabilities()
        finally:
            platform.close()
            over.set()


def test_a_taken_listener_port_is_unreachable_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When our own listener's port is taken the run ends with exit 6, and the transcript that was begun is sealed with the cause."""
    with socket.create_server(("127.0.0.1", 0)) as taken, ReferencePlatform(orbit(), api_key=KEY) as platform:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        error = refusal(platform.url, monkeypatch, listen=listen, transcript=str(tmp_path))
    assert isinstance(error, UnreachableError)
    assert listen in str(error)
    footer = read_transcript(tmp_path / "transcript.ndjson")[1]
    assert (footer.complete, footer.aborted) == (False, str(error))


# --- lies and mistakes about itself -------------------------------------------------------------------------------------------------


def test_a_wrong_key_is_a_matter_of_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that refuses the key gives exit 4 and names the flag, not the key."""
    with ReferencePlatform(orbit(), api_key="another key") as platform:
        error = refusal(platform.url, monkeypatch)
    assert error.exit_code == 4
    assert "status 401" in str(error)
    assert "--api-key-env" in str(error)


CAPABILITIES: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"<html>", "not a JSON object"),
    "empty": (b"", "not a JSON object"),
    "a list": (b"[]", "not a JSON object"),
    "nested deeply": (b"[" * 100_000, "not a JSON object"),
    "not UTF-8": (b'{"emit": "\xff"}', "not a JSON object"),
    "roles as text": (b'{"roles": "platform"}', ": roles:"),
    "no roles": (b'{"roles": []}', "capabilities/roles"),
    "another role": (b'{"roles": ["receiver"]}', "capabilities/roles"),
    "emit as flag": (b'{"emit": true}', ": emit:"),
    "unknown time": (b'{"time": "relative"}', ": time:"),
    "scale as text": (b'{"time": "scaled", "time_scale": "1000"}', ": time_scale:"),
    "scale of zero": (b'{"time": "scaled", "time_scale": 0}', ": time_scale:"),
    "scale that is no number": (b'{"time": "scaled", "time_scale": NaN}', ": time_scale:"),
    "inspect as number": (b'{"inspect": 1}', ": inspect:"),
    "lifecycle as text": (b'{"lifecycle": "kill"}', ": lifecycle:"),
    "jitter over one": (b'{"jitter_ratio": 2}', ": jitter_ratio:"),
    "production": (b'{"environment": "production"}', "capabilities/environment"),
}


@pytest.fixture(scope="module")
def declaring() -> Iterator[tuple[str, list[bytes]]]:
    """Give a target that declares what it is told to: its URL, and the list whose last item it answers."""
    declared = [b"{}"]
    with http_target(lambda _m, _p, _h, _b: (200, {"Content-Type": "application/json"}, declared[-1])) as url:
        yield url, declared


@pytest.mark.parametrize("case", CAPABILITIES)
def test_an_ill_formed_declaration_is_named(case: str, declaring: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Capabilities that cannot be understood, or forbid judging, are exit 4 and the member is named."""
    url, declared = declaring
    raw, words = CAPABILITIES[case]
    declared.append(raw)
    error = refusal(url, monkeypatch)
    assert error.exit_code == 4
    assert words in str(error)


@pytest.mark.parametrize("status", [302, 500])
def test_a_declaration_that_fails_is_no_black_box(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only 404, 405 and 501 mean that there is no control interface; other answers are errors of the target's configuration."""
    with http_target(lambda _m, _p, _h, _b: (status, {"Location": "/elsewhere"}, b"")) as url:
        error = refusal(url, monkeypatch)
    assert isinstance(error, CapabilityError)
    assert f"the target answered {status}" in str(error)


CLOCK = {"now": "2027-01-01T00:00:00Z", "status": "ready", "pending": 0, "next_due_at": None}
LIES: dict[str, tuple[str, str, Reply, str]] = {
    "advance fails": ("POST", "/clock/advance", said(500, {}), "declares 'time'"),
    "clock fails": ("GET", "/clock", said(404, {}), "declares 'time'"),
    "clock lacks now": ("GET", "/clock", said(200, {"status": "ready"}), "lacks a legal now"),
    "clock without a time": ("GET", "/clock", said(200, {**CLOCK, "now": "tomorrow"}), "lacks a legal now"),
    "emit is not found": ("POST", "/events", said(404, {}), "declares `emit`"),
    "emit is not allowed": ("POST", "/events", said(405, {}), "declares `emit`"),
    "emit answers HTML": ("POST", "/events", (202, {}, b"<html>"), "not a JSON object"),
    "scopes fail": ("POST", "/scopes", said(503, {}), "declares 'scopes'"),
    "scope without key": ("POST", "/scopes", said(201, {"id": "s1"}), "lacks id or api_key"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_capability_that_does_not_hold_is_named(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a declared capability's operation fails, the run ends with exit 4 and names the capability: no clause is blamed."""
    method, ending, reply, words = LIES[lie]

    def decide(asked: str, path: str, _body: bytes) -> Reply | str:
        return reply if asked == method and path.endswith(ending) else "forward"

    with behind_proxy(decide) as url, session(url, monkeypatch) as run:
        run.open(scan(platform_situations))
        with pytest.raises(CapabilityError) as caught:
            run.run.verdict(item("signature/id"))
        assert run.verdicts() == ()
    assert words in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("odd", ["../../other", "with space", "new\nline", "ünïcode", "%00"])
def test_odd_ids_of_scopes_do_no_harm(odd: str) -> None:
    """A scope's id is used as one path segment, whatever characters the target put into it."""
    asked: list[str] = []

    def answer(method: str, path: str, _headers: dict[str, str], _body: bytes) -> Reply:
        asked.append(path)
        return said(201, {"id": odd, "api_key": "k"}) if method == "POST" else said(200, CLOCK)

    with http_target(answer) as url:
        platform = HttpPlatform(url, api_key=KEY)
        try:
            assert platform.clock(platform.open_scope("odd")).ready
        finally:
            platform.close()
    assert asked[-1].count("/") == f"{CONTROL}/scopes/x/clock".count("/")


# --- death ----------------------------------------------------------------------------------------------------------------------------


def test_a_target_that_dies_midway_ends_the_run_and_its_recording_stays(tmp_path: Path) -> None:
    """After a death in the middle the run exits 6, what was recorded is readable and judged, with the cause and without conformance."""
    dead = threading.Event()

    def decide(_method: str, path: str, body: bytes) -> Reply | str | None:
        if path.endswith("/scopes") and b"subscriptions" in body:
            dead.set()
        return None if dead.is_set() else "forward"

    chosen = "orbit/payload/text or orbit/subscription-api/empty-list"
    with behind_proxy(decide) as url:
        run = hookproof(
            "run", url, "--profile", "quick", "-k", chosen, "--transcript", tmp_path / "run", "--results", tmp_path / "r.ndjson"
        )
    assert run.status == 6, run.out + run.err
    assert "the target does not answer HTTP" in run.out
    assert "\nconforms" not in run.out
    transcript, footer = read_transcript(tmp_path / "run" / "transcript.ndjson")
    assert not footer.complete
    assert len(transcript.records) > 10
    verdicts = read_results(tmp_path / "r.ndjson").verdicts
    assert [(v.clause, v.outcome) for v in verdicts] == [("orbit/payload/text", Outcome.KEPT)]
    told = hookproof("judge", tmp_path / "run", "--results", tmp_path / "again.ndjson")
    assert told.status == 6
    assert "stopped early" in told.err
    assert "the target does not answer HTTP" in told.err
    assert "\nconforms" not in told.out
    assert (tmp_path / "again.ndjson").read_bytes() == (tmp_path / "r.ndjson").read_bytes()


def test_what_a_dead_target_left_unjudged_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform closed from another thread after its first situation fails the next one; asked again, nothing of it is kept."""
    with ReferencePlatform(orbit(), api_key=KEY, real_timeout_cap=0.5) as platform, session(platform.url, monkeypatch) as run:
        run.open(scan(platform_situations))
        assert run.run.verdict(item("payload/text")).outcome is Outcome.KEPT
        killer = threading.Thread(target=platform.close)
        killer.start()
        killer.join()
        with pytest.raises(UnreachableError) as caught:
            run.run.verdict(item("subscription-api/empty-list"))
        run.aborted = str(caught.value)
        again = run.run.verdict(item("subscription-api/empty-list"))
        assert again.outcome is Outcome.NOT_OBSERVED
        assert "does not answer HTTP" in again.judgement.reason


def test_a_listener_without_room_judges_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What our own listener turned away unseen ends the run in an error that says so, never in a verdict on the target."""
    monkeypatch.setattr("hookproof.wire.listener.Bounds", lambda: Bounds(attempts=3))
    with ReferencePlatform(orbit(), api_key=KEY, real_timeout_cap=0.5) as platform, session(platform.url, monkeypatch) as run:
        run.open(scan(platform_situations))
        with pytest.raises(UnreachableError, match="our listener: it had no room for") as caught:
            run.run.verdict(item("payload/text"))
        run.aborted = str(caught.value)
        assert run.run.verdict(item("payload/text")).outcome is Outcome.NOT_OBSERVED


# --- black boxes --------------------------------------------------------------------------------------------------------------------


def no_control(_method: str, path: str, _body: bytes) -> Reply | str:
    """Hide the control interface."""
    return said(404, {"error": {"code": "not_found", "message": "no such path"}}) if path.startswith(CONTROL) else "forward"


def test_a_black_box_is_judged_on_its_subscription_api(tmp_path: Path) -> None:
    """Without a control interface the subscription clauses are judged, all that needs emit is not observed, and nothing is broken."""
    with behind_proxy(no_control) as url:
        run = hookproof("run", url, "--profile", "quick", "--results", tmp_path / "r.ndjson", "--transcript", tmp_path / "run")
        strict = hookproof("run", url, "--profile", "quick", "--require-complete")
    assert run.status == 0, run.out[-3000:]
    assert strict.status == 7, strict.out[-3000:]
    assert "\nundecided: " in strict.out
    assert hookproof("judge", tmp_path / "run").status == 0
    assert hookproof("judge", tmp_path / "run", "--require-complete").status == 7
    verdicts = {(v.clause, v.event): v for v in read_results(tmp_path / "r.ndjson").verdicts}
    assert not [v.clause for v in verdicts.values() if v.outcome is Outcome.BROKEN]
    for name in ("listed-names", "unknown-names", "empty-list", "key-required", "read-back", "delete"):
        assert verdicts[f"orbit/subscription-api/{name}", None].outcome is Outcome.KEPT, name
    kept = {v.clause for v in verdicts.values() if v.outcome is Outcome.KEPT}
    assert {clause.split("/")[1] for clause in kept} <= {"subscription-api", "payload", "signature"}  # it still tells of its endpoints
    for verdict in verdicts.values():
        if "emit" in item(verdict.clause.partition("/")[2], verdict.event).rule.needs:
            assert verdict.outcome is Outcome.NOT_OBSERVED
            assert "needs emit" in verdict.judgement.reason
