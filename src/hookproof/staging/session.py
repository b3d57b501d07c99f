"""Opens a run: contract, target (or the embedded reference), listener, recorder, files; and closes it again.

Law: whatever was recorded is on disk before this returns or raises.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol

from hookproof import __version__
from hookproof.adapters.http import HttpPlatform
from hookproof.contracts import find_contract, load_contract, overridden, with_assumed_api
from hookproof.judge import Item, items
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract, Role
from hookproof.model.errors import HookproofError, IllFormedError
from hookproof.model.transcript import Exchange, Note, RunHeader
from hookproof.model.verdict import Verdict
from hookproof.reference.platform import ReferencePlatform
from hookproof.reporting.results import write_results
from hookproof.reporting.transcripts import TranscriptWriter
from hookproof.rules.catalogue import RULE_PARAMETERS
from hookproof.staging.artifacts import MOST_KEPT, Artifacts
from hookproof.staging.keyring import ISSUED
from hookproof.staging.liveness import final_error
from hookproof.staging.options import RunOptions
from hookproof.staging.recorder import RunRecorder, silent
from hookproof.staging.run import Run
from hookproof.staging.situation import Situation
from hookproof.staging.stage import Tools
from hookproof.wire.listener import CaptureListener

TRANSCRIPT_NAME = "transcript.ndjson"


def read_contract(name: str) -> Contract:
    """Load a contract by name or folder, with every rule known and a description of how to subscribe."""
    return with_assumed_api(load_contract(find_contract(name), rules=RULE_PARAMETERS))


class Declaring(Protocol):
    """Any target that can be asked what it offers."""

    @property
    def url(self) -> str:
        """Where it is."""

    def capabilities(self) -> Capabilities:
        """Ask."""


def declared_by(platform: Declaring, options: RunOptions) -> Capabilities:
    """Join what a target says with what its profile declares; refuse another role and production."""
    found = platform.capabilities()
    if options.capabilities:
        found = Capabilities.from_json({**found.to_json(), **options.capabilities}, subject="--target-profile")
    if options.role not in found.roles:
        raise IllFormedError(platform.url, f"the target declares the roles {list(found.roles)}", place="capabilities/roles")
    if found.environment == "production":
        cause = "the target declares its environment as production"
        raise IllFormedError(platform.url, cause, place="capabilities/environment", remedy="Judge a test environment.")
    return found


class Session:
    """One run from opening to closing; use ``verdict`` in between."""

    def __init__(self, options: RunOptions, contract: Contract) -> None:
        self.options = options
        self.contract = overridden(contract, options.overrides, subject="--target-profile")
        self.role = Role(options.role)
        self._stack = ExitStack()
        self._run: Run[Any] | None = None
        self._writer: TranscriptWriter | None = None
        self._listener: CaptureListener | None = None
        self.aborted: str | None = None
        self.chosen: frozenset[str] | None = None
        """Ids of the items that this run is to judge; None means all."""
        self.announce: Callable[[str], None] = silent
        """Tells the user what must be known before anything is sent."""

    @property
    def run(self) -> Run[Any]:
        """The opened run."""
        assert self._run is not None, "open() comes first"
        return self._run

    @property
    def opened(self) -> bool:
        """Whether ``open`` succeeded."""
        return self._run is not None

    def items(self) -> tuple[Item, ...]:
        """Everything that can be judged for the role."""
        return tuple(items(self.contract, self.role))

    def open(self, situations: Mapping[str, Situation], progress: Callable[[str], None] | None = None) -> None:
        """Reach the target, ask its capabilities, open the listener and the files."""
        platform, api_key = self._platform()
        capabilities = self._capabilities(platform)
        recorder = self._recorder(self._header(platform, capabilities))
        tools = Tools(
            contract=self.contract,
            capabilities=capabilities,
            platform=platform,
            listener=self._listen(recorder),
            recorder=recorder,
            profile=self.options.profile,
            api_key=api_key,
            seed=self.options.seed,
        )
        if self.options.secret is not None:
            tools.secrets[ISSUED] = self.options.secret
        if progress is not None:
            tools.progress = progress
        self._run = Run(tools, situations)

    def _capabilities(self, platform: Declaring) -> Capabilities:
        return declared_by(platform, self.options)

    def _header(self, platform: Declaring, capabilities: Capabilities) -> RunHeader:
        url = platform.url if self.options.target else "embedded reference"
        return RunHeader(
            contract=self.contract.name,
            contract_digest=self.contract.digest,
            role=self.role.value,
            target={**capabilities.implementation, "url": url, **self._overrides()},
            capabilities=capabilities.to_json(),
            seed=self.options.seed,
            profile=self.options.profile.name,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            salt=secrets.token_hex(16),
            hookproof=__version__,
            reproduce=self._reproduce(),
        )

    def _recorder(self, header: RunHeader) -> RunRecorder:
        if self.options.transcript is None:
            return RunRecorder(header)
        try:
            self.options.transcript.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            name = str(self.options.transcript)
            raise IllFormedError(name, f"cannot be made a folder ({error.strerror})", remedy="Mend --transcript.") from None
        self._writer = TranscriptWriter(self.options.transcript / TRANSCRIPT_NAME, header)
        return RunRecorder(header, self._writer.write)

    def _listen(self, recorder: RunRecorder) -> CaptureListener:
        host, port = self.options.listen
        try:
            listener = CaptureListener(on_attempt=recorder.keep, host=host, port=port, public_url=self.options.public_url)
            self._listener = self._stack.enter_context(listener)
        except HookproofError as error:
            if self._writer is not None:
                self._writer.close(complete=False, aborted=str(error))
            raise
        return self._listener

    def _platform(self) -> tuple[HttpPlatform, str]:
        url, key = self.options.target, self.options.api_key
        if url is None:
            key = secrets.token_urlsafe(24)
            reference = self._stack.enter_context(ReferencePlatform(self.contract, database=None, time="virtual", api_key=key))
            url = reference.url
        profile = self.options.profile
        platform = HttpPlatform(url, api_key=key, control_url=self.options.control_url, timeout=profile.answer, ready=profile.ready)
        self._stack.callback(platform.close)
        return platform, key

    def _overrides(self) -> dict[str, Any]:
        return {"overrides": self.options.overrides} if self.options.overrides else {}

    def _reproduce(self) -> str:
        target = f" --target {self.options.target}" if self.options.target else ""
        return f"pytest suites/{target} --contract {self.options.contract} --profile {self.options.profile.name} --seed {self.options.seed}"

    @cached_property
    def artifacts(self) -> Artifacts:
        """What is written beside results and transcript; asked for once the run is open."""
        known = {"API key": self.options.api_key, "signing secret": self.options.secret or "", "challenge": self.options.challenge}
        signing = self.contract.policy.signing
        stale_after = 0.0 if signing is None else signing.tolerance_seconds
        return Artifacts(self.options.reports, {**known, **self._made()}, stale_after=stale_after)

    def _made(self) -> Mapping[str, str]:
        """Give what was made secret for this run; a platform's own are kept out of everything by the recorder."""
        return {}

    def resending(self, exchange: Exchange) -> str:
        """Say how a recorded request to a receiver is sent again; nothing of a platform's API, whose calls build on each other."""
        if self.role is Role.PLATFORM:
            return ""
        if self.options.target is None:
            return "resend: the embedded reference is gone; `reproduce` starts it again"
        return self.artifacts.resend(exchange, self.options.target, whole=len(exchange.request_body) < MOST_KEPT)

    def written(self) -> tuple[str, ...]:
        """Name the files that the run has left where the user asked for them."""
        folder = self.options.transcript
        named = [self.options.results, None if folder is None else folder / TRANSCRIPT_NAME]
        return tuple(str(path) for path in named if path is not None and path.exists())

    def verdicts(self) -> tuple[Verdict, ...]:
        """Give what was judged so far, in the contract's order."""
        if self._run is None:
            return ()
        return tuple(self._run.verdicts[item.id] for item in self.items() if item.id in self._run.verdicts)

    def close(self) -> None:
        """Write footers and results, remove tenants, close everything that was opened.

        Raises after that what ``final_error`` found in a run that found no MUST broken: the target fell silent, or misnames events.
        """
        error = self._final_error()
        try:
            if self._run is not None:
                self._finish(self._run)
        finally:
            self._stack.close()
        if error is not None:
            raise error

    def _final_error(self) -> HookproofError | None:
        """Find what makes the verdicts worth nothing; a MUST that was broken says more, and is left to stand alone."""
        if self._run is None or self.aborted is not None or any(verdict.fails for verdict in self.verdicts()):
            return None
        error = final_error(self._run.tools.recorder.transcript(), self.contract, self.options.target or "embedded reference")
        self.aborted = None if error is None else str(error)
        return error

    def _finish(self, run: Run[Any]) -> None:
        if self.aborted is None:
            run.close()
        judged = [item.id for item in self.items() if item.id in run.verdicts]
        if self._listener is not None:
            run.foreign(self._listener.foreign)
        if len(judged) != len(self.items()):
            run.tools.recorder.add("n", lambda i, at: Note(id=i, situation="", at=at, name="judged", facts={"items": judged}))
        digest = ""
        if self._writer is not None:
            digest = self._writer.close(complete=self.aborted is None, aborted=self.aborted)
        if self.options.results is not None:
            write_results(
                self.options.results,
                run.tools.recorder.header,
                self.verdicts(),
                transcript_digest=digest,
                complete=self.aborted is None,
                check=self.artifacts.check if self.role is Role.RECEIVER else None,
            )
