"""The rules that a clause may name, for those who write contracts: what each judges, for which role, and what it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console

from hookproof.rules.catalogue import RULE_PARAMETERS, RULES
from hookproof.rules.rule import Rule


def rules_json() -> list[dict[str, Any]]:
    """Give every rule: ``name``, ``role``, ``promise``, ``needs`` (capabilities), ``per_event``, and ``parameters`` as a JSON Schema."""
    return [
        {
            "name": name,
            "role": rule.role.value,
            "promise": rule.promise,
            "needs": [*rule.needs],
            "per_event": rule.per_event,
            "parameters": RULE_PARAMETERS[name],
        }
        for name, rule in sorted(RULES.items(), key=_place)
    ]


def list_rules(console: Console) -> None:
    """Print each rule with what it judges, and below it a line for every parameter."""
    for name, rule in sorted(RULES.items(), key=_place):
        needs = f"  (needs {', '.join(rule.needs)})" if rule.needs else ""
        console.print(f"{rule.role.value:<9} {name}{needs}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"    {rule.promise}", markup=False, highlight=False, soft_wrap=True)
        for line in _told(RULE_PARAMETERS[name]):
            console.print(f"    {line}", markup=False, highlight=False, soft_wrap=True)


def _place(entry: tuple[str, Rule]) -> tuple[str, str]:
    name, rule = entry
    return rule.role.value, name


def _told(schema: Mapping[str, Any]) -> Iterator[str]:
    for name, shape in schema["properties"].items():
        words = shape.get("enum") or shape.get("items", {}).get("enum") or ()
        known = f": {', '.join(words)}" if words else ""
        yield f"{name}{'' if name in schema['required'] else ' (may be left out)'}: {shape['description']}{known}"
