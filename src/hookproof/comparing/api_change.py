"""What becomes of subscribers and platforms when the subscription API changes.

Law: a request is sent by the subscriber, an answer by the platform; whoever sends is broken by what is now refused, whoever is sent to by
what may now come. What no rule here decides is undecided.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hookproof.comparing.api_description import Description, Operation, UnclearError
from hookproof.comparing.change import BREAKS, FINE, OPEN, Change, Side, joined
from hookproof.comparing.schema_change import same, schema_sides, stripped
from hookproof.model.contract import Contract

_OFFERED = Side(provided="platforms offer it before they are judged by the new contract")
_BY_CLASS = Side(provided="subscribers treat an error that they do not know as one of its class (RFC 9110, section 15)")
_WORDS = frozenset({"description", "summary", "title", "example", "examples", "tags", "info", "externalDocs", "operationId", "servers"})
_NAMED = frozenset({"securitySchemes", "links", "callbacks", "pathItems", "scopes", "content", "headers", "encoding", "variables"})
"""Maps whose keys are names that somebody chose."""
_FOLLOWED = ("schemas", "responses", "parameters", "headers", "requestBodies", "examples")
"""Components that matter where an operation refers to them."""
_MOST_COMPARED = 60_000
"""Letters of all pairs of schemas that are compared; what is beyond that is undecided."""
Sides = tuple[Side, Side]
"""What a change does to subscribers, and to platforms."""


def api_changes(old: Contract, new: Contract) -> Iterator[Change]:
    """Give what changed in the subscription API: operations that came and went, and what changed in those that stayed."""
    found = list(_Comparison(Description(old.subscription_api), Description(new.subscription_api)).changes())
    if not found and not same(old.subscription_api, new.subscription_api):
        found = [_api("api-text-changed", "", "words of the description changed, or parts that no operation refers to", (FINE, FINE))]
    yield from found


def _api(kind: str, place: str, what: str, sides: Sides) -> Change:
    return Change(
        kind=kind, file="subscription-api.openapi.yaml", place=place, what=what, receivers=sides[0], platforms=sides[1],
        aspects=frozenset({"api"}) if kind != "api-text-changed" else frozenset(),
    )  # fmt: skip


class _Comparison:
    """Two descriptions; ``left``: how many more letters of schemas are compared. ``known``: what was compared, by its text."""

    def __init__(self, old: Description, new: Description) -> None:
        self.old, self.new = old, new
        self.left = _MOST_COMPARED
        self.known: dict[str, Sides] = {}

    def changes(self) -> Iterator[Change]:
        before, after = self.old.names(), self.new.names()
        for name in sorted({*before, *after}):
            if name not in after:
                yield _api("operation-removed", name, f"the operation {name} was removed", (BREAKS, FINE))
            elif name not in before:
                yield _api("operation-added", name, f"the operation {name} was added", (FINE, _OFFERED))
            else:
                yield from self._stayed(name, before[name], after[name])
        rests = [_worded(_beside(each.document)) for each in (self.old, self.new)]
        if not same(rests[0], rests[1]):
            yield _api("api-changed", "", "what is said beside the operations changed", (OPEN, OPEN))

    def _stayed(self, name: str, before: tuple[str, str], after: tuple[str, str]) -> Iterator[Change]:
        try:
            old, new = self.old.operation(*before), self.new.operation(*after)
            yield from list(self._operation(name, old, new))
        except UnclearError:
            parts = [(self.old.document, before), (self.new.document, after)]
            if not same(*[(place, document.get("paths"), document.get("components")) for document, place in parts]):
                yield _api("operation-changed", name, f"the operation {name} may have changed: not all of it can be read", (OPEN, OPEN))

    def _operation(self, name: str, old: Operation, new: Operation) -> Iterator[Change]:
        if (old.path, old.method) != (new.path, new.method):
            what = f"{name} is {new.method.upper()} {new.path} instead of {old.method.upper()} {old.path}"
            yield _api("operation-moved", name, what, (BREAKS, _OFFERED))
        for key in sorted({*old.parameters, *new.parameters}):
            yield from self._parameter(name, key, old.parameters.get(key), new.parameters.get(key))
        yield from self._body(name, old.body, new.body)
        for status in sorted({*old.responses, *new.responses}):
            yield from self._response(name, status, _answer(old.responses, status), _answer(new.responses, status))
        if old.security != new.security:
            sides = (_let_in(old, new), FINE if _let_in(new, old) is FINE else _OFFERED)
            yield _api("operation-security-changed", name, f"how callers of {name} are let in changed", sides)
        if not same(_worded(old.rest), _worded(new.rest)):
            yield _api("operation-changed", name, f"what else is said of {name} changed", (OPEN, OPEN))

    def _parameter(self, name: str, key: tuple[str, str], old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[Change]:
        called = f"the {key[0]} parameter {key[1]!r} of {name}"
        if old is None or new is None:
            if new is not None:
                yield _api("parameter-added", name, f"{called} was added{_needed(new)}", _asked(new))
            else:
                yield _api("parameter-removed", name, f"{called} was removed", (OPEN, FINE))
            return
        sides = joined_sides(_requirement(old, new), self._media(old, new, request=True) if "content" in {**old, **new} else
                             self._schema(old.get("schema", True), new.get("schema", True), request=True))  # fmt: skip
        beside = [_worded({word: part for word, part in each.items() if word not in _OF_PARAMETERS}) for each in (old, new)]
        sides = sides if same(beside[0], beside[1]) else joined_sides(sides or (FINE, FINE), (OPEN, OPEN))
        if sides is not None:
            yield _api("parameter-changed", name, f"{called} changed", sides)

    def _body(self, name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[Change]:
        called = f"the request body of {name}"
        if old is None or new is None:
            if new is not None:
                yield _api("request-body-added", name, f"{called} was added{_needed(new)}", _asked(new))
            elif old is not None:
                yield _api("request-body-removed", name, f"{called} was removed", (OPEN, FINE))
            return
        sides = joined_sides(_requirement(old, new), self._media(old, new, request=True))
        if sides is not None:
            yield _api("request-body-changed", name, f"{called} changed", sides)

    def _response(self, name: str, status: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[Change]:
        called = f"the answer {status} of {name}"
        if old is None:
            failure = status[:1] in ("4", "5") or status == "default"
            yield _api("response-added", name, f"{called} was added", (_BY_CLASS if failure else BREAKS, FINE))
        elif new is None:
            yield _api("response-removed", name, f"{called} was removed", (FINE, BREAKS))
        else:
            headers = [_worded(each.get("headers", {})) for each in (old, new)]
            beside = [_worded({word: part for word, part in each.items() if word not in ("headers", "content")}) for each in (old, new)]
            sides = self._media(old, new, request=False)
            if not same(headers[0], headers[1]) or not same(beside[0], beside[1]):
                sides = joined_sides(sides or (FINE, FINE), (OPEN, OPEN))
            if sides is not None:
                yield _api("response-changed", name, f"{called} changed", sides)

    def _media(self, old: Mapping[str, Any], new: Mapping[str, Any], *, request: bool) -> Sides | None:
        """Compare what may be carried; ``None`` if nothing changed."""
        one, other = _content(old), _content(new)
        found: Sides | None = None
        if one and not other:
            found = (OPEN, FINE) if request else (BREAKS, FINE)
        elif other and not one:
            found = (FINE, _OFFERED) if request else (FINE, OPEN)
        else:
            less, more = one.keys() - other.keys(), other.keys() - one.keys()
            if less or more:
                found = (BREAKS if less else FINE, _OFFERED if more else FINE) if request else (
                    BREAKS if more else FINE, BREAKS if less else FINE)  # fmt: skip
            for kind in sorted(one.keys() & other.keys()):
                found = joined_sides(found, self._schema(one[kind].get("schema", True), other[kind].get("schema", True), request=request))
                beside = [_worded({word: part for word, part in each[kind].items() if word != "schema"}) for each in (one, other)]
                found = found if same(beside[0], beside[1]) else joined_sides(found or (FINE, FINE), (OPEN, OPEN))
        return found

    def _schema(self, old: Any, new: Any, *, request: bool) -> Sides | None:  # noqa: ANN401 -- JSON
        """Compare two schemas; ``None`` if they accept the same for certain, because they say the same."""
        try:
            one, other = self.old.schema(old), self.new.schema(new)
        except UnclearError:
            parts = [(part, each.document.get("components")) for part, each in ((old, self.old), (new, self.new))]
            return None if same(parts[0], parts[1]) else (OPEN, OPEN)
        if same(stripped(one), stripped(other)):
            return None
        getter, sender = self._compared(one, other)
        if not request:
            return getter, sender
        told = None if sender.provided is None else sender.provided.replace("no platform", "no subscriber")
        return replace(sender, provided=told), getter

    def _compared(self, one: Any, other: Any) -> Sides:  # noqa: ANN401 -- JSON
        """Tell what the change does to whom it is sent, and to whom that sends."""
        key = json.dumps([one, other], sort_keys=True)
        if key not in self.known:
            self.left -= len(key)
            self.known[key] = (OPEN, OPEN) if self.left < 0 else schema_sides(one, other)
        return self.known[key]


_OF_PARAMETERS = ("name", "in", "required", "schema", "content", "deprecated")


def joined_sides(one: Sides | None, other: Sides | None) -> Sides | None:
    """Give what two changes do together, either of which may be none."""
    if one is None or other is None:
        return one or other
    return joined(one[0], other[0]), joined(one[1], other[1])


def _let_in(those: Operation, by: Operation) -> Side:
    """Tell whether whoever was let in by one description is by another: a way that asks for no more serves."""
    return FINE if all(any(way <= known for way in by.security) for known in those.security) else BREAKS


def _needed(part: Mapping[str, Any]) -> str:
    return ", and must be sent" if part.get("required") is True else ""


def _asked(part: Mapping[str, Any]) -> Sides:
    """Tell what it does that something new can be sent, or must be."""
    return (BREAKS, FINE) if part.get("required") is True else (FINE, _OFFERED)


def _requirement(old: Mapping[str, Any], new: Mapping[str, Any]) -> Sides | None:
    """Tell what it does that something must be sent now, or need not be sent any more."""
    before, after = old.get("required") is True, new.get("required") is True
    return None if before is after else (BREAKS, FINE) if after else (FINE, BREAKS)


def _answer(responses: Mapping[str, dict[str, Any]], status: str) -> dict[str, Any] | None:
    """Give what is said of a status: by itself, by its class, or of all that are not named."""
    keys = (status, "default") if status.endswith("XX") else (status, f"{status[:1]}XX", "default")
    return next((responses[key] for key in keys if key in responses), None)


def _content(part: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = part.get("content", {})
    if not isinstance(found, dict) or not all(isinstance(media, dict) for media in found.values()):
        raise UnclearError
    return {kind.lower(): media for kind, media in found.items()}


def _beside(document: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a document says beside its operations and what they refer to."""
    rest = {word: part for word, part in document.items() if word not in ("paths", "components", "security")}
    components = document.get("components")
    if isinstance(components, dict):
        rest["components"] = {word: part for word, part in components.items() if word not in _FOLLOWED}
    return rest


def _worded(value: Any) -> Any:  # noqa: ANN401 -- JSON
    """Give a part of a description without what is for people; a member or component that is called like such a word stays."""
    if isinstance(value, list):
        return [_worded(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: part for key, part in value.items() if key not in _WORDS}
    return {
        key: {name: _worded(each) for name, each in part.items()} if key in _NAMED and isinstance(part, dict) else _worded(part)
        for key, part in kept.items()
    }
