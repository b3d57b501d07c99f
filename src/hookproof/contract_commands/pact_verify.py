"""``hookproof pact verify``: pacts verified against a platform."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hookproof.model.errors import IllFormedError
from hookproof.reporting.text import printable
from hookproof.staging.options import DEFAULT_CONTRACT, DEFAULT_KEY_VARIABLE, read_options
from hookproof.staging.session import read_contract

if TYPE_CHECKING:
    from hookproof.pact.verification import Checked

_NOTHING, _UNDECIDED = 5, 7


@click.command()
@click.argument("pacts", nargs=-1, type=click.Path(path_type=Path), metavar="[PACTFILE]...")
@click.option("--target", help="URL of the platform; without it the embedded reference.")
@click.option("--contract", default=DEFAULT_CONTRACT, show_default=True, help="Name or folder of the contract.")
@click.option("--control-url", help="URL of the control interface (default: TARGET/conformance/v1).")
@click.option("--api-key-env", default=None, help=f"Variable with the target's API key (default: {DEFAULT_KEY_VARIABLE}).")
@click.option("--listen", help="HOST:PORT of our listener (default: 127.0.0.1 and any port).")
@click.option("--public-url", help="URL under which the target reaches our listener.")
@click.option("--profile", default="ci", show_default=True, help="How patient: quick, ci, certify or nightly.")
@click.option("--require-complete", is_flag=True, help="Exit 7 when an interaction could not be tried.")
@click.option("--provider", help="Provider whose pacts a broker is asked for (default: the contract's name).")
@click.option("--provider-version", help="Tell the broker what came of this version of the provider.")
def verify(
    pacts: tuple[Path, ...], *, contract: str, require_complete: bool, provider: str | None, provider_version: str | None, **flags: str
) -> int:
    """Verify pact files against a platform; without a file, those of the broker that PACT_BROKER_BASE_URL names.

    Exit 0 if every interaction that was tried is kept, 1 if one is broken, 5 if none could be tried.
    """
    from hookproof.pact.pactfile import read_pact  # noqa: PLC0415 -- the same
    from hookproof.staging.pact_broker import URL, broker  # noqa: PLC0415 -- other commands need not wait for Pact
    from hookproof.staging.pacts import examined  # noqa: PLC0415 -- the same

    promised = read_contract(contract)
    options = read_options({**flags, "contract": contract, "role": "platform"})
    found: list[Checked] = []
    with broker() as asked:
        if not pacts and asked is None:
            raise IllFormedError("PACTFILE", "no pact file is named", remedy=f"Name one, or a broker in {URL}.")
        files = [read_pact(path) for path in pacts] if pacts or asked is None else asked.pacts(provider or promised.name)
        for pact in files:
            click.echo(printable(f"{pact.consumer} of {pact.provider} ({pact.subject})"))
            told = examined(options, promised, pact)
            found += told
            for line in _lines(told):
                click.echo(printable(line))
            if asked is not None and not pacts and provider_version is not None:
                asked.tell(pact, provider_version, success=_status(told, complete=True) == 0)
    return _concluded(found, require_complete=require_complete)


def _lines(told: Iterable[Checked]) -> Iterable[str]:
    for checked in told:
        if checked.kept:
            continue
        yield f"  not observed  {checked.id}: {checked.unobserved}" if checked.unobserved else f"  BROKEN  {checked.id}"
        yield from (f"          {fault}" for fault in checked.faults)


def _status(found: Iterable[Checked], *, complete: bool) -> int:
    found = list(found)
    if any(checked.faults for checked in found):
        return 1
    if not any(checked.kept for checked in found):
        return _NOTHING
    return _UNDECIDED if complete and any(checked.unobserved for checked in found) else 0


def _concluded(found: list[Checked], *, require_complete: bool) -> int:
    kept, broken = sum(checked.kept for checked in found), sum(bool(checked.faults) for checked in found)
    click.echo(f"{kept} kept, {broken} broken, {len(found) - kept - broken} not observed")
    status = _status(found, complete=require_complete)
    if status == _NOTHING:
        click.echo("hookproof: no interaction was verified, which is no success", err=True)
    return status
