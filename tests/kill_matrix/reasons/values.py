"""Why flaws of values are found."""

from __future__ import annotations

import struct
from typing import Any

from tests.kill_matrix.reason import Case, Reason, Shown
from tests.kill_matrix.sights import MISSING, altered, told

Sent = Any
Came = Any


def _case(words: dict[str, str], shown: Shown) -> Case:
    return Case(reasons=tuple(Reason(clause=clause, words=said, shown=shown) for clause, said in words.items()))


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _as_double(sent: Sent, came: Came) -> bool:
    return _whole(sent) and _whole(came) and sent != came and came == int(float(sent))


def _as_single(sent: Sent, came: Came) -> bool:
    return isinstance(sent, float) and sent != came and abs(sent) < 1e38 and came == struct.unpack("f", struct.pack("f", sent))[0]


def _in_cents(sent: Sent, came: Came) -> bool:
    return isinstance(sent, float) and sent != came and came == float(f"{sent:.2f}")


def _as_text(sent: Sent, came: Came) -> bool:
    return isinstance(sent, int | float) and not isinstance(sent, bool) and isinstance(came, str) and float(came) == sent


def _dropped(sent: Sent, came: Came) -> bool:
    return sent is None and came is MISSING


def _dropped_as_false(sent: Sent, came: Came) -> bool:
    return not sent and came is MISSING


CASES = {
    "integers-in-doubles": _case({"payload/numbers": "9223372036854775808 arrived"}, altered(_as_double)),
    "decimals-in-single-precision": _case({"payload/numbers": "was sent"}, altered(_as_single)),
    "decimals-rounded-to-cents": _case({"payload/unchanged": "0.625 was sent, 0.62 arrived"}, altered(_in_cents)),
    "numbers-become-texts": _case(
        {
            "payload/schema": 'is not of type "integer"',
            "payload/unchanged": "arrived",
            "payload/numbers": "'9007199254740993' arrived",
            "payload/empties": "0 was sent, '0' arrived",
        },
        altered(_as_text),
    ),
    "empty-objects-become-lists": _case(
        {"payload/empties": "an object was sent, a list of 0 arrived"}, altered(lambda sent, came: sent == {} and came == [])
    ),
    "nulls-dropped": _case(
        {
            "payload/empties": "the member is missing",
            "payload/unchanged": "the member is missing",
            "payload/schema": "is a required property",
        },
        altered(_dropped),
    ),
    "false-values-dropped": _case(
        {
            "payload/empties": "the member is missing",
            "payload/text": "/data/x_empty: the member is missing",
            "payload/unchanged": "the member is missing",
            "payload/schema": "is a required property",
        },
        altered(_dropped_as_false),
    ),
    "empty-texts-become-null": _case(
        {"payload/empties": "'' was sent, None arrived", "payload/text": "'' was sent, None arrived"},
        altered(lambda sent, came: sent == "" and came is None),
    ),
    "empty-lists-become-null": _case(
        {
            "payload/empties": "a list of 0 was sent, none arrived",
            "payload/unchanged": "a list of 0 was sent, none arrived",
            "payload/schema": 'null is not of type "array"',
        },
        altered(lambda sent, came: sent == [] and came is None),
    ),
    "totals-without-failures": _case(
        {"payload/sums": "the sum of imported, updated, failed is", "payload/unchanged": "was sent"},
        told(lambda body: body["data"]["total"] == body["data"]["imported"] + body["data"]["updated"] != body["data"].get("failed")),
    ),
}
