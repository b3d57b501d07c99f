"""Puts a contract together from its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hookproof.contracts.clauses import Rules, read_clauses
from hookproof.contracts.document import Document
from hookproof.contracts.events import check_catalog, read_events
from hookproof.contracts.folder import CATALOG_DIGEST, EVENTS, NEEDED, SUBSCRIPTION_API, digest, read_folder
from hookproof.contracts.formats import check_format
from hookproof.contracts.places import assumed_api_path
from hookproof.contracts.policy import read_policy
from hookproof.contracts.provider import read_envelope, read_sources, read_subscription_api
from hookproof.contracts.text import decode, parse_json
from hookproof.contracts.yaml_text import parse_yaml
from hookproof.model.contract import Contract, Event


def load_contract(folder: Path, *, rules: Rules | None = None) -> Contract:
    """Read the contract in a folder, or raise the first ``IllFormedError`` that is found.

    ``rules`` gives the parameter names that each known rule accepts; without it the rules that clauses name are not checked.
    """
    files = read_folder(folder)
    provider, policy, clauses = (_formatted(folder, files, name) for name in NEEDED)
    events = read_events(_event_documents(folder, files), provider.value["naming"]["separator"])
    return assembled(folder, files, (provider, policy, clauses), events, rules)


def assembled(
    folder: Path,
    files: Mapping[str, bytes],
    needed: tuple[Document, Document, Document],
    events: dict[str, Event],
    rules: Rules | None,
) -> Contract:
    """Make the contract of a folder's files from the documents of provider, policy and clauses, and its events by name."""
    provider, policy, clauses = needed
    if CATALOG_DIGEST in files:
        subject = str(folder / CATALOG_DIGEST)
        check_catalog(subject, decode(subject, files[CATALOG_DIGEST]), events.values())
    name = provider.value["name"]
    return Contract(
        name=name,
        title=provider.value["title"],
        revision=provider.value["revision"],
        digest=digest(files),
        sources=read_sources(provider),
        envelope=read_envelope(provider),
        policy=read_policy(policy, events),
        clauses=read_clauses(clauses, name, rules),
        events=events,
        open_catalog=provider.value["naming"].get("catalog") == "open",
        subscription_api=(
            read_subscription_api(parse_yaml(str(folder / SUBSCRIPTION_API), files[SUBSCRIPTION_API])) if SUBSCRIPTION_API in files else {}
        ),
    )


def _formatted(folder: Path, files: Mapping[str, bytes], name: str) -> Document:
    document = parse_yaml(str(folder / name), files[name])
    check_format(document, name.removesuffix(".yaml"))
    return document


def _event_documents(folder: Path, files: Mapping[str, bytes]) -> dict[str, Document]:
    return {
        name.removeprefix(f"{EVENTS}/").removesuffix(".json"): parse_json(str(folder / name), raw)
        for name, raw in files.items()
        if name.startswith(f"{EVENTS}/")
    }


def with_assumed_api(contract: Contract) -> Contract:
    """Give a contract that can be asked to subscribe: one without a description of its own gets the one that we assume."""
    if contract.subscription_api:
        return contract
    path = assumed_api_path()
    return replace(contract, subscription_api=read_subscription_api(parse_yaml(str(path), path.read_bytes())))
