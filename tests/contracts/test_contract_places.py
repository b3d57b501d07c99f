"""Contracts and the schemas of our formats are found wherever the program runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from hookproof.contracts import find_contract, known_contracts, load_contract, load_format_schema, schema_path
from hookproof.model.contract import Contract
from hookproof.model.errors import IllFormedError
from tests.contracts.acme import make

FORMATS = ("capabilities", "clauses", "event", "policy", "provider", "results", "target-profile", "transcript")


def test_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contract is found by name in the working folder and in the source tree, or by the path of its folder."""
    assert "orbit" in known_contracts()
    assert load_format_schema("event") == json.loads(schema_path("event").read_bytes())
    make(tmp_path / "contracts" / "mine")
    folder = make(tmp_path / "acme")
    monkeypatch.chdir(tmp_path)
    assert find_contract("mine") == Path("contracts/mine")
    assert "mine" in known_contracts()
    assert find_contract(str(folder)) == folder
    assert find_contract("acme") == Path("acme")


@pytest.mark.parametrize("name", ["orbti", "no/such/folder", "", "schemas"])
def test_unknown_contract(name: str) -> None:
    """An unknown contract is refused with the names of those that are known."""
    with pytest.raises(IllFormedError, match="orbit"):
        find_contract(name)


def test_unknown_format() -> None:
    """An unknown format is refused with the closest known one."""
    with pytest.raises(IllFormedError, match="Did you mean 'results'"):
        schema_path("result")


@pytest.mark.parametrize("name", FORMATS)
def test_format_schemas(name: str) -> None:
    """Every schema of our formats is JSON Schema 2020-12 whose properties all have a title and a description."""
    schema = load_format_schema(name)
    jsonschema_rs.Draft202012Validator(schema, offline=True, ignore_unknown_formats=False)
    assert [place for place, part in _properties(schema, "") if not {"title", "description"} <= part.keys()] == []


def _properties(node: Any, place: str) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(node, list):
        return [found for position, item in enumerate(node) for found in _properties(item, f"{place}/{position}")]
    if not isinstance(node, dict):
        return []
    named = [(f"{place}/{name}", part) for name, part in node.get("properties", {}).items()]
    inner = [found for key, item in node.items() if key != "if" for found in _properties(item, f"{place}/{key}")]
    return named + inner


def test_shipped_contracts() -> None:
    """Every contract that we ship can be read."""
    contracts = [load_contract(find_contract(name)) for name in known_contracts()]
    assert all(isinstance(contract, Contract) and contract.clauses for contract in contracts)
