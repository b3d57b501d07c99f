"""How effects are asked for: awaited as long as is fair, looked at again a while later, and once more at the end of the run.

Law: whoever is asked is also asked of an event that was never sent; what took effect after it was judged is reported, never lost.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hookproof.model.errors import CapabilityError
from hookproof.model.transcript import Effect, Note
from hookproof.ports import Asked, Seen

if TYPE_CHECKING:
    from hookproof.staging.delivering import Delivering, Mailroom

_POLL, _SLOWER, _RARELY = 0.02, 1.5, 0.1
"""Seconds between two questions, by what they grow while nothing comes, up to which part of the patience: a question may be a process."""
_MOST_VAIN, _WEARY = 2, 0.2
"""After so many waits in vain each further one lasts so many seconds, or three times as long as the longest that was not in vain."""
_SETTLED = 0.05
"""Part of the patience for which what may not happen again is looked at."""


def effects(stage: Delivering, event_ids: Sequence[str]) -> list[Effect]:
    """Ask how often each event took effect, and record the last answers.

    A receiver may answer first and work later: all that must come are awaited together, anew with each one that took effect. Then all
    are looked at until nothing has changed for a while, because what came once must not come again.
    """
    kinds = {x.event_id: x.event_type for x in stage.seen}
    taken = {x.event_id for x in stage.seen if x.accepted and not x.fault}
    asked = [Asked(event_id=event_id, event_type=kinds.get(event_id, "")) for event_id in dict.fromkeys(event_ids)]
    probe = Asked(event_id=stage.fresh_id(), event_type=asked[0].event_type if asked else "")
    _await(stage, [each for each in asked if each.event_id in taken])
    found = _settled(stage, [*asked, probe])
    recorded = [_recorded(stage.tools, stage.situation, one, seen) for one, seen in zip([*asked, probe], found, strict=True)]
    stage.tools.told |= {one: seen.count for one, seen in zip([*asked, probe], found, strict=True) if seen.count is not None}
    require_zero(stage.tools.receiver.url, found[-1])
    told = {effect.event_id: effect for effect in recorded}
    return [told[event_id] for event_id in event_ids]


def require_zero(subject: str, seen: Seen) -> None:
    """Raise ``CapabilityError`` if an event that was never sent is said to have taken effect: who says that knows nothing."""
    if seen.count:
        cause = f"whoever tells of effects ({seen.via}) says that an event that was never sent took effect {seen.count} times"
        raise CapabilityError(subject, cause, remedy="Let it count the effects of the event that it is asked of; see the guide on effects.")


def _await(stage: Delivering, asked: Sequence[Asked]) -> None:
    """Wait until each event took effect, or none of those that are missing came for as long as is fair."""
    tools = stage.tools
    patience = min(stage.profile.patience, tools.patience)
    if tools.vain >= _MOST_VAIN:
        patience = min(patience, max(_WEARY, 3 * tools.slowest))
    missing = _missing(tools, asked)
    began = at = time.monotonic()
    pause = _POLL
    while missing and time.monotonic() - at < patience:
        stage.pause.wait(pause)
        left = _missing(tools, missing)
        came = len(left) < len(missing)
        at = time.monotonic() if came else at
        pause = _POLL if came else min(pause * _SLOWER, max(_POLL, patience * _RARELY))
        missing = left
    tools.vain += bool(missing)
    tools.slowest = max(tools.slowest, at - began)


def _missing(tools: Mailroom, asked: Sequence[Asked]) -> list[Asked]:
    return [each for each, seen in zip(asked, tools.receiver.effects(asked), strict=True) if seen.count == 0]


def _settled(stage: Delivering, asked: Sequence[Asked]) -> list[Seen]:
    """Look until nothing changed for a while, which is longer before a receiver that works late, or the patience is over."""
    tools = stage.tools
    patience = min(stage.profile.patience, tools.patience)
    calm = min(patience, max(_SETTLED * patience, 3 * tools.slowest))
    began, before = time.monotonic(), tools.receiver.effects(asked)
    while True:
        stage.pause.wait(calm)
        found = tools.receiver.effects(asked)
        if [x.count for x in found] == [x.count for x in before] or time.monotonic() - began >= patience:
            return found
        before = found


def late(tools: Mailroom) -> list[str]:
    """Ask once more of all events at the end of a run; record and give in words what took effect after it was judged."""
    asked = list(tools.told)
    found: Iterable[Seen] = tools.receiver.effects(asked) if asked else ()
    words = []
    for each, seen in zip(asked, found, strict=True):
        before = tools.told[each]
        if seen.count is not None and seen.count > before:
            effect = _recorded(tools, "", each, seen)
            _note(tools, effect, before)
            words.append(f"event {each.event_id!r} took effect {seen.count} times by the end of the run, {before} times when it was judged")
    return words


def _note(tools: Mailroom, effect: Effect, before: int) -> None:
    facts = {"effect": effect.id, "event_id": effect.event_id, "before": before, "after": effect.count}
    tools.recorder.add("n", lambda i, at: Note(id=i, situation="", at=at, name="late-effect", facts=facts))


def _recorded(tools: Mailroom, situation: str, asked: Asked, seen: Seen) -> Effect:
    return tools.recorder.add(
        "f",
        lambda record_id, at: Effect(
            id=record_id,
            situation=situation,
            at=at,
            event_id=asked.event_id,
            count=seen.count,
            via=seen.via,
            content=seen.content,
            in_force=seen.in_force,
        ),
    )
