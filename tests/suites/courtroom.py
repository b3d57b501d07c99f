"""One embedded platform before the judge: opens target, listener and run, without pytest or files between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import suites.platform.situations as platform_situations
from hookproof.adapters.http import HttpPlatform
from hookproof.judge import Item, items
from hookproof.model.contract import Contract, Role
from hookproof.model.transcript import RunHeader
from hookproof.reference.conduct import Conduct
from hookproof.reference.departures import Departures
from hookproof.reference.platform import ReferencePlatform
from hookproof.staging.profile import PROFILES, Profile
from hookproof.staging.recorder import RunRecorder
from hookproof.staging.run import Run
from hookproof.staging.session import read_contract
from hookproof.staging.situation import scan
from hookproof.staging.stage import Tools
from hookproof.wire.listener import CaptureListener

KEY = "key-of-this-test"


@cache
def orbit() -> Contract:
    """The contract that everything is judged by."""
    return read_contract("orbit")


def item(clause: str, event: str | None = None) -> Item:
    """Find one thing to be judged."""
    name = f"orbit/{clause}" + (f":{event}" if event else "")
    return next(found for found in items(orbit(), Role.PLATFORM) if found.id == name)


@contextmanager
def courtroom(
    *,
    conduct: Conduct | None = None,
    kept_by: Contract | None = None,
    judged_by: Contract | None = None,
    profile: Profile = PROFILES["quick"],
    departures: Departures | None = None,
    withheld: Mapping[str, Any] | None = None,
) -> Iterator[Run[Tools]]:
    """Open a run against a platform that behaves as ``conduct`` and believes in the contract ``kept_by``.

    It is judged by ``judged_by`` (Orbit unless told otherwise), with ``departures`` applied; ``withheld`` replaces capabilities.
    """
    promised = judged_by or orbit()
    with ExitStack() as stack:
        made = ReferencePlatform(kept_by or promised, api_key=KEY, conduct=conduct, real_timeout_cap=1.5, departures=departures)
        reference = stack.enter_context(made)
        platform = stack.enter_context(closing(HttpPlatform(reference.url, api_key=KEY)))
        capabilities = replace(platform.capabilities(), **(withheld or {}))
        header = RunHeader(
            contract=promised.name,
            contract_digest=promised.digest,
            role="platform",
            target={},
            capabilities=capabilities.to_json(),
            seed=0,
            profile=profile.name,
            started_at="2027-01-01T00:00:00+00:00",
            salt="courtroom",
            hookproof="0",
            reproduce="pytest suites/",
        )
        recorder = RunRecorder(header)
        with CaptureListener(on_attempt=recorder.keep) as listener:
            tools = Tools(
                contract=promised,
                capabilities=capabilities,
                platform=platform,
                listener=listener,
                recorder=recorder,
                profile=profile,
                api_key=KEY,
                seed=0,
            )
            run = Run(tools, scan(platform_situations))
            yield run
            run.close()
