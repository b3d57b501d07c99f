"""Who appears on a stage: tenants of the target, and endpoints of ours."""

from __future__ import annotations

from dataclasses import dataclass

from hookproof.model.transcript import Answer, Exchange
from hookproof.ports import Scope

OK = Answer(status=200)


@dataclass(kw_only=True)
class Tenant:
    """A tenant of the target as the stage knows it. ``now``: its virtual clock's last reading (None without one), read at ``read_at``."""

    name: str
    scope: Scope
    now: str | None = None
    read_at: int = 0
    canary: Endpoint | None = None


@dataclass(kw_only=True)
class Endpoint:
    """An endpoint of ours: its name in the transcript, its URL, the target's id (empty if it was refused) and current secret."""

    name: str
    tenant: Tenant
    url: str
    events: tuple[str, ...]
    id: str = ""
    secret: str = ""
    answer: Exchange | None = None

    @property
    def accepted(self) -> bool:
        """Whether the target took the subscription."""
        return self.answer is not None and self.answer.accepted
