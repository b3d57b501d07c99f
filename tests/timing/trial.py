"""One trial of the timing law: a platform that fails to deliver for as long as it tries, recorded and judged by the real rules.

Law: the platform is a process of its own, told only what it believes in; what it did is known from our listener alone. Run as a
program, this is that process: ``python -m tests.timing.trial SCHEDULE TIME DELAY...`` prints its URL.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from hookproof.adapters.http import HttpPlatform
from hookproof.judge import judge
from hookproof.model.contract import Contract
from hookproof.model.transcript import Answer, Attempt, RunHeader, Transcript
from hookproof.model.verdict import Judgement
from hookproof.reference.serve import serve_platform
from hookproof.staging.profile import PROFILES
from hookproof.staging.recorder import RunRecorder
from hookproof.staging.session import read_contract
from hookproof.staging.stage import Stage, Tools
from hookproof.staging.walk import pass_time
from hookproof.wire.listener import CaptureListener
from tests.timing.schedules import SCALE, SCHEDULES, Delays, promising

KEY = "key-of-this-trial"
WAITS, SENDS = "orbit/retries/default-schedule", "orbit/retries/default-sends"
ROOT = Path(__file__).resolve().parents[2]
SLEW = 0.0005
_PATIENCE = 30.0


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """How many events fail in parallel: so many ``events`` at each of so many ``endpoints``."""

    endpoints: int = 2
    events: int = 8


@contextmanager
def platform(name: str, time: str, delays: Delays) -> Iterator[str]:
    """Start a platform that follows a schedule as a process of its own; give its URL. It is ended by its id."""
    places = os.pathsep.join(map(str, (ROOT / "src", ROOT)))
    command = [sys.executable, "-m", "tests.timing.trial", name, time, *map(str, delays)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": places}) as child:
        try:
            assert child.stdout is not None
            url = child.stdout.readline().strip()
            assert url, "the platform did not start"
            yield url
        finally:
            child.terminate()
            try:
                child.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()


@contextmanager
def tools(url: str, contract: Contract, declared: float) -> Iterator[Tools]:
    """Open a recording of a platform that declares a jitter ratio."""
    with ExitStack() as stack:
        target = stack.enter_context(closing(HttpPlatform(url, api_key=KEY)))
        capabilities = replace(target.capabilities(), jitter_ratio=declared)
        header = RunHeader(
            contract=contract.name,
            contract_digest=contract.digest,
            role="platform",
            target={},
            capabilities=capabilities.to_json(),
            seed=0,
            profile="ci",
            started_at="2027-01-01T00:00:00+00:00",
            salt="trial",
            hookproof="0",
        )
        recorder = RunRecorder(header)
        listener = stack.enter_context(CaptureListener(on_attempt=recorder.keep))
        yield Tools(
            contract=contract,
            capabilities=capabilities,
            platform=target,
            listener=listener,
            recorder=recorder,
            profile=PROFILES["ci"],
            api_key=KEY,
            seed=0,
        )


def failing(opened: Tools, crowd: Crowd, *, horizon: float | None = None) -> Transcript:
    """Let a crowd of events fail to its end, and witness the silence after it.

    Without ``horizon`` (promised seconds) the end is the last send that the contract promises.
    """
    delays = opened.contract.policy.retry["default"].delays
    stage = Stage("retries", opened)
    stage.note("begin")
    tenant = stage.tenant()
    kind = stage.kinds(2)[1].name
    endpoints = [stage.endpoint(tenant, [kind], then=Answer(status=500)) for _ in range(crowd.endpoints)]
    stage.emit_all(tenant, [(kind, None)] * crowd.events)
    stage.arrived(endpoints, crowd.endpoints * crowd.events)
    if stage.virtual:
        pass_time(stage, tenant, horizon or 4 * sum(delays))
    elif horizon is not None:
        pass_time(stage, tenant, horizon, endpoints)
    else:
        stage.arrived(endpoints, crowd.endpoints * crowd.events * (len(delays) + 1), patience=_PATIENCE)
    stage.canary(tenant)
    stage.note("end")
    opened.platform.close_scope(tenant.scope)
    return opened.recorder.transcript()


def judged(contract: Contract, transcript: Transcript, clause: str = WAITS) -> Judgement:
    """Judge one clause."""
    [verdict] = judge(contract, transcript, only=frozenset({clause}))
    return verdict.judgement


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One wait as it was seen, in real seconds: promised, from before our answer to the next arrival, and from after our answer.

    ``given_up``: the platform had ended the request before our answer came, so that its wait began at a moment of its own.
    """

    promised: float
    sound: float
    naive: float
    given_up: bool

    @property
    def early(self) -> bool:
        """Whether the sound bound proves the wait too short."""
        return not self.given_up and self.sound < self.promised * (1 - SLEW)

    @property
    def naively_early(self) -> bool:
        """Whether one who measures from the end of our answer would say so."""
        return not self.given_up and self.naive < self.promised * (1 - SLEW)


def gaps(transcript: Transcript, delays: Sequence[float], scale: float = SCALE) -> list[Gap]:
    """Measure every wait of the failing events without the rules' help: attempts are told apart by endpoint and id header."""
    deliveries: dict[tuple[str, str | None], list[Attempt]] = defaultdict(list)
    for record in transcript.records:
        if isinstance(record, Attempt) and record.answer.status == 500:
            deliveries[record.endpoint, record.header("webhook-id")].append(record)
    found = []
    for attempts in deliveries.values():
        attempts.sort(key=lambda attempt: attempt.accepted_at)
        for (first, second), delay in zip(pairwise(attempts), delays, strict=False):
            begun = first.answer_started_at or first.accepted_at
            sound, naive = second.accepted_at - begun, second.accepted_at - (first.answer_done_at or begun)
            given_up = first.closed_at is not None or first.answer_done_at is None
            found.append(Gap(promised=delay / scale, sound=sound / 1e9, naive=naive / 1e9, given_up=given_up))
    return found


def _serve(name: str, time: str, delays: Delays) -> None:
    schedule = SCHEDULES[name]
    believed = promising(schedule.followed(delays)) if delays else read_contract("orbit")
    serve_platform(
        believed,
        port=0,
        time=time,
        time_scale=SCALE,
        api_key=KEY,
        database=None,
        ready=lambda url: print(url, flush=True),  # noqa: T201 -- it is how the trial learns the URL
        conduct=schedule.conduct,
    )


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2], tuple(map(float, sys.argv[3:])))
