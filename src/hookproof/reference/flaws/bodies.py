"""Flaws of the body as a text and of its envelope: bytes that are not JSON, types and times that nobody can read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from hookproof.model.contract import Contract
from hookproof.reference.conduct import Conduct
from hookproof.reference.flaws.rewriting import Change, flaw, raw, rewritten

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_ESCAPED_CONTROL = re.compile(rb"\\(?:u00[01][0-9a-f]|[btnfr])")
_LOCAL_HOURS = 2


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _half_pairs(body: bytes) -> bytes:
    """Keep the first half of every surrogate pair, as a cut between the two units would."""
    return _ASTRAL.sub(lambda astral: f"\\u{0xD7C0 + (ord(astral[0]) >> 10):04x}", _text(body)).encode()


def _unescaped(body: bytes) -> bytes:
    return _ESCAPED_CONTROL.sub(lambda escape: json.loads(b'"' + escape[0] + b'"').encode(), body)


def _created(write: Callable[[datetime], Any]) -> Change:
    """Write the creation time in another way."""

    def rewrite(body: dict[str, Any]) -> dict[str, Any]:
        try:
            return {**body, "created_at": write(datetime.fromisoformat(str(body.get("created_at"))))}
        except ValueError:  # another flaw was here before
            return body

    return rewritten(rewrite)


def _typed(name: Callable[[Contract, str], str]) -> Change:
    """Give events another type in the envelope."""

    def flawed(conduct: Conduct) -> Conduct:
        def render(contract: Contract, event_id: str, event_type: str, created_at: int, content: dict[str, Any]) -> bytes:
            return conduct.render(contract, event_id, name(contract, event_type), created_at, content)

        return replace(conduct, render=render)

    return flawed


def _successor(contract: Contract, event_type: str) -> str:
    known = contract.events.get(event_type)
    return (known.deprecated if known else None) or event_type


FLAWS = (
    flaw(
        "byte-order-mark",
        "P025",
        "Every body begins with a byte order mark.",
        raw(lambda body: b"\xef\xbb\xbf" + body),
        "envelope/strict-json",
    ),
    flaw(
        "body-in-utf-16",
        "P025",
        "Bodies are UTF-16.",
        raw(lambda body: _text(body).encode("utf-16")),
        "envelope/strict-json",
    ),
    flaw(
        "body-in-latin-1",
        "P025",
        "Bodies are Latin-1, with question marks for all other characters.",
        raw(lambda body: _text(body).encode("latin-1", "replace")),
        "envelope/strict-json",
        implies=("truncation/identifiers-only",),  # cut events hold such characters too
    ),
    flaw(
        "type-named-twice",
        "P027",
        "The envelope names its type at both ends.",
        raw(lambda body: body.removesuffix(b"}") + b',"type":"event"}'),
        "envelope/strict-json",
    ),
    flaw(
        "astral-characters-replaced",
        "P028",
        "Characters beyond the basic plane become U+FFFD.",
        raw(lambda body: _ASTRAL.sub("\ufffd", _text(body)).encode()),
        "payload/text",
        implies=("truncation/identifiers-only",),
    ),
    flaw(
        "half-surrogate-pairs",
        "P028",
        "Of characters beyond the basic plane half a surrogate pair is left.",
        raw(_half_pairs),
        "envelope/strict-json",
        "payload/text",
        implies=("truncation/identifiers-only",),
    ),
    flaw(
        "control-characters-unescaped",
        "P029",
        "Control characters stand in texts without escapes.",
        raw(_unescaped),
        "envelope/strict-json",
    ),
    flaw(
        "nul-after-the-json",
        "P033",
        "The NUL that ends the text in memory is sent along.",
        raw(lambda body: body + b"\0"),
        "envelope/strict-json",
    ),
    flaw(
        "created-at-without-zone",
        "P034",
        "created_at has no zone.",
        _created(lambda moment: moment.replace(tzinfo=None).isoformat()),
        "envelope/created-at",
    ),
    flaw(
        "created-at-as-http-date",
        "P034",
        "created_at is written as HTTP writes dates.",
        _created(lambda moment: format_datetime(moment.astimezone(UTC), usegmt=True)),
        "envelope/created-at",
    ),
    flaw(
        "created-at-in-milliseconds",
        "P034",
        "created_at counts milliseconds.",
        _created(lambda moment: int(moment.timestamp() * 1000)),
        "envelope/shape",
        implies=("truncation/shape",),  # a cut event has the same envelope
    ),
    flaw(
        "local-time-called-utc",
        "P034",
        "created_at is local time with the letter Z.",
        _created(lambda moment: moment.replace(hour=(moment.hour + _LOCAL_HOURS) % 24).isoformat()),
        "envelope/created-at-true",
    ),
    flaw(
        "deprecated-types-renamed",
        "S301",
        "A deprecated type arrives under the name of its successor.",
        _typed(_successor),
        "envelope/known-type",
        implies=("http/companion-headers", "payload/schema"),  # the fields keep the old name, the payload its old form
    ),
    flaw(
        "family-renamed",
        "S302",
        "The types of one family arrive under a name that the catalog does not know.",
        _typed(lambda _contract, event_type: event_type.replace("list.", "contact_list.")),
        "envelope/known-type",
        implies=("http/companion-headers",),
    ),
    flaw(
        "truncated-flag-as-text",
        "P046",
        "Whole events carry the flag of truncation as the text false.",
        rewritten(lambda body: {"truncated": "false", **body}),
        "envelope/truncated-only-when-cut",
        "envelope/shape",
        implies=("truncation/shape", "truncation/identifiers-only"),  # a text that is not empty counts as true in many languages
    ),
)
