"""How the bodies of all events are wrapped: which members name the event, its id, its moment and its payload, if they are the same in all.

Law: a body is valid against envelope and payload together exactly if it was valid against the schema of the whole body.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hookproof.importing.pool import Pool, Schema

TYPE_MEMBERS = ("type", "event", "event_type", "eventType", "event_name", "eventName", "eventCode", "topic", "kind", "name")
_DATA_MEMBERS = ("data", "payload", "object", "body", "resource", "content", "detail", "attributes")
_ID_MEMBERS = ("id", "event_id", "eventId", "webhook_id", "webhookId", "message_id", "uuid")
_CREATED_MEMBERS = ("timestamp", "created_at", "createdAt", "created", "time", "occurred_at", "occurredAt", "date", "sent_at")
_TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
_TOLD = ("title", "description", "examples", "$comment", "default")


@dataclass(frozen=True, kw_only=True)
class Members:
    """Names of members of the body that the user gave, each None where it is to be found."""

    type: str | None = None
    data: str | None = None
    id: str | None = None
    created: str | None = None


@dataclass(frozen=True, kw_only=True)
class Wrapping:
    """The envelope for ``provider.yaml`` and, by the name of the event in the document, name on the wire, payload and ``bare`` members.

    ``unwrapped`` are the events whose bodies are their payloads. What only an export of ours says, so that it is ``told``: whether any
    type is legal (``open_catalog``), and promise and schema of each clause on the whole body by the clause's id (``shapes``).
    """

    envelope: dict[str, Any]
    names: Mapping[str, str]
    payloads: Mapping[str, dict[str, Any]]
    bare: Mapping[str, tuple[str, ...]]
    unwrapped: frozenset[str]
    told: bool = False
    open_catalog: bool = False
    shapes: Mapping[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether a member of the body names the event."""
        return self.envelope["type_member"] is not None

    def data_member(self, event: str) -> str | None:
        """Give the member that holds the payload of an event, None where its body is the payload."""
        name: str | None = self.envelope["data_member"]
        return None if event in self.unwrapped else name


def wrapping(pool: Pool, bodies: Mapping[str, dict[str, Any]], given: Members) -> Wrapping:
    """Find how bodies are wrapped; ``bodies`` are their translated schemas by the name of the event."""
    views = {name: _View(pool, schema) for name, schema in bodies.items()}
    member, enveloped = _type_member(views, given)
    data = _data_member(enveloped, given) if member else None
    if member is not None and data is None and len(enveloped) == len(views):
        return _flat(pool, bodies, views, member, given)
    if member is None or data is None:
        return _bare(pool, bodies, views)
    names = {name: str(view.constant(member)) for name, view in enveloped.items()}
    rests = {names[name]: _without(bodies[name], data) for name in enveloped}
    id_member = given.id or _first(enveloped, _ID_MEMBERS, lambda view, name: name in view.required and view.kind(name) == "string")
    created = given.created or _first(enveloped, _CREATED_MEMBERS, lambda view, name: view.of(name).get("format") == "date-time")
    schema = _envelope_schema(pool, rests, member, data)
    payloads = {name: pool.closed(pool.shown(view.own[data])) for name, view in enveloped.items()}
    others = _bare(pool, {name: body for name, body in bodies.items() if name not in enveloped}, views)
    return Wrapping(
        envelope=_envelope(schema, id_member, member, created, data),
        names={**others.names, **names},
        payloads={**others.payloads, **payloads},
        bare=others.bare,
        unwrapped=others.unwrapped,
    )


class _View:
    """What a body's schema says of its members, by itself or by way of ``allOf`` and references."""

    def __init__(self, pool: Pool, schema: dict[str, Any]) -> None:
        self.pool = pool
        self.own: dict[str, Any] = schema.get("properties", {}) if isinstance(schema.get("properties"), dict) else {}
        self.parts = list(_parts(pool, schema, 0))
        self.required = set().union(*(_required(pool, part) for part in self.parts))
        branches = [
            pool.shown(branch) for part in self.parts for word in ("oneOf", "anyOf") for branch in part.get(word, ()) if branch != {}
        ]
        self.is_object = (
            all(branch.get("type") == "object" for branch in branches)
            if branches and not self.own
            else any(part.get("type") == "object" for part in self.parts) or bool(self.own)
        )

    def of(self, name: str) -> dict[str, Any]:
        """Give the schema of a member, empty if there is none."""
        found: list[Schema] = [part["properties"][name] for part in self.parts if name in part.get("properties", ())]
        return self.pool.shown(found[0]) if found else {}

    def constant(self, name: str) -> str | None:
        """Give the only text that a member may have, None if it may have several."""
        found = [self.pool.shown(part["properties"][name]) for part in self.parts if name in part.get("properties", ())]
        only = [part["const"] for part in found if "const" in part]
        only += [part["enum"][0] for part in found if isinstance(part.get("enum"), list) and len(part["enum"]) == 1]
        return only[0] if only and isinstance(only[0], str) and only[0] and all(each == only[0] for each in only) else None

    def lacks(self, name: str) -> bool:
        """Tell whether bodies must not have a member."""
        return any(part.get("not") == {"required": [name]} for part in self.parts)

    def kind(self, name: str) -> Any:  # noqa: ANN401 -- whatever stands under type
        """Give the type of a member."""
        return self.of(name).get("type")


def _parts(pool: Pool, schema: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    shown = pool.shown(schema)
    yield shown
    further = [{"$ref": shown["$ref"]}] if "$ref" in shown and shown is not schema else []
    for part in (*shown.get("allOf", ()), *further):
        if depth < 8 and isinstance(part, dict):  # noqa: PLR2004 -- deeper than anybody writes, and an end for what refers to itself
            yield from _parts(pool, part, depth + 1)


def _required(pool: Pool, part: dict[str, Any]) -> set[str]:
    """Give the members that a schema requires, by itself or in every branch."""
    found = {name for name in part.get("required", ()) if isinstance(name, str)}
    for word in ("oneOf", "anyOf"):
        branches = [_stated(pool, branch) for branch in part.get(word, ())]
        found |= set.intersection(*branches) if branches else set()
    return found


def _stated(pool: Pool, branch: Any) -> set[str]:  # noqa: ANN401 -- a schema
    shown = pool.shown(branch) if isinstance(branch, dict) else {}
    return {name for each in _parts(pool, shown, 5) for name in each.get("required", ()) if isinstance(name, str)}


def _first(views: Mapping[str, _View], names: Sequence[str], fits: Any) -> str | None:  # noqa: ANN401 -- a predicate
    return next((name for name in names if all(fits(view, name) for view in views.values())), None)


def _type_member(views: Mapping[str, _View], given: Members) -> tuple[str | None, Mapping[str, _View]]:
    """Give the member whose only value names the event, a different one for each, and the events whose bodies have it.

    Bodies of others may lack it, if they must: then they come without an envelope.
    """
    for name in (given.type,) if given.type else TYPE_MEMBERS:
        having = {event: view for event, view in views.items() if name in view.required and view.constant(name)}
        others = [view for event, view in views.items() if event not in having]
        apart = len({view.constant(name) for view in having.values()}) == len(having)
        if having and apart and all(view.lacks(name) and view.is_object and view.required for view in others):
            return name, having
    return None, {}


def _data_member(views: Mapping[str, _View], given: Members) -> str | None:
    names = (given.data,) if given.data else _DATA_MEMBERS
    return _first(views, names, lambda view, name: name in view.own and name in view.required and view.kind(name) == "object")


def _without(schema: dict[str, Any], data: str) -> dict[str, Any]:
    """Give what a body's schema says beside its payload."""
    return {**{word: part for word, part in schema.items() if word not in _TOLD}, "properties": {**schema["properties"], data: True}}


def _envelope_schema(pool: Pool, rests: Mapping[str, dict[str, Any]], member: str, data: str) -> dict[str, Any]:
    groups: dict[str, list[str]] = {}
    alike: dict[str, dict[str, Any]] = {}
    for name, rest in rests.items():
        open_rest = {**rest, "properties": {**rest["properties"], member: dict(_TEXT)}}
        exact = rest["properties"].get(member) in ({"const": name}, {"type": "string", "const": name}, {"type": "string", "enum": [name]})
        chosen = open_rest if exact else rest
        key = json.dumps(chosen, sort_keys=True)
        groups.setdefault(key, []).append(name)
        alike[key] = chosen
    if len(groups) == 1:
        return pool.closed(next(iter(alike.values())))
    known = {name: {"examples": part["examples"]} for rest in rests.values() for name, part in rest["properties"].items()
             if isinstance(part, dict) and part.get("examples")}  # fmt: skip
    cases = [{"if": {"required": [member], "properties": {member: {"enum": names}}}, "then": alike[key]} for key, names in groups.items()]
    properties = {**known, member: dict(_TEXT), data: {"type": "object"}}
    return pool.closed({"type": "object", "required": [member, data], "properties": properties, "allOf": cases})


def _flat(pool: Pool, bodies: Mapping[str, dict[str, Any]], views: Mapping[str, _View], member: str, given: Members) -> Wrapping:
    """Give bodies that name their event and are its payload, which a plain `id` among them may belong to: only names that say more do."""
    names = {name: str(view.constant(member)) for name, view in views.items()}
    telling = [name for name in _ID_MEMBERS if "_" in name or not name.islower()]
    id_member = given.id or _first(views, telling, lambda view, name: name in view.required and view.kind(name) == "string")
    schema = {"type": "object", "required": [member], "properties": {member: dict(_TEXT)}}
    return Wrapping(
        envelope=_envelope(schema, id_member, member, given.created, None),
        names=names,
        payloads={name: pool.closed(body) for name, body in bodies.items()},
        bare={},
        unwrapped=frozenset(bodies),
    )


def _bare(pool: Pool, bodies: Mapping[str, dict[str, Any]], views: Mapping[str, _View]) -> Wrapping:
    bare = {name: tuple(sorted(views[name].required)) for name in bodies if views[name].required and views[name].is_object}
    shapes = sorted({json.dumps(members) for members in bare.values()}, key=lambda text: (len(text), text))
    schema: dict[str, Any] = {"type": "object"}
    if len(bare) == len(bodies):
        schema["anyOf"] = [{"required": json.loads(shape)} for shape in shapes]
    return Wrapping(
        envelope=_envelope(schema, None, None, None, None),
        names={name: name for name in bodies},
        payloads={name: pool.closed(body) for name, body in bodies.items()},
        bare=bare,
        unwrapped=frozenset(bodies),
    )


def _envelope(schema: dict[str, Any], id_member: str | None, member: str | None, created: str | None, data: str | None) -> dict[str, Any]:
    return {
        "id_member": id_member,
        "type_member": member,
        "created_member": created,
        "data_member": data,
        "truncated_member": None,
        "schema": schema,
        "truncated_schema": None,
    }
