"""What a target profile says differently of assumed routes and statuses, written into the contract's API description.

Law: only what the description marks as assumed may be overridden; the result is a contract like any other.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hookproof.model.contract import Contract
from hookproof.model.errors import IllFormedError


def overridden(contract: Contract, overrides: Mapping[str, Any], *, subject: str) -> Contract:
    """Give the contract with other paths and success statuses.

    ``overrides``: ``{"paths": {operationId: path}, "statuses": {operationId: status or [status]}}``. Raises ``IllFormedError``
    naming ``subject`` for an operation that the description does not have.
    """
    if not overrides:
        return contract
    description = copy.deepcopy(dict(contract.subscription_api))
    paths = description.get("paths", {})
    found = {operation["operationId"]: (path, method) for path, item in paths.items() for method, operation in _operations(item)}
    for kind in ("paths", "statuses"):
        unknown = sorted(set(overrides.get(kind, {})) - set(found))
        if unknown:
            known = ", ".join(sorted(found))
            raise IllFormedError(
                subject, f"the contract has no operation {unknown[0]!r}", place=f"overrides.{kind}", remedy=f"Known: {known}."
            )
    for name, statuses in overrides.get("statuses", {}).items():
        _restate(paths[found[name][0]][found[name][1]]["responses"], statuses if isinstance(statuses, list) else [statuses])
    for name, path in overrides.get("paths", {}).items():
        old, method = found[name]
        paths.setdefault(path, {})[method] = paths[old].pop(method)
    return replace(contract, subscription_api=description)


def _operations(item: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(method, operation) for method, operation in item.items() if isinstance(operation, dict) and "operationId" in operation]


def _restate(responses: dict[str, Any], statuses: list[int]) -> None:
    """Replace the described success statuses, keeping the described body."""
    old = [status for status in responses if status.startswith("2")]
    body = responses[old[0]] if old else {"description": "success"}
    for status in old:
        del responses[status]
    responses.update({str(status): body for status in statuses})
