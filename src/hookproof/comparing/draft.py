"""A contract as it lies in its folder, whole or not: its documents with their lines, and every complaint about them.

Law: no fault of one file hides that of another one; what files say of each other is read when each of them is sound, but for examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any, TypeVar

import jsonschema_rs

from hookproof.comparing.finding import Finding, finding_at, finding_from
from hookproof.comparing.json_lines import json_lines
from hookproof.contracts.clauses import Rules, read_clauses
from hookproof.contracts.document import Document, Path
from hookproof.contracts.events import check_catalog, read_events
from hookproof.contracts.folder import CATALOG_DIGEST, EVENTS, NEEDED, SUBSCRIPTION_API, read_folder
from hookproof.contracts.formats import format_faults
from hookproof.contracts.loading import assembled
from hookproof.contracts.policy import read_policy
from hookproof.contracts.provider import read_subscription_api
from hookproof.contracts.schema_check import check_schema
from hookproof.contracts.text import decode, parse_json
from hookproof.contracts.yaml_text import parse_yaml
from hookproof.model.contract import Contract
from hookproof.model.errors import IllFormedError

T = TypeVar("T")
_OURS = "x-hookproof"
_BESIDE = frozenset({"files", "invalid-example", "valid-counter-example"})
"""Findings that leave a contract understandable."""


@dataclass(kw_only=True)
class Draft:
    """What could be read: documents by their name in the folder, sound schemas by document and key path, and what was found wrong."""

    folder: FilePath
    documents: dict[str, Document] = field(default_factory=dict)
    schemas: dict[tuple[str, Path], Mapping[str, Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    contract: Contract | None = None

    @property
    def events(self) -> dict[str, Document]:
        """The documents of events by the stem of their file."""
        return {
            name.removeprefix(f"{EVENTS}/").removesuffix(".json"): document
            for name, document in self.documents.items()
            if name.startswith(f"{EVENTS}/")
        }

    def attempt(self, check: str, read: Callable[[], T]) -> T | None:
        """Read something; a complaint becomes a finding of that check."""
        try:
            return read()
        except IllFormedError as error:
            self.findings.append(finding_from(check, error))
            return None


def read_draft(folder: FilePath, rules: Rules) -> Draft:
    """Read a folder as far as it can be read. Raises ``IllFormedError`` if the folder or a file of it cannot be opened at all."""
    draft = Draft(folder=folder)
    files = read_folder(folder, lambda fault: draft.findings.append(finding_from("files", fault)))
    for name, raw in files.items():
        _read_file(draft, name, raw)
    for name, document in list(draft.documents.items()):
        if name.startswith(f"{EVENTS}/"):
            _read_event(draft, name, document)
    _read_others(draft)
    if {finding.check for finding in draft.findings} - _BESIDE or not set(NEEDED) <= draft.documents.keys():
        return draft
    events = {stem: _without_bad_examples(document) for stem, document in draft.events.items()}
    if not all(document.value["examples"] for document in events.values()):
        return draft  # what no example fits is not understood
    _read_together(draft, files, events, rules)
    return draft


def _read_file(draft: Draft, name: str, raw: bytes) -> None:
    subject = str(draft.folder / name)
    if name.startswith(f"{EVENTS}/"):
        bare = draft.attempt("unreadable", lambda: parse_json(subject, raw))
        document = bare and Document(subject=subject, value=bare.value, lines=json_lines(raw.decode()))
        form = "event"
    elif name in NEEDED or name == SUBSCRIPTION_API:
        document = draft.attempt("unreadable", lambda: parse_yaml(subject, raw))
        form = name.removesuffix(".yaml")
    else:
        return
    if document is None:
        return
    faults = [] if name == SUBSCRIPTION_API else [finding_from("format", error) for error in format_faults(document, form)]
    draft.findings += faults
    if not faults:
        draft.documents[name] = document


def _sound(draft: Draft, name: str, path: Path, schema: Any) -> jsonschema_rs.Draft202012Validator | None:  # noqa: ANN401 -- JSON
    validator = draft.attempt("meta-schema", lambda: check_schema(draft.documents[name], path, schema))
    if validator is not None and isinstance(schema, dict):
        draft.schemas[name, path] = schema
    return validator


def _read_event(draft: Draft, name: str, document: Document) -> None:
    validator = _sound(draft, name, (), document.value)
    if validator is None:
        return
    for position, example in enumerate(document.value["examples"]):
        error = next(iter(validator.iter_errors(example)), None)
        if error is not None:
            path = ("examples", position, *error.instance_path)
            remedy = "Mend the example or the schema."
            draft.findings.append(finding_at("invalid-example", document, path, f"the example is not valid: {error.message}", remedy))
    for position, example in enumerate(document.value[_OURS].get("counter_examples", ())):
        if validator.is_valid(example):
            cause = "the counter-example is valid, so the schema does not forbid what it should"
            remedy = "Mend the counter-example, or narrow the schema."
            draft.findings.append(finding_at("valid-counter-example", document, (_OURS, "counter_examples", position), cause, remedy))


def _read_others(draft: Draft) -> None:
    """Read the schemas that stand in the other files."""
    for name, path in tuple(_places_of_schemas(draft)):
        value = draft.documents[name].value
        for step in path:
            value = value[step]
        _sound(draft, name, path, value)


def _places_of_schemas(draft: Draft) -> Iterator[tuple[str, Path]]:
    if "provider.yaml" in draft.documents:
        envelope = draft.documents["provider.yaml"].value["envelope"]
        yield from (("provider.yaml", ("envelope", key)) for key in ("schema", "truncated_schema") if envelope[key] is not None)
    if "clauses.yaml" in draft.documents:
        for position, clause in enumerate(draft.documents["clauses.yaml"].value["clauses"]):
            if isinstance(clause.get("parameters", {}).get("schema"), dict):
                yield "clauses.yaml", ("clauses", position, "parameters", "schema")


def _without_bad_examples(document: Document) -> Document:
    """Give an event without the examples that were complained of."""
    whole = document.value
    valid = jsonschema_rs.Draft202012Validator(
        whole, offline=True, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
    ).is_valid
    good = [example for example in whole["examples"] if valid(example)]
    ours = {key: value for key, value in whole[_OURS].items() if key != "counter_examples"}
    return replace(document, value={**whole, "examples": good, _OURS: ours})


def _read_together(draft: Draft, files: Mapping[str, bytes], documents: Mapping[str, Document], rules: Rules) -> None:
    """Read what speaks of other files, each file on its own; if nothing is wrong, the contract is whole."""
    before = len(draft.findings)
    provider, policy, clauses = (draft.documents[name] for name in NEEDED)
    events = draft.attempt("inconsistent", lambda: read_events(documents, provider.value["naming"]["separator"]))
    draft.attempt("inconsistent", lambda: read_clauses(clauses, provider.value["name"], rules))
    if SUBSCRIPTION_API in draft.documents:
        draft.attempt("inconsistent", lambda: read_subscription_api(draft.documents[SUBSCRIPTION_API]))
    if events is not None:
        draft.attempt("inconsistent", lambda: read_policy(policy, events))
    if events is not None and CATALOG_DIGEST in files:
        subject = str(draft.folder / CATALOG_DIGEST)
        draft.attempt("inconsistent", lambda: check_catalog(subject, decode(subject, files[CATALOG_DIGEST]), events.values()))
    if events is not None and len(draft.findings) == before:
        draft.contract = draft.attempt("inconsistent", lambda: assembled(draft.folder, files, (provider, policy, clauses), events, rules))
