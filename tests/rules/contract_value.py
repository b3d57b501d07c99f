"""A small contract of our own, so that rules are tried without any provider: two policies, and one event for each kind of promise."""

from __future__ import annotations

from typing import Any

from hookproof.model.contract import (
    Clause,
    Contract,
    Envelope,
    Event,
    Policy,
    PolicyAssignment,
    Provenance,
    RetryPolicy,
    Role,
    Signing,
    Source,
    Truncation,
)
from hookproof.model.verdict import Level

SLOW = (30.0, 60.0, 120.0)
CALL = (60.0, 300.0)
LIMIT = 400
HERE = Source(document="Garden", section="all")

_TEXT = {"type": "string", "minLength": 1}
_PLAIN = {"id": _TEXT, "type": _TEXT, "created_at": _TEXT, "data": {"type": "object"}, "truncated": {"type": "boolean"}}
_CUT_DATA = {
    "type": "object",
    "required": ["_truncated", "_original_bytes"],
    "properties": {"_truncated": {"const": True}, "_original_bytes": {"type": "integer", "minimum": 1}},
}


def _event(name: str, *, catalog: bool = True, **example: Any) -> Event:
    return Event(
        name=name,
        title=name,
        description=name,
        group="garden",
        provenance=Provenance.DOCUMENTED,
        schema={"type": "object", "required": ["leaf"], "properties": {"leaf": {"type": "integer"}}},
        examples=({"leaf": 1, **example},),
        catalog=catalog,
        relations={"total": ("good", "bad")} if name == "sum.counted" else {},
    )


EVENTS = {
    event.name: event
    for event in (
        _event("canary.sang"),
        _event("rose.bloomed", id="r1"),
        _event("rose.faded"),
        _event("call.made"),
        _event("either.made"),
        _event("whisper.sent"),
        _event("pair.opened"),
        _event("pair.noted"),
        _event("room.opened", room_id="7"),
        _event("room.closed", room_id="7"),
        _event("early.media", catalog=False, call_id="c"),
        _event("early.answered", call_id="c"),
        _event("gate.made"),
        _event("gate.changed"),
        _event("gate.removed"),
        _event("sum.counted", total=3, good=2, bad=1),
    )
}

_WEBHOOK = {
    "type": "object",
    "required": ["data"],
    "properties": {"data": {"type": "object", "required": ["id"]}},
}
_API = {
    "openapi": "3.1.0",
    "info": {"title": "garden", "version": "1"},
    "paths": {
        "/hooks": {
            "post": {
                "operationId": "createWebhook",
                "responses": {
                    "201": {"description": "made", "content": {"application/json": {"schema": _WEBHOOK}}},
                    "422": {"$ref": "#/components/responses/Refused"},
                },
            },
        },
        "/hooks/{id}": {"delete": {"operationId": "deleteWebhook", "responses": {"204": {"description": "gone"}}}},
    },
    "components": {
        "responses": {
            "Refused": {"description": "no", "content": {"application/json": {"schema": {"type": "object", "required": ["error"]}}}}
        }
    },
}

CONTRACT = Contract(
    name="garden",
    title="Garden",
    revision="1",
    digest="sha256:0",
    sources=(HERE,),
    envelope=Envelope(
        id_member="id",
        type_member="type",
        created_member="created_at",
        data_member="data",
        truncated_member="truncated",
        schema={"type": "object", "required": ["id", "type", "created_at", "data"], "properties": _PLAIN},
        truncated_schema={
            "type": "object",
            "required": ["id", "type", "created_at", "data", "truncated"],
            "properties": {**_PLAIN, "truncated": {"const": True}, "data": _CUT_DATA},
        },
    ),
    policy=Policy(
        retry={
            "slow": RetryPolicy(name="slow", delays=SLOW, sends={"three sends": 3, "four sends": 4}),
            "call": RetryPolicy(name="call", delays=CALL, sends={"two sends": 2, "three sends": 3}),
        },
        assignments=(
            PolicyAssignment(events=("call.*",), policies=("call",)),
            PolicyAssignment(events=("either.*",), policies=("slow", "call")),
            PolicyAssignment(events=("*",), policies=("slow",)),
        ),
        timeout_seconds=30,
        success=("2xx",),
        failure=("5xx", "timeout"),
        truncation=Truncation(
            limits=(LIMIT, LIMIT + 100),
            measured_on=("data", "envelope"),
            flag_member="_truncated",
            size_member="_original_bytes",
            identifiers=("id", "room_id"),
        ),
        signing=Signing(
            documented=False,
            schemes=("standard-webhooks", "devotel-t-v1", "devotel-body-hex"),
            tolerance_seconds=300,
            overlap_seconds=86_400,
        ),
        explicit_only=("whisper.sent",),
        companions={"pair.opened": "pair.noted"},
        management={"created": "gate.made", "updated": "gate.changed", "deleted": "gate.removed"},
    ),
    clauses=(),
    events=EVENTS,
    subscription_api=_API,
)

PARAMETERS: dict[str, dict[str, Any]] = {
    "content-type-is-declared": {"media_type": "application/json"},
    "named-fields-are-sent": {"fields": {"X-Event-Id": "{id}", "X-Event-Type": "{type}", "X-Delivery": "*", "User-Agent": "Garden/1"}},
    "body-stays-the-same": {"compare": "value"},
    "management-is-told": {"action": "updated"},
    "hard-values-arrive-unchanged": {"kind": "text"},
    "failures-are-retried": {"classes": ["5xx"]},
    "success-ends-the-schedule": {"statuses": [200]},
    "observed-retry-of-unstated-answers": {"classes": ["4xx"]},
    "subscribers-get-their-events": {"via": "explicit"},
    "waits-follow-the-schedule": {"policies": ["slow"]},
    "sends-are-as-many-as-promised": {"policies": ["slow"]},
    "nothing-follows-the-last": {"last": "room.closed", "among": "room.*", "key": "room_id"},
    "events-of-a-key-keep-their-order": {"key": "leaf"},
    "one-follows-the-other": {"first": "early.media", "then": "early.answered", "key": "call_id"},
    "unknown-names-are-refused": {"forms": ["alone"]},
    "correct-deliveries-are-accepted": {"purposes": ["variation"]},
    "events-take-effect-once": {"purposes": ["repeated"]},
    "faulty-deliveries-are-refused": {"faults": ["wrong-key"]},
    "faulty-deliveries-are-not-accepted": {"faults": ["wrong-key"]},
    "refusals-are-client-errors": {"faults": ["wrong-key"]},
    "hostile-deliveries-do-no-harm": {"faults": ["wrong-key"], "may_close": False},
    "acceptable-deliveries-are-reported": {"faults": ["wrong-key"]},
    "configuration-is-never-lax": {"faults": ["wrong-key"]},
    "no-answer-has-status": {"statuses": [410]},
    "bad-certificates-are-refused": {"kinds": ["expired"]},
}
"""The parameters of a rule's only clause, for rules that need some."""


def clause(rule: str, level: Level = Level.MUST, **more: Any) -> Clause:
    """Give a clause that a rule judges with its usual parameters."""
    return Clause(
        id=f"garden/topic/{rule}",
        level=level,
        roles=(Role.PLATFORM,),
        promise=rule,
        source=HERE,
        rule=rule,
        parameters=PARAMETERS.get(rule, {}),
        **more,
    )
