"""``hookproof pact init``: the file in which a consumer says what it needs."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import click

from hookproof.model.errors import IllFormedError
from hookproof.reporting.text import printable
from hookproof.staging.options import DEFAULT_CONTRACT
from hookproof.staging.session import read_contract


@click.command()
@click.argument("name")
@click.option("--contract", default=DEFAULT_CONTRACT, show_default=True, help="Name or folder of the contract.")
@click.option(
    "--event", "patterns", multiple=True, metavar="NAME", help="An event that it takes, or a pattern such as order.*; repeatable."
)
@click.option("--out", type=click.Path(path_type=Path), help="File to write; NAME.pact.yaml if left out.")
def init(name: str, *, contract: str, patterns: tuple[str, ...], out: Path | None) -> int:
    """Write what the consumer NAME needs of a contract: its events (all if none is named) and the members that it reads.

    A file that exists is left as it is.
    """
    from hookproof.pact.consumer import parsed_consumer, started  # noqa: PLC0415 -- other commands need not wait for it

    promised = read_contract(contract)
    for pattern in patterns:
        if not any(fnmatchcase(event, pattern) for event in promised.events):
            raise IllFormedError("--event", f"the contract has no event {pattern!r}", remedy=f"See the events of {promised.name}.")
    chosen = [event for event in sorted(promised.events) if not patterns or any(fnmatchcase(event, pattern) for pattern in patterns)]
    path = out or Path(f"{name}.pact.yaml")
    text = started(promised, name, chosen)
    parsed_consumer("NAME", text.encode(), promised)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise IllFormedError(str(path), "it is there already", remedy="Name another file with --out.") from None
    except OSError as error:
        raise IllFormedError(
            str(path), f"it cannot be written: {error.strerror or error}", remedy="Name another file with --out."
        ) from None
    shown = printable(str(path))
    click.echo(f"written to {shown}: {len(chosen)} events; leave in it what {printable(name)} reads")
    click.echo(f"next: hookproof pact write {shown} --contract {printable(contract)}")
    return 0
