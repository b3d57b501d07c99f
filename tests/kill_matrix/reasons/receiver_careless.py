"""Why flaws of receivers are found that correct and hostile deliveries do to careless code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace

from hookproof.model.contract import Contract
from hookproof.model.transcript import Effect, Exchange, Record
from hookproof.rules.view import View
from tests.kill_matrix.posts import answered, case, data, document, of, sent, taken, value
from tests.kill_matrix.reason import Shown

BLIND = {"effects": False}
LARGE = 1 << 20


def _waiting(seconds: float) -> Callable[[Contract], Contract]:
    """Give up waiting for an answer sooner than Orbit does: a flaw that takes half a minute would be as slow to find."""
    return lambda contract: replace(contract, policy=replace(contract.policy, timeout_seconds=seconds))


def _late(seconds: float, says: Callable[[View, Exchange], bool]) -> Shown:
    return sent(lambda view, x: bool(x.sent_at) and x.done_at - x.sent_at > seconds * 1e9 and says(view, x))


def _crowded(view: View, x: Exchange) -> bool:
    """Whether many others were being answered at the same time."""
    return sum(other.started_at < x.done_at and x.started_at < other.done_at for other in view.exchanges) > 20


def _unknown(view: View, x: Exchange) -> bool:
    return document(x).get("type") not in view.contract.events


def _has(*marks: bytes) -> Callable[[View, Exchange], bool]:
    return lambda _view, x: any(mark in x.request_body for mark in marks)


def _refused(status: int, *marks: bytes) -> Shown:
    return answered(status, _has(*marks))


def _not_utf_8(_view: View, x: Exchange) -> bool:
    return x.request_body.decode("utf-8", "replace").encode() != x.request_body


def _in_doubles(view: View, record: Record) -> bool:
    """Whether an integer took effect as the nearest double of the one that was sent."""
    if not isinstance(record, Effect) or not isinstance(record.content, dict):
        return False
    asked = data(of(view, record)[0])
    pairs = ((value, record.content.get(name)) for name, value in asked.items() if isinstance(value, int))
    return any(came != value and came == int(float(value)) for value, came in pairs)


def _polluted(view: View, record: Record) -> bool:
    """Whether a member took effect that was sent only inside a special one of an earlier event."""
    if not isinstance(record, Effect) or not isinstance(record.content, dict):
        return False
    return "x_polluted" in record.content and "x_polluted" not in data(of(view, record)[0])


def _nulls(_view: View, x: Exchange) -> bool:
    return any(value is None for value in data(x).values())


def _lacking(view: View, x: Exchange) -> bool:
    return bool(view.contract.events[x.event_type].examples[0].keys() - data(x).keys())


def _beyond(_view: View, x: Exchange) -> bool:
    return len(x.request_body) >= LARGE


_MANY = answered(500, lambda _v, x: len(x.request_headers) > 50)
_NEAR_MISS = re.compile(rb"a{5000}!|1{5000}@| {5000}x")

CASES = {
    "late-answers": replace(
        case(_late(1.0, _has(b"bulk")), receiver__in_time="promised within 1 s"),
        judged_by=_waiting(1.0),
    ),
    "one-after-the-other": replace(
        case(_late(1.0, _crowded), receiver__in_time="promised within 1 s"),
        judged_by=_waiting(1.0),
    ),
    "unknown-is-redirected": case(
        answered(307, _unknown), answers__no_redirects="got status 307", receiver__unknown_events="got status 307, promised 2xx"
    ),
    "unknown-is-gone": case(
        answered(410, _unknown), answers__no_farewell="got status 410", receiver__unknown_events="got status 410, promised 2xx"
    ),
    "unknown-is-refused": case(answered(422, _unknown), receiver__unknown_events="got status 422, promised 2xx"),
    "extra-members-refused": case(_refused(400, b'"x_added_later"'), receiver__extra_members="(extra-members) got status 400"),
    "new-values-refused": case(_refused(422, b'"a_value_of_tomorrow"'), receiver__new_values="(new-value) got status 422"),
    "listed-event-refused": case(
        answered(404, lambda v, x: document(x).get("type") == max(v.contract.events)), receiver__events="got status 404, promised 2xx"
    ),
    "absent-members-crash": case(answered(500, _lacking), receiver__minimal="(minimal) got status 500"),
    "charset-refused": case(
        answered(415, lambda _v, x: "charset=UTF-8" in value(x, "content-type")),
        receiver__media_types="(media-type-parameter) got status 415",
    ),
    "large-bodies-crash": case(answered(500, _beyond), robustness__sizes="too-large got status 500"),
    "special-members-crash": case(_refused(500, b'"__proto__"'), robustness__members="prototype got status 500"),
    "null-crashes": case(answered(500, _nulls), receiver__extra_members="(null-member) got status 500"),
    "cut-events-crash": case(
        answered(500, lambda _v, x: document(x).get("truncated") is True), receiver__truncated="(truncated) got status 500"
    ),
    "every-method-is-taken": case(taken(lambda _v, x: x.method != "POST"), answers__post_only="a delivery by PUT got status 200"),
    "no-body-limit": case(taken(_beyond), robustness__body_limit="a body far beyond any event got status 200"),
    "depth-crashes": case(_refused(500, b"[" * 400), robustness__depth="deep-nesting got status 500"),
    "long-numbers-crash": case(_refused(500, b"9" * 4_500), robustness__depth="long-number got status 500"),
    "numbers-in-doubles": replace(case(_in_doubles, receiver__applied_as_sent="9007199254740993 and became"), withheld=BLIND),
    "not-a-number-accepted": case(taken(_has(b"NaN", b"Infinity")), robustness__not_a_number="not-a-number got status 200"),
    "byte-order-mark-crashes": case(
        answered(500, lambda _v, x: x.request_body.startswith(b"\xef\xbb\xbf")), robustness__encoding="byte-order-mark got status 500"
    ),
    "trailing-text-crashes": case(
        answered(500, lambda _v, x: x.request_body.endswith((b"}{}", b"}\x00"))), robustness__no_json="trailing-text got status 500"
    ),
    "invalid-utf-8-crashes": case(answered(500, _not_utf_8), robustness__encoding="invalid-utf-8 got status 500"),
    "surrogates-crash": case(_refused(500, b"\\ud800"), robustness__encoding="lone-surrogate got status 500"),
    "prototype-pollutes": replace(case(_polluted, receiver__applied_as_sent="/x_polluted was added"), withheld=BLIND),
    "many-fields-crash": case(_MANY, robustness__fields="many-fields got status 500"),
    "slow-patterns": replace(
        case(_late(0.5, lambda _v, x: _NEAR_MISS.search(x.request_body) is not None), robustness__texts="near-miss was answered after"),
        judged_by=_waiting(0.5),
    ),
    "id-in-a-query": case(
        answered(
            500, lambda _v, x: "'" in str(json.loads(x.request_body).get("id")) or "/../" in str(json.loads(x.request_body).get("id"))
        ),
        robustness__texts="hostile-id got status 500",
    ),
}
