"""``certify`` and what belongs to it, each opened as a child process: files, statements, commands that work, and never a secret."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hookproof.model.transcript import Exchange
from hookproof.reporting.results import read_results
from hookproof.reporting.transcripts import read_transcript
from tests.children import ending

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-c", "from hookproof.cli import main; main()"]
KEY = "key-that-nobody-may-see-0815"
SECRET = "whsec_bm9ib2R5LW1heS1zZWUtdGhpcy1zZWNyZXQh"
FLAWED = ("--flaw", "unsigned-is-trusted")


def environment(**more: str) -> dict[str, str]:
    """Give children where the program is, the key and the secret."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    ours = {"PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200", "HOOKPROOF_API_KEY": KEY, "RECEIVER_SECRET": SECRET}
    return {**kept, **ours, **more}


@dataclass(frozen=True)
class Told:
    """What a command said, on both streams, and with which status."""

    status: int
    text: str


def hookproof(*arguments: str | Path, cwd: Path, **more: str) -> Told:
    """Run a command to its end; it shows neither key, secret nor traceback."""
    done = subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, env=environment(**more), cwd=cwd, timeout=120, check=False)
    text = done.stdout.decode() + done.stderr.decode()
    assert not [hidden for hidden in (KEY, SECRET, SECRET[6:], "Traceback") if hidden in text]
    return Told(done.returncode, text)


@contextmanager
def served(*departures: str) -> Iterator[str]:
    """Serve the reference receiver in a process of its own until the block ends, and give its URL."""
    arguments = ["reference", "receiver", "--port", "0", "--secret-env", "RECEIVER_SECRET", *departures]
    with (
        subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, env=environment(HOOKPROOF_ALLOW_FLAWS="1"), cwd=ROOT) as child,
        ending(child),
    ):
        assert child.stdout is not None
        try:
            said = child.stdout.readline().decode()
            assert said.startswith("receiver of contract orbit on http://127.0.0.1:"), said
            yield said.split()[-1]
        finally:
            child.send_signal(signal.SIGTERM)
            assert child.wait(20) == 0


# --- files and statements -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Told, Path]:
    """Certify the embedded receiver with nothing said but how thorough."""
    folder = tmp_path_factory.mktemp("whole")
    return hookproof("certify", "--profile", "quick", cwd=folder), folder


def test_certify_leaves_its_files_and_names_them(whole: tuple[Told, Path]) -> None:
    """Results, transcript and summary stand in a new folder below reports/, are named at the end, and hold what was said."""
    told, folder = whole
    assert told.status == 0, told.text[-3000:]
    (made,) = (folder / "reports").iterdir()
    assert {path.name for path in made.iterdir()} == {"results.ndjson", "transcript.ndjson", "summary.txt"}
    (line,) = [line for line in told.text.splitlines() if line.startswith("written: ")]
    for path in made.iterdir():
        assert str(path.relative_to(folder)) in line
    summary = (made / "summary.txt").read_text()
    assert "\nconforms: 0 MUST broken" in summary
    assert summary in told.text
    assert read_results(made / "results.ndjson").footer.complete
    assert read_transcript(made / "transcript.ndjson")[1].complete


def test_what_was_not_observed_comes_with_what_to_do(tmp_path: Path) -> None:
    """A black box: what needs more than a URL is grouped by what is missing, with the flags that give it, and nothing is called kept."""
    with served() as url:
        told = hookproof("certify", url, "--profile", "quick", cwd=tmp_path, HOOKPROOF_API_KEY="")
    assert told.status in (5, 7), told.text[-2000:]
    assert "what you can do" in told.text
    assert re.search(r"\d+ clauses need signing: give --secret-env VAR or --secret-file PATH", told.text)
    assert re.search(r"\d+ clauses need effects: give --control-url, --effects-command, --effects-url or --effects-sink", told.text)
    assert "\nconforms" not in told.text


# --- a receiver that breaks a promise -----------------------------------------------------------------------------------------------


def test_a_broken_promise_is_shown_with_bytes_and_a_command_that_works(tmp_path: Path) -> None:
    """Promise, bytes, answer and command are told; the command, run as printed, gets the same answer; no file holds the secret."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    with served(*FLAWED) as url:
        told = hookproof("certify", url, "--profile", "quick", "--secret-file", secret, "-k", "orbit/verification/unsigned", cwd=tmp_path)
        assert told.status == 1, told.text[-3000:]
        commands = re.findall(r"^resend: (curl .*)$", told.text, re.MULTILINE)
        assert commands
        done = subprocess.run(["/bin/sh", "-c", commands[0]], capture_output=True, cwd=tmp_path, timeout=30, check=False)
        assert done.stdout.startswith(b"HTTP/1.1 200 "), done.stderr
        (again,) = set(re.findall(r"^reproduce: (hookproof .*)$", told.text, re.MULTILINE))
        repeated = hookproof(*(word.strip("'") for word in again.split()[1:]), cwd=tmp_path)
        assert repeated.status == 1, repeated.text[-2000:]
    for words in (
        "promised: A delivery without a signature is refused.",
        "> POST / HTTP/1.1",
        "sent ",
        "< 200",
        "stale 300 s",
        "does not conform",
    ):
        assert words in told.text
    files = [path for path in (tmp_path / "reports").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".fields", ".body", ".txt", ".ndjson"}
    for path in files:
        raw = path.read_bytes()
        assert SECRET[6:].encode() not in raw, path
        assert KEY.encode() not in raw, path


def test_a_broken_should_is_shown_with_bytes_and_a_command_too(tmp_path: Path) -> None:
    """A SHOULD fails no run, and its bytes and the command that sends them again stand in the summary."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    with served("--flaw", "repeats-refused") as url:
        told = hookproof("certify", url, "--profile", "quick", "--secret-file", secret, "-k", "repeats-accepted", cwd=tmp_path)
        assert told.status == 0, told.text[-3000:]
        (command,) = re.findall(r"^ +resend: (curl .*)$", told.text, re.MULTILINE)
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, cwd=tmp_path, timeout=30, check=False)
        assert done.stdout.startswith(b"HTTP/1.1 409 "), done.stderr
    summary = next((tmp_path / "reports").rglob("summary.txt")).read_text()
    for text in (told.text, summary):
        assert text.index("WARNING, broken SHOULD") < text.index("    > POST / HTTP/1.1") < text.index("    < 409")
        assert SECRET[6:] not in text


def test_a_command_that_cannot_be_kept_ends_nothing(tmp_path: Path) -> None:
    """Where the bytes to send again cannot be written, that is said in their place, and the verdict stands."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "resend").write_text("in the way")
    with served("--flaw", "repeats-refused") as url:
        chosen = ("--profile", "quick", "--secret-file", secret, "--reports", "r", "-k", "repeats-accepted")
        told = hookproof("certify", url, *chosen, cwd=tmp_path)
    assert told.status == 0, told.text[-3000:]
    assert "    resend: not by a file: r/resend/" in told.text
    assert "\nconforms: 0 MUST broken" in told.text
    assert "Traceback" not in told.text


# --- the dry run --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["certify", "pytest"])
def test_a_dry_run_makes_no_connection(door: str, tmp_path: Path) -> None:
    """Counts, caps and places are told with exit 0, while whoever listens at the target's port sees nobody; nothing is written."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/hooks"
        more = ["--dry-run", "--secret-env", "RECEIVER_SECRET", "--profile", "quick"]
        if door == "certify":
            told = hookproof("certify", url, *more, cwd=tmp_path)
        else:
            arguments = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "suites/receiver", "--role", "receiver", "--target", url, *more]
            done = subprocess.run([sys.executable, *arguments], capture_output=True, env=environment(), cwd=ROOT, timeout=120, check=False)
            told = Told(done.returncode, done.stdout.decode() + done.stderr.decode())
        listener.settimeout(0)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert told.status == 0, told.text
    for words in (
        "dry run: nothing was sent to http://127.0.0.1:",
        "caps: at most 20,000 requests",
        "verification",
        "in all",
        "not known before",
    ):
        assert words in told.text
    assert not (tmp_path / "reports").exists()


def test_a_platform_cannot_be_rehearsed(tmp_path: Path) -> None:
    """A dry run of a platform, to which nothing is delivered, is an error of use."""
    told = hookproof("run", "http://127.0.0.1:9", "--dry-run", cwd=tmp_path)
    assert told.status == 4
    assert "only deliveries to a receiver" in told.text


# --- what a run must not do ---------------------------------------------------------------------------------------------------------


def test_a_receiver_can_be_certified_again(tmp_path: Path) -> None:
    """A run that moved the receiver's clock leaves it to the next one, which follows it: fresh deliveries are still fresh."""
    with served() as url:
        for clause in ("orbit/receiver/dedupe-by-id", "orbit/verification/inside-window"):
            told = hookproof("certify", url, "--profile", "quick", "--secret-env", "RECEIVER_SECRET", "-k", clause, cwd=tmp_path)
            assert told.status in (0, 7), told.text[-2000:]
            assert "1 passed" in told.text


def test_a_receiver_gets_no_more_a_second_than_was_said(tmp_path: Path) -> None:
    """A run takes the time that its requests need at the rate; the rate is announced, and repeated in the command."""
    rate, clause = 40, "orbit/verification/inside-window"
    with served() as url:
        limited = ("--rate", str(rate), "--transcript", tmp_path / "record")
        told = hookproof("certify", url, "--profile", "quick", "--secret-env", "RECEIVER_SECRET", "-k", clause, *limited, cwd=tmp_path)
    assert told.status in (0, 7), told.text[-2000:]
    assert f"{rate} requests/s" in told.text
    transcript, _ = read_transcript(tmp_path / "record" / "transcript.ndjson")
    assert f"--rate {rate}" in transcript.header.reproduce
    begun = [record.sent_at for record in transcript.records if isinstance(record, Exchange) and record.sent_at]
    late = 2.0  # seconds by which the first may have been held up, and all that waited behind it
    assert len(begun) > 10 * rate * late / 2
    assert len(begun) - 1 <= rate * ((max(begun) - min(begun)) / 1e9 + late)


def test_a_run_that_is_over_its_deadline_says_what_was_not_sent(tmp_path: Path) -> None:
    """What was due after the deadline is not observed, the run is no conformance, and the line names the flag."""
    with served() as url:
        told = hookproof("certify", url, "--profile", "quick", "--secret-env", "RECEIVER_SECRET", "--deadline", "0.001", cwd=tmp_path)
    assert told.status not in (0, 1), told.text[-2000:]
    assert "the run's deadline" in told.text
    assert "--deadline" in told.text
    assert "\nconforms" not in told.text


LEAKING_BUG = """
from hookproof.signing.scheme import Scheme

def sign(self, secrets, *told):
    if told[0] != "evt_0":
        raise KeyError(secrets[0])
    return ()

Scheme.sign = sign
"""


def test_a_traceback_shows_no_secret(tmp_path: Path) -> None:
    """Where a bug of ours has a secret among its arguments, or in its words, the report of it has the secret's name instead."""
    (tmp_path / "leaking.py").write_text(LEAKING_BUG)
    path = f"{tmp_path}:{ROOT / 'src'}"
    with served() as url:
        arguments = ["--profile", "quick", "--secret-env", "RECEIVER_SECRET", "-k", "spelling", "-p", "leaking"]
        told = hookproof("certify", url, *arguments, cwd=tmp_path, PYTHONPATH=path)
    assert told.status == 3, told.text[-2000:]
    assert "KeyError" in told.text
    assert "{{signing secret}}" in told.text or "{{receivers secret}}" in told.text


def test_a_run_in_the_background_can_be_ended(tmp_path: Path) -> None:
    """A shell starts what runs in the background deaf to interrupts; it ends in order all the same, and names what it has recorded."""
    arguments = [*COMMAND, "certify", "--profile", "nightly", "--secret-env", "RECEIVER_SECRET"]
    deaf = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]
    with served() as url:
        command = [*deaf, *arguments, url]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment(), cwd=tmp_path) as child,
            ending(child),
        ):
            assert child.stdout is not None
            assert child.stdout.readline().decode().startswith("deliveries go to")
            child.send_signal(signal.SIGTERM)
            said = child.stdout.read().decode()
            assert child.wait(60) == 2, said
    assert "Traceback" not in said


# --- errors of use ------------------------------------------------------------------------------------------------------------------

HERE = "http://127.0.0.1:9"
USES: dict[str, tuple[list[str], str]] = {
    "a foreign host": (["certify", "http://hooks.example.com/x"], "'hooks.example.com' is not on this machine"),
    "a foreign host without a challenge": (["certify", "http://a.example/x", "--allow-host", "a.example"], "must prove that it agrees"),
    "a foreign control URL": (["certify", HERE, "--control-url", "http://a.example/"], "--control-url: 'a.example' is not on"),
    "a pattern of hosts": (["certify", HERE, "--allow-host", "*", "--challenge-env", "RECEIVER_SECRET"], "'*' names no host"),
    "a platform elsewhere": (["run", "http://127.0.0.1:9", "--allow-host", "a.test"], "only a receiver"),
    "a rate that is none": (["certify", HERE, "--rate", "0"], "--rate: '0' is no number above 0"),
    "a deadline that is none": (["certify", HERE, "--deadline", "soon"], "--deadline: 'soon' is no number above 0"),
    "a rate of a platform": (["run", HERE, "--rate", "5"], "only what is sent to a receiver"),
    "a secret as argument": (["certify", "http://127.0.0.1:9", "whsec_AAAAAAAAAAAAAAAAAAAA"], "looks like a secret"),
    "a flag for a secret": (["certify", "http://127.0.0.1:9", "--secret", "x"], "--secret would take a secret"),
    "no such variable": (["certify", "http://127.0.0.1:9", "--secret-env", "NOT_SET"], "NOT_SET is empty or not set"),
    "no such variable of a platform": (["run", "http://127.0.0.1:9", "--secret-env", "NOT_SET"], "NOT_SET is empty or not set"),
    "no such variable of a recording": (["judge", "/nonexistent", "--secret-env", "NOT_SET"], "NOT_SET is empty or not set"),
    "a secret of no use": (["certify", HERE, "--secret-env", "HOOKPROOF_API_KEY", "--dry-run"], "no secret with which standard-webhooks"),
    "two sources": (["judge", "/nonexistent", "--secret-env", "RECEIVER_SECRET", "--secret-file", "x"], "--secret-env is given too"),
    "a flaw of the other role": (["reference", "receiver", "--flaw", "signature-in-hex"], "is a way of a platform to depart"),
    "a secret for a platform": (["reference", "platform", "--secret-env", "RECEIVER_SECRET"], "a platform makes the secrets"),
}  # fmt: skip


@pytest.mark.parametrize("use", USES)
def test_an_error_of_use_is_one_clear_line(use: str, tmp_path: Path) -> None:
    """Each wrong use exits 4 with words that name it, before anything is sent, and nothing is written."""
    arguments, words = USES[use]
    told = hookproof(*arguments, cwd=tmp_path, HOOKPROOF_ALLOW_FLAWS="1")
    assert told.status == 4, told.text
    assert words in told.text
    assert not (tmp_path / "reports").exists()


def test_a_target_may_stand_behind_its_options(tmp_path: Path) -> None:
    """The URL of the control interface is never taken for the receiver's own, wherever it stands."""
    told = hookproof("certify", "--control-url", "http://127.0.0.1:9/control", "http://127.0.0.1:10/hooks", "--dry-run", cwd=tmp_path)
    assert told.status == 0, told.text
    assert "nothing was sent to http://127.0.0.1:10/hooks" in told.text
    assert "127.0.0.1:9, for questions below http://127.0.0.1:9/control" in told.text
