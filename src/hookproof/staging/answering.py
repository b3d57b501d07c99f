"""Whether a receiver answers at all: how long an answer is waited for, and when waiting any longer is in vain.

Law: a receiver that leaves one correct delivery after the other without an answer is an error with a cause, never a list of verdicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hookproof.model.contract import Contract
from hookproof.model.errors import UnreachableError
from hookproof.model.transcript import Exchange

if TYPE_CHECKING:
    from hookproof.staging.delivering import Mailroom

MOST_UNANSWERED = 8
"""Correct deliveries in a row; a receiver that comes back after a fall answers sooner."""

_WORDS = {
    "timeout": "no whole answer in time",
    "refused": "nobody listens there",
    "reset": "the connection was reset",
    "closed": "the connection was closed without an answer",
    "malformed": "what came is no HTTP answer",
}


def answer_patience(contract: Contract) -> float:
    """Give how long a whole answer is waited for, in seconds: longer than the contract allows, so that a late one is seen to be late."""
    return contract.policy.timeout_seconds * 1.2 + 1.0


def require_answers(tools: Mailroom, recorded: Sequence[Exchange], *, crowd: bool = False) -> None:
    """Raise ``UnreachableError`` once so many correct deliveries in a row had no answer; faulty ones may be hung up on.

    A ``crowd`` came together: it counts as one delivery, which was answered if any of them was, because there need not be room for all.
    """
    counted = [max(recorded, key=lambda exchange: exchange.status)] if crowd and recorded else recorded
    for exchange in counted:
        if exchange.fault and not tools.unanswered:
            tools.suspect = exchange.fault
        if exchange.status:
            tools.unanswered = 0
        elif not exchange.fault:
            tools.unanswered += 1
    if tools.unanswered < MOST_UNANSWERED:
        return
    why = Counter(exchange.failure for exchange in counted if not exchange.status).most_common(1)[0][0]
    since = f"; the last faulty delivery before them had {tools.suspect}" if tools.suspect else ""
    raise UnreachableError(
        tools.receiver.url,
        f"{tools.unanswered} correct deliveries in a row had no answer ({_WORDS.get(why, why)}){since}",
        remedy="Let it answer, or see its log for why it fell.",
    )
