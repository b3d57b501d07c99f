"""The doors of ``hookproof contract``: one module for each command, gathered here."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
"""What is offered, in the order in which help lists it."""


@click.group()
def contract() -> None:
    """Write, check, compare and exchange contracts."""


for _command in COMMANDS:
    contract.add_command(_command)
