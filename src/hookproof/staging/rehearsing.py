"""Stages every situation before nobody: deliveries are prepared, signed and counted, and nothing is sent or asked.

Law: no socket is opened here. Answers are made up (200, empty), because a situation goes on only after one; nothing is judged by them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from hookproof.adapters.bounded import Leave
from hookproof.adapters.receiver import HttpReceiver
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Role
from hookproof.model.transcript import Effect
from hookproof.ports import Outgoing, Reply
from hookproof.reporting.rehearsal import Portion
from hookproof.staging.delivering import Delivering, Mailroom
from hookproof.staging.situation import Situation
from hookproof.wire.allowance import Allowance

EMBEDDED = "http://127.0.0.1:1"
"""Stands for the URL of the embedded receiver, which is known only once it listens."""
EVERYTHING = Capabilities(
    roles=(Role.RECEIVER.value,),
    time="virtual",
    lifecycle=("restart", "kill"),
    effects=True,
    faults=True,
    configuration=True,
    log=True,
)
"""What a receiver that hides nothing offers; whether this one does is asked only when it is run."""


def absent(url: str) -> HttpReceiver:
    """Give a receiver of whom only the URL is looked at."""
    parts = urlsplit(url)
    return HttpReceiver(url, api_key="", leave=Leave(addresses={parts.hostname or "": ""}))


class Understudy:
    """Takes the place of the sender; implements ``ports.Sending``."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self.requests = self.bytes = self.at_once = 0

    def send(self, batch: Sequence[Outgoing], *, at_once: int = 8) -> list[Reply]:
        """Count a batch and say 200 to all of it."""
        together = max(Counter(each.gate for each in batch if each.gate).values(), default=0)
        self.requests += len(batch)
        self.bytes += sum(len(each.head) + len(each.body) for each in batch)
        self.at_once = max(self.at_once, min(len(batch), self._allowance.room(max(at_once, 1), together=together)))
        return [self._reply(each) for each in batch]

    @staticmethod
    def _reply(outgoing: Outgoing) -> Reply:
        now, size = time.monotonic_ns(), len(outgoing.head) + len(outgoing.body)
        return Reply(
            status=200, headers=(), body=b"", failure="", started_at=now, sent_at=now, done_at=now, wall=time.time_ns(), written=size
        )


class Rehearsed(Delivering):
    """A stage before nobody: whatever would be asked of the receiver is counted."""

    questions = 0

    def effects(self, event_ids: Sequence[str]) -> list[Effect]:
        """Count one question for each event."""
        return [self.effect(event_id) for event_id in event_ids]

    def effect(self, event_id: str) -> Effect:
        """Count one question."""
        self.questions += 1
        return Effect(id="", situation=self.situation, at=0, event_id=event_id, count=None, via="nobody")

    def fail_next(self, count: int) -> None:
        """Count one question."""
        del count
        self.questions += 1

    def configure(self, word: str, *, secrets: Sequence[str], tolerance_seconds: float | None = None) -> None:
        """Count one question."""
        del word, secrets, tolerance_seconds
        self.questions += 1

    def log(self) -> None:
        """Count one question."""
        self.questions += 1

    def advance(self, seconds: float) -> None:
        """Count one question, and go on as if the clock had moved."""
        self.questions += 1
        self.tools.ahead += seconds

    def lifecycle(self, action: str) -> None:
        """Count one question, and another for the clock, which may have been set back."""
        del action
        self.questions += 1 + self.offers("time")


_HINTS = {"signing": "it needs the signing secret: give --secret-env or --secret-file"}
"""What to do about a need that the user, not the receiver, must meet."""


def rehearse(tools: Mailroom, situations: Mapping[str, Situation], wanted: Iterable[str]) -> tuple[Portion, ...]:
    """Stage what is wanted before nobody and count it."""
    return tuple(_portion(tools, situations[name]) for name in dict.fromkeys(wanted) if name in situations)


def _portion(tools: Mailroom, found: Situation) -> Portion:
    lacking = [need for need in found.needs if not tools.capabilities.offers(need)]
    if lacking:
        return Portion(situation=found.name, needs=found.needs, lacking="; ".join(_HINTS.get(need, f"needs {need}") for need in lacking))
    understudy = Understudy(Allowance())
    tools.sender = understudy
    tools.plain = understudy if tools.plain is not None else None
    stage = Rehearsed(found.name, tools)
    _run_through(found, stage)
    return Portion(
        situation=found.name,
        needs=tuple(need for need in found.needs if need not in _HINTS),
        requests=understudy.requests,
        bytes=understudy.bytes,
        at_once=min(understudy.at_once, tools.most_at_once),
        questions=stage.questions,
    )


def _run_through(found: Situation, stage: Any) -> None:  # noqa: ANN401 -- the role's stage
    for _ in found.act(stage) or ():
        pass
