"""The doors of ``hookproof contract``: one module for each command, gathered here."""

from __future__ import annotations

import click

from hookproof.contract_commands.diff import diff
from hookproof.contract_commands.export import export
from hookproof.contract_commands.importing import import_
from hookproof.contract_commands.lint import lint
from hookproof.contract_commands.starting import init

COMMANDS: tuple[click.Command, ...] = (init, import_, export, lint, diff)
"""What is offered, in the order in which help lists it."""


@click.group()
def contract() -> None:
    """Write, check, compare and exchange contracts."""


for _command in COMMANDS:
    contract.add_command(_command)
