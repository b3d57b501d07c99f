"""One embedded receiver before the judge: opens target, sender and run, without pytest or files between."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import suites.receiver.situations as receiver_situations
from hookproof import wire
from hookproof.adapters.receiver import HttpReceiver
from hookproof.model.capabilities import Capabilities
from hookproof.model.contract import Contract
from hookproof.model.transcript import RunHeader
from hookproof.reference.departures import Departures
from hookproof.reference.receiver.life import ReferenceReceiver
from hookproof.reference.receiver.reception import Reception
from hookproof.signing.scheme import throwaway_secret
from hookproof.signing.schemes import SCHEMES
from hookproof.staging.delivering import SECRET, Mailroom
from hookproof.staging.profile import PROFILES, Profile
from hookproof.staging.recorder import RunRecorder
from hookproof.staging.run import Run
from hookproof.staging.situation import scan
from hookproof.wire.destination import destination
from hookproof.wire.sender import Sender
from tests.suites.courtroom import orbit

KEY = "key-of-this-test"
PEM = Path(wire.__file__).parent / "pem"


@contextmanager
def mailroom(
    *,
    reception: Reception | None = None,
    judged_by: Contract | None = None,
    profile: Profile = PROFILES["quick"],
    departures: Departures | None = None,
    withheld: Mapping[str, Any] | None = None,
    tls: bool = False,
) -> Iterator[Run[Mailroom]]:
    """Open a run against a receiver that behaves as ``reception``, with ``departures`` applied; ``withheld`` replaces capabilities.

    With ``tls`` the receiver speaks it, and is a black box: its control profile is not asked.
    """
    promised = judged_by or orbit()
    secret = throwaway_secret("mailroom", SECRET)
    with ExitStack() as stack:
        files = (PEM / "self-signed.pem", PEM / "key.pem") if tls else None
        made = ReferenceReceiver(promised, api_key=KEY, secrets=(secret,), reception=reception, departures=departures, tls=files)
        reference = stack.enter_context(made)
        receiver = stack.enter_context(closing(HttpReceiver(reference.url, api_key=KEY)))
        place, trusted = destination(reference.url), ssl.create_default_context(cafile=files[0]) if files else None
        found, signing = Capabilities(roles=("receiver",)) if tls else receiver.capabilities(), promised.policy.signing
        told = found if found.signing or signing is None else replace(found, signing=signing.schemes[0])
        capabilities = replace(told, **(withheld or {}))
        header = RunHeader(
            contract=promised.name,
            contract_digest=promised.digest,
            role="receiver",
            target={},
            capabilities=capabilities.to_json(),
            seed=0,
            profile=profile.name,
            started_at="2027-01-01T00:00:00+00:00",
            salt="mailroom",
            hookproof="0",
            reproduce="pytest suites/",
        )
        tools = Mailroom(
            contract=promised,
            capabilities=capabilities,
            receiver=receiver,
            sender=stack.enter_context(Sender(place, trusted=trusted)),
            plain=stack.enter_context(Sender(replace(place, scheme="http"))) if tls else None,
            recorder=RunRecorder(header),
            profile=profile,
            seed=0,
            scheme=SCHEMES[capabilities.signing] if capabilities.signing else None,
            secrets={SECRET: secret},
        )
        run = Run(tools, scan(receiver_situations))
        yield run
        run.close()
