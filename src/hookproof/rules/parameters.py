"""What a clause may tell its rule: the meaning and the shape of each parameter, as JSON Schemas.

Law: a word that nothing is sent for, and a shape that no rule reads, is refused when the contract is read, never met while judging.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

PURPOSES = (
    "across-kill", "across-restart", "after-failure", "applied", "at-once", "before-kill", "beside-a-copy", "beyond-week", "chunked",
    "control", "event", "extra-members", "failing", "field-case", "genuine-after-forged", "large-number", "long-text",
    "malformed-entry-first", "media-type-parameter", "minimal", "mislabelled", "near-window", "new-secret", "new-value", "newer-first",
    "null-member", "older-after-newer", "repeated", "retried", "same-batch", "signature-list", "spelling", "truncated", "twin",
    "unknown-event", "unknown-version-first", "update-before-create", "within-week",
)  # fmt: skip
"""Why the receiver suite sends a correct delivery."""

FAULTS = (
    "altered-body", "altered-metadata", "beyond-window", "bomb", "byte-order-mark", "cut-tag", "decoded-text", "deep-nesting",
    "downgraded", "empty-body", "empty-key", "empty-signature", "forged-before-genuine", "forged-known", "forged-unknown", "future",
    "hostile-id", "invalid-utf-8", "lone-surrogate", "long-field", "long-number", "malformed-signature", "many-fields", "markup",
    "milliseconds", "near-miss", "no-metadata", "no-secret-configured", "no-signature", "not-a-number", "not-an-object", "not-json",
    "nul", "odd-base64", "odd-spacing", "odd-timestamp-text", "other-method", "partly-signed", "prototype", "repeated-field",
    "repeated-id", "repeated-member", "revoked-secret", "slow-body", "stale", "stale-without-tolerance", "swapped-case",
    "timestamp-not-a-number", "too-large", "trailing-text", "unsigned-control-event", "wrong-key",
)  # fmt: skip
"""The one thing that is wrong with a faulty delivery of the receiver suite."""

FORMS = (
    "alone", "mixed first", "mixed last", "upper case", "prefixed", "near miss", "truncated name", "wildcard prefix", "padded",
    "empty name",
)  # fmt: skip
"""How the platform suite disguises an unlisted name in a subscription."""

_TEXT = {"type": "string", "minLength": 1, "description": "a text"}


def _some(entry: Mapping[str, Any], says: str) -> dict[str, Any]:
    return {"type": "array", "items": entry, "minItems": 1, "uniqueItems": True, "description": says}


def _one_of(words: Collection[str], says: str) -> dict[str, Any]:
    return {"enum": [*words], "description": says}


def _text(says: str) -> dict[str, Any]:
    return {**_TEXT, "description": says}


_ANSWERS = "an answer as 4xx, 503 or timeout, closed, reset, cut, refused"
_CLASS = {"type": "string", "pattern": "^([1-5]xx|[1-5][0-9][0-9]|timeout|closed|reset|cut|refused)$", "description": _ANSWERS}
_STATUS = {
    "type": ["integer", "string"],
    "minimum": 100,
    "maximum": 599,
    "pattern": "^([1-5]xx|[1-5][0-9][0-9])$",
    "description": "a status as 410, or a class of them as 3xx",
}

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "action": _one_of(("created", "updated", "deleted"), "the change to an endpoint that is told, as in the policy's management"),
    "among": _text("a pattern of event names, for example conference.*"),
    "classes": _some(_CLASS, "answers as 4xx, 503, timeout, closed, reset, cut or refused"),
    "compare": _one_of(("bytes", "value"), "bytes if every byte of the body stays the same, value if its JSON value does"),
    "faults": _some({"enum": [*FAULTS]}, "kinds of faulty deliveries"),
    "fields": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "minProperties": 1,
        "description": "header field to value; * is any",
    },
    "first": _text("the event that comes first"),
    "forms": _some({"enum": [*FORMS]}, "disguises of a name that is not listed"),
    "key": _text("the member of the payload by which events belong together"),
    "kind": _one_of(("text", "numbers", "empties"), "the values that careless code spoils"),
    "kinds": _some({"enum": ["self-signed", "expired", "wrong-host"]}, "certificates that nobody may trust"),
    "last": _text("the event that comes last"),
    "may_close": {"type": "boolean", "description": "true if the connection may be closed instead of an answer"},
    "media_type": _text("a media type, for example application/json"),
    "policies": _some(_TEXT, "names of retry policies, all that one event may follow"),
    "purposes": _some({"enum": [*PURPOSES]}, "kinds of correct deliveries"),
    "schema": {"type": "object", "description": "a JSON Schema of the whole body"},
    "schemes": _some(_TEXT, "names of signature schemes"),
    "statuses": _some(_STATUS, "statuses as 410, or classes of them as 3xx"),
    "then": _text("the event that follows"),
    "via": _one_of(("explicit", "wildcard", "prefix"), "how endpoints subscribed: by name, by * or by a prefix"),
    "within": {"type": "number", "minimum": 0, "description": "seconds"},
}
"""By the name of a parameter: its JSON Schema, with its meaning as description; a parameter means the same to every rule."""


def parameters_schema(known: Collection[str], optional: Collection[str]) -> dict[str, Any]:
    """Give the JSON Schema of the ``parameters`` of a clause whose rule knows these, of which some may be left out."""
    return {
        "type": "object",
        "title": "Parameters",
        "description": "what the rule is told",
        "properties": {name: PARAMETERS[name] for name in sorted(known)},
        "required": sorted({*known} - {*optional}),
        "additionalProperties": False,
    }


def status_words(status: int) -> set[str]:
    """Give the words by which a clause may name a status: ``410`` and ``4xx``."""
    return {str(status), f"{status // 100}xx"}
