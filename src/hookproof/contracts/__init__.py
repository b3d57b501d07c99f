"""Reads ``contracts/<provider>/`` into the model, or says which file, which key, and what to do.

Law: whatever the files hold, the outcome is a whole ``Contract`` or one ``IllFormedError``; nothing is fetched, nothing is run.
"""

from hookproof.contracts.formats import load_format_schema
from hookproof.contracts.loading import load_contract, with_assumed_api
from hookproof.contracts.overrides import overridden
from hookproof.contracts.places import find_contract, known_contracts, schema_path

__all__ = ["find_contract", "known_contracts", "load_contract", "load_format_schema", "overridden", "schema_path", "with_assumed_api"]
