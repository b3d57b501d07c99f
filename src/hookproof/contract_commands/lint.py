"""The door of ``hookproof contract lint``."""

from __future__ import annotations

from pathlib import Path

import click

from hookproof.comparing.finding import Severity
from hookproof.comparing.lint import lint_folder
from hookproof.comparing.showing import as_json, as_sarif, summary, text_lines
from hookproof.contracts import find_contract
from hookproof.model.errors import IllFormedError
from hookproof.reporting.text import printable


@click.command(name="lint")
@click.argument("contract", metavar="NAME|FOLDER")
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json", "sarif"]))
@click.option("--out", type=click.Path(path_type=Path), help="Write the findings to this file and only the counts to the terminal.")
def lint(contract: str, form: str, out: Path | None) -> int:
    """Check a contract beyond what loading demands; exit 1 if there is an error."""
    folder = find_contract(contract)
    findings = lint_folder(folder)
    if form == "text":
        text = "\n".join(map(printable, text_lines(findings)))
    else:
        text = as_json(folder.resolve().name, findings) if form == "json" else as_sarif(findings)
    if out is None:
        click.echo(text)
    else:
        write(out, text)
        click.echo(summary(findings))
    return 1 if any(finding.severity is Severity.ERROR for finding in findings) else 0


def write(path: Path, text: str) -> None:
    """Write a file, or say why it cannot be written."""
    try:
        path.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise IllFormedError(str(path), f"it cannot be written: {error.strerror or error}", remedy="Name another file.") from None
