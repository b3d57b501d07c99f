"""Searches a platform for a schedule that makes it break a MUST, and shortens what it finds until no step can be left out.

Law: every schedule has a tenant, endpoints and a recording of its own; the judge alone says what is broken, and a schedule that was
judged once is not performed again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hookproof import __version__
from hookproof.adapters.http import HttpPlatform
from hookproof.generate.schedules import FORMAT, Palette, Schedule, shorter
from hookproof.judge import Judge
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract
from hookproof.model.errors import CapabilityError, HookproofError
from hookproof.model.transcript import Attempt, Record, RunHeader
from hookproof.model.verdict import Outcome, Verdict
from hookproof.reference.departures import Departures
from hookproof.reference.platform import ReferencePlatform
from hookproof.rules.management import operations
from hookproof.staging.fairness import judged_by, without
from hookproof.staging.keyring import ISSUED
from hookproof.staging.options import RunOptions
from hookproof.staging.playing import Player, palette_of
from hookproof.staging.recorder import RunRecorder
from hookproof.staging.session import declared_by
from hookproof.staging.stage import Tools
from hookproof.wire.listener import CaptureListener

_ANSWER_CAP = 1.0
"""Real seconds that the embedded reference waits for an answer: a busy host must answer well within them."""


@dataclass(frozen=True, kw_only=True)
class Breadth:
    """How much is tried: so many schedules of so many steps, and ``shortening`` more once one of them broke something."""

    examples: int
    steps: int
    shortening: int = 150


BREADTHS: Mapping[str, Breadth] = {
    "quick": Breadth(examples=25, steps=8),
    "ci": Breadth(examples=100, steps=10),
    "certify": Breadth(examples=300, steps=12),
    "nightly": Breadth(examples=2000, steps=16, shortening=500),
}
"""Breadth by the name of a profile."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A schedule after which a MUST was broken: which clause, in what words."""

    schedule: Schedule
    clause: str
    sentence: str

    def to_json(self, contract: str) -> dict[str, Any]:
        """Give the file that can be replayed."""
        return {"format": FORMAT, "contract": contract, "breaks": self.clause, "because": self.sentence, **self.schedule.to_json()}


@dataclass(kw_only=True)
class Ground:
    """One target with everything that is shared by all schedules: connections, listener, palette."""

    contract: Contract
    options: RunOptions
    platform: HttpPlatform
    capabilities: Capabilities
    api_key: str
    header: RunHeader
    listener: CaptureListener
    taker: list[RunRecorder] = field(default_factory=list)
    counter: list[int] = field(default_factory=lambda: [0])
    played: int = 0
    observed: set[str] = field(default_factory=set)
    chosen: Palette | None = None

    @property
    def palette(self) -> Palette:
        """What schedules for it are made of."""
        if self.chosen is None:
            self.chosen = palette_of(self._tools().enter("palette"))
        return self.chosen

    def _tools(self) -> Tools:
        recorder = RunRecorder(replace(self.header, salt=f"{self.header.salt}-{self.played}"))
        self.taker[:] = [recorder]
        tools = Tools(
            contract=self.contract,
            capabilities=self.capabilities,
            platform=self.platform,
            listener=self.listener,
            recorder=recorder,
            profile=self.options.profile,
            api_key=self.api_key,
            seed=self.options.seed,
            counter=self.counter,
        )
        if self.options.secret is not None:
            tools.secrets[ISSUED] = self.options.secret
        return tools

    def play(self, schedule: Schedule) -> Found | None:
        """Perform a schedule in a tenant of its own and judge what came of it.

        Raises what the target made impossible (``HookproofError``), unless what was seen before breaks a MUST already.
        """
        self.played += 1
        palette = self.palette
        tools = self._tools()
        player = Player(tools.enter(f"schedule {self.played}"), palette)
        impossible: HookproofError | None = None
        try:
            try:
                player.play(schedule)
            except HookproofError as error:
                impossible = error
            broken = self._broken(tools, player)
        finally:
            with suppress(HookproofError):  # leftovers of a dead target are left
                player.clear()
        if broken is not None:
            return Found(schedule=schedule, clause=broken.clause, sentence=broken.judgement.findings[0].message)
        if impossible is not None:
            raise impossible
        return None

    def _broken(self, tools: Tools, player: Player) -> Verdict | None:
        issued = {name: value for name, value in tools.secrets.items() if name.startswith(ISSUED)}
        whole, judges = tools.recorder.transcript(), dict[frozenset[str], Judge]()
        broken = None
        for item, left_out in judged_by(self.contract, player.features, player.events):
            if left_out not in judges:
                judges[left_out] = Judge(self.contract, without(whole, left_out), issued)
            verdict = judges[left_out].verdict(item)
            if verdict.judgement.outcome is Outcome.KEPT:
                self.observed.add(verdict.clause)
            broken = broken or (verdict if verdict.fails else None)
        return broken


def _keeping(taker: list[RunRecorder]) -> Callable[[Attempt], None]:
    """Give what belongs to the schedule under way to its recorder; what comes late of an earlier one is nobody's."""

    def keep(record: Record) -> None:
        for recorder in taker:
            if record.situation == f"schedule {recorder.header.salt.rpartition('-')[2]}":
                recorder.keep(record)

    return keep


@contextmanager
def ground(options: RunOptions, contract: Contract, departures: Departures | None = None) -> Iterator[Ground]:
    """Reach the target of ``options``, by default the embedded reference with ``departures``, and open a listener."""
    with ExitStack() as stack:
        url, key = options.target, options.api_key
        if url is None:
            key = secrets.token_urlsafe(24)
            made = ReferencePlatform(contract, api_key=key, real_timeout_cap=_ANSWER_CAP, departures=departures)
            url = stack.enter_context(made).url
        profile = options.profile
        reached = HttpPlatform(url, api_key=key, control_url=options.control_url, timeout=profile.answer, ready=profile.ready)
        platform = stack.enter_context(closing(reached))
        capabilities = declared_by(platform, options)
        _require_means(platform.url, contract, capabilities)
        taker: list[RunRecorder] = []
        host, port = options.listen
        listener = CaptureListener(on_attempt=_keeping(taker), host=host, port=port, public_url=options.public_url)
        yield Ground(
            contract=contract,
            options=options,
            platform=platform,
            capabilities=capabilities,
            api_key=key,
            header=_header(options, contract, capabilities),
            listener=stack.enter_context(listener),
            taker=taker,
        )


def _require_means(url: str, contract: Contract, capabilities: Capabilities) -> None:
    """Raise ``CapabilityError`` for a target that can be told nothing to do."""
    if not capabilities.offers("emit"):
        raise CapabilityError(url, "the target declares no way to emit events", remedy="Offer `emit`, or judge it with `hookproof run`.")
    if not any(operation == "createWebhook" for _, _, operation, _ in operations(contract)):
        raise CapabilityError(contract.name, "the contract describes no way to subscribe", remedy="Describe createWebhook.")


def _header(options: RunOptions, contract: Contract, capabilities: Capabilities) -> RunHeader:
    return RunHeader(
        contract=contract.name,
        contract_digest=contract.digest,
        role="platform",
        target={**capabilities.implementation, "url": options.target or "embedded reference"},
        capabilities=capabilities.to_json(),
        seed=options.seed,
        profile=options.profile.name,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        salt=secrets.token_hex(16),
        hookproof=__version__,
    )


class Search:
    """Judges each schedule once and keeps the shortest broken one; gives up after ``breadth``. Implements ``generate.machine.Oracle``."""

    def __init__(self, ground: Ground, breadth: Breadth) -> None:
        self.ground = ground
        self.breadth = breadth
        self.known: dict[Schedule, Found | None] = {}
        self.best: Found | None = None
        self.first = 0
        """Number of the first schedule that broke something, 0 if none did."""
        self.error: HookproofError | None = None

    def judged(self, schedule: Schedule) -> str | None:
        """Say what a schedule broke; raise ``Enough`` when there is nothing more to learn."""
        from hookproof.generate.machine import Enough  # noqa: PLC0415 -- Hypothesis is slow to import, and here it is loaded already

        if schedule not in self.known:
            if self.best is not None and len(self.known) - self.first >= self.breadth.shortening:
                raise Enough
            try:
                self._try(schedule)
            except HookproofError as error:
                self.error = error
                raise Enough from None
        found = self.known[schedule]
        return None if found is None else found.clause

    def _try(self, schedule: Schedule) -> Found | None:
        found = self.known[schedule] = self.ground.play(schedule)
        if found is not None and self.best is None:
            self.first = len(self.known)
        if found is not None and (self.best is None or schedule.weight < self.best.schedule.weight):
            self.best = found
        return found

    def run(self, seed: int) -> Found | None:
        """Search; give the shortest schedule that was found, None if nothing was broken. Raises what the target made impossible."""
        from hookproof.generate.machine import explore  # noqa: PLC0415 -- `hookproof run` must not pay for Hypothesis

        explore(self.ground.palette, self, examples=self.breadth.examples, steps=self.breadth.steps, seed=seed)
        if self.best is None and self.error is not None:
            raise self.error
        self._shorten()
        return self.best

    def _shorten(self) -> None:
        """Leave out steps for as long as one can be: then the schedule is a shortest one in its own right."""
        best = None
        while self.best is not None and self.best is not best:
            best = self.best
            next((candidate for candidate in shorter(best.schedule) if self._improves(candidate)), None)

    def _improves(self, schedule: Schedule) -> bool:
        """Whether a schedule that was not performed yet is the best from now on."""
        before = self.best
        if before is None or schedule in self.known or schedule.weight >= before.schedule.weight:
            return False
        try:
            self._try(schedule)
        except HookproofError:
            self.known[schedule] = None
        return self.best is not before
