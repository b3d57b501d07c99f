"""What becomes of receivers and platforms when promises change.

Law: a stronger promise can break who makes it, a weaker one who relied on it; only a MUST binds, so nothing else breaks anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hookproof.comparing.change import BREAKS, FINE, OPEN, Change, Side, joined, sides
from hookproof.comparing.schema_change import same, schema_sides
from hookproof.model.contract import Clause, Contract, Role
from hookproof.model.verdict import Level

FILE = "clauses.yaml"
Pair = tuple[Side, Side]
"""What a change does to who makes a promise, and to who relies on it."""
STRONGER: Pair = (BREAKS, FINE)
WEAKER: Pair = (FINE, BREAKS)
UNKNOWN: Pair = (OPEN, OPEN)
NOTHING: Pair = (FINE, FINE)


def clause_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Give what changed among the promises; those of a renamed contract are compared by the rest of their ids."""
    before, after = ({clause.id.partition("/")[2]: clause for clause in contract.clauses} for contract in (old, new))
    for key, clause in before.items():
        if key not in after:
            yield from _whole("clause-removed", clause, WEAKER)
        else:
            yield from _changed(clause, after[key])
    for key, clause in after.items():
        if key not in before:
            yield from _whole("clause-added", clause, STRONGER)


def binding(clause: Clause) -> bool:
    """Whether breaking the promise can ever fail a run."""
    return Level.MUST in (clause.level, clause.level_if_declared)


def _whole(kind: str, clause: Clause, pair: Pair) -> Iterator[Change]:
    word = kind.rpartition("-")[2]
    yield _change(kind, clause, "", f"{clause.level} {clause.promise!r} was {word}", pair if binding(clause) else NOTHING, clause.roles)


def _change(kind: str, clause: Clause, place: str, what: str, pair: Pair, roles: tuple[Role, ...]) -> Change:
    receivers, platforms = FINE, FINE
    for role in roles:
        told = sides(role, *pair)
        receivers, platforms = joined(receivers, told["receivers"]), joined(platforms, told["platforms"])
    where = f"clauses[{clause.id}]{place}"
    return Change(kind=kind, file=FILE, place=where, what=what, receivers=receivers, platforms=platforms, clauses=(clause.id,))


def _changed(old: Clause, new: Clause) -> Iterator[Change]:
    if (old.level, old.level_if_declared, old.declared_by) != (new.level, new.level_if_declared, new.declared_by):
        what = f"the level changed from {_level(old)} to {_level(new)}"
        yield _change("clause-level-changed", new, ".level", what, _level_pair(old, new), new.roles)
    bound = binding(old) and binding(new)
    for kind, roles, pair in (
        ("clause-role-added", tuple(role for role in new.roles if role not in old.roles), STRONGER),
        ("clause-role-removed", tuple(role for role in old.roles if role not in new.roles), WEAKER),
    ):
        if roles:
            what = f"{', '.join(roles)} was {kind.rpartition('-')[2]}"
            yield _change(kind, new, ".roles", what, pair if bound else NOTHING, roles)
    if (old.rule, old.excluded is None) != (new.rule, new.excluded is None):
        what = f"the rule changed from {old.rule or 'none'} to {new.rule or 'none'}"
        # whether somebody judges it changes no promise
        pair = UNKNOWN if bound and old.rule and new.rule else NOTHING
        yield _change("clause-rule-changed", new, ".rule", what, pair, new.roles)
    elif not same(old.parameters, new.parameters):
        yield from _parameters(old, new, bound=bound)
    if _words(old) != _words(new) or (old.excluded and new.excluded and old.excluded != new.excluded):
        yield _change("clause-text-changed", new, "", "its words changed, not what is judged", NOTHING, new.roles)


def _words(clause: Clause) -> tuple[object, ...]:
    return clause.promise, clause.source, clause.ambiguity, clause.mend


def _level(clause: Clause) -> str:
    return f"{clause.level}{f' ({clause.level_if_declared} with {clause.declared_by})' if clause.level_if_declared else ''}"


def _level_pair(old: Clause, new: Clause) -> Pair:
    """Compare what binds targets that declare nothing, and those that declare the capability."""
    before, after = (
        {bare: (each.level if bare else each.level_if_declared or each.level) is Level.MUST for bare in (True, False)}
        for each in (old, new)
    )
    makes = BREAKS if any(after[bare] and not before[bare] for bare in before) else FINE
    relies = BREAKS if any(before[bare] and not after[bare] for bare in before) else FINE
    if old.declared_by != new.declared_by and before[False] and after[False] and not (before[True] and after[True]):
        return UNKNOWN
    return makes, relies


def _parameters(old: Clause, new: Clause, *, bound: bool) -> Iterator[Change]:
    for name in sorted({*old.parameters, *new.parameters}):
        before, after = old.parameters.get(name), new.parameters.get(name)
        if same(before, after):
            continue
        weigh = PARAMETERS.get(name)
        pair = weigh(before, after) if weigh is not None and before is not None and after is not None else UNKNOWN
        what = f"the parameter {name} changed from {_shown(before)} to {_shown(after)}"
        yield _change("clause-parameter-changed", new, f".parameters.{name}", what, pair if bound else NOTHING, new.roles)


def _shown(value: Any) -> str:  # noqa: ANN401 -- JSON
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"  # noqa: PLR2004 -- a line's worth


def _each_asks(before: Any, after: Any) -> Pair:  # noqa: ANN401 -- JSON
    """Each element, or member with its value, is one more thing that is asked for."""
    if isinstance(before, dict) and isinstance(after, dict):
        one, other = {(k, repr(v)) for k, v in before.items()}, {(k, repr(v)) for k, v in after.items()}
    elif isinstance(before, list) and isinstance(after, list):
        one, other = {("", repr(each)) for each in before}, {("", repr(each)) for each in after}
    else:
        return UNKNOWN
    return (FINE if other <= one else BREAKS), (FINE if one <= other else BREAKS)


def _more_is_weaker(before: Any, after: Any) -> Pair:  # noqa: ANN401 -- JSON
    try:
        return NOTHING if before == after else WEAKER if before < after else STRONGER
    except TypeError:
        return UNKNOWN


def _compare(before: Any, after: Any) -> Pair:  # noqa: ANN401 -- JSON
    known = {("value", "bytes"): STRONGER, ("bytes", "value"): WEAKER}
    return known.get((before, after), UNKNOWN)


def _schema(before: Any, after: Any) -> Pair:  # noqa: ANN401 -- JSON
    widened, narrowed = schema_sides(before, after)
    return narrowed, widened


PARAMETERS: Mapping[str, Callable[[Any, Any], Pair] | None] = {
    "faults": _each_asks,
    "classes": _each_asks,
    "kinds": _each_asks,
    "forms": _each_asks,
    "purposes": _each_asks,
    "statuses": _each_asks,
    "fields": _each_asks,
    "within": _more_is_weaker,
    "may_close": _more_is_weaker,
    "compare": _compare,
    "schema": _schema,
    # what follows names what is looked at, and none is more than another
    **dict.fromkeys(("policies", "schemes", "kind", "key", "action", "via", "last", "among", "first", "then", "media_type")),
}
"""By the name of a parameter: what another value of it does; None where nobody can tell."""
