"""Thin doors for people without pytest: run, judge, validate, list, explain, reference.

Law: a command reads its flags, calls one room and maps the outcome to an exit code; ill input is one line, never a traceback.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from hookproof import __version__
from hookproof.contract_commands import contract as contract_group
from hookproof.contract_commands.generating import generate
from hookproof.contract_commands.pacts import pact as pact_group
from hookproof.contract_commands.search import search
from hookproof.contracts import known_contracts, overridden
from hookproof.judge import BodyFault, check_body, judge
from hookproof.model.contract import Contract
from hookproof.model.errors import HookproofError, IllFormedError
from hookproof.model.transcript import Note
from hookproof.model.verdict import Outcome, Verdict
from hookproof.reference.departures import Departures
from hookproof.reference.flaws.catalogue import FLAWS
from hookproof.reference.receiver.serving import serve_receiver
from hookproof.reference.serve import serve_platform
from hookproof.reporting.markup import evidence_text
from hookproof.reporting.results import write_results
from hookproof.reporting.rule_list import list_rules, rules_json
from hookproof.reporting.tally import statement, undecided
from hookproof.reporting.terminal import explain_clause, list_clauses, list_contracts, print_summary
from hookproof.reporting.text import printable
from hookproof.reporting.transcripts import read_transcript
from hookproof.rules.catalogue import RULES
from hookproof.signing.scheme import throwaway_secret
from hookproof.staging.keyring import ISSUED
from hookproof.staging.options import DEFAULT_CONTRACT, DEFAULT_KEY_VARIABLE
from hookproof.staging.secret_sources import refuse_secrets, secret_from
from hookproof.staging.session import read_contract

STOPPED = {"interrupted": 2, "a bug of ours": 3}
"""Exit code of a recording that was stopped early, by the first words of its cause; all other causes lie in the target."""

_TAKING_URLS = frozenset({"--control-url", "--public-url", "--effects-url", "--effects-command"})
_PATIENCE = 60.0
"""Seconds that an interrupted run has to end in order."""

_LAST_WORDS = 5.0
_LINE_LIMIT = 8 * 1024 * 1024

contract_option = click.option("--contract", default=DEFAULT_CONTRACT, show_default=True, help="Name or folder of the contract.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hookproof")
def door() -> None:
    """Decide whether a webhook implementation keeps its promises."""


door.add_command(contract_group)
door.add_command(generate)
door.add_command(pact_group)
door.add_command(search)


def suites_folder() -> Path:
    """Find the suites: beside the sources in a checkout, inside the package in a wheel."""
    beside = Path(__file__).resolve().parents[2] / "suites"
    return beside if beside.is_dir() else Path(str(resources.files("hookproof") / "suites"))


@door.command(context_settings={"ignore_unknown_options": True})
@click.argument("url", required=False)
@contract_option
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def run(url: str | None, contract: str, pytest_args: tuple[str, ...]) -> int:
    """Judge the platform at URL; without URL the embedded reference. Further options go to pytest (--results, --profile, -k…)."""
    return _judge_live("platform", url, contract, pytest_args)


@door.command(context_settings={"ignore_unknown_options": True})
@click.argument("url", required=False)
@contract_option
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def certify(url: str | None, contract: str, pytest_args: tuple[str, ...]) -> int:
    """Judge the receiver at URL; without URL the embedded reference. Results, transcript and summary go to --reports DIR.

    DIR is a new folder below reports/ by default. --dry-run shows what would be sent and sends nothing. Further options go to pytest
    (--secret-env, --control-url, --profile, -k…).
    """
    words = [word for word in (url, *pytest_args) if word is not None]
    if not any(word.partition("=")[0] in ("--reports", "--dry-run", "--collect-only", "--help") for word in words):
        folder = Path("reports") / f"certify-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        pytest_args = (*pytest_args, "--reports", str(folder))
    return _judge_live("receiver", url, contract, pytest_args)


def _judge_live(role: str, url: str | None, contract: str, pytest_args: tuple[str, ...]) -> int:
    words = [word for word in (url, *pytest_args) if word is not None]
    after = zip(words, ["", *words], strict=False)
    target = next((word for word, before in after if word.startswith(("http://", "https://")) and before not in _TAKING_URLS), None)
    if target is None and url is not None and not url.startswith("-"):
        target = url  # not a URL: the suite says so in one line
    if target is not None:
        words.remove(target)
    arguments = [str(suites_folder() / role), "-p", "hookproof.pytest_plugin", "-q", "--no-header", "-p", "no:cacheprovider"]
    arguments += ["--role", role, "--contract", contract, *(["--target", target] if target else []), *words]
    deaf = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if deaf:  # as shells start what runs in the background; the child would inherit it, and could not be ended in order
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # a process of its own, because pytest must see our modules unimported; a group of its own, so that it is interrupted once
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments], process_group=0) as child:  # noqa: S603 -- our own suites, no shell
        if deaf:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        patience = None
        while True:
            try:
                status = child.wait(patience)
            except KeyboardInterrupt:
                child.send_signal(signal.SIGINT)  # it ends with what it has
                patience = _PATIENCE
            except subprocess.TimeoutExpired:
                return _ended(child)
            else:
                return status if status >= 0 else 2 if status == -signal.SIGINT else 3


def _ended(child: subprocess.Popen[bytes]) -> int:
    """End a run that was interrupted and does not end by itself. On SIGABRT it shows where each of its threads stands."""
    for number in (signal.SIGABRT, signal.SIGKILL):
        if child.poll() is None:
            os.killpg(child.pid, number)  # its own group; nobody has waited for it yet, so the number is still its own
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_LAST_WORDS)
    click.echo(f"hookproof: the run was not over {_PATIENCE:g} s after its interruption and was ended; what it recorded is kept", err=True)
    return 2


@door.command(name="judge")
@click.argument("transcript", type=click.Path(path_type=Path))
@contract_option
@click.option("--results", type=click.Path(path_type=Path), help="Write the verdicts to this NDJSON file.")
@click.option("--require-complete", is_flag=True, help="Exit 7 when a MUST was not observed.")
@click.option("--secret-env", help="Variable with the signing secret that the target issued for the recorded run.")
@click.option("--secret-file", type=click.Path(path_type=Path), help="File with that secret instead, of mode 0600.")
def judge_command(
    transcript: Path, contract: str, results: Path | None, secret_env: str | None, secret_file: Path | None, *, require_complete: bool
) -> int:
    """Judge a recording offline: the same verdicts as the live run."""
    secret = secret_from(secret_env, secret_file)
    path = transcript / "transcript.ndjson" if transcript.is_dir() else transcript
    loaded, footer = read_transcript(path)
    gc.disable()  # a recording is no garbage, and this process ends soon; looking through it would cost a third of the time
    promised = read_contract(contract)
    if loaded.header.contract_digest != promised.digest:
        raise IllFormedError(
            str(path),
            f"it was recorded under another revision of the contract ({loaded.header.contract} {loaded.header.contract_digest[:19]}…)",
            remedy=f"Check out that revision, or name it with --contract; {promised.name} here is {promised.digest[:19]}….",
        )
    selection = next((n.facts["items"] for n in loaded.records if isinstance(n, Note) and n.name == "judged"), None)
    promised = overridden(promised, loaded.header.target.get("overrides", {}), subject=str(path))
    given = {} if secret is None else {ISSUED: secret}
    verdicts = judge(promised, loaded, only=None if selection is None else frozenset(selection), secrets=given)
    console = Console()
    with console.capture() as summary:
        shown = partial(evidence_text, transcript_lookup={record.id: record for record in loaded.records}.get)
        print_summary(console, loaded.header, promised, verdicts, require_complete=require_complete, evidence=shown)
    text = summary.get()
    if not footer.complete and statement(verdicts, require_complete=require_complete).startswith("conforms"):
        text = text.rstrip("\n").rpartition("\n")[0] + "\n"  # a run that was stopped is not called conforming
    click.echo(text, nl=False)
    if results is not None:
        write_results(results, loaded.header, verdicts, transcript_digest=footer.digest, complete=footer.complete)
    if not footer.complete:
        click.echo(f"the recording was stopped early: {printable(footer.aborted or 'unknown cause')}", err=True)
        return STOPPED.get((footer.aborted or "").partition(":")[0], 6)
    return status_of(verdicts, require_complete=require_complete)


def status_of(verdicts: Sequence[Verdict], *, require_complete: bool) -> int:
    """Give the exit code of a complete set of verdicts (see ``interfaces``)."""
    if any(verdict.fails for verdict in verdicts):
        return 1
    if not any(verdict.outcome in (Outcome.KEPT, Outcome.BROKEN) for verdict in verdicts):
        return 5
    return 7 if undecided(verdicts, require_complete=require_complete) else 0


@door.command()
@contract_option
@click.argument("file", default="-", type=click.File("rb"))
def validate(contract: str, file: Any) -> int:  # noqa: ANN401 -- click's file
    """Judge event bodies: NDJSON, one body per line, or one JSON document. One result line each."""
    promised = read_contract(contract)
    raw = file.read()
    documents = _documents(raw)
    broken = 0
    for number, document in documents:
        event, faults = check_body(promised, document) if len(document) <= _LINE_LIMIT else (None, (_too_long(promised),))
        line: dict[str, Any] = {"line": number, "event": event, "outcome": "broken" if faults else "kept"}
        if faults:
            broken += 1
            line["violations"] = [{"clause": f.clause, "pointer": f.pointer, "message": f.message} for f in faults]
        click.echo(json.dumps(line))
    if not documents:
        raise IllFormedError(getattr(file, "name", "-"), "it holds no event body", remedy="Give one JSON document or one body per line.")
    return 1 if broken else 0


def _too_long(contract: Contract) -> BodyFault:
    return BodyFault(clause=f"{contract.name}/body/size", pointer="", message=f"the body is over {_LINE_LIMIT} bytes and was not read")


def _documents(raw: bytes) -> list[tuple[int, bytes]]:
    """Split NDJSON into numbered lines; a text that is one JSON document spread over lines is one."""
    lines = [(number, line) for number, line in enumerate(raw.split(b"\n"), start=1) if line.strip()]
    if len(lines) > 1 and not _is_json(lines[0][1]):
        if _is_json(raw):
            return [(1, raw)]
        if lines[0][1].rstrip().endswith((b"{", b"[", b",")) and not any(_is_json(line) for _, line in lines):
            return [(1, raw)]
    return lines


def _is_json(raw: bytes) -> bool:
    if len(raw) > _LINE_LIMIT:
        return False
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


@door.command(name="list")
@click.option("--contract", default=None, help="List the clauses of this contract instead of the contracts.")
@click.option("--rules", is_flag=True, help="List the rules that a clause may name, with their parameters.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for programs.")
def list_command(contract: str | None, *, rules: bool, as_json: bool) -> int:
    """List contracts, the clauses of one, or the rules that clauses may name."""
    if rules and contract is not None:
        raise IllFormedError("--rules", "rules belong to no contract", remedy="Give --rules or --contract.")
    if rules:
        click.echo(json.dumps({"rules": rules_json()})) if as_json else list_rules(Console())
        return 0
    if contract is None:
        names = known_contracts()
        if as_json:
            click.echo(json.dumps({"contracts": list(names)}))
        else:
            list_contracts(Console(), [read_contract(name) for name in names])
        return 0
    promised = read_contract(contract)
    if as_json:
        click.echo(json.dumps({"contract": promised.name, "digest": promised.digest, "clauses": _clauses_json(promised)}))
    else:
        list_clauses(Console(), promised)
    return 0


def _clauses_json(contract: Contract) -> list[dict[str, Any]]:
    return [
        {
            "id": c.id,
            "level": c.level.value,
            "roles": [role.value for role in c.roles],
            "promise": c.promise,
            "source": str(c.source),
            "rule": c.rule,
            "excluded": c.excluded,
            "ambiguity": c.ambiguity,
        }
        for c in contract.clauses
    ]


@door.command()
@click.argument("clause")
def explain(clause: str) -> int:
    """Explain a clause: promise, level, source, how it is judged, how to mend, which flaws it catches."""
    name = clause.split("/", maxsplit=1)[0]
    if name not in known_contracts():
        raise IllFormedError(clause, f"no contract is called {name!r}", remedy=f"Known: {', '.join(known_contracts())}.")
    contract = read_contract(name)
    found = contract.clauses_by_id.get(clause.partition(":")[0])
    if found is None:
        raise IllFormedError(clause, "the contract has no such clause", remedy=f"See `hookproof list --contract {name}`.")
    promise = found.id.partition("/")[2]
    catches = [(flaw.id, flaw.title) for flaw in FLAWS.values() if promise in flaw.breaks]
    explain_clause(Console(), found, RULES[found.rule] if found.rule is not None else None, catches)
    return 0


@door.command()
@click.argument("role", type=click.Choice(["platform", "receiver"]))
@contract_option
@click.option("--port", default=8085, show_default=True, help="Port on 127.0.0.1; 0 chooses one.")
@click.option("--secret-env", help="Variable with the receiver's signing secret; without it one is made.")
@click.option("--secret-file", type=click.Path(path_type=Path), help="File with that secret instead, of mode 0600.")
@click.option("--time", "time_mode", default="virtual", show_default=True, type=click.Choice(["virtual", "scaled", "real"]))
@click.option("--time-scale", default=1000.0, show_default=True, help="Divisor of delays in scaled time.")
@click.option("--database", type=click.Path(path_type=Path), help="SQLite file; without it a temporary one.")
@click.option("--api-key-env", default=DEFAULT_KEY_VARIABLE, show_default=True, help="Variable with the API key; empty: one is made.")
@click.option(
    "--flaw", "flaws", multiple=True, metavar="ID", help="Break a promise on purpose (needs HOOKPROOF_ALLOW_FLAWS=1); repeatable."
)
@click.option("--variant", "variants", multiple=True, metavar="ID", help="Be odd but legal; repeatable.")
def reference(  # noqa: PLR0913 -- one parameter for each option
    role: str,
    *,
    contract: str,
    port: int,
    secret_env: str | None,
    secret_file: Path | None,
    time_mode: str,
    time_scale: float,
    database: Path | None,
    api_key_env: str,
    flaws: tuple[str, ...],
    variants: tuple[str, ...],
) -> int:
    """Serve the reference implementation until interrupted."""
    promised = read_contract(contract)
    key = os.environ.get(api_key_env, "")
    made = {} if key else {api_key_env: secrets.token_urlsafe(18)}
    key = key or made[api_key_env]
    secret = secret_from(secret_env, secret_file)

    def ready(url: str) -> None:
        click.echo(f"{role} of contract {promised.name} on {url}{f' ({time_mode} time)' if role == 'platform' else ''}")
        for departure in departures.found():
            click.echo(f"  {type(departure).__name__.lower()} {departure.id}: {departure.title}")
        for variable, value in made.items():
            click.echo(f"made for this run: export {variable}={value}")
        sys.stdout.flush()

    departures = Departures(flaws=flaws, variants=variants)
    foreign = next((each for each in departures.found() if each.role.value != role), None)
    if foreign is not None:
        raise IllFormedError(
            "reference", f"{foreign.id!r} is a way of a {foreign.role.value} to depart", remedy=f"Serve a {foreign.role.value}."
        )
    if role == "receiver":
        if secret is None:
            secret = made["RECEIVER_SECRET"] = throwaway_secret(secrets.token_hex(8), "the receiver's")
        serve_receiver(promised, port=port, api_key=key, secrets=(secret,), database=database, ready=ready, departures=departures)
        return 0
    if secret is not None:
        raise IllFormedError("--secret-env", "a platform makes the secrets of its endpoints itself", remedy="Leave it out.")
    serve_platform(
        promised,
        port=port,
        time=time_mode,
        time_scale=time_scale,
        api_key=key,
        database=database,
        ready=ready,
        departures=departures,
    )
    return 0


def guarded(call: Callable[[], Any]) -> int:
    """Run a command and turn every expected failure into one line and its exit code."""
    try:
        return int(call() or 0)
    except HookproofError as error:
        click.echo(f"hookproof: {printable(str(error))}", err=True)
        return error.exit_code
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 4
    except (KeyboardInterrupt, click.Abort):
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _opened() -> Any:  # noqa: ANN401 -- what a command gives
    refuse_secrets(sys.argv[1:])
    return door.main(standalone_mode=False)


def main() -> None:
    """Open the command line."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(guarded(_opened))
