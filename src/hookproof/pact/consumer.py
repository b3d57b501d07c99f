"""One consumer: which events it takes, what it reads of each, and whether it manages its subscriptions. A small file of its own.

Law: an event or a member that the contract does not have is refused by its name; a file that ``init`` writes is read without a change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hookproof.contracts.document import did_you_mean
from hookproof.contracts.formats import check_format
from hookproof.contracts.yaml_text import parse_yaml
from hookproof.model.contract import Contract, Event
from hookproof.model.errors import IllFormedError
from hookproof.pact.typical import Json, pointed

FORMAT = "pact-consumer"
REQUIRED = "required"


@dataclass(frozen=True, kw_only=True)
class Consumer:
    """``reads`` gives, by event, the pointers into its payload that are read; None stands for all that is required."""

    name: str
    provider: str
    reads: Mapping[str, tuple[str, ...] | None]
    subscriptions: bool = True


def whole_consumer(contract: Contract, name: str = "hookproof") -> Consumer:
    """Give the consumer that takes every event and reads all that is required."""
    return Consumer(name=name, provider=contract.name, reads=dict.fromkeys(sorted(contract.events)))


def read_consumer(path: Path, contract: Contract) -> Consumer:
    """Read a consumer's file, YAML or JSON; raise ``IllFormedError`` naming the key for what cannot be understood or is not promised."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise IllFormedError(str(path), f"it cannot be read: {error.strerror or error}", remedy="See `hookproof pact init`.") from None
    return parsed_consumer(str(path), raw, contract)


def parsed_consumer(subject: str, raw: bytes, contract: Contract) -> Consumer:
    """Read the text of a consumer's file."""
    document = parse_yaml(subject, raw)
    check_format(document, FORMAT)
    told = document.value
    for name, reads in told["events"].items():
        if name not in contract.events:
            raise document.fault(("events", name), f"the contract has no event {name!r}", did_you_mean(name, contract.events))
        for number, pointer in enumerate(reads if isinstance(reads, list) else ()):
            if not _known(contract.events[name], pointer):
                remedy = "Read a member that its schema names, or ask the provider to promise it."
                raise document.fault(("events", name, number), f"the payload of {name!r} has no member {pointer!r}", remedy)
    return Consumer(
        name=told["consumer"],
        provider=told.get("provider", contract.name),
        reads={name: tuple(reads) if isinstance(reads, list) else None for name, reads in told["events"].items()},
        subscriptions=told.get("subscriptions", True),
    )


def started(contract: Contract, name: str, events: Iterable[str]) -> str:
    """Give the text of a consumer's file to begin with: each event with the members that its payload requires."""
    lines = [
        f"# What {name} needs of {contract.name}. Format: contracts/schemas/{FORMAT}.schema.json.",
        "# `required`: every member that the contract requires. A list: only these members, as JSON Pointers into the payload.",
        f"consumer: {json.dumps(name)}",
        f"provider: {json.dumps(contract.name)}",
        "# Whether it calls the subscription API itself.",
        "subscriptions: true",
        "events:",
    ]
    for event in events:
        known = [f"/{member}" for member in contract.events[event].schema.get("required", ())]
        told = json.dumps(known, ensure_ascii=False) if known else REQUIRED
        lines.append(f"  {json.dumps(event, ensure_ascii=False)}: {told}")
    return "\n".join(lines) + "\n"


def _known(event: Event, pointer: str) -> bool:
    """Whether the schema of an event says anything of a pointer; what a schema leaves open is no promise."""
    return _steps(event.schema, event.schema, pointer.split("/")[1:])


def _steps(schema: Json, root: Mapping[str, Json], steps: list[str]) -> bool:
    if not isinstance(schema, dict):
        return False
    if "$ref" in schema and _steps(pointed(root, schema["$ref"]), root, steps):
        return True
    if not steps:
        return True
    name = steps[0].replace("~1", "/").replace("~0", "~")
    below = (
        [schema["items"]]
        if name == "-" and "items" in schema
        else [schema["properties"][name]]
        if name in schema.get("properties", {})
        else []
    )
    required = name in schema.get("required", ()) and len(steps) == 1
    parts = [part for word in ("allOf", "anyOf", "oneOf") for part in schema.get(word, ())]
    return (
        required or any(_steps(part, root, steps[1:]) or part is True for part in below) or any(_steps(part, root, steps) for part in parts)
    )
