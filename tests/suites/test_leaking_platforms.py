"""Platforms that send secrets around: the recording never holds one, and judged offline it says the same as the live run."""

from __future__ import annotations

import base64

import pytest

from hookproof.judge import judge
from hookproof.model.transcript import Attempt
from hookproof.model.verdict import Outcome
from hookproof.reference.departures import ALLOWING, Departures
from tests.suites.courtroom import courtroom, item, orbit

LEAKS = ("whole-endpoint-in-announcements", "key-in-hex-in-a-field", "api-key-in-a-field")
CLAUSES = ("payload/no-secrets", "signature/valid", "signature/signed", "signature/secret-per-endpoint", "envelope/strict-json")


LARGE = 50_000
"""Bytes; what only fills the truncation situation is not searched here."""


def shown(secret: str) -> list[bytes]:
    """Give the forms in which these platforms show a secret: as it is, and its key in hexadecimal."""
    inside = secret.removeprefix("whsec_")
    return [inside.encode(), *([base64.b64decode(inside).hex().encode()] if inside != secret else [])]


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leaked_secret_is_judged_and_never_recorded(leak: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The leak is broken, no signature is blamed for what we hid, no form of any secret is in the recording, offline is as live."""
    monkeypatch.setenv(ALLOWING, "1")
    with courtroom(departures=Departures(flaws=(leak,))) as run:
        live = {clause: run.verdict(item(clause)) for clause in CLAUSES}
        transcript, secrets = run.tools.recorder.transcript(), dict(run.tools.secrets)
    assert live["payload/no-secrets"].outcome is Outcome.BROKEN
    assert not [clause for clause, verdict in live.items() if verdict.outcome is Outcome.BROKEN and clause != "payload/no-secrets"]
    arrived = [record for record in transcript.records if isinstance(record, Attempt) and len(record.body) < LARGE]
    recorded = b"\n".join(part for record in arrived for part in (record.head, record.body, repr(record.headers).encode()))
    assert not [name for name, value in secrets.items() for form in shown(value) if form in recorded]
    issued = {name: value for name, value in secrets.items() if name.startswith("issued secret")}
    offline = judge(orbit(), transcript, only={verdict.clause for verdict in live.values()}, secrets=issued)
    assert {verdict.clause: verdict for verdict in offline} == {verdict.clause: verdict for verdict in live.values()}
