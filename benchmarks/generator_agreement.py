"""Are payloads what they are said to be? Two validators on a hundred valid and at least a hundred faulty ones of every event.

Every contract of this repository, and with --github every webhook of GitHub's imported catalog. Prints one JSON line for each contract
and writes proof/generator.json beside this file; goal: no valid payload that one of the validators refuses, no faulty one that one of them
accepts, no keyword that constrains and was never broken, no event of which nothing can be made. Where jsonschema checks a format less than
jsonschema-rs does, the faulty text of that format is not put to it; these are counted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jsonschema

from hookproof.contracts import known_contracts
from hookproof.generate.faults import Faulty, constraining, faulty
from hookproof.generate.payloads import payloads_of
from hookproof.importing.assembling import Asked, imported
from hookproof.importing.writing import files_of, written
from hookproof.model.contract import Contract, Event
from hookproof.model.errors import IllFormedError
from hookproof.rules.bodies import validator
from hookproof.staging.session import read_contract
from tests.importing.catalogs import github

PROOF = Path(__file__).parent / "proof" / "generator.json"
_CHECKED = frozenset({"date", "time", "ipv4", "ipv6", "regex", "email", "idn-email"})
"""Formats that jsonschema checks by itself; of an e-mail address only its @."""


@dataclass(kw_only=True)
class Tally:
    """What came of one contract."""

    contract: str
    events: int = 0
    valid: int = 0
    faulty: int = 0
    wrongly_valid: list[str] = field(default_factory=list)
    wrongly_faulty: list[str] = field(default_factory=list)
    not_put_to_jsonschema: int = 0
    put_to_one_alone: int = 0
    never_broken: list[str] = field(default_factory=list)
    cannot_be_made: list[str] = field(default_factory=list)
    by_keyword: dict[str, int] = field(default_factory=dict)

    @property
    def missed(self) -> bool:
        """Whether the goal is missed."""
        return bool(self.wrongly_valid or self.wrongly_faulty or self.never_broken or self.cannot_be_made)


def wrong(event: Event, count: int) -> Iterator[Faulty]:
    """Give at least so many faulty payloads, each keyword broken equally often; none if no keyword constrains."""
    given = seed = 0
    while given < count:
        found = faulty(event, seed)
        yield from found
        given, seed = given + len(found), seed + 1
        if not found:
            return


def measured(contract: Contract, count: int, every: int) -> Tally:
    """Put payloads of every so many events to both validators, and the valid ones of all to jsonschema-rs."""
    tally = Tally(contract=contract.name)
    for number, (name, event) in enumerate(sorted(contract.events.items())):
        tally.events += 1
        try:
            right = payloads_of(event, wide=True).some(count, 0)
        except IllFormedError as error:
            tally.cannot_be_made.append(str(error))
            continue
        first = validator(event.schema)
        second = jsonschema.Draft202012Validator(dict(event.schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
        if number % every:
            tally.put_to_one_alone += len(right)
            tally.wrongly_valid += [f"{name} {n}" for n, each in enumerate(right) if not first.is_valid(each)]
            continue
        tally.valid += len(right)
        tally.wrongly_valid += [f"{name} {n}" for n, each in enumerate(right) if not (first.is_valid(each) and second.is_valid(each))]
        broken = {each.fault.schema for each in faulty(event, 0)}
        tally.never_broken += [f"{name} {place}" for place in sorted(constraining(event).keys() - broken)]
        for each in wrong(event, count):
            tally.faulty += 1
            tally.by_keyword[each.fault.keyword] = tally.by_keyword.get(each.fault.keyword, 0) + 1
            skipped = each.fault.keyword == "format" and not _checked(event.schema, each.fault.schema)
            tally.not_put_to_jsonschema += skipped
            if first.is_valid(each.payload) or (not skipped and second.is_valid(each.payload)):
                tally.wrongly_faulty.append(f"{name} {each.fault}")
    return tally


def _checked(schema: Any, pointer: str) -> bool:  # noqa: ANN401 -- a schema
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        schema = schema[int(name)] if isinstance(schema, list) else schema[name]
    return schema in _CHECKED - {"email", "idn-email"}


def contracts(*, with_github: bool, folder: Path) -> Iterator[Contract]:
    """Give every contract, and GitHub's if it is wanted."""
    yield from (read_contract(name) for name in known_contracts())
    if with_github:
        yield written(folder / "github", files_of(imported(github(), "github", Asked(), revision="2026-11-21")))


def main() -> int:
    """Measure, print, keep the result, and fail if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=100, help="how many of each event, valid and faulty")
    parser.add_argument("--github", action="store_true", help="GitHub's catalog too, which comes from npm")
    parser.add_argument(
        "--every", type=int, default=1, help="of GitHub's events only every so many is put to jsonschema, which is slow, and spoiled"
    )
    told = parser.parse_args()
    tallies = []
    with tempfile.TemporaryDirectory() as folder:
        for contract in contracts(with_github=told.github, folder=Path(folder)):
            tallies.append(measured(contract, told.instances, told.every if contract.name == "github" else 1))
            print(json.dumps(asdict(tallies[-1])), flush=True)
    PROOF.write_text(json.dumps({"instances": told.instances, "contracts": [asdict(each) for each in tallies]}, indent=1) + "\n", "utf-8")
    return 1 if any(each.missed for each in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
