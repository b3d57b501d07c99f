"""``hookproof contract export``: a contract in the formats of others."""

from __future__ import annotations

from pathlib import Path

import click

from hookproof.exporting import FORMATS
from hookproof.model.errors import IllFormedError
from hookproof.reporting.text import printable
from hookproof.staging.session import read_contract


@click.command()
@click.argument("name")
@click.option("--to", "form", required=True, type=click.Choice(list(FORMATS)), help="The format.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file instead of standard output.")
def export(name: str, form: str, out: Path | None) -> int:
    """Write the contract NAME (a name or a folder) in another format. What that format cannot say is told on standard error."""
    exported = FORMATS[form](read_contract(name))
    raw = exported.text.encode()
    if out is None:
        click.echo(raw, nl=False)
    else:
        _write(out, raw)
    for sentence in exported.unsaid:
        click.echo(f"not said in {form}: {printable(sentence)}", err=True)
    return 0


def _write(out: Path, raw: bytes) -> None:
    try:
        out.write_bytes(raw)
    except OSError as error:
        cause = f"it cannot be written: {error.strerror}"
        raise IllFormedError(str(out), cause, place="--out", remedy="Name a file in a folder that exists and may be written.") from None
