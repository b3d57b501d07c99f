"""The door of ``hookproof contract diff``."""

from __future__ import annotations

import click

from hookproof.comparing.change import Impact
from hookproof.comparing.diff import difference
from hookproof.comparing.telling import as_json, text_lines
from hookproof.contracts import find_contract, load_contract
from hookproof.reporting.text import printable
from hookproof.rules.catalogue import RULE_PARAMETERS

_CODES = {Impact.COMPATIBLE: 0, Impact.BREAKING: 1, Impact.UNDECIDED: 7}


@click.command(name="diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"]))
def diff(old: str, new: str, form: str) -> int:
    """Compare two contracts (names or folders); exit 1 if a change breaks receivers or platforms, 7 if that is undecided."""
    one, other = (load_contract(find_contract(name), rules=RULE_PARAMETERS) for name in (old, new))
    found = difference(one, other)
    click.echo(as_json(found) if form == "json" else "\n".join(map(printable, text_lines(found))))
    return _CODES[found.impact]
