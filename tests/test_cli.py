"""The doors of the command line, each opened as a child process: exit codes, one clear line, and never a key."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from hookproof.contracts import load_format_schema
from hookproof.model.codec import header_from_json
from hookproof.reference import envelope
from hookproof.reference.conduct import Conduct
from hookproof.reference.platform import ReferencePlatform
from hookproof.reporting.results import read_results
from hookproof.reporting.transcripts import TranscriptWriter, read_transcript
from hookproof.rules.bodies import schema_faults, validator
from hookproof.rules.catalogue import RULE_PARAMETERS
from tests.children import ending
from tests.suites.courtroom import orbit

ROOT = Path(__file__).resolve().parents[1]
KEY = "key-that-nobody-may-see-4711"
COMMAND = [sys.executable, "-c", "from hookproof.cli import main; main()"]
KEPT = {
    "id": "evt_1",
    "type": "contact.created",
    "created_at": "2027-01-01T00:00:00Z",
    "data": orbit().events["contact.created"].examples[0],
}


def environment(**more: str) -> dict[str, str]:
    """Give children nothing of ours but where the program is."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200", **more}


@dataclass(frozen=True)
class Told:
    """What a command said."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Both streams."""
        return self.out + self.err


def hookproof(*arguments: str | Path, stdin: bytes = b"", key: str | None = KEY, cwd: Path = ROOT) -> Told:
    """Run a command to its end; whatever it says, it shows neither the key nor a traceback."""
    env = environment(**({"HOOKPROOF_API_KEY": key} if key is not None else {}))
    done = subprocess.run([*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, env=env, cwd=cwd, timeout=120, check=False)
    told = Told(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert KEY not in told.all
    assert "Traceback" not in told.all
    return told


def results_of(told: Told) -> list[dict[str, Any]]:
    """Read the result lines of ``validate``."""
    return [json.loads(line) for line in told.out.splitlines()]


# --- run and judge ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """A run with what it wrote."""

    told: Told
    results: Path
    transcript: Path


def record(folder: Path, *arguments: str | Path) -> Recorded:
    """Run (a target comes first; without one the embedded reference is judged) and keep everything."""
    results, transcript = folder / "results.ndjson", folder / "run"
    told = hookproof("run", *arguments, "--profile", "quick", "--results", results, "--transcript", transcript, cwd=folder)
    return Recorded(told, results, transcript)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Give one whole run."""
    return record(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Give a run of a few clauses."""
    return record(tmp_path_factory.mktemp("part"), "-k", "orbit/payload/text or orbit/payload/numbers or orbit/signature/id")


def test_the_embedded_reference_conforms(whole: Recorded) -> None:
    """A run without a target judges the embedded reference, exits 0, and prints the families and one statement."""
    assert whole.told.status == 0, whole.told.all[-3000:]
    assert "platform embedded reference against orbit" in whole.told.out
    assert "\nconforms: 0 MUST broken" in whole.told.out
    footer = read_results(whole.results).footer
    assert (footer.broken, footer.complete) == (0, True)
    assert footer.kept > 400


@pytest.mark.parametrize("run", ["whole", "part"])
def test_judging_a_recording_gives_the_same_bytes(run: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The recording of a run, whole or partial, judged offline gives the same results file, byte for byte."""
    recorded: Recorded = request.getfixturevalue(run)
    told = hookproof("judge", recorded.transcript, "--results", tmp_path / "again.ndjson")
    assert told.status == recorded.told.status == 0, told.all
    assert (tmp_path / "again.ndjson").read_bytes() == recorded.results.read_bytes()
    assert "\nconforms: 0 MUST broken" in told.out


def test_a_partial_run_gives_verdicts_on_its_part_only(part: Recorded) -> None:
    """Only what was asked for is judged, counted and written."""
    clauses = {verdict.clause for verdict in read_results(part.results).verdicts}
    assert clauses == {"orbit/payload/text", "orbit/payload/numbers", "orbit/signature/id"}


def test_what_is_written_obeys_our_schemas(part: Recorded) -> None:
    """Every line of results and transcript is valid under the schema of its format."""
    for name, file in (("results", part.results), ("transcript", part.transcript / "transcript.ndjson")):
        compiled = validator(load_format_schema(name))
        faults = [fault for line in file.read_bytes().splitlines() for fault in schema_faults(compiled, json.loads(line))]
        assert faults == []


def test_a_torn_transcript_is_refused(part: Recorded, tmp_path: Path) -> None:
    """A recording that ends early, between lines or inside one, is ill-formed input: one line, exit 4."""
    lines = (part.transcript / "transcript.ndjson").read_bytes().splitlines(keepends=True)
    torn = {"between": b"".join(lines[:20]), "inside": b"".join(lines[:20])[:-7], "empty": b"", "footer only": lines[-1]}
    for name, raw in torn.items():
        file = tmp_path / f"{name}.ndjson"
        file.write_bytes(raw)
        told = hookproof("judge", file)
        assert told.status == 4, name
        assert told.out == ""
        assert len(told.err.splitlines()) == 1


def test_a_transcript_of_another_revision_is_refused(part: Recorded, tmp_path: Path) -> None:
    """A recording under another revision of the contract is not judged by this one."""
    with (part.transcript / "transcript.ndjson").open("rb") as file:
        header = header_from_json(json.loads(file.readline()))
    TranscriptWriter(tmp_path / "old.ndjson", replace(header, contract_digest="sha256:" + "0" * 64)).close(complete=True)
    told = hookproof("judge", tmp_path / "old.ndjson")
    assert told.status == 4
    assert "another revision" in told.err


def test_judging_nothing_says_so(part: Recorded, tmp_path: Path) -> None:
    """A recording in which nothing was observed exits 5 and is not called conforming."""
    with (part.transcript / "transcript.ndjson").open("rb") as file:
        header = header_from_json(json.loads(file.readline()))
    TranscriptWriter(tmp_path / "nothing.ndjson", header).close(complete=True)
    told = hookproof("judge", tmp_path / "nothing.ndjson")
    assert told.status == 5
    assert "nothing observed" in told.out


def test_an_interrupted_run_keeps_its_recording(tmp_path: Path) -> None:
    """Interrupted after its first verdict, ``run`` exits 2, and every line of its transcript is whole and the footer says why."""
    arguments = ["run", "--profile", "quick", "--transcript", str(tmp_path / "run")]
    child = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0, env=environment(), cwd=ROOT
    )
    with child, ending(child):
        assert child.stdout is not None
        while (character := child.stdout.read(1)) != b".":
            assert character, "it ended before its first verdict"
        child.send_signal(signal.SIGINT)
        said = child.stdout.read().decode()
        assert child.wait(60) == 2, said
    assert "\nconforms" not in said
    lines = (tmp_path / "run" / "transcript.ndjson").read_bytes().splitlines()
    documents = [json.loads(line) for line in lines]
    assert documents[0]["kind"] == "header"
    assert len(documents) > 10
    assert (documents[-1]["complete"], documents[-1]["aborted"]) == (False, "interrupted")
    told = hookproof("judge", tmp_path / "run")
    assert told.status != 0
    assert "stopped early: interrupted" in told.err
    assert "\nconforms" not in told.out


STUBBORN = """
import signal, sys, threading
signal.signal(signal.SIGINT, signal.SIG_IGN)
def pytest_collection():
    print("deaf", flush=True)
    threading.Event().wait()
"""


def test_an_interrupted_run_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """A run that is deaf to its interruption shows where it stands and is ended within a bound; that is said in one line."""
    (tmp_path / "stubborn.py").write_text(STUBBORN)
    code = "import hookproof.cli as door; door._PATIENCE = door._LAST_WORDS = 0.5; door.main()"
    child = subprocess.Popen(
        [sys.executable, "-c", code, "run", "-p", "stubborn"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(PYTHONPATH=f"{tmp_path}:{ROOT / 'src'}"),
        cwd=ROOT,
    )
    with child, ending(child):
        assert child.stdout is not None
        assert child.stdout.readline() == b"deaf\n"
        child.send_signal(signal.SIGINT)
        said = child.stdout.read().decode()
        assert child.wait(60) == 2, said
    assert "in pytest_collection" in said
    assert said.splitlines()[-1].startswith("hookproof: the run was not over 0.5 s after its interruption")


# --- a flawed target, and failures that are known -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flawed() -> Iterator[str]:
    """Give the URL of a platform that spoils characters beyond the first plane."""

    def render(*told: Any) -> bytes:
        return envelope.render(*told).decode().translate({ord("😀"): "\ufffd"}).encode()

    with ReferencePlatform(orbit(), api_key=KEY, conduct=Conduct(render=render), real_timeout_cap=0.5) as platform:
        yield platform.url


def test_a_broken_must_fails_the_run_and_the_key_stays_hidden(flawed: str, tmp_path: Path) -> None:
    """A broken MUST exits 1 with promise, bytes and a command to repeat it; neither output nor file holds the key."""
    recorded = record(tmp_path, flawed, "-k", "orbit/payload/text")
    assert recorded.told.status == 1
    assert "does not conform: 1 MUST broken" in recorded.told.out
    assert f"pytest suites/ --target {flawed}" in recorded.told.out
    for file in (recorded.results, recorded.transcript / "transcript.ndjson"):
        assert KEY.encode() not in file.read_bytes()
    assert hookproof("judge", recorded.transcript).status == 1


@pytest.mark.parametrize(
    ("listed", "selected", "status", "words"),
    [
        ("# a comment\n\norbit/payload/text\n", "orbit/payload/text", 0, "1 xfailed"),
        ("orbit/payload/numbers\n", "orbit/payload/numbers", 1, "was kept; remove the line"),
        ("orbit/payload/nothing\n", "orbit/payload/text", 4, "'orbit/payload/nothing' is no id of this contract"),
    ],
    ids=["broken", "kept", "unknown"],
)
def test_known_failures_are_neither_forgotten_nor_outlived(
    flawed: str, tmp_path: Path, listed: str, selected: str, status: int, words: str
) -> None:
    """A listed clause that is broken does not fail the run, one that is kept does, and an unknown one is an error."""
    file = tmp_path / "known.txt"
    file.write_text(listed)
    told = hookproof("run", flawed, "--profile", "quick", "-k", selected, "--known-failures", file)
    assert told.status == status, told.all
    assert words in told.out
    assert ("listed in --known-failures and do not fail" in told.out) is (status == 0)


# --- errors of use ------------------------------------------------------------------------------------------------------------------

USES = {
    "unknown profile": (["--profile", "hasty"], "unknown profile 'hasty'. Choose one of quick"),
    "listen without port": (["--listen", "localhost"], "'localhost' is not HOST:PORT"),
    "seed in words": (["--seed", "lucky"], "'lucky' is not a whole number"),
    "contract typo": (["--contract", "obrit"], "Did you mean 'orbit'?"),
    "profile file missing": (["--target-profile", "/nonexistent.toml"], "/nonexistent.toml: cannot be read"),
    "profile file not TOML": (["--target-profile", "plain.toml"], "is not TOML"),
    "profile file with an unknown key": (["--target-profile", "unknown.toml"], "surprise"),
    "unknown flag": (["--frobnicate"], "unrecognized arguments: --frobnicate"),
}


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Told]:
    """Run all wrong uses, several at a time."""
    folder = tmp_path_factory.mktemp("uses")
    (folder / "plain.toml").write_text("url = ")
    (folder / "unknown.toml").write_text("surprise = 1\n")
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(USES, pool.map(lambda use: hookproof("run", *use[0], cwd=folder), USES.values()), strict=True))


@pytest.mark.parametrize("use", USES)
def test_an_error_of_use_is_one_clear_line(use: str, used: dict[str, Told]) -> None:
    """Whatever is wrong with the flags is said in words that name it, and exits 4 before anything is staged."""
    assert used[use].status == 4, used[use].all
    assert USES[use][1] in used[use].all


def test_a_target_needs_a_key() -> None:
    """Without the key's variable nothing is sent, and the variable is named."""
    told = hookproof("run", "http://127.0.0.1:9", key=None)
    assert told.status == 4
    assert "the environment variable HOOKPROOF_API_KEY is empty or not set" in told.out


def test_a_key_that_no_header_carries_is_refused_unseen() -> None:
    """A key with a line end is an error of use that does not show it."""
    told = hookproof("run", "http://127.0.0.1:9", key=KEY + "\n")
    assert told.status == 4
    assert "characters that no header field can carry" in told.out


REFUSED = [
    (["explain", "orbit/retries/nothing"], "no such clause"),
    (["explain", "nobody"], "no contract is called 'nobody'"),
    (["list", "--contract", "obrit"], "Did you mean 'orbit'?"),
    (["list", "--frob"], "No such option"),
    (["list", "--rules", "--contract", "orbit"], "Give --rules or --contract"),
    (["nothing"], "No such command"),
    (["validate", "--contract", "obrit"], "Did you mean 'orbit'?"),
    (["judge", "/nonexistent"], "cannot be read"),
    (["reference", "postman"], "'postman'"),
]


def test_every_command_refuses_what_it_does_not_know() -> None:
    """An unknown clause, contract, flag, command or file exits 4 and says which."""
    with ThreadPoolExecutor(4) as pool:
        all_told = list(pool.map(lambda use: hookproof(*use[0]), REFUSED))
    for told, (arguments, words) in zip(all_told, REFUSED, strict=True):
        assert told.status == 4, arguments
        assert words in told.err
        assert told.out == ""


# --- list and explain ---------------------------------------------------------------------------------------------------------------


def test_clauses_are_listed_for_people_and_programs() -> None:
    """The two lists of a contract's clauses name the same ids in the same order."""
    people, programs = hookproof("list", "--contract", "orbit"), hookproof("list", "--contract", "orbit", "--json")
    document = json.loads(programs.out)
    ids = [clause["id"] for clause in document["clauses"]]
    assert [line.split()[1] for line in people.out.splitlines()] == ids == [clause.id for clause in orbit().clauses]
    assert document["digest"] == orbit().digest
    assert all(bool(clause["rule"]) != bool(clause["excluded"]) for clause in document["clauses"])


def test_contracts_are_listed() -> None:
    """Without a contract the contracts themselves are listed."""
    names = ["active_reach", "mobtexting", "orbit", "standard_webhooks", "whatsapp_crm"]
    assert [line.split()[0] for line in hookproof("list").out.splitlines()] == names
    assert json.loads(hookproof("list", "--json").out) == {"contracts": names}


def test_rules_are_listed_with_what_they_are_told() -> None:
    """Whoever writes clauses finds every rule with its role and, for each parameter, its meaning; programs get JSON Schemas."""
    people, programs = hookproof("list", "--rules"), json.loads(hookproof("list", "--rules", "--json").out)
    heads = [line.split() for line in people.out.splitlines() if not line.startswith(" ")]
    assert [(rule["role"], rule["name"]) for rule in programs["rules"]] == [(role, name) for role, name, *_ in heads]
    assert {rule["name"]: rule["parameters"] for rule in programs["rules"]} == RULE_PARAMETERS
    for rule in programs["rules"]:
        assert all(
            f"{name}" in people.out and shape["description"] in people.out for name, shape in rule["parameters"]["properties"].items()
        )


def test_a_clause_is_explained() -> None:
    """Explaining tells promise, level, source, the judging rule and what it needs."""
    told = hookproof("explain", "orbit/retries/default-schedule")
    assert told.status == 0
    clause = orbit().clauses_by_id["orbit/retries/default-schedule"]
    for words in ("MUST", clause.source.document, "waits-follow-the-schedule", "staged in  retries", "needs      retry", "catches"):
        assert words in told.out


# --- validate -----------------------------------------------------------------------------------------------------------------------

DEEP = b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
HUGE = b'{"id":"' + b"x" * (9 << 20) + b'"}'
ODD = {
    "not JSON": b"{'id': 1}",
    "torn": b'{"id": "evt_1", "type"',
    "duplicate keys": b'{"id":"a","id":"b"}',
    "NaN": b'{"id":NaN}',
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(KEPT).encode(),
    "not an object": b"[]",
    "not UTF-8": b'{"id":"\xff"}',
    "lone surrogate": json.dumps({**KEPT, "id": "\ud800"}).encode(),
    "deep": DEEP,
    "huge": HUGE,
    "huge number": b'{"id":' + b"9" * 10_000 + b"}",
    "unknown type": json.dumps({**KEPT, "type": "contact.imagined"}).encode(),
    "control characters": b"\x00\x01\x1b[31m",
}


def test_each_line_gets_one_result_line() -> None:
    """Kept and broken bodies, however odd, give one result line for each input line, in order, and exit 1."""
    body = json.dumps(KEPT).encode()
    lines = [body, *ODD.values(), b"", body]
    told = hookproof("validate", "-", stdin=b"\n".join(lines) + b"\n")
    assert told.status == 1
    found = results_of(told)
    assert [result["line"] for result in found] == [1, *range(2, 2 + len(ODD)), len(lines)]
    assert [result["outcome"] for result in found] == ["kept", *["broken"] * len(ODD), "kept"]
    assert found[0] == {"line": 1, "event": "contact.created", "outcome": "kept"}
    for result in found[1:-1]:
        assert result["violations"]
        assert all(v["clause"].startswith("orbit/") and v["message"] for v in result["violations"])
    assert "\x1b" not in told.all


def test_a_line_over_the_size_limit_is_broken_for_its_size() -> None:
    """A body over the size limit is refused for that, unread."""
    told = hookproof("validate", stdin=HUGE)
    assert told.status == 1
    assert [v["message"] for v in results_of(told)[0]["violations"]] == [f"the body is over {8 << 20} bytes and was not read"]


def test_kept_bodies_exit_0_from_a_file_too(tmp_path: Path) -> None:
    """Every documented example conforms, whether it comes one a line or as one document spread over lines."""
    bodies = [{**KEPT, "type": event.name, "data": event.examples[0]} for event in orbit().events.values()]
    (tmp_path / "all.ndjson").write_text("".join(json.dumps(body) + "\r\n" for body in bodies))
    (tmp_path / "one.json").write_text(json.dumps(KEPT, indent=2))
    told = hookproof("validate", tmp_path / "all.ndjson")
    assert told.status == 0, told.out
    assert [result["event"] for result in results_of(told)] == list(orbit().events)
    one = hookproof("validate", tmp_path / "one.json")
    assert (one.status, results_of(one)) == (0, [{"line": 1, "event": "contact.created", "outcome": "kept"}])


def test_binary_junk_is_broken_line_by_line() -> None:
    """Junk of which no line is JSON is still judged line by line, while a spoilt document that was spread over lines is one."""
    junk = hookproof("validate", stdin=b"\xff\xfe\n\x00\x01\nabc\n")
    assert (junk.status, [result["line"] for result in results_of(junk)]) == (1, [1, 2, 3])
    spoilt = hookproof("validate", stdin=json.dumps(KEPT, indent=2).encode()[:-2])
    assert (spoilt.status, len(results_of(spoilt))) == (1, 1)


def test_nothing_to_validate_is_an_error() -> None:
    """No body at all is ill-formed input, not success."""
    told = hookproof("validate", stdin=b" \n\n")
    assert told.status == 4
    assert "it holds no event body" in told.err


# --- reference ----------------------------------------------------------------------------------------------------------------------


def test_the_reference_is_served_and_judged_in_another_process() -> None:
    """``reference platform`` says where it listens, is judged over its port like any target, and ends on SIGTERM."""
    with (
        subprocess.Popen(
            [*COMMAND, "reference", "platform", "--port", "0"], stdout=subprocess.PIPE, env=environment(HOOKPROOF_API_KEY=KEY), cwd=ROOT
        ) as served,
        ending(served),
    ):
        try:
            assert served.stdout is not None
            said = served.stdout.readline().decode()
            url = next(word for word in said.split() if word.startswith("http://"))
            told = hookproof("run", url, "--profile", "quick", "-k", "orbit/payload/text")
            assert told.status == 0, told.all
            assert f"platform {url} against orbit" in told.out
        finally:
            served.send_signal(signal.SIGTERM)
        assert KEY not in said + served.stdout.read().decode()
    assert served.returncode == 0


def test_a_recording_reads_back_as_it_was_written(part: Recorded) -> None:
    """The transcript that a run wrote verifies under its own footer."""
    transcript, footer = read_transcript(part.transcript / "transcript.ndjson")
    assert footer.complete
    assert footer.count == len(transcript.records)
    assert footer.digest == read_results(part.results).footer.transcript_digest
