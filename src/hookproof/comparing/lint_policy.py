"""Checks the delivery policy and the envelope of a contract against themselves."""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.comparing.draft import Draft
from hookproof.comparing.finding import Finding, finding_at
from hookproof.model.contract import Contract


def policy_faults(draft: Draft) -> Iterator[Finding]:
    """Give what is wrong with the policy and the envelope of a contract that could be read."""
    if draft.contract is None:
        return
    yield from _unreachable(draft, draft.contract)
    yield from _schedules(draft, draft.contract)
    yield from _statuses(draft, draft.contract)
    yield from _members(draft, draft.contract)


def _unreachable(draft: Draft, contract: Contract) -> Iterator[Finding]:
    document, assigned = draft.documents["policy.yaml"], {name for line in contract.policy.assignments for name in line.policies}
    for name in contract.policy.retry:
        if name not in assigned:
            cause = f"no assignment names the retry policy {name!r}"
            yield finding_at("unreachable-policy", document, ("retry", name), cause, "Assign it to events, or remove it.")
    left = set(contract.events)
    for position, line in enumerate(contract.policy.assignments):
        covered = {event for event in left if line.covers(event)}
        if contract.events and not covered and not contract.open_catalog:
            cause = "earlier lines cover every event that this line covers"
            yield finding_at("unreachable-policy", document, ("assignments", position), cause, "Put it before them, or remove it.")
        left -= covered


def _schedules(draft: Draft, contract: Contract) -> Iterator[Finding]:
    document = draft.documents["policy.yaml"]
    for name, policy in contract.policy.retry.items():
        for reading, sends in policy.sends.items():
            if sends - 1 > len(policy.delays):
                cause = f"{sends} sends need {sends - 1} waits, and there are {len(policy.delays)} delays"
                yield finding_at("contradiction", document, ("retry", name, "sends", reading), cause, "Add delays, or lower the number.")


def _statuses(draft: Draft, contract: Contract) -> Iterator[Finding]:
    for position, status in enumerate(contract.policy.failure):
        if status in contract.policy.success:
            cause = f"{status} is both success and failure"
            path = ("failure", position)
            yield finding_at("contradiction", draft.documents["policy.yaml"], path, cause, "Let it stand in one of both lists.")


def _members(draft: Draft, contract: Contract) -> Iterator[Finding]:
    """Find members of the envelope that its schema forbids, by which platforms are judged."""
    envelope = contract.envelope
    described, closed = envelope.schema.get("properties", {}), envelope.schema.get("additionalProperties") is False
    for key in ("id_member", "type_member", "created_member", "data_member"):
        name = getattr(envelope, key)
        if name is not None and (described.get(name) is False or (closed and name not in described)):
            cause = f"the envelope's schema forbids the member {name!r}"
            path = ("envelope", key)
            yield finding_at("contradiction", draft.documents["provider.yaml"], path, cause, "Describe the member in the schema.")
