"""What becomes of receivers and platforms when the delivery policy changes.

Law: a policy is a set of legal conducts; another legal one breaks receivers, one that is no longer legal breaks platforms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hookproof.comparing.change import BREAKS, FINE, Change, Side
from hookproof.model.contract import Contract, Policy, RetryPolicy

FILE = "policy.yaml"
Sides = tuple[Side, Side]
"""What a change does to receivers and to platforms."""


def policy_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Give what changed in the policy, for the events that both contracts have."""
    one, other = old.policy, new.policy
    yield from _schedules(old, new)
    yield from _statuses(one, other)
    if one.timeout_seconds != other.timeout_seconds:
        shorter = other.timeout_seconds < one.timeout_seconds
        what = f"the time-out changed from {one.timeout_seconds:g} to {other.timeout_seconds:g} seconds"
        yield _change("timeout-changed", "timeout_seconds", what, (BREAKS, FINE) if shorter else (FINE, BREAKS), "timeout")
    yield from _truncation(one, other)
    yield from _signing(one, other)
    if one.consent != other.consent:
        what = f"receivers are {'now' if other.consent else 'no longer'} asked for consent"
        yield _change("consent-changed", "consent", what, (BREAKS, BREAKS if other.consent else FINE), "consent")
    yield from _maps(one, other)
    if one.assumed != other.assumed:
        yield _change("assumptions-changed", "assumed", "which members no document states changed", (FINE, FINE))


def _change(kind: str, place: str, what: str, both: Sides, *aspects: str) -> Change:
    return Change(kind=kind, file=FILE, place=place, what=what, receivers=both[0], platforms=both[1], aspects=frozenset(aspects))


def legal(old: Collection[object], new: Collection[object]) -> Sides:
    """Compare two sets of what is legal: what was added breaks receivers, what was taken away platforms."""
    return (FINE if set(new) <= set(old) else BREAKS), (FINE if set(old) <= set(new) else BREAKS)


def asked(old: Collection[object], new: Collection[object]) -> Sides:
    """Compare two sets of what a platform owes: what was added breaks platforms, what was taken away receivers."""
    receivers, platforms = legal(new, old)
    return receivers, platforms


def _conducts(policies: tuple[RetryPolicy, ...]) -> set[object]:
    """Give each legal schedule: the waits that are used, and how many sends there are."""
    return {(policy.delays[: sends - 1], sends) for policy in policies for sends in policy.sends.values()}


def _schedules(old: Contract, new: Contract) -> Iterator[Change]:
    found: dict[tuple[str, Sides], list[str]] = {}
    for event in sorted({*old.events} & {*new.events}):
        one, other = _conducts(old.policy.policies_for(event)), _conducts(new.policy.policies_for(event))
        if one != other:  # no schedule at all means that any is legal
            both = (BREAKS, FINE) if not other else (FINE, BREAKS) if not one else legal(one, other)
            what = "none is promised any more" if not other else "one is promised now" if not one else "other schedules are legal now"
            found.setdefault((what, both), []).append(event)
    for (what, both), events in found.items():
        names = ", ".join(events[:3]) + (f" and {len(events) - 3} more" if len(events) > 3 else "")  # noqa: PLR2004 -- a line's worth
        yield _change("schedule-changed", "retry", f"retries of {names}: {what}", both, "retry")
    names_changed = (old.policy.retry, old.policy.assignments) != (new.policy.retry, new.policy.assignments)
    if names_changed and not found:
        yield _change("schedule-names-changed", "retry", "retry policies are named or arranged otherwise", (FINE, FINE), "retry")


def _class_of(policy: Policy, status: str) -> str:
    """Say what a policy makes of a status: success, failure, or open; the exact status counts before its class."""
    for name in (status, f"{status[0]}xx" if status.isdigit() else status):
        for word, names in (("success", policy.success), ("failure", policy.failure)):
            if name in names:
                return word
    return "open"


def _statuses(old: Policy, new: Policy) -> Iterator[Change]:
    named = {*old.success, *old.failure, *new.success, *new.failure}
    statuses = [*map(str, range(100, 600)), *sorted(name for name in named if not name[0].isdigit())]
    found: dict[tuple[str, str], list[str]] = {}
    for status in statuses:
        step = (_class_of(old, status), _class_of(new, status))
        if step[0] != step[1]:
            found.setdefault(step, []).append(status)
    for (before, after), changed in found.items():
        shown = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")  # noqa: PLR2004 -- a line's worth
        both = (FINE if before == "open" else BREAKS), (FINE if after == "open" else BREAKS)
        yield _change("status-changed", after if after != "open" else before, f"{shown}: {before} before, {after} now", both, "success")
    if not found and (sorted(old.success), sorted(old.failure)) != (sorted(new.success), sorted(new.failure)):
        yield _change("status-names-changed", "success", "statuses are named otherwise", (FINE, FINE), "success")


def _truncation(old: Policy, new: Policy) -> Iterator[Change]:
    one, other = old.truncation, new.truncation
    if one == other:
        return
    if one is None or other is None:
        what, both = ("events may be cut now", (BREAKS, FINE)) if one is None else ("events may no longer be cut", (FINE, BREAKS))
        yield _change("truncation-changed", "truncation", what, both, "truncation")
        return
    limits = [{(limit, part) for limit in each.limits for part in each.measured_on} for each in (one, other)]
    if limits[0] != limits[1]:
        yield _change("truncation-changed", "truncation.limits", "the legal limits changed", legal(*limits), "truncation")
    if (one.flag_member, one.size_member) != (other.flag_member, other.size_member):
        yield _change("truncation-changed", "truncation", "the members of what is cut changed", (BREAKS, BREAKS), "truncation")
    if set(one.identifiers) != set(other.identifiers):
        # what is cut keeps all identifiers that it had: they are owed as well as allowed
        yield _change("truncation-changed", "truncation.identifiers", "what a cut event keeps changed", (BREAKS, BREAKS), "truncation")


def _signing(old: Policy, new: Policy) -> Iterator[Change]:
    one, other = old.signing, new.signing
    if one == other:
        return
    if one is None or other is None:
        what, both = ("deliveries are signed now", (FINE, BREAKS)) if one is None else ("deliveries are no longer signed", (BREAKS, FINE))
        yield _change("signing-changed", "signing", what, both, "signing")
        return
    if one.schemes != other.schemes:
        receivers, platforms = legal(one.schemes, other.schemes)
        receivers = BREAKS if one.schemes[0] != other.schemes[0] else receivers  # receivers are certified with the first
        yield _change("signing-changed", "signing.schemes", "the signature schemes changed", (receivers, platforms), "signing")
    if one.documented != other.documented:
        both = (FINE, BREAKS) if other.documented else (BREAKS, FINE)
        yield _change("signing-changed", "signing.documented", f"documented is {str(other.documented).lower()} now", both, "signing")
    if one.tolerance_seconds != other.tolerance_seconds:
        what = f"the tolerance changed from {one.tolerance_seconds} to {other.tolerance_seconds} seconds"
        both = (BREAKS, BREAKS if other.tolerance_seconds < one.tolerance_seconds else FINE)
        yield _change("signing-changed", "signing.tolerance_seconds", what, both, "signing")
    if one.overlap_seconds != other.overlap_seconds:
        what = f"the overlap of secrets changed from {one.overlap_seconds} to {other.overlap_seconds} seconds"
        both = (BREAKS if other.overlap_seconds < one.overlap_seconds else FINE, BREAKS)
        yield _change("signing-changed", "signing.overlap_seconds", what, both, "signing")


def _maps(old: Policy, new: Policy) -> Iterator[Change]:
    for name, sided in (("explicit_only", (BREAKS, BREAKS)), ("companions", (BREAKS, BREAKS)), ("management", (BREAKS, BREAKS))):
        one, other = getattr(old, name), getattr(new, name)
        if (set(one), one) != (set(other), other) and (not isinstance(one, tuple) or set(one) != set(other)):
            yield _change(f"{name.replace('_', '-')}-changed", name, f"{name} changed: other events are sent, or to others", sided, name)
    for name in ("wildcards", "identity"):
        one, other = getattr(old, name), getattr(new, name)
        if set(one) != set(other):
            receivers, platforms = asked(one, other)
            receivers = BREAKS if name == "identity" else receivers  # receivers are judged by what they know repeats by
            yield _change(f"{name}-changed", name, f"{name} changed from {list(one)} to {list(other)}", (receivers, platforms), name)
    if old.fields != new.fields:
        both = asked(old.fields.items(), new.fields.items())
        yield _change("fields-changed", "fields", "header fields of deliveries changed", both, "fields")
