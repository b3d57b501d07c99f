"""A partner's pact made fit for any account: its recorded key and id stand for those that the provider state gives.

Law: only examples are replaced; what is promised is left as it is, and so is a key whose refusal is promised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from hookproof.model.contract import Contract
from hookproof.pact.pactfile import HTTP, Entry, PactFile
from hookproof.pact.subscriptions import ACCOUNT
from hookproof.pact.typical import Json
from hookproof.rules.management import operations

_KEY = "x-api-key"
_REFUSALS = (401, 403)


def adapted(pact: PactFile, contract: Contract) -> PactFile:
    """Give the pact as it can be verified: what pacts of other tools cannot say of generated values is said here."""
    patterns = [re.compile(re.escape(path).replace(r"\{id\}", "([^/]+)")) for path, _, _, _ in operations(contract) if "{id}" in path]
    return replace(pact, entries=tuple(_adapted(entry, patterns) if entry.kind == HTTP else entry for entry in pact.entries))


def _adapted(entry: Entry, patterns: list[re.Pattern[str]]) -> Entry:
    states = entry.document.get("providerStates") or [{"name": ACCOUNT}]
    request = dict(entry.document["request"])
    generators = {**(request.get("generators") or {})}
    key = next((name for name in request.get("headers") or {} if name.lower() == _KEY), None)
    if key is not None and "header" not in generators and entry.document["response"].get("status") not in _REFUSALS:
        generators["header"] = {key: _given("${api_key}")}
    found = next((match for pattern in patterns if (match := pattern.fullmatch(str(request.get("path", ""))))), None)
    if found is not None and "path" not in generators and any(state["name"] != ACCOUNT for state in states):
        start, end = found.span(1)
        generators["path"] = _given(f"{found.string[:start]}${{id}}{found.string[end:]}")
    if generators:
        request["generators"] = generators
    document: Mapping[str, Json] = {**entry.document, "providerStates": states, "request": request}
    return replace(entry, document=document, states=tuple(state["name"] for state in states))


def _given(expression: str) -> dict[str, str]:
    return {"type": "ProviderState", "expression": expression, "dataType": "STRING"}
