"""What a run would send, told before it does: situation by situation, with the caps and the places.

Law: every number is of deliveries that were really prepared; what only the target's answers decide is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from hookproof.reporting.text import printable

_UNKNOWN = (
    "counted as if the receiver offered everything and answered 200 to everything: situations whose needs it does not offer are not sent",
    "not known before: how often effects are asked again while the receiver works, and whether a silent receiver ends the run early",
    "sizes may differ by some bytes in the run, where moments and ids stand in the text",
)


@dataclass(frozen=True, kw_only=True)
class Portion:
    """What one situation sends: requests, their bytes, the most of them in flight at once, and questions to the control interface.

    ``lacking``: why it would not be sent at all, empty if it would; ``needs``: what the receiver must offer for it.
    """

    situation: str
    needs: tuple[str, ...] = ()
    requests: int = 0
    bytes: int = 0
    at_once: int = 0
    questions: int = 0
    lacking: str = ""


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A whole run as it would be.

    ``places``: a line for each place that would be connected to; ``caps`` in words; ``most`` requests may be sent (0: any number), at
    most ``per_second`` (0: at any rate).
    """

    target: str
    places: tuple[str, ...]
    caps: str
    most: int
    per_second: float
    portions: tuple[Portion, ...]

    @property
    def requests(self) -> int:
        """Deliveries in all."""
        return sum(portion.requests for portion in self.portions)


def print_rehearsal(console: Console, told: Rehearsal) -> None:
    """Print the places, the caps, a line for each situation, the sums, and what cannot be known."""
    lines = [
        f"dry run: nothing was sent to {told.target}",
        *(f"would connect to {place}" for place in told.places),
        f"caps: {told.caps}",
        "",
    ]
    width = max([len(portion.situation) for portion in told.portions] + [len("situation")])
    lines.append(f"{'situation':<{width}}  requests        bytes  at once  questions  sent only if the receiver offers")
    lines += [_row(portion, width) for portion in told.portions]
    sent = [portion for portion in told.portions if not portion.lacking]
    total = sum(portion.bytes for portion in sent)
    most = max((portion.at_once for portion in sent), default=0)
    lines.append(f"{'in all':<{width}}  {told.requests:>8,}  {total:>11,}  {most:>7}  {sum(p.questions for p in sent):>9,}")
    lines += ["", *_warnings(told), *_UNKNOWN]
    for line in lines:
        console.print(Text(printable(line)), soft_wrap=True)


def _row(portion: Portion, width: int) -> str:
    if portion.lacking:
        return f"{portion.situation:<{width}}  not sent: {portion.lacking}"
    numbers = f"{portion.requests:>8,}  {portion.bytes:>11,}  {portion.at_once:>7}  {portion.questions:>9,}"
    return f"{portion.situation:<{width}}  {numbers}  {', '.join(portion.needs)}".rstrip()


def _warnings(told: Rehearsal) -> Sequence[str]:
    found = []
    asked = sum(portion.questions for portion in told.portions)
    if told.most and told.requests + asked > told.most:
        found.append(f"these are more requests than the cap: the run would stop after {told.most:,}, and the rest would be not observed")
    if told.per_second:
        found.append(f"at {told.per_second:g} requests/s this takes at least {(told.requests + asked) / told.per_second:,.0f} s")
    return found
