"""Compares two revisions of a contract: what changed, whom it breaks, and whose certificates it touches.

Law: a contract has no difference from itself; contracts whose files differ have at least one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hookproof.comparing.affected import by_role, touched
from hookproof.comparing.api_change import api_changes
from hookproof.comparing.change import Change, Impact
from hookproof.comparing.clause_change import clause_changes
from hookproof.comparing.envelope_change import provider_changes
from hookproof.comparing.event_change import event_changes
from hookproof.comparing.policy_change import policy_changes
from hookproof.model.contract import Contract, Role


@dataclass(frozen=True, kw_only=True)
class Difference:
    """All that differs between two contracts. ``certificates``: by role, the clauses that must be judged again."""

    old: Contract
    new: Contract
    changes: tuple[Change, ...]
    certificates: Mapping[Role, tuple[str, ...]]

    @property
    def impact(self) -> Impact:
        """The worst that any change does to anybody."""
        found = {change.impact for change in self.changes}
        return next((impact for impact in (Impact.BREAKING, Impact.UNDECIDED) if impact in found), Impact.COMPATIBLE)


def difference(old: Contract, new: Contract) -> Difference:
    """Compare two contracts."""
    changes = [
        *provider_changes(old, new),
        *event_changes(old, new),
        *policy_changes(old, new),
        *clause_changes(old, new),
        *api_changes(old, new),
    ]
    if not changes and old.digest != new.digest:
        what = "the files differ in nothing that is judged: comments, order, spelling or vectors"
        changes = [Change(kind="spelling-changed", file="", place="", what=what)]
    changes = [replace(change, clauses=change.clauses or touched(new, change.aspects)) for change in changes]
    judged = {clause for change in changes if change.kind != "clause-text-changed" for clause in change.clauses}
    return Difference(old=old, new=new, changes=tuple(changes), certificates=by_role((old, new), judged))
