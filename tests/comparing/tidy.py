"""A small contract with which no check finds anything, and ways to change it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contracts.acme import ENVELOPE, EVENT, MADE, POLICY, PROVIDER, changed_at, dump
from tests.contracts.acme import make as make_acme

Change = Callable[[Path], None]
SOURCE = {"document": "Acme guide", "section": "Events"}
TIDY_PROVIDER = {**PROVIDER, "envelope": {**ENVELOPE, "created_member": "at", "schema": {**ENVELOPE["schema"], "required": ["id"]}}}
TIDY_POLICY: dict[str, Any] = {
    **POLICY,
    "retry": {"default": {"delays": [30, 60], "sends": {"3 sends": 3}}, "calm": {"delays": [600], "sends": {"2 sends": 2}}},
    "assignments": [{"events": ["order:paid"], "policies": ["default"]}, {"events": ["*"], "policies": ["calm", "default"]}],
    "management": {"created": "order:made"},
    "consent": True,
}
PAID: dict[str, Any] = {
    **EVENT,
    "x-hookproof": {**EVENT["x-hookproof"], "source": SOURCE, "counter_examples": [{}, {"total": -1}, {"total": 1, "code": "ab"}]},
}
MADE_EVENT: dict[str, Any] = {**MADE, "properties": {"total": {"type": "integer"}}}


def judged(promise: str, rule: str, *, role: str = "platform", **parameters: Any) -> dict[str, Any]:
    """Give a clause."""
    return {
        "id": f"acme/{promise}",
        "level": "MUST",
        "roles": [role],
        "promise": "It is so.",
        "source": SOURCE,
        "rule": rule,
        **({"parameters": parameters} if parameters else {}),
    }


CLAUSES = [
    judged("retries/schedule", "waits-follow-the-schedule", policies=["default"]),
    judged("retries/both", "waits-follow-the-schedule", policies=["calm", "default"]),
    judged("payload/schema", "payloads-match-their-schema"),
    judged("payload/sums", "sums-add-up"),
    judged("envelope/shape", "envelopes-have-their-shape", schema={"required": ["id"], "properties": {"id": {"type": "string"}}}),
    judged("envelope/time", "creation-times-have-a-zone"),
    judged("truncation/limit", "cut-above-one-limit"),
    judged("consent/asked", "consent-is-asked"),
    judged("management/created", "management-is-told", action="created"),
    judged("fan-out/companions", "companions-are-sent-along"),
    judged("fan-out/named", "named-subscribers-get-explicit-only-events"),
    judged("fan-out/wildcard", "subscribers-get-their-events", via="wildcard"),
    judged("order/last", "nothing-follows-the-last", last="order:paid", among="order:*", key="total"),
    judged("order/then", "one-follows-the-other", first="order:made", then="order:paid", key="total"),
    judged("identity/same", "id-stays-the-same"),
    judged("signature/valid", "signatures-verify", schemes=["standard-webhooks"]),
    judged("receiving/unknown", "correct-deliveries-are-accepted", role="receiver", purposes=["unknown-event"]),
    {**judged("http/post", "deliveries-are-posts"), "source": {"document": "RFC 9110", "section": "9.3.3"}},
]
POSITION = {clause["id"].partition("/")[2]: number for number, clause in enumerate(CLAUSES)}


def tidy(folder: Path) -> Path:
    """Write the contract into a folder."""
    make_acme(folder)
    for name, value in (("provider", TIDY_PROVIDER), ("policy", TIDY_POLICY), ("clauses", {"clauses": CLAUSES})):
        (folder / f"{name}.yaml").write_text(dump(value))
    (folder / "events" / "order.paid.json").write_text(json.dumps(PAID, indent=1))
    (folder / "events" / "order.made.json").write_text(json.dumps(MADE_EVENT, indent=1))
    return folder


def _in_yaml(name: str, whole: Any, path: tuple[str | int, ...], value: Any) -> Change:
    def change(folder: Path) -> None:
        (folder / f"{name}.yaml").write_text(dump(changed_at(whole, path, value)))

    return change


def provider(*path: str | int, to: Any) -> Change:
    """Change provider.yaml at a key path; ``...`` removes."""
    return _in_yaml("provider", TIDY_PROVIDER, path, to)


def policy(*path: str | int, to: Any) -> Change:
    """Change policy.yaml at a key path."""
    return _in_yaml("policy", TIDY_POLICY, path, to)


def clause(promise: str, *path: str | int, to: Any) -> Change:
    """Change one clause at a key path below it."""
    return _in_yaml("clauses", {"clauses": CLAUSES}, ("clauses", POSITION[promise], *path), to)


def paid(*path: str | int, to: Any) -> Change:
    """Change the event order:paid at a key path."""
    return text("events/order.paid.json", json.dumps(changed_at(PAID, path, to), indent=1))


def text(name: str, content: str) -> Change:
    """Replace a file."""

    def change(folder: Path) -> None:
        (folder / name).write_text(content)

    return change


def both(*changes: Change) -> Change:
    """Make several changes to different files."""

    def change(folder: Path) -> None:
        for each in changes:
            each(folder)

    return change
