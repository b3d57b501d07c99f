"""Numbers of a range: all inside, its ends among them, and steps kept as written and as floating point sees them."""

from __future__ import annotations

from typing import Any

import jsonschema
from hypothesis import given
from hypothesis import strategies as st

from hookproof.generate.schema.numbers import integers, numbers, span
from hookproof.generate.strategies import settings_of
from hookproof.rules.bodies import validator

CALM = settings_of("certify")
"""No deadline: what is measured here is no time."""

BOUND = st.integers(-(10**20), 10**20) | st.floats(-1e6, 1e6, allow_nan=False)
RANGES = st.fixed_dictionaries(
    {},
    optional={
        "minimum": BOUND, "maximum": BOUND, "exclusiveMinimum": BOUND, "exclusiveMaximum": BOUND,
        "multipleOf": st.sampled_from([1, 2, 7, 100, 0.5, 0.25, 0.01, 0.1, 1.5]),
    },
)  # fmt: skip


@CALM
@given(RANGES, st.booleans())
def test_every_number_is_inside(schema: dict[str, Any], wide: bool) -> None:  # noqa: FBT001 -- drawn
    """Whatever the bounds and the step, two validators find every number valid."""
    first, second = validator(schema), jsonschema.Draft202012Validator(schema)
    for number in (*numbers(span([schema]), wide=wide), *integers(span([schema]), wide=wide)):
        assert first.is_valid(number), (schema, number)
        assert second.is_valid(number), (schema, number)


@CALM
@given(st.integers(-(10**20), 10**20), st.integers(0, 10**6))
def test_the_ends_are_reached(least: int, width: int) -> None:
    """The least and the greatest integer of a range are among those that are tried."""
    found = integers(span([{"minimum": least}, {"maximum": least + width}]), wide=False)
    assert {least, least + width} <= set(found)
