"""Parts of a schema that no value can satisfy, because the document contradicts itself there.

Law: only what is proven contradictory is lifted, the smallest parts first; each is kept as a remark, and told.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
from jsonschema_rs import canonical

REMARK = "x-contradiction"


def contradictions(schema: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Give the steps to the smallest contradictory parts of a schema that no value satisfies; none where that cannot be proven."""
    try:
        whole = jsonschema_rs.canonicalize(dict(schema), draft=20, validate_formats=True)
        if str(whole.satisfiability()) != "no":
            return ()
        reasons = canonical.find_unsatisfiable(dict(schema), draft=20)
    except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, canonical.CanonicalizationError):
        return ()
    found = [_steps(pointer) for pointer, reason in reasons.items() if type(reason).__name__.endswith("Conflict")]
    return tuple(sorted(one for one in found if one and not any(other != one and other[: len(one)] == one for other in found)))


def lifted(schema: dict[str, Any], parts: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    """Give a copy of a schema in which these parts ask for nothing and are kept as remarks."""
    made = copy.deepcopy(schema)
    for steps in parts:
        holder: Any = made
        for step in steps[:-1]:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        last: Any = int(steps[-1]) if isinstance(holder, list) else steps[-1]
        holder[last] = {REMARK: holder[last]}
    return made


def _steps(pointer: str) -> tuple[str, ...]:
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
