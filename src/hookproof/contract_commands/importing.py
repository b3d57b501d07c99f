"""``hookproof contract import``: a contract from a document that somebody else wrote, or from recorded bodies."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from hookproof.importing.assembling import Asked, imported
from hookproof.importing.recognising import KINDS
from hookproof.importing.report import summary
from hookproof.importing.wrapping import Members
from hookproof.importing.writing import files_of, place_for, written
from hookproof.reporting.text import printable


@click.command(name="import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the new contract, in a-z 0-9 _ -.")
@click.option("--from", "kind", type=click.Choice(KINDS), help="What SOURCE is; told from the document if left out.")
@click.option(
    "--out", "folder", type=click.Path(path_type=Path), default=Path("contracts"), show_default=True, help="Folder to make it in."
)
@click.option("--extension", metavar="WORD", help="OpenAPI: the extension, such as x-stripeEvent, that holds or marks the events.")
@click.option("--type-member", metavar="NAME", help="Member of the body that names the event; found if left out.")
@click.option("--data-member", metavar="NAME", help="Member of the body that holds the payload; found if left out.")
@click.option("--id-member", metavar="NAME", help="Member of the body that holds the id of the event; found if left out.")
@click.option("--created-member", metavar="NAME", help="Member of the body that holds the moment of the event; found if left out.")
@click.option("--formats", type=click.Choice(["assert", "remark"]), default="assert", show_default=True, help="Whether formats are judged.")
@click.option("--title", help="Name of the provider for people; the document's title if left out.")
def import_(  # noqa: PLR0913 -- one parameter for each option
    source: Path,
    *,
    name: str,
    kind: str | None,
    folder: Path,
    extension: str | None,
    type_member: str | None,
    data_member: str | None,
    id_member: str | None,
    created_member: str | None,
    formats: str,
    title: str | None,
) -> int:
    """Make the contract NAME from SOURCE: OpenAPI 3 (webhooks, callbacks), AsyncAPI 3, JSON Schemas, or samples (NDJSON).

    Nothing is fetched, and a folder that exists is left as it is. What the document says and a contract cannot is listed with its
    place, here and in the contract's README.md.
    """
    place = place_for(folder, name)
    members = Members(type=type_member, data=data_member, id=id_member, created=created_member)
    asked = Asked(kind=kind, extension=extension, members=members, asserting=formats == "assert", title=title)
    found = imported(source, name, asked, revision=f"{datetime.now(UTC):%Y-%m-%d}")
    written(place, files_of(found))
    for line in summary(found).split("\n"):
        click.echo(printable(line))
    click.echo(f"\nwritten to {printable(str(place))}; next: hookproof list --contract {printable(str(place))}")
    return 0
