"""The door of ``hookproof search``: look for an order of steps that makes a platform break a MUST."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from pathlib import Path
from typing import Any

import click

from hookproof.contract_commands.lint import write
from hookproof.generate.schedules import FORMAT, Schedule
from hookproof.model.contract import Contract
from hookproof.model.errors import IllFormedError
from hookproof.reporting.text import printable
from hookproof.staging.options import DEFAULT_CONTRACT, DEFAULT_KEY_VARIABLE, RunOptions, read_options
from hookproof.staging.searching import BREADTHS, Found, Ground, Search, ground
from hookproof.staging.session import read_contract

NOTHING_OBSERVED = 5


@click.command(name="search")
@click.argument("url", required=False)
@click.option("--contract", default=DEFAULT_CONTRACT, show_default=True, help="Name or folder of the contract.")
@click.option("--profile", default="ci", show_default=True, type=click.Choice(sorted(BREADTHS)), help="How many schedules are tried.")
@click.option("--seed", default=0, show_default=True, help="The same seed tries the same schedules, whatever the environment.")
@click.option("--replay", type=click.File("r", encoding="utf-8"), help="Perform this schedule (- for standard input) and search nothing.")
@click.option("--schedule-file", type=click.Path(path_type=Path), help="Write the shortest schedule that breaks something to this file.")
@click.option("--api-key-env", default=None, help=f"Variable with the target's API key.  [default: {DEFAULT_KEY_VARIABLE}]")
@click.option("--control-url", default=None, help="Where the control profile is, if not below URL.")
@click.option("--target-profile", default=None, help="File that declares what the target does not tell itself.")
@click.option("--listen", default=None, metavar="HOST:PORT", help="Where deliveries are received.")
@click.option("--public-url", default=None, help="How the target reaches that place.")
def search(url: str | None, *, contract: str, replay: Any, schedule_file: Path | None, **flags: Any) -> int:  # noqa: ANN401 -- click's
    """Subscribe, emit, fail, restart, rotate at the platform at URL in any order; without URL at the embedded reference.

    Prints the shortest schedule that breaks a MUST, and how to replay it.
    """
    options = read_options({**flags, "target": url, "contract": contract, "role": "platform"})
    promised = read_contract(options.contract)
    with tempfile.TemporaryDirectory(prefix="hookproof-search-") as folder, ground(options, promised) as place:
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", folder)  # else Hypothesis makes one where the user stands
        if replay is not None:
            return _replayed(place, _schedule(replay, promised), _command(options, flags))
        hunt = Search(place, BREADTHS[options.profile.name])
        found = hunt.run(options.seed)
        if found is None:
            return _spared(place, len(hunt.known))
        click.echo(f"found by schedule {hunt.first} of seed {options.seed}, shortened over {len(hunt.known) - hunt.first} more")
        _show(found, promised, _command(options, flags), schedule_file)
    return 1


def _spared(place: Ground, tried: int) -> int:
    if not place.observed:
        click.echo(f"nothing was observed in {tried} schedules")
        return NOTHING_OBSERVED
    click.echo(f"nothing broken in {tried} schedules; {len(place.observed)} clauses were seen kept, no others were judged")
    return 0


def _schedule(file: Any, contract: Contract) -> Schedule:  # noqa: ANN401 -- click's file
    """Read a schedule for a contract."""
    name = str(getattr(file, "name", "-"))
    try:
        document = json.load(file)
    except (ValueError, RecursionError) as error:
        raise IllFormedError(name, f"it is not JSON: {error}", remedy="Give what `hookproof search` printed.") from None
    told = document.get("format") if isinstance(document, dict) else None
    if told != FORMAT:
        raise IllFormedError(name, f"its format is {told!r}", place="format", remedy=f"This version reads {FORMAT}.")
    if document.get("contract") != contract.name:
        remedy = f"Name it with --contract; this is {contract.name}."
        raise IllFormedError(name, f"it was found under the contract {document.get('contract')!r}", place="contract", remedy=remedy)
    found = Schedule.from_json(document, subject=name)
    unknown = next((event for event in found.events if event not in contract.events), None)
    if unknown is not None:
        raise IllFormedError(name, f"the contract has no event {unknown!r}", place="steps")
    return found


def _replayed(place: Ground, schedule: Schedule, command: str) -> int:
    found = place.play(schedule)
    if found is None:
        return _spared(place, 1)
    _show(found, place.contract, command, None)
    return 1


def _command(options: RunOptions, flags: dict[str, Any]) -> str:
    """Word the command that performs a schedule before the same target."""
    words = ["hookproof", "search", *([options.target] if options.target else []), "--contract", options.contract]
    for name in ("api_key_env", "control_url", "target_profile", "listen", "public_url"):
        words += [f"--{name.replace('_', '-')}", flags[name]] if flags[name] else []
    return shlex.join(words)


def _show(found: Found, contract: Contract, command: str, file: Path | None) -> None:
    """Print what is broken and a command that shows it again; it needs nothing but what is printed, or the file."""
    told = found.to_json(contract.name)
    text = json.dumps({**told, "because": printable(found.sentence)}, indent=1)
    click.echo(f"broken: {found.clause}: {printable(found.sentence)}")
    click.echo(f"shortest schedule: {len(found.schedule.steps)} steps; replay it with")
    if file is None:
        click.echo(f"\n{command} --replay - <<'SCHEDULE'\n{text}\nSCHEDULE")
    else:
        write(file, text)
        click.echo(f"\n{command} --replay {shlex.quote(str(file))}")
