"""What becomes of receivers and platforms when the envelope or the contract's own name changes."""

from __future__ import annotations

from collections.abc import Iterator

from hookproof.comparing.change import BREAKS, FINE, Change, Side
from hookproof.comparing.schema_change import differences, same, schema_sides, stripped
from hookproof.contracts.document import key_path
from hookproof.model.contract import Contract

FILE = "provider.yaml"
_MEMBERS = ("id_member", "type_member", "created_member", "data_member", "truncated_member", "id_header")


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
