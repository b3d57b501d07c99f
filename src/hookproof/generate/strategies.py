"""Payloads and bodies as Hypothesis strategies, on the same closures that make corpora; and settings that say everything themselves.

Law: Hypothesis decides what dice decide elsewhere, 0 being the simplest, so a failure shrinks to the barest payload that still fails.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, reject, settings
from hypothesis import strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase
from hypothesis.internal.conjecture.data import ConjectureData

from hookproof.generate.envelopes import wrapped
from hookproof.generate.payloads import Payloads, RefusedError, payloads_of
from hookproof.generate.schema.choices import Choices, spanning
from hookproof.generate.schema.whole import UnmadeError
from hookproof.model.contract import Contract, Event, Json
from hookproof.model.errors import IllFormedError

_MEMBERS = 600
"""Members of one payload after which only what must be is made, so that Hypothesis does not run out of choices."""
_AT_ONCE = 32
"""Bytes that are drawn together."""
_EVEN = 100
"""Below so many ways one byte decides evenly enough."""

EXAMPLES: Mapping[str, int] = {"quick": 10, "ci": 50, "certify": 100, "nightly": 1000}
"""How many examples each profile tries."""


class _Payloads(st.SearchStrategy[Any]):
    """Makes payloads by the bytes that Hypothesis draws, many at once: a draw for each decision takes most of the time."""

    def __init__(self, made: Payloads) -> None:
        super().__init__()
        self.making = made

    def __repr__(self) -> str:
        return f"payloads_of({self.making.event.name!r})"

    def do_draw(self, data: ConjectureData) -> Json:
        """Draw one payload."""
        below = _decisions(data)
        try:
            return self.making.made(Choices(below, spanning(below), left=_MEMBERS))
        except (UnmadeError, RefusedError):
            reject()


class _Batches(_Payloads):
    """Makes lists of payloads, of one when it is simplest."""

    def __init__(self, made: Payloads, most: int) -> None:
        super().__init__(made)
        self.most = most

    def do_draw(self, data: ConjectureData) -> Json:
        """Draw a list of payloads."""
        return [super(_Batches, self).do_draw(data) for _ in range(data.draw_integer(1, self.most))]


def _decisions(data: ConjectureData) -> Callable[[int], int]:
    """Decide by bytes, the fewer the fewer ways there are; 0 is the simplest of each."""
    block, place = b"", 0

    def below(count: int) -> int:
        nonlocal block, place
        bits = (count - 1).bit_length()
        size = (bits + 7) // 8 if count & (count - 1) == 0 or count < _EVEN else (bits + 15) // 8
        if place + size > len(block):
            block, place = data.draw_bytes(_AT_ONCE, _AT_ONCE), 0
        place += size
        return int.from_bytes(block[place - size : place], "big") % count

    return below


def event_payloads(event: Event, *, wide: bool = True) -> st.SearchStrategy[Any]:
    """Give the strategy of an event's valid payloads. Raises ``IllFormedError`` for a schema of which no value is known."""
    return _Payloads(payloads_of(event, wide=wide))


def event_batches(event: Event, *, most: int = 20, wide: bool = True) -> st.SearchStrategy[list[Any]]:
    """Give the strategy of several payloads of an event at once, for tests that take less time than Hypothesis does for one example."""
    return _Batches(payloads_of(event, wide=wide), most)


def event_bodies(contract: Contract, event: Event, *, wide: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Give the strategy of whole bodies of an event: its payloads in the contract's envelope."""
    numbers = st.integers(min_value=0, max_value=999)
    return st.builds(lambda data, number: wrapped(contract, event.name, data, str(number)), event_payloads(event, wide=wide), numbers)


def settings_of(profile: str, *, database: Path | None = None) -> settings:
    """Give the Hypothesis settings of a profile: random, with a database, whatever the environment says.

    Hypothesis would be deterministic and forget what it found wherever ``CI`` is set; here a failure that was found is tried first the
    next time. ``database`` is a folder; without it nothing is kept. Raises ``IllFormedError`` for a profile that is unknown.
    """
    if profile not in EXAMPLES:
        raise IllFormedError("profile", f"unknown profile {profile!r}", remedy=f"Choose one of {', '.join(EXAMPLES)}.")
    return settings(
        max_examples=EXAMPLES[profile],
        derandomize=False,
        database=None if database is None else DirectoryBasedExampleDatabase(database),
        deadline=None,
        print_blob=True,
        report_multiple_bugs=False,
        stateful_step_count=50,
        verbosity=Verbosity.normal,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example),
        backend="hypothesis",
    )
