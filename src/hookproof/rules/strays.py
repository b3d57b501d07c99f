"""What an attempt under an unknown id is about: told by the mark in its payload, where nothing else can be meant.

Law: a stray is an attempt of an event of ours only if its id looks like a slip. An id that comes again beside the event's own, and
what follows or precedes an answer that ended the event, is another event.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from hookproof.model.transcript import Attempt, Emission
from hookproof.rules.marks import mark_of

Told = tuple[Attempt, str | None, str | None, str | None]
"""An attempt, and the id, the type and the mark that stand in its body."""


def strays(emissions: Iterable[Emission], told: Iterable[Told]) -> Mapping[str, Emission]:
    """Give the emission that each attempt under an unknown id is about, by attempt id; ``told`` is in order of arrival."""
    emissions = list(emissions)
    known = {emission.event_id for emission in emissions}
    ours = {(emission.type, mark): emission for emission in emissions if (mark := mark_of(emission.data)) is not None}
    groups: dict[tuple[str, str | None, str | None], list[tuple[Attempt, str | None]]] = defaultdict(list)
    for attempt, event_id, kind, mark in told:
        if (kind, mark) in ours:
            groups[attempt.endpoint, kind, mark].append((attempt, event_id))
    found: dict[str, Emission] = {}
    for (_, kind, mark), group in groups.items():
        if any(event_id not in known for _, event_id in group):
            emission = ours[kind or "", mark or ""]
            found |= {attempt.id: emission for attempt in _slips(group, emission.event_id)}
    return found


def _slips(group: list[tuple[Attempt, str | None]], own: str | None) -> Iterable[Attempt]:
    """Choose, of all attempts with one mark at one endpoint, those under another id that are attempts of the same event."""
    ids = Counter(event_id for _, event_id in group)
    if own not in ids and len(ids) == 1:
        return [attempt for attempt, _ in group]
    chosen = []
    for place, (attempt, event_id) in enumerate(group):
        ended = any(earlier.answer.succeeds for earlier, _ in group[:place]) or (attempt.answer.succeeds and place < len(group) - 1)
        if event_id != own and (ids[event_id] == 1 or event_id is None) and not ended:
            chosen.append(attempt)
    return chosen
