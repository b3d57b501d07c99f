"""Three small contracts whose bodies are their payloads: the event's name stands among what happened, its id in various places.

Law: each differs from the contract that ``hookproof contract init`` writes in its bodies only, and in a few clauses more.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from hookproof.importing.starting import started
from hookproof.model.contract import Contract
from hookproof.staging.session import read_contract

FORMS: dict[str, dict[str, str | None]] = {
    "header": {"type_member": "event", "id_header": "webhook-id"},
    "body": {"type_member": "event", "id_member": "id", "created_member": "created_at"},
    "neither": {"type_member": "event"},
}
"""Where the id of an event stands: in a header field, in the body beside its moment, or nowhere."""
_NAMES = ("id_member", "type_member", "created_member", "data_member", "truncated_member", "id_header")
_MORE = {
    "payload/texts": ("platform", "hard-values-arrive-unchanged", {"kind": "text"}),
    "payload/numbers": ("platform", "hard-values-arrive-unchanged", {"kind": "numbers"}),
    "payload/sums": ("platform", "sums-add-up", {}),
    "idempotency/payload-stable": ("platform", "body-stays-the-same", {"compare": "bytes"}),
    "idempotency/no-doubles": ("platform", "events-are-not-doubled", {}),
    "truncation/limit": ("platform", "cut-above-one-limit", {}),
    "truncation/shape": ("platform", "cut-events-have-their-shape", {}),
    "truncation/delivered": ("platform", "oversized-events-are-delivered", {}),
    "sequences/order": ("platform", "events-of-a-key-keep-their-order", {"key": "order_id"}),
    "receiver/exact": ("receiver", "data-are-applied-as-sent", {}),
}
_UNIDENTIFIED = {"idempotency/id-stable", "idempotency/ids-unique", "idempotency/no-doubles", "sequences/order", "verification/stale"}
"""What no delivery without an id can show."""
TEXT = {"type": "string", "minLength": 1}


def written(folder: Path, form: str) -> Path:
    """Write a contract of one form and give its folder."""
    home = folder / "contracts" / f"flat_{form}"
    names = dict.fromkeys(_NAMES) | FORMS[form]
    own = [name for name in ("id_member", "type_member", "created_member") if names[name]]
    for name, text in started(home.name, revision="2026-11-21").items():
        value: Any = json.loads(text) if name.endswith(".json") else yaml.safe_load(text) if name.endswith(".yaml") else text
        if name == "provider.yaml":
            schema = {"type": "object", "required": [names[each] for each in own], "properties": {names[each]: TEXT for each in own}}
            value["envelope"] = {**names, "schema": schema, "truncated_schema": None}
        elif name == "policy.yaml":
            value = {**value, **_policy(form)}
        elif name == "clauses.yaml":
            value["clauses"] = _clauses(home.name, form, value["clauses"])
        elif name.startswith("events/"):
            value = _event(value, Path(name).stem, form)
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value, indent=1), "utf-8")
    return home


def read(folder: Path, form: str) -> Contract:
    """Write a contract of one form and read it."""
    return read_contract(f"{written(folder, form)}")


def _policy(form: str) -> dict[str, Any]:
    cut = {"limits": [20000], "measured_on": ["data"], "flag_member": "_cut", "size_member": "_bytes", "identifiers": ["order_id"]}
    signing = {"documented": True, "schemes": ["spatie"], "tolerance_seconds": 0, "overlap_seconds": 86400}  # a scheme that signs no id
    return {"truncation": cut, "identity": ["order_id"], "signing": signing} if form == "neither" else {"truncation": cut}


def _event(schema: dict[str, Any], name: str, form: str) -> dict[str, Any]:
    """Describe the whole body, the event's name among it; in one form by a text that may be any text."""
    named = {"const": name} if form == "header" else TEXT
    more = {"event": named, **({"id": TEXT} if form == "body" else {})}
    told = {"event": name, **({"id": "evt_sample"} if form == "body" else {})}
    made = {**schema, "required": [*more, *schema["required"]], "properties": {**more, **schema["properties"]}}
    made["examples"] = [{**told, **example} for example in schema["examples"]]
    if name == "order.paid":
        made["properties"] |= {"net": {"type": "integer"}, "tax": {"type": "integer"}}
        made["required"] += ["net", "tax"]
        made["examples"] = [{**example, "total": 3, "net": 2, "tax": 1} for example in made["examples"]]
        made["x-hookproof"] = {**schema["x-hookproof"], "relations": {"total": ["net", "tax"]}}
    return made


def _clauses(name: str, form: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    more = [
        {
            "id": f"{name}/{promise}",
            "level": "MUST",
            "roles": [role],
            "promise": f"As the rule {rule} says.",
            "source": {"document": "YOUR WEBHOOK GUIDE", "section": "Payloads"},
            "rule": rule,
            **({"parameters": parameters} if parameters else {}),
        }
        for promise, (role, rule, parameters) in _MORE.items()
    ]
    gone = set(_UNIDENTIFIED) if form == "neither" else set()
    gone |= set() if form == "body" else {"envelope/created-at"}
    return [clause for clause in (*found, *more) if clause["id"].partition("/")[2] not in gone]
