"""One run: stages each situation once, when first asked for, and judges items over what was recorded.

Law: a situation that fails ends with a note; what was recorded before is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from inspect import isgeneratorfunction
from typing import Generic, Protocol, TypeVar

from hookproof.judge import Item, Judge
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract
from hookproof.model.errors import HookproofError
from hookproof.model.transcript import Note
from hookproof.model.verdict import Verdict
from hookproof.staging.keyring import ISSUED
from hookproof.staging.recorder import RunRecorder
from hookproof.staging.situation import Scene, Situation

K = TypeVar("K", bound="Kit")
DISTURBING = frozenset({"restart", "kill", "power-cut", "faults"})
"""Needs of situations that break more of a target than one tenant; nothing else is staged meanwhile."""


class Kit(Protocol):
    """What a run works with, whichever role is judged."""

    contract: Contract
    capabilities: Capabilities
    recorder: RunRecorder
    secrets: dict[str, str]

    def progress(self, text: str, /) -> None:
        """Show what is going on."""

    def enter(self, situation: str) -> Scene:
        """Open the stage for one situation."""

    def check(self) -> None:
        """Raise where less was recorded than came: nobody can be judged by the rest."""

    def leave(self) -> None:
        """Remove what the run made at the target."""


class Run(Generic[K]):
    """Everything of one run behind two calls: ``verdict`` and ``close``.

    ``planned`` names the situations that will be needed sooner or later, so that they can
    fill waits.
    """

    def __init__(self, tools: K, situations: Mapping[str, Situation]) -> None:
        self.tools = tools
        self.situations = situations
        self._staged: set[str] = set()
        self.verdicts: dict[str, Verdict] = {}
        self.planned: tuple[str, ...] = ()
        self._judge: Judge | None = None

    def verdict(self, item: Item) -> Verdict:
        """Stage what the item needs and was not staged yet, then judge it; remembered."""
        if item.id not in self.verdicts:
            for name in (*self._waiting(), *item.rule.situations):
                self._stage(name)
            if self._judge is None:
                issued = {name: value for name, value in self.tools.secrets.items() if name.startswith(ISSUED)}
                self._judge = Judge(self.tools.contract, self.tools.recorder.transcript(), issued)
            self.verdicts[item.id] = self._judge.verdict(item)
        return self.verdicts[item.id]

    def _waiting(self) -> list[str]:
        """Give the planned situations that will wait for the target: begun first, their waits are filled with all others."""
        return [name for name in self.planned if name in self.situations and isgeneratorfunction(self.situations[name].act)]

    def _stage(self, name: str) -> None:
        found = self.situations.get(name)
        if found is None or name in self._staged:
            return
        self._staged.add(name)
        self._judge = None
        if not all(self.tools.capabilities.offers(need) for need in found.needs):
            return
        self.tools.progress(f"staging {name}")
        stage = self.tools.enter(name)
        stage.note("begin")
        try:
            self._act(found, stage)
            self.tools.check()
        except HookproofError as error:
            stage.note("failed", reason=str(error))
            raise
        except Exception as error:
            stage.note("failed", reason=f"a bug of ours: {type(error).__name__}")
            raise
        finally:
            stage.leave()
            stage.note("end")

    def _act(self, found: Situation, stage: Scene) -> None:
        """Run a situation; where it yields, stage what else is planned, but nothing that brings the target down."""
        work = found.act(stage)
        if work is None:
            return
        for _ in work:
            for name in self.planned:
                if not DISTURBING & set(self.situations[name].needs if name in self.situations else ()):
                    self._stage(name)

    def close(self) -> None:
        """Remove the tenants that the run made; leftovers of a dead target are left."""
        self.tools.leave()

    def give_up(self, reason: str) -> None:
        """Stage nothing more: each situation still to come is noted to have failed, so that what was not sent is not observed."""
        self._judge = None
        for name, found in self.situations.items():
            if name not in self._staged and all(self.tools.capabilities.offers(need) for need in found.needs):
                self._staged.add(name)
                for note, facts in (("begin", {}), ("failed", {"reason": reason}), ("end", {})):
                    self._told(name, note, facts)

    def _told(self, situation: str, name: str, facts: dict[str, str]) -> None:
        self.tools.recorder.add("n", lambda i, at: Note(id=i, situation=situation, at=at, name=name, facts=facts))

    def foreign(self, count: int) -> None:
        """Record how many requests came that belong to no endpoint."""
        self.tools.recorder.add("n", lambda i, at: Note(id=i, situation="", at=at, name="foreign", facts={"count": count}))
