"""The doors of ``hookproof pact``: one module for each command, gathered here."""

from __future__ import annotations

import click

from hookproof.contract_commands.pact_init import init
from hookproof.contract_commands.pact_verify import verify
from hookproof.contract_commands.pact_write import write


@click.group()
def pact() -> None:
    """Say what a consumer needs, and verify pacts against a platform."""


for _command in (init, write, verify):
    pact.add_command(_command)
