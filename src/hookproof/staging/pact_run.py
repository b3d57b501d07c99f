"""The consumer suites' run: every interaction spoken and heard by our own consumers, written, and verified against the target once.

Law: only what its consumer got is written, and only what is written is verified; the rest says why, and none of it is a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hookproof.adapters.http import HttpPlatform
from hookproof.model.contract import Contract
from hookproof.model.errors import HookproofError
from hookproof.pact.consumer import Consumer, whole_consumer
from hookproof.pact.consuming import heard, spoken
from hookproof.pact.contents import Message
from hookproof.pact.pactfile import MESSAGE, Entry, PactFile, parsed_pact
from hookproof.pact.subscriptions import Ask
from hookproof.pact.verification import Checked
from hookproof.pact.writing import document, written
from hookproof.staging.options import RunOptions
from hookproof.staging.pact_receiving import ReferenceConsumer
from hookproof.staging.pacts import examined, interactions, spread

_QUICK = 12
"""Messages that the quick profile verifies; HTTP interactions it verifies all."""
_ANSWER = 5.0  # seconds for a mock server on this machine


@dataclass(kw_only=True)
class PactRun:
    """One contract's pacts. ``options`` None means that there is no platform to verify them against.

    ``busy`` says why the target cannot be asked now, empty if it can; ``failure`` is what ended its verification.
    """

    contract: Contract
    options: RunOptions | None
    folder: Path
    busy: str = ""
    file: Path | None = field(default=None, init=False)
    failure: HookproofError | None = field(default=None, init=False)

    @cached_property
    def consumed(self) -> Mapping[str, str]:
        """What went wrong with each interaction before its consumer, empty if nothing did; by id."""
        faults: dict[str, str] = {}
        with ReferenceConsumer(self.contract) as receiver:
            for each in self._every:
                faults[each.id] = self._spoken(each) if isinstance(each, Ask) else heard(each, receiver.take)
        return faults

    @cached_property
    def _every(self) -> tuple[Ask | Message, ...]:
        return interactions(self.contract, self._consumer)

    @cached_property
    def _consumer(self) -> Consumer:
        return whole_consumer(self.contract)

    def _spoken(self, ask: Ask) -> str:
        return spoken(ask, self.contract, lambda url: closing(HttpPlatform(url, api_key=ask.api_key or "none", timeout=_ANSWER)))

    @cached_property
    def pact(self) -> PactFile:
        """The pact of what was consumed, written to its folder."""
        held = [each for each in self._every if not self.consumed[each.id]]
        text = document(self._consumer.name, self._consumer.provider, held)
        self.file = written(self.folder, self._consumer.name, self._consumer.provider, text)
        return parsed_pact(text, str(self.file))

    @cached_property
    def _checked(self) -> Mapping[str, Checked]:
        assert self.options is not None, "it is asked only where there is a platform"
        found = examined(self.options, self.contract, self.pact, self._withheld)
        return {checked.id: checked for checked in found}

    def _withheld(self, entry: Entry) -> str:
        """Say why an interaction is not tried by this profile."""
        quick = self.options is not None and self.options.profile.name in ("quick", "hostile")
        if not quick or entry.kind != MESSAGE or entry.description in spread(self.contract, _QUICK):
            return ""
        return f"needs another profile: this one verifies {_QUICK} messages of {len(self.contract.events)}"

    def checked(self, name: str) -> Checked:
        """Give what came of one interaction before the target; raise ``HookproofError`` if it could not be asked at all.

        The file is written in any case.
        """
        tried = {entry.id for entry in self.pact.entries}
        if self.options is None:
            return Checked(id=name, unobserved="needs a platform as target")
        if name not in tried:
            return Checked(id=name, unobserved="needs a consumer that gets what it says, and ours did not")
        if self.busy:
            return Checked(id=name, unobserved=self.busy)
        if self.failure is not None:
            raise self.failure
        try:
            return self._checked[name]
        except HookproofError as error:
            self.failure = error
            raise
        except Exception as error:
            cause = f"a bug of ours: {type(error).__name__}"
            self.failure = HookproofError("hookproof", cause, remedy="Please report it with the traceback.")
            raise

    @property
    def told(self) -> str:
        """One line for people: how many interactions were consumed and verified, and where they are written; empty if none was tried."""
        if "consumed" not in self.__dict__:
            return ""
        faults = self.consumed
        found = self.__dict__.get("_checked", {}).values()
        kept, broken = sum(each.kept for each in found), sum(bool(each.faults) for each in found)
        line = f"pacts: {sum(not fault for fault in faults.values())} of {len(faults)} interactions consumed"
        if found:
            line += f", {len(found)} verified against the target: {kept} kept, {broken} broken, {len(found) - kept - broken} not observed"
        told = "; the broken ones fail the run" if broken else ""
        return line + told + (f"; written: {self.file}" if self.file else "")
