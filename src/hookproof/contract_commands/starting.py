"""``hookproof contract init``: a small contract to begin with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from hookproof.importing.starting import started
from hookproof.importing.writing import place_for, written
from hookproof.reporting.text import printable


@click.command()
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("contracts"), show_default=True, help="Folder to make it in.")
def init(name: str, folder: Path) -> int:
    """Write a small contract NAME that works, with comments that tell what to fill in. A folder that exists is left as it is."""
    place = place_for(folder, name)
    written(place, started(name, revision=f"{datetime.now(UTC):%Y-%m-%d}"))
    shown = printable(str(place))
    click.echo(f"written to {shown}; its README.md tells what to fill in")
    click.echo(f"judge the reference by it: hookproof run --contract {shown} && hookproof certify --contract {shown}")
    return 0
