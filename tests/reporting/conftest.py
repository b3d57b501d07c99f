"""One small contract and one run header for the laws of reports."""

from __future__ import annotations

import pytest

from hookproof.model.contract import Clause, Contract, Envelope, Policy, Role, Source
from hookproof.model.transcript import RunHeader
from hookproof.model.verdict import Level

SOURCE = Source(document="Guide", section="Retries")
MEMBERS = {"id_member": "id", "type_member": "type", "created_member": None, "data_member": "data", "truncated_member": None}
ENVELOPE = Envelope(**MEMBERS, schema={}, truncated_schema=None)


def make_clause(topic: str, promise: str, level: Level) -> Clause:
    """One clause of the small contract."""
    name = f"orbit/{topic}/{promise}"
    return Clause(id=name, level=level, roles=(Role.PLATFORM,), promise=f"It keeps {promise}.", source=SOURCE, rule="rule", mend="Mend it.")


@pytest.fixture(scope="session")
def contract() -> Contract:
    """Three MUSTs in two families, one SHOULD, no events."""
    must = [make_clause(*words, Level.MUST) for words in (("retries", "default-schedule"), ("retries", "stops"), ("signing", "signed"))]
    return Contract(
        name="orbit", title="Orbit", revision="1", digest="sha256:0", sources=(SOURCE,), events={}, subscription_api={},
        clauses=(*must, make_clause("retries", "jitter", Level.SHOULD)),
        envelope=ENVELOPE,
        policy=Policy(retry={}, assignments=(), timeout_seconds=30, success=("2xx",), failure=("5xx",), truncation=None, signing=None),
    )  # fmt: skip


@pytest.fixture(scope="session")
def header() -> RunHeader:
    """The header of a CI run against a platform."""
    return RunHeader(
        contract="orbit", contract_digest="sha256:0", role="platform", target={"url": "http://127.0.0.1:1", "b": 1, "a": 2},
        capabilities={"time": "virtual"}, seed=7, profile="ci", started_at="2026-01-01T00:00:00Z", salt="salt", hookproof="0.1.0",
    )  # fmt: skip
