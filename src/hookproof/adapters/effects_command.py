"""A command of the user that tells how often events took effect; any language, any store.

Law: it is run without a shell and never sees a secret of ours; ``{ids}`` lets one process tell of many events.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hookproof.adapters.effects_told import MOST_TOLD, Telling
from hookproof.adapters.process import Ended, ran
from hookproof.model.errors import CapabilityError
from hookproof.ports import Asked, Seen

SUBJECT = "--effects-command"
ONE, MANY = "{id}", "{ids}"
"""Stand for the id of one event, and for a file with one id a line."""
_AT_ONCE = 4
_SHOWN = 400
_LEAST_SECRET = 4
_OURS = "HOOKPROOF_"


class CommandTeller:
    """Asks a command; ``words`` are the program and its arguments with placeholders, by default one event's id comes last.

    ``withheld``: values that neither its environment nor an error may show. ``seconds`` bounds each process.
    """

    def __init__(self, words: Sequence[str], *, withheld: Collection[str] = (), seconds: float = 30.0) -> None:
        self._many = any(MANY in word for word in words)
        self._words = tuple(words) if self._many or any(ONE in word for word in words) else (*words, ONE)
        self._withheld = tuple(value for value in withheld if len(value) >= _LEAST_SECRET)
        self._seconds = seconds
        self._telling = Telling(SUBJECT, "command")

    def effect(self, event_id: str) -> Seen:
        """Ask of one event."""
        return self.effects([Asked(event_id=event_id)])[0]

    def effects(self, asked: Sequence[Asked]) -> list[Seen]:
        """Ask of many events: by one process if the command takes a file, else by one for each, a few at once."""
        if self._many:
            return self._told_of(asked) if asked else []
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="hookproof-effects") as pool:
            return list(pool.map(self._told_of_one, asked))

    def close(self) -> None:
        """Hold nothing open: a process is over when it was asked."""

    def _told_of_one(self, asked: Asked) -> Seen:
        words = [word.replace(ONE, asked.event_id) for word in self._words]
        ended = self._ran(words, HOOKPROOF_EVENT_ID=asked.event_id, HOOKPROOF_EVENT_TYPE=asked.event_type)
        return self._telling.one(ended.output, asked)

    def _told_of(self, asked: Sequence[Asked]) -> list[Seen]:
        with tempfile.TemporaryDirectory(prefix="hookproof-effects-") as folder:
            ids = Path(folder) / "ids.txt"
            ids.write_text("".join(f"{each.event_id}\n" for each in asked), encoding="utf-8")
            ended = self._ran([word.replace(MANY, str(ids)) for word in self._words])
        return self._telling.many(ended.output, asked)

    def _ran(self, words: Sequence[str], **more: str) -> Ended:
        ended = ran(SUBJECT, words, environment={**self._environment(), **more}, seconds=self._seconds, most=MOST_TOLD)
        if ended.status:
            how = f"it ended with status {ended.status}" if ended.status > 0 else f"it was ended by signal {-ended.status}"
            said = self._shown(ended.complaint)
            raise CapabilityError(SUBJECT, f"{how}: {said or 'it wrote nothing to standard error'}", remedy="Mend the command.")
        return ended

    def _environment(self) -> dict[str, str]:
        """Give our own environment without what is ours in it."""
        return {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_OURS) and not any(secret in value for secret in self._withheld)
        }

    def _shown(self, complaint: bytes) -> str:
        """Give the end of what it complained of on one line, without a secret that it may know too."""
        text = " ".join(complaint.decode("utf-8", "replace").split())
        for secret in self._withheld:
            text = text.replace(secret, "…").replace(secret.removeprefix("whsec_"), "…")
        return text[-_SHOWN:]
