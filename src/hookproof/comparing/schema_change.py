"""What becomes of receivers and platforms when a JSON Schema of what is sent changes.

Law: to accept more breaks receivers, who may now get what was forbidden; to accept less breaks platforms, which are now forbidden what
they may have sent. Proofs come from the canonical form of jsonschema-rs, instances from a search; neither: undecided.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import Containment

from hookproof.comparing.change import BREAKS, FINE, OPEN, Impact, Side
from hookproof.comparing.witness import Judge, find_witness
from hookproof.contracts.document import Path
from hookproof.contracts.schema_check import schema_nodes

ANNOTATIONS = frozenset(
    {"title", "description", "examples", "default", "$comment", "deprecated", "readOnly", "writeOnly", "$schema", "$id"}
)
MOST_MULTIPLES = 100
"""How often ``multipleOf`` may stand in schemas of which something is to be proven."""
_MOST_PARTS = 50
_LARGE = 2000
"""Letters of JSON beyond which only the changed keyword of a schema guides the search."""
_POSITIVE = frozenset({"properties", "items", "allOf", "additionalProperties"})
_TURNING = frozenset({"not", "if", "oneOf", "dependentSchemas", "anyOf", "contains"})


def schema_sides(old: Any, new: Any, examples: tuple[Any, ...] = ()) -> tuple[Side, Side]:  # noqa: ANN401 -- JSON
    """Give what the change does to receivers and to platforms; ``examples`` help to find instances."""
    plain_old, plain_new = stripped(old), stripped(new)
    if same(plain_old, plain_new):
        return FINE, FINE
    return _contained(plain_new, plain_old, examples), _narrowed(plain_old, plain_new, examples)


def stripped(schema: Any) -> Any:  # noqa: ANN401 -- JSON
    """Give a schema without what accepts and refuses nothing."""
    found = copy.deepcopy(schema)
    for _, node in list(schema_nodes(found)):
        for word in [word for word in node if word in ANNOTATIONS or word.startswith("x-")]:
            del node[word]
    return found


def same(old: Any, new: Any) -> bool:  # noqa: ANN401 -- JSON
    """Whether two values are the same JSON, whatever the order of members; to Python, 1 and true were equal."""
    return json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)


def differences(old: Any, new: Any, path: Path = ()) -> Iterator[Path]:  # noqa: ANN401 -- JSON
    """Give the places at which two documents differ, outermost first."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            if key not in old or key not in new:
                yield (*path, key)
            else:
                yield from differences(old[key], new[key], (*path, key))
    elif not same(old, new):
        yield path


def steps_of(schema: Any) -> int:  # noqa: ANN401 -- JSON
    """Give how often a schema says ``multipleOf``: the canonical form joins them into numbers that grow without limit."""
    return sum("multipleOf" in node for _, node in schema_nodes(schema))


def judge_of(schema: Any) -> Judge:  # noqa: ANN401 -- JSON
    """Give the judge of instances of a schema."""
    return jsonschema_rs.Draft202012Validator(
        schema, offline=True, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
    ).is_valid


def _contained(inner: Any, outer: Any, examples: tuple[Any, ...]) -> Side:  # noqa: ANN401 -- JSON
    """Tell whether whatever the one schema accepts is accepted by the other, and what is not."""
    proof = _covers(outer, inner)
    if proof is Containment.YES:
        return FINE
    witness = find_witness((inner, outer), examples, judge_of(inner), judge_of(outer), changed=_changed_parts(inner, outer))
    if witness:
        return Side(impact=Impact.BREAKING, witness=witness)
    return BREAKS if proof is Containment.NO else OPEN


def _changed_parts(one: Any, other: Any) -> list[Any]:  # noqa: ANN401 -- JSON
    """Give the innermost schemas around the places at which two schemas differ, without those inside them."""
    nodes = [dict(schema_nodes(each)) for each in (one, other)]
    found: list[Any] = []
    for path in islice(differences(one, other), _MOST_PARTS):
        for known in nodes:
            place = next((path[:end] for end in range(len(path), -1, -1) if path[:end] in known), ())
            part = known.get(place, {})
            found.append(part if len(json.dumps(part)) < _LARGE else {word: part[word] for word in path[len(place) :][:1] if word in part})
    return found


def _covers(outer: Any, inner: Any) -> Containment:  # noqa: ANN401 -- JSON
    if steps_of(outer) + steps_of(inner) > MOST_MULTIPLES:
        return Containment.UNKNOWN
    try:
        forms = [
            jsonschema_rs.canonicalize(each, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True)
            for each in (outer, inner)
        ]
        return forms[0].covers(forms[1])
    except ValueError:
        return Containment.UNKNOWN


def _narrowed(old: Any, new: Any, examples: tuple[Any, ...]) -> Side:  # noqa: ANN401 -- JSON
    strict = _contained(old, new, examples)
    added = sorted({str(path[-1]) for path in _added_members(old, new)})
    if strict.impact is Impact.COMPATIBLE or not added:
        return strict
    silent = _contained(_silent(old, new), new, examples)  # the old one, told of no member that is new
    if silent.impact is not Impact.COMPATIBLE:
        return silent
    names = ", ".join(added)
    return Side(provided=f"no platform already sends something else under the new name{'s' if len(added) > 1 else ''} {names}")


def _added_members(old: Any, new: Any) -> Iterator[Path]:  # noqa: ANN401 -- JSON
    """Give the members that only the new schema describes, of objects that both describe and that the old one left open."""
    nodes = dict(schema_nodes(old))
    turning = any(word in node for node in nodes.values() for word in _TURNING)
    for path, node in schema_nodes(new):
        before = nodes.get(path)
        if before is None or any(word in _TURNING for word in path) or (turning and path and path[0] == "$defs"):
            continue
        if not _through_positive(path):
            continue
        known: Mapping[str, Any] = before.get("properties", {})
        yield from ((*path, "properties", name) for name in node.get("properties", {}) if name not in known)


def _through_positive(path: Path) -> bool:
    """Whether a path leads through keywords that only ask for more."""
    steps = list(path)
    while steps:
        word = steps.pop(0)
        if word in ("properties", "$defs", "allOf"):
            steps = steps[1:]
        elif word not in _POSITIVE:
            return False
    return True


def _silent(old: Any, new: Any) -> Any:  # noqa: ANN401 -- JSON
    """Give the old schema for platforms that send nothing under the names of new members."""
    found = copy.deepcopy(old)
    nodes = dict(schema_nodes(found))
    for path in list(_added_members(old, new)):
        nodes[path[:-2]].setdefault("properties", {})[path[-1]] = False
    return found
