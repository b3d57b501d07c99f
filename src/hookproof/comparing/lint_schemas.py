"""Checks the schemas of a contract: events, envelopes, parameters of clauses.

Law: what is called unsatisfiable is proven to be; a ``false`` that somebody wrote is his will and no finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import UnsatisfiableReason, find_unsatisfiable

from hookproof.comparing.backtracking import Danger, danger_of
from hookproof.comparing.draft import Draft
from hookproof.comparing.finding import Finding, finding_at
from hookproof.comparing.schema_change import MOST_MULTIPLES, steps_of
from hookproof.contracts.document import Document, Path
from hookproof.contracts.schema_check import schema_nodes

MOST_PATTERNS = 500
"""How many patterns of one contract are looked into; of the others nobody can tell."""
_ENGINE_DEPENDENT = re.compile(r"(?<!\\)(?:\\\\)*(\\[dDwWsSbB]|\(\?[a-zA-Z]+[:)])")
_NEVER: tuple[dict[str, Any], ...] = ({"not": {}}, {"not": True})
"""Ways of writing ``false`` that are as deliberate."""


def schema_faults(draft: Draft) -> Iterator[Finding]:
    """Give what is wrong with every sound schema of a contract."""
    seen: set[str] = set()
    for (name, path), schema in draft.schemas.items():
        document = draft.documents[name]
        nodes = dict(schema_nodes(schema))
        for place, node in nodes.items():
            yield from _at_node(document, (*path, *place), node)
            for steps, pattern in _patterns(node):
                seen.add(pattern)
                danger = danger_of(pattern) if len(seen) <= MOST_PATTERNS else Danger.UNKNOWN
                yield from _pattern_faults(document, (*path, *place, *steps), pattern, danger)
        yield from _unsatisfiable(document, path, schema, nodes)
        yield from _unused(document, path, schema, nodes)


def _at_node(document: Document, path: Path, node: Mapping[str, Any]) -> Iterator[Finding]:
    yield from _required_but_forbidden(document, path, node)
    if "enum" in node and "const" in node:
        remedy = "Keep const if one value is meant, else enum."
        yield finding_at("enum-beside-const", document, (*path, "enum"), "enum stands beside const, which alone decides", remedy)
    step = node.get("multipleOf")
    if isinstance(step, float) and not step.is_integer():
        cause = f"multipleOf is {step}, which binary numbers cannot hold: validators disagree on values such as {step * 7}"
        yield finding_at("fractional-multiple-of", document, (*path, "multipleOf"), cause, "Send money as an integer of the smallest unit.")


def _required_but_forbidden(document: Document, path: Path, node: Mapping[str, Any]) -> Iterator[Finding]:
    properties, required = node.get("properties", {}), node.get("required", ())
    patterns = tuple(node.get("patternProperties", {}))
    for position, member in enumerate(required):
        forbidden = properties.get(member) is False or properties.get(member) in _NEVER
        closed = node.get("additionalProperties") is False and member not in properties and not patterns
        if forbidden or closed:
            cause = f"the member {member!r} is required, and {'additionalProperties' if closed else 'properties'} forbids it"
            yield finding_at("contradiction", document, (*path, "required", position), cause, "Describe the member, or do not require it.")
    names = node.get("propertyNames")
    if isinstance(names, dict) and "$ref" not in names:
        allowed = jsonschema_rs.Draft202012Validator(names, offline=True, pattern_options=jsonschema_rs.RegexOptions())
        for member in required:
            if not allowed.is_valid(member):
                cause = f"the member {member!r} is required, and propertyNames forbids it"
                yield finding_at("contradiction", document, (*path, "propertyNames"), cause, "Let propertyNames allow the member.")


def _patterns(node: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    if isinstance(node.get("pattern"), str):
        yield ("pattern",), node["pattern"]
    for pattern in node.get("patternProperties", ()):
        yield ("patternProperties", pattern), pattern


def _pattern_faults(document: Document, path: Path, pattern: str, danger: Danger) -> Iterator[Finding]:
    if danger is Danger.UNKNOWN:
        cause = f"the pattern {pattern!r} is too large or too special to tell how long engines that backtrack take"
        yield finding_at("unknown-pattern", document, path, cause, "Write it more simply.")
    elif danger is not Danger.NONE:
        check, cost = ("catastrophic-pattern", "exponential") if danger is Danger.EXPONENTIAL else ("slow-pattern", "polynomial")
        cause = f"the pattern {pattern!r} takes {cost} time on some texts in engines that backtrack (JavaScript, Java, Python, .NET)"
        yield finding_at(
            check, document, path, cause, "Let each character be read in one way only: no repetition inside or beside its like."
        )
    found = _ENGINE_DEPENDENT.search(pattern)
    if found is not None:
        cause = f"the pattern {pattern!r} holds {found[1]}, which engines read differently"
        yield finding_at("engine-dependent-pattern", document, path, cause, "Write the characters out: [0-9] for digits.")


def _unsatisfiable(document: Document, path: Path, schema: Mapping[str, Any], nodes: Mapping[Path, Any]) -> Iterator[Finding]:
    if steps_of(schema) > MOST_MULTIPLES:
        return
    try:
        found = find_unsatisfiable(dict(schema), draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
    except ValueError:  # what the canonical form cannot say is not proven to be empty
        return
    by_pointer = {_pointer(place): place for place in nodes}
    for pointer, reason in sorted(found.items()):
        place = by_pointer.get(pointer)
        if place is None or isinstance(reason, UnsatisfiableReason.Literal) or nodes[place] in _NEVER:
            continue
        check = "dead-subschema" if place else "unsatisfiable-schema"
        remedy = "Mend what contradicts itself; write false if nothing is to fit."
        yield finding_at(check, document, (*path, *place), "no value at all fits this schema", remedy)


def _unused(document: Document, path: Path, schema: Mapping[str, Any], nodes: Mapping[Path, Any]) -> Iterator[Finding]:
    used = {node[word] for node in nodes.values() for word in ("$ref", "$dynamicRef") if isinstance(node.get(word), str)}
    for name, part in schema.get("$defs", {}).items():
        pointer = "#" + _pointer(("$defs", name))
        anchored = isinstance(part, dict) and ({"$anchor", "$dynamicAnchor"} & part.keys())
        if not anchored and not any(each == pointer or each.startswith(pointer + "/") for each in used):
            cause = f"nothing refers to the definition {name!r}"
            yield finding_at("unused-definition", document, (*path, "$defs", name), cause, "Refer to it, or remove it.")


def _pointer(path: Path) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
