"""Other kinds of time, and targets that offer less than everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Variant
from hookproof.reference.timekeeping import REAL, SCALED, Timekeeping


def _scaled(scale: float) -> Callable[[Timekeeping], Timekeeping]:
    return lambda timekeeping: replace(timekeeping, mode=SCALED, scale=scale)


def _real(timekeeping: Timekeeping) -> Timekeeping:
    return replace(timekeeping, mode=REAL, scale=1.0)


def _declaring(**members: Any) -> Callable[[Conduct], Conduct]:  # noqa: ANN401 -- members of the capabilities document
    return lambda conduct: replace(conduct, declared={**conduct.declared, **members})


VARIANTS = (
    Variant(
        id="twenty-thousand-times-as-fast",
        title="Divides promised spans by 20,000: a second is 50 microseconds.",
        timekeeping=_scaled(20_000),
        partial=True,
    ),
    Variant(
        id="a-hundred-thousand-times-as-fast",
        title="Divides promised spans by 100,000: a minute passes in less than a millisecond.",
        timekeeping=_scaled(100_000),
        partial=True,
    ),
    Variant(
        id="real-time",
        title="Keeps real time, of which a quick run sees the first moments.",
        timekeeping=_real,
        partial=True,
    ),
    Variant(
        id="samples-alone",
        title="Emits samples past its retry engine, and offers nothing else.",
        conduct=_declaring(emit="sample", inspect=False, lifecycle=[], faults=False),
        partial=True,
    ),
    Variant(
        id="neither-falls-nor-tells",
        title="Offers no lifecycle, no faults and no account of its attempts.",
        conduct=_declaring(inspect=False, lifecycle=[], faults=False),
        partial=True,
    ),
)
