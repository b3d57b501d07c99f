"""The door of ``hookproof generate``: bodies for partners who test a receiver or a platform of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

import click

from hookproof.generate.corpora import Specimen, faulty_bodies, valid_bodies
from hookproof.generate.deliveries import compact
from hookproof.model.contract import Contract, Event
from hookproof.model.errors import IllFormedError
from hookproof.staging.options import DEFAULT_CONTRACT
from hookproof.staging.session import read_contract

_MOST_ROUNDS = 1000
"""How often the faults of an event are made anew, on other payloads, until there are enough."""


@click.command()
@click.argument("event", required=False)
@click.option("--contract", default=DEFAULT_CONTRACT, show_default=True, help="Name or folder of the contract.")
@click.option("-n", "--count", type=click.IntRange(min=1), help="Bodies of each event; 10, or with --invalid every fault once.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed gives other bodies; the same gives the same for ever.")
@click.option("--invalid", is_flag=True, help="Bodies with exactly one fault each.")
@click.option("--ndjson", is_flag=True, help="Bodies alone, one a line, as `hookproof validate` reads them.")
def generate(event: str | None, *, contract: str, count: int | None, seed: int, invalid: bool, ndjson: bool) -> int:
    """Write bodies of EVENT, or of every event of the contract: right ones, edges among them, or with one named fault each.

    Without --ndjson one JSON document lists them, each with its event, its number and, where there is one, its fault.
    """
    promised = read_contract(contract)
    made = _specimens(promised, _chosen(promised, event), count, seed, invalid=invalid)
    if ndjson:
        for specimen in made:
            click.echo(compact(specimen.body))
        return 0
    separator = "[\n"
    for specimen in made:
        click.echo(separator + json.dumps(_told(specimen), ensure_ascii=True, indent=2), nl=False)
        separator = ",\n"
    click.echo("[]" if separator == "[\n" else "\n]")
    return 0


def _chosen(contract: Contract, name: str | None) -> list[Event]:
    if name is None:
        return [event for _, event in sorted(contract.events.items())]
    if name not in contract.events:
        raise IllFormedError(
            name, f"the contract {contract.name} has no such event", remedy=f"See `hookproof list --contract {contract.name}`."
        )
    return [contract.events[name]]


def _specimens(contract: Contract, events: list[Event], count: int | None, seed: int, *, invalid: bool) -> Iterator[Specimen]:
    for event in events:
        if not invalid:
            yield from valid_bodies(contract, event, 10 if count is None else count, seed)
        elif count is None:
            yield from faulty_bodies(contract, event, seed)
        else:
            yield from islice(_faulty_rounds(contract, event, seed), count)


def _faulty_rounds(contract: Contract, event: Event, seed: int) -> Iterator[Specimen]:
    for turn in range(_MOST_ROUNDS):
        found = list(faulty_bodies(contract, event, seed + turn))
        if not found:
            return
        yield from found


def _told(specimen: Specimen) -> dict[str, Any]:
    told: dict[str, Any] = {"event": specimen.event, "number": specimen.number}
    if specimen.fault is not None:
        told["fault"] = asdict(specimen.fault)
    return {**told, "body": specimen.body}
