"""Reads ``policy.yaml``: how deliveries are retried, timed out, truncated and signed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from hookproof.contracts.document import Document, Path, did_you_mean
from hookproof.model.contract import Policy, PolicyAssignment, RetryPolicy, Signing, Truncation


def read_policy(document: Document, events: Collection[str]) -> Policy:
    """Give the policy; every name in it must be a policy or an event of the contract."""
    whole = document.value
    policy = Policy(
        retry={
            name: RetryPolicy(name=name, delays=tuple(map(float, item["delays"])), sends=dict(item["sends"]))
            for name, item in whole["retry"].items()
        },
        assignments=tuple(
            PolicyAssignment(events=tuple(item["events"]), policies=tuple(item["policies"])) for item in whole["assignments"]
        ),
        timeout_seconds=float(whole["timeout_seconds"]),
        success=tuple(map(str, whole["success"])),
        failure=tuple(map(str, whole["failure"])),
        truncation=Truncation(**_frozen(cut)) if (cut := whole.get("truncation")) else None,
        signing=Signing(**_frozen(signed)) if (signed := whole.get("signing")) else None,
        explicit_only=tuple(whole.get("explicit_only", ())),
        companions=dict(whole.get("companions", {})),
        management=dict(whole.get("management", {})),
        consent=bool(whole.get("consent", False)),
        wildcards=tuple(whole.get("wildcards", ("all",))),
        identity=tuple(whole.get("identity", ())),
        fields=dict(whole.get("fields", {})),
        assumed=tuple(whole.get("assumed", ())),
    )
    _check_assignments(document, policy, events)
    for path, name in _named_events(policy):
        if name not in events:
            raise document.fault(path, f"{name!r} is no event of the contract", did_you_mean(name, events))
    return policy


def _frozen(item: dict[str, Any]) -> dict[str, Any]:
    """Turn lists into tuples."""
    return {key: tuple(part) if isinstance(part, list) else part for key, part in item.items()}


def _check_assignments(document: Document, policy: Policy, events: Collection[str]) -> None:
    for position, line in enumerate(policy.assignments):
        for place, name in enumerate(line.policies):
            if name not in policy.retry:
                path = ("assignments", position, "policies", place)
                raise document.fault(path, f"{name!r} is no retry policy", did_you_mean(name, policy.retry))
        for place, pattern in enumerate(line.events):
            alone = PolicyAssignment(events=(pattern,), policies=())
            if events and not any(alone.covers(event) for event in events):
                path = ("assignments", position, "events", place)
                raise document.fault(path, f"{pattern!r} covers no event of the contract", did_you_mean(pattern, events))


def _named_events(policy: Policy) -> Iterator[tuple[Path, str]]:
    for position, name in enumerate(policy.explicit_only):
        yield ("explicit_only", position), name
    for trigger, also in policy.companions.items():
        yield ("companions", trigger), trigger
        yield ("companions", trigger), also
    for action, name in policy.management.items():
        yield ("management", action), name
