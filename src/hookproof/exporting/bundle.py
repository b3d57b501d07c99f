"""JSON Schema 2020-12: one document whose root judges the body of any delivery, with a definition for each part and event."""

from __future__ import annotations

from hookproof.exporting.deliveries import ADDED, Shelf, facts_of, unsaid
from hookproof.exporting.document import Exported, json_text
from hookproof.exporting.prose import about
from hookproof.model.contract import Contract


def json_schema(contract: Contract) -> Exported:
    """Write the contract as a bundle of JSON Schemas; formats are meant to be asserted, as the judge does."""
    shelf = Shelf(contract, "#/$defs")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:hookproof:contract:{contract.name}",
        "title": f"Body of any delivery: {contract.title}",
        "description": about(contract),
        **shelf.any_delivery(),
        "$defs": shelf.definitions(),
        ADDED: facts_of(contract),
    }
    return Exported(text=json_text(document), unsaid=unsaid(contract))
