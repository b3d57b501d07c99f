"""Why flaws of schedules are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from hookproof.model.contract import Clause, Contract, RetryPolicy, Role, Source
from hookproof.model.transcript import Attempt, Record
from hookproof.model.verdict import Level
from hookproof.rules.view import View
from tests.kill_matrix.reason import Case, Reason, Shown, promising
from tests.kill_matrix.reasons.answers import of_event

SCHEDULES = ("retries/default-schedule", "retries/call-schedule", "retries/other-call-schedule")
COUNTS = ("retries/default-sends", "retries/call-sends", "retries/other-call-sends")
DEFAULT = (30, 60, 120, 240, 480, 960, 1920, 3840, 7680, 15360)
CALL = (60, 300, 900, 3600, 21600)


def _sends(view: View, record: Record) -> list[Attempt]:
    """Give the attempts of the event that a record belongs to, if all but the last at most were answered with errors."""
    if not isinstance(record, Attempt):
        return []
    event = view.body(record).event_id
    sends = [each for each in of_event(view, record) if view.body(each).event_id == event]
    return sends if all(each.answer.status >= 500 for each in sends[:-1]) else []


def _waits(view: View, record: Record) -> list[tuple[float, float]]:
    """Give between which limits on the target's clock each wait of a record's event lies."""
    windows = [view.virtual_window(each) for each in _sends(view, record)]
    return [(two[0] - one[1], two[1] - one[0]) for one, two in pairwise(windows) if one is not None and two is not None]


def _fits(waits: list[tuple[float, float]], delays: tuple[float, ...]) -> bool:
    return all(least <= delay <= most for (least, most), delay in zip(waits, delays, strict=False))


def _off_schedule(view: View, record: Record) -> bool:
    """Whether the waits of a record's event are those of no schedule that is written down for its type."""
    kind = view.body(record).type if isinstance(record, Attempt) else None
    waits = _waits(view, record)
    return bool(waits) and not any(_fits(waits, policy.delays) for policy in view.contract.policy.policies_for(kind or ""))


def _on_schedule(delays: tuple[int, ...]) -> Shown:
    def shown(view: View, record: Record) -> bool:
        waits = _waits(view, record)
        return len(waits) > 1 and _fits(waits, delays)

    return shown


def _sent(*counts: int) -> Shown:
    """Whether a record's event failed for ever and was sent so often."""
    return lambda view, record: len(_sends(view, record)) in counts


def _together(view: View, record: Record) -> bool:
    """Whether a record is one of 32 that failed together and came again within a tenth of a second."""
    attempts = [each for each in view.attempts if each.situation == "herd" and each.answer.status == 500]
    again = [each for each in view.attempts if each.situation == "herd" and each.endpoint == attempts[0].endpoint][len(attempts) :]
    windows = [window for each in again if (window := view.virtual_window(each)) is not None]
    spread = max(high for _, high in windows) - min(low for low, _ in windows)
    return record in (*attempts, *again) and len(windows) >= 32 and spread < 0.2


def _calling(delays: tuple[float, ...], sends: int) -> Callable[[Contract], Contract]:
    """Promise another schedule for calls."""

    def change(contract: Contract) -> Contract:
        policy = RetryPolicy(name="call", delays=delays, sends={f"{sends} sends": sends})
        return replace(contract, policy=replace(contract.policy, retry={**contract.policy.retry, "call": policy}))

    return change


def _jittering(contract: Contract) -> Contract:
    return promising(
        contract,
        Clause(
            id="orbit/retries/jitter",
            level=Level.MUST,
            roles=(Role.PLATFORM,),
            promise="What failed together does not come again together.",
            source=Source(document="a contract that promises jitter", section="Retries"),
            rule="declared-jitter-is-there",
        ),
    )


def _off(*words: str) -> Case:
    return Case(reasons=tuple(Reason(clause=c, words=w, shown=_off_schedule) for c, w in zip(SCHEDULES, words, strict=True)))


def _counted(words: tuple[str, str, str], *counts: int) -> Case:
    return Case(reasons=tuple(Reason(clause=c, words=w, shown=_sent(*counts)) for c, w in zip(COUNTS, words, strict=True)))


CASES = {
    "the-schedule-is-shifted-by-one": _off("wait 1 of 'default' was at least 5", "wait 1 of 'call' was at least 29", "wait 1"),
    "the-first-wait-comes-twice": _off("wait 2 of 'default' was at most 30", "wait 2 of 'call' was at most 60", "wait 2"),
    "waits-are-a-second-short": _off("wait 1 of 'default' was at most 29", "wait 1 of 'call' was at most 59", "wait 1"),
    "all-waits-are-alike": _off("wait 2 of 'default' was at most 30", "wait 2 of 'call' was at most 60", "wait 2"),
    "waits-grow-by-addition": _off("wait 3 of 'default' was at most 90", "wait 2 of 'call' was at most 120", "wait 3"),
    "waits-are-three-times-as-long": _off("wait 1 of 'default' was at least 89", "wait 1 of 'call' was at least 179", "wait 1"),
    "waits-are-capped": _off("wait 5 of 'default' was at most 300", "wait 3 of 'call' was at most 300", "wait 5"),
    "calls-ride-the-default-schedule": Case(
        reasons=(
            Reason(clause="retries/call-schedule", words="wait 1 of 'call' was at most 30", shown=_on_schedule(DEFAULT)),
            Reason(clause="retries/call-sends", words="was sent 10 times, at most 6", shown=_on_schedule(DEFAULT)),
        )
    ),
    "one-type-mixes-two-schedules": Case(
        reasons=(Reason(clause="retries/other-call-schedule", words="follows two policies", shown=_on_schedule(CALL)),)
    ),
    "one-send-too-few": _counted(("was sent 9 times", "was sent 4 times", "was sent 9 times"), 9, 4),
    "one-send-too-many": _counted(("was sent 12 times", "was sent 7 times", "was sent 12 times"), 12, 7),
    "declared-jitter-is-absent": Case(
        reasons=(Reason(clause="retries/jitter", words="32 waits of", shown=_together),),
        judged_by=_jittering,
        withheld={"jitter_ratio": 0.0},
    ),
    "jitter-takes-up-to-half-away": _off("of 'default' was at most", "of 'call' was at most", "was at most"),
    "jitter-goes-below-its-floor": _off("of 'default' was at most", "of 'call' was at most", "was at most"),
    "jitter-turns-waits-negative": _off("of 'default' was at most", "of 'call' was at most", "was at most"),
    "an-empty-schedule-means-the-built-in-one": Case(
        reasons=(Reason(clause="retries/call-sends", words="was sent 4 times, at most 1", shown=_sent(4)),),
        judged_by=_calling((), 1),
    ),
    "a-wait-of-zero-means-the-built-in-one": Case(
        reasons=(Reason(clause="retries/call-schedule", words="promised 0 s", shown=_off_schedule),),
        judged_by=_calling((0.0,), 2),
    ),
    "a-wait-of-zero-ends-the-schedule": Case(
        reasons=(Reason(clause="retries/call-sends", words="was sent 1 times, promised 2", shown=_sent(1)),),
        judged_by=_calling((0.0,), 2),
    ),
}
