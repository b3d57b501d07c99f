"""``hookproof pact write``: the pact file of a consumer."""

from __future__ import annotations

from pathlib import Path

import click

from hookproof.reporting.text import printable
from hookproof.staging.options import DEFAULT_CONTRACT
from hookproof.staging.session import read_contract


@click.command()
@click.argument("consumer", type=click.Path(path_type=Path))
@click.option("--contract", default=DEFAULT_CONTRACT, show_default=True, help="Name or folder of the contract.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("reports/pacts"), show_default=True, help="Folder for the pact file.")
def write(consumer: Path, *, contract: str, out: Path) -> int:
    """Write the pact file of the consumer that the file CONSUMER describes (see `hookproof pact init`)."""
    from hookproof.pact.consumer import read_consumer  # noqa: PLC0415 -- other commands need not wait for Pact
    from hookproof.pact.writing import document, written  # noqa: PLC0415 -- the same
    from hookproof.staging.pacts import interactions  # noqa: PLC0415 -- the same

    promised = read_contract(contract)
    told = read_consumer(consumer, promised)
    every = interactions(promised, told)
    path = written(out, told.name, told.provider, document(told.name, told.provider, every))
    shown = printable(str(path))
    click.echo(f"written to {shown}: {len(every)} interactions")
    click.echo(f"next: hookproof pact verify {shown} --contract {printable(contract)} --target URL")
    return 0
