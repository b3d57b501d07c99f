"""Flaws of values on their way: numbers in other types, and nothing that is taken for something else."""

from __future__ import annotations

import struct
from typing import Any

from hookproof.reference.flaws.rewriting import Change, each_value, flaw, rewritten
from hookproof.reference.jsontext import Number

_LARGEST_SINGLE = 3.4028234663852886e38


def _as_double(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    text = value.text if isinstance(value, Number) else ""
    return int(float(text)) if text.lstrip("-").isdigit() else value


def _decimal(value: Any) -> float | None:  # noqa: ANN401 -- any JSON value
    return float(value.text) if isinstance(value, Number) and not value.text.lstrip("-").isdigit() else None


def _as_single(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    decimal = _decimal(value)
    return value if decimal is None or abs(decimal) > _LARGEST_SINGLE else struct.unpack("f", struct.pack("f", decimal))[0]


def _in_cents(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    decimal = _decimal(value)
    return value if decimal is None or "e" in value.text else Number(f"{decimal:.2f}")


def _as_text(value: Any) -> Any:  # noqa: ANN401 -- any JSON value
    if isinstance(value, Number):
        return value.text
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _members(keep: Any) -> Change:  # noqa: ANN401 -- a predicate
    """Leave out members of objects."""
    return each_value(lambda value: {n: member for n, member in value.items() if keep(member)} if isinstance(value, dict) else value)


def _instead(empty: Any, stand_in: Any) -> Change:  # noqa: ANN401 -- any JSON values
    return each_value(lambda value: stand_in if type(value) is type(empty) and value == empty else value)


def _wrong_totals(body: dict[str, Any]) -> dict[str, Any]:
    data = body.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("total"), int) or not isinstance(data.get("failed"), int):
        return body
    return {**body, "data": {**data, "total": data["total"] - data["failed"]}}


FLAWS = (
    flaw("integers-in-doubles", "P030", "Integers pass through binary doubles.", each_value(_as_double), "payload/numbers"),
    flaw("decimals-in-single-precision", "P031", "Decimals pass through short floats.", each_value(_as_single), "payload/numbers"),
    flaw("decimals-rounded-to-cents", "P031", "Decimals keep two places.", each_value(_in_cents), "payload/unchanged"),
    flaw(
        "numbers-become-texts",
        "P031",
        "Numbers arrive as texts, so that they keep their digits.",
        each_value(_as_text),
        "payload/schema",
        "payload/unchanged",
        "payload/numbers",
        "payload/empties",
    ),
    flaw(
        "empty-objects-become-lists",
        "P032",
        "An empty object arrives as an empty list.",
        _instead({}, []),
        "payload/empties",
    ),
    flaw(
        "nulls-dropped",
        "P032",
        "Members that are null are left out.",
        _members(lambda member: member is not None),
        "payload/empties",
        "payload/unchanged",
        "payload/schema",
    ),
    flaw(
        "false-values-dropped",
        "P032",
        "Members are left out where a careless condition takes them for nothing.",
        _members(bool),
        "payload/empties",
        "payload/text",
        "payload/unchanged",
        "payload/schema",
    ),
    flaw(
        "empty-texts-become-null",
        "P032",
        "An empty text arrives as null.",
        _instead("", None),
        "payload/empties",
        "payload/text",
    ),
    flaw(
        "empty-lists-become-null",
        "P032",
        "An empty list arrives as null.",
        _instead([], None),
        "payload/empties",
        "payload/unchanged",
        "payload/schema",
    ),
    flaw("totals-without-failures", "S303", "Totals leave out what failed.", rewritten(_wrong_totals), "payload/sums", "payload/unchanged"),
)
