"""What becomes of receivers and platforms when the envelope, the subscription API or the contract's own name changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hookproof.comparing.change import BREAKS, FINE, OPEN, Change, Side
from hookproof.comparing.schema_change import differences, same, schema_sides, stripped
from hookproof.contracts.document import key_path
from hookproof.model.contract import Contract

FILE = "provider.yaml"
_MEMBERS = ("id_member", "type_member", "created_member", "data_member", "truncated_member", "id_header")
_WORDS = frozenset({"description", "summary", "title", "example", "examples", "tags", "info", "externalDocs", "operationId", "servers"})
_NAMED = frozenset({
    "properties", "patternProperties", "$defs", "dependentSchemas", "schemas", "responses", "parameters", "headers", "requestBodies",
    "securitySchemes", "links", "callbacks", "pathItems", "content", "mapping", "variables", "scopes",
})  # fmt: skip
"""Maps whose keys are names that somebody chose."""


def provider_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Give what changed in provider.yaml."""
    if old.name != new.name:
        what = f"the contract is called {new.name} instead of {old.name}, so that no clause keeps its id"
        yield Change(kind="name-changed", file=FILE, place="name", what=what, aspects=frozenset({"name"}))
    if (old.title, old.revision, old.sources) != (new.title, new.revision, new.sources):
        yield Change(kind="provider-text-changed", file=FILE, place="revision", what="title, revision or sources changed")
    for key in _MEMBERS:
        before, after = getattr(old.envelope, key), getattr(new.envelope, key)
        if before != after:
            what = f"{key} changed from {before or 'none'} to {after or 'none'}"
            # a member that was told newly is owed by platforms; one that is no longer told fails who read it
            yield _envelope(f"envelope.{key}", what, BREAKS if before else FINE, BREAKS if after else FINE)
    for key in ("schema", "truncated_schema"):
        before, after = getattr(old.envelope, key), getattr(new.envelope, key)
        if before is None or after is None:
            if before is not after:
                what = f"{key} was {'added' if before is None else 'removed'}"
                yield _envelope(f"envelope.{key}", what, BREAKS if before is None else FINE, FINE if before is None else BREAKS)
        elif not same(stripped(before), stripped(after)):
            places = [key_path(path) for path in differences(stripped(before), stripped(after))]
            yield _envelope(
                f"envelope.{key}.{places[0]}", f"the schema of the body changed at {', '.join(places[:3])}", *schema_sides(before, after)
            )
        elif not same(before, after):
            yield Change(kind="provider-text-changed", file=FILE, place=f"envelope.{key}", what="words of the schema changed")


def _envelope(place: str, what: str, receivers: Side, platforms: Side) -> Change:
    return Change(
        kind="envelope-changed", file=FILE, place=place, what=what, receivers=receivers, platforms=platforms,
        aspects=frozenset({"envelope"}),
    )  # fmt: skip


def api_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Give what changed in the subscription API: operations that came and went, and undecided changes of those that stayed."""
    before, after = _operations(old), _operations(new)
    for name in sorted({*before, *after}):
        if name not in after:
            yield _api("operation-removed", name, f"the operation {name} was removed", BREAKS, FINE)
        elif name not in before:
            provided = Side(provided="platforms offer it before they are judged by the new contract")
            yield _api("operation-added", name, f"the operation {name} was added", FINE, provided)
        elif not same(before[name], after[name]):
            yield _api("operation-changed", name, f"the operation {name} changed", OPEN, OPEN)
    rest = [_worded(dict(each.subscription_api), "paths") for each in (old, new)]
    if not same(rest[0], rest[1]):
        yield _api("api-changed", "", "what operations refer to changed", OPEN, OPEN)
    elif same(before, after) and not same(old.subscription_api, new.subscription_api):
        yield _api("api-text-changed", "", "words of the description changed", FINE, FINE)


def _api(kind: str, place: str, what: str, receivers: Side, platforms: Side) -> Change:
    return Change(
        kind=kind, file="subscription-api.openapi.yaml", place=place, what=what, receivers=receivers, platforms=platforms,
        aspects=frozenset({"api"}) if kind != "api-text-changed" else frozenset(),
    )  # fmt: skip


def _operations(contract: Contract) -> dict[str, Any]:
    paths = contract.subscription_api.get("paths", {})
    return {
        str(operation.get("operationId", f"{method} {path}")): (path, method, _worded(operation), _worded(item.get("parameters")))
        for path, item in paths.items()
        if isinstance(item, dict)
        for method, operation in item.items()
        if isinstance(operation, dict)
    }


def _worded(value: Any, *more: str) -> Any:  # noqa: ANN401 -- JSON
    """Give a part of a description without what is for people; a member or component that is called like such a word stays."""
    if isinstance(value, list):
        return [_worded(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: part for key, part in value.items() if key not in (*_WORDS, *more)}
    return {
        key: {name: _worded(each) for name, each in part.items()} if key in _NAMED and isinstance(part, dict) else _worded(part)
        for key, part in kept.items()
    }
