"""Where contracts and the schemas of our own formats lie: in the working folder, in the source tree, in the wheel."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hookproof.contracts.document import did_you_mean
from hookproof.model.errors import IllFormedError

_MARK = "provider.yaml"
_PACKAGE = Path(__file__).resolve().parents[1]


def known_contracts() -> tuple[str, ...]:
    """Give the names of all contracts that can be found, sorted."""
    return tuple(sorted({mark.parent.name for root in _roots() for mark in root.glob(f"*/{_MARK}")}))


def find_contract(name: str) -> Path:
    """Give the folder of a contract by its name, or the folder itself if its path is given."""
    is_path = os.sep in name or "/" in name
    if not is_path:
        for root in _roots():
            if (root / name / _MARK).is_file():
                return root / name
    folder = Path(name)
    if name and folder.is_dir():
        return folder
    cause = f"there is no folder {name!r}" if is_path else f"there is no contract {name!r}"
    known = ", ".join(known_contracts()) or "none"
    remedy = f"{did_you_mean(name, known_contracts())} Known contracts: {known}." if not is_path else f"Known contracts: {known}."
    raise IllFormedError(name or "contract", cause, place="contract name", remedy=remedy)


def assumed_api_path() -> Path:
    """Give the description by which targets are asked to subscribe whose provider documents no subscription API."""
    return next(path for root in _own_roots() if (path := root / "subscription-api.openapi.yaml").is_file())


def schema_path(name: str) -> Path:
    """Give the file of the JSON Schema of one of our formats, for example ``results``."""
    for root in _own_roots():
        path = root / "schemas" / f"{name}.schema.json"
        if path.is_file():
            return path
    known = {path.name.removesuffix(".schema.json") for root in _own_roots() for path in root.glob("schemas/*.schema.json")}
    raise IllFormedError(name, "there is no such format", place="format name", remedy=did_you_mean(name, known))


def _roots() -> Iterator[Path]:
    yield Path("contracts")
    yield from _own_roots()


def _own_roots() -> Iterator[Path]:
    if _PACKAGE.parent.name == "src":
        yield _PACKAGE.parents[1] / "contracts"
    yield _PACKAGE / "contracts_data"
