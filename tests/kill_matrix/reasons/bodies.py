"""Why flaws of bodies are found."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from hookproof.model.transcript import Attempt, Record
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown
from tests.kill_matrix.sights import altered, arrived, envelope, told

_RAW_CONTROL = re.compile(rb"[\x00-\x1f]")


def _strict(words: str, shown: Shown) -> Case:
    return Case(reasons=(Reason(clause="envelope/strict-json", words=words, shown=shown),))


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _replaced(sent: Any, came: Any) -> bool:
    return isinstance(sent, str) and isinstance(came, str) and "😀" in sent and "😀" not in came and "\ufffd" in came


def _halved(sent: Any, came: Any) -> bool:
    return isinstance(sent, str) and isinstance(came, str) and "😀" in sent and "\ud83d" in came


def _hours_off(view: View, record: Record) -> bool:
    emission = view.emission_of.get(str(envelope(record).get("id")))
    if emission is None or emission.clock is None:
        return False
    gap = datetime.fromisoformat(envelope(record)["created_at"]) - datetime.fromisoformat(emission.clock)
    return round(gap.total_seconds()) % 86_400 == 7200


def _named_otherwise(_view: View, record: Record) -> bool:
    return isinstance(record, Attempt) and record.header("X-Devotel-Event-Type") != envelope(record).get("type")


CASES = {
    "byte-order-mark": _strict("starts with a byte order mark", arrived(lambda attempt: attempt.body.startswith(b"\xef\xbb\xbf"))),
    "body-in-utf-16": _strict("not UTF-8", arrived(lambda attempt: attempt.body.startswith(b"\xff\xfe"))),
    "body-in-latin-1": _strict("not UTF-8", arrived(lambda attempt: "é" in attempt.body.decode("latin-1") and not _is_utf_8(attempt.body))),
    "type-named-twice": _strict("'type' occurs twice", arrived(lambda attempt: attempt.body.count(b'"type":') > 1)),
    "astral-characters-replaced": Case(reasons=(Reason(clause="payload/text", words="\ufffd", shown=altered(_replaced)),)),
    "half-surrogate-pairs": Case(
        reasons=(
            Reason(
                clause="envelope/strict-json",
                words="half of a surrogate pair",
                shown=arrived(lambda attempt: re.search(rb"\\ud83d(?!\\ud)", attempt.body) is not None),
            ),
            Reason(clause="payload/text", words="was sent", shown=altered(_halved)),
        )
    ),
    "control-characters-unescaped": _strict(
        "Invalid control character", arrived(lambda attempt: _RAW_CONTROL.search(attempt.body) is not None)
    ),
    "nul-after-the-json": _strict("Extra data", arrived(lambda attempt: attempt.body.endswith(b"}\0"))),
    "created-at-without-zone": Case(
        reasons=(
            Reason(
                clause="envelope/created-at",
                words="not an ISO 8601 date and time with a zone",
                shown=told(lambda body: datetime.fromisoformat(body["created_at"]).tzinfo is None),
            ),
        )
    ),
    "created-at-as-http-date": Case(
        reasons=(
            Reason(
                clause="envelope/created-at",
                words="not an ISO 8601 date and time with a zone",
                shown=told(lambda body: body["created_at"].endswith(" GMT")),
            ),
        )
    ),
    "created-at-in-milliseconds": Case(
        reasons=(
            Reason(clause="envelope/shape", words='not of type "string"', shown=told(lambda body: isinstance(body["created_at"], int))),
        )
    ),
    "local-time-called-utc": Case(reasons=(Reason(clause="envelope/created-at-true", words="s from the emission", shown=_hours_off),)),
    "deprecated-types-renamed": Case(
        reasons=(Reason(clause="envelope/known-type", words="was emitted, 'balance.", shown=_named_otherwise),),
    ),
    "family-renamed": Case(
        reasons=(Reason(clause="envelope/known-type", words="knows no event type 'contact_list.", shown=_named_otherwise),),
    ),
    "truncated-flag-as-text": Case(
        reasons=(
            Reason(
                clause="envelope/truncated-only-when-cut",
                words="'false' on a whole payload",
                shown=told(lambda body: body.get("truncated") == "false"),
            ),
            Reason(clause="envelope/shape", words='not of type "boolean"', shown=told(lambda body: body.get("truncated") == "false")),
        )
    ),
}
