"""What a command or a URL says of effects, read strictly: one JSON document for one event, a list or lines for many.

Law: every event that was asked of is told of exactly once, or the answer is an error; what is not said is never taken for zero,
except by a list of all effects.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from hookproof.model.errors import CapabilityError
from hookproof.ports import Asked, Seen

MOST_TOLD = 4 << 20
"""Bytes of one answer."""
_MOST = 1_000_000_000
_SHOWN = 80
_REMEDY = 'Let it print {"count": 1}, {"effects": […]} or a bare number; see the guide on effects.'


class Telling:
    """Reads what one teller says. ``subject`` names it in errors, ``via`` in records."""

    def __init__(self, subject: str, via: str) -> None:
        self._subject = subject
        self._via = via

    def one(self, raw: bytes, asked: Asked) -> Seen:
        """Read the answer to a question about one event."""
        document = self._json(raw)
        if isinstance(document, dict) and "effects" in document:
            return self._counted(document["effects"], [asked], alone=True)[0]
        if isinstance(document, dict):
            about = document.get("event_id", asked.event_id)
            if about != asked.event_id:
                raise self.wrong(f"it was asked of {asked.event_id!r} and speaks of {about!r:.{_SHOWN}}")
            return self._seen(document)
        return self._seen({"count": document})

    def many(self, raw: bytes, asked: Sequence[Asked]) -> list[Seen]:
        """Read the answer to a question about many: ``{"effects": […]}``, a JSON list, or one object a line."""
        text = raw.strip()
        entries: Any
        try:
            entries = self._json(text)
        except CapabilityError:
            entries = [self._json(line) for line in text.splitlines() if line.strip()]
        if isinstance(entries, dict) and "effects" in entries:
            return self._counted(entries["effects"], asked, alone=False)
        return self._listed(entries if isinstance(entries, list) else [entries], asked)

    def _listed(self, entries: Sequence[Any], asked: Sequence[Asked]) -> list[Seen]:
        told: dict[str, Seen] = {}
        for entry in entries:
            about = entry.get("event_id") if isinstance(entry, dict) else None
            if not isinstance(about, str):
                raise self.wrong(f"{entry!r:.{_SHOWN}} names no event_id")
            if about in told:
                raise self.wrong(f"it speaks of event {about!r:.{_SHOWN}} twice")
            told[about] = self._seen(entry)
        silent = next((each.event_id for each in asked if each.event_id not in told), None)
        if silent is not None:
            raise self.wrong(f"it was asked of {len(asked)} events and says nothing of {silent!r}")
        return [told[each.event_id] for each in asked]

    def _counted(self, effects: Any, asked: Sequence[Asked], *, alone: bool) -> list[Seen]:  # noqa: ANN401 -- any JSON value
        """Count a list of all effects; an entry is an event's id or an object with it, which one event asked alone may leave out."""
        if not isinstance(effects, list):
            raise self.wrong("`effects` is not a list")
        names = [entry if isinstance(entry, str) else entry.get("event_id") if isinstance(entry, dict) else None for entry in effects]
        if alone:
            names = [asked[0].event_id if name is None else name for name in names]
        if not all(isinstance(name, str) for name in names):
            raise self.wrong("an entry of `effects` names no event_id")
        if any(isinstance(entry, dict) and "count" in entry for entry in effects):
            raise self.wrong("an entry of `effects` says a count, though each entry is one effect: give the list without `effects`")
        counts = Counter(names)
        contents = {name: entry.get("content") for name, entry in zip(names, effects, strict=True) if isinstance(entry, dict)}
        return [Seen(count=counts[each.event_id], via=self._via, content=contents.get(each.event_id)) for each in asked]

    def _seen(self, document: Mapping[str, Any]) -> Seen:
        if "count" not in document:
            raise self.wrong("it says no count")
        count, holds = document["count"], document.get("in_force")
        legal = count is None or (isinstance(count, int) and not isinstance(count, bool) and 0 <= count <= _MOST)
        if not legal:
            raise self.wrong(f"{count!r:.{_SHOWN}} is no number of effects")
        if holds is not None and not isinstance(holds, bool):
            raise self.wrong(f"in_force is {holds!r:.{_SHOWN}}, neither true nor false")
        return Seen(count=count, via=self._via, content=document.get("content"), in_force=holds)

    def _json(self, raw: bytes) -> Any:  # noqa: ANN401 -- any JSON value
        try:
            return json.loads(raw.decode("utf-8"), parse_constant=_refused)
        except (ValueError, RecursionError):
            shown = raw[:_SHOWN].decode("utf-8", "replace")
            raise self.wrong(f"what it says is not JSON: {shown!r}" if raw.strip() else "it says nothing") from None

    def wrong(self, cause: str) -> CapabilityError:
        """Make the error that this teller cannot be understood."""
        return CapabilityError(self._subject, cause, remedy=_REMEDY)


def _refused(text: str) -> NoReturn:
    raise ValueError(text)
