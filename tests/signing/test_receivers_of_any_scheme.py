"""A receiver that verifies strictly under any kind of scheme is not blamed for a signature; what its scheme cannot have is no promise."""

from __future__ import annotations

import pytest

from hookproof.judge import items
from hookproof.model.contract import Role
from hookproof.model.verdict import Level, Outcome
from hookproof.reference.receiver.reception import Arrival, Keyring, Reception, RefusedError
from hookproof.signing.scheme import Scheme
from hookproof.signing.schemes import SCHEMES
from hookproof.signing.verification import refusal
from tests.signing.secrets_of import checking_secret, signing_secret
from tests.suites import mailroom as office
from tests.suites.courtroom import orbit

RAW = b"0123456789abcdef0123456789abcdef"
CONFIGURED = {"verification/no-secret", "verification/revoked", "verification/no-tolerance"}
"""What needs a second secret, of which the suite has none where it cannot make a pair."""
TIMED = {"verification/stale", "verification/seconds", "verification/window", "verification/inside-window"}


def receiving(scheme: Scheme) -> Reception:
    """A receiver that verifies with what it holds of the secret."""

    def verify(_own: Reception, arrival: Arrival, keyring: Keyring) -> None:
        held = keyring.secrets if scheme.mac.symmetric else (checking_secret(scheme, RAW),)
        told = refusal(scheme, held, tuple(arrival.fields), arrival.body, now=arrival.now, tolerance=keyring.tolerance)
        if told is not None:
            raise RefusedError(401, told)

    return Reception(verify=verify, declared={"signing": {"profile": scheme.name}})


@pytest.mark.parametrize("name", ["github", "stripe", "box", "ghost", "sent", "standard-webhooks-v1a", "discord"])
def test_a_strict_receiver_keeps_what_its_scheme_can_keep(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No clause about signatures is broken; forged, altered and unsigned deliveries are seen to be refused under every scheme."""
    scheme = SCHEMES[name]
    if not scheme.mac.symmetric:
        monkeypatch.setattr(office, "throwaway_secret", lambda *_: signing_secret(scheme, RAW))
    every = [item for item in items(orbit(), Role.RECEIVER) if "/verification/" in item.clause.id]
    with office.mailroom(reception=receiving(scheme)) as run:
        run.planned = tuple(dict.fromkeys(situation for item in every for situation in item.rule.situations))
        verdicts = {item.clause.id.partition("/")[2]: run.verdict(item) for item in every}
    broken = {clause: verdict.judgement.reason for clause, verdict in verdicts.items() if verdict.outcome is Outcome.BROKEN}
    assert broken == {}
    kept = {clause for clause, verdict in verdicts.items() if verdict.outcome is Outcome.KEPT}
    assert kept >= {
        "verification/unsigned",
        "verification/forged",
        "verification/altered",
        "verification/whole-tag",
        "verification/raw-bytes",
    }
    assert TIMED & kept == (TIMED if scheme.timestamped else set())
    void = {clause for clause, verdict in verdicts.items() if verdict.outcome is Outcome.NOT_APPLICABLE}
    assert TIMED & void == (set() if scheme.timestamped else TIMED)
    unseen = {clause for clause, found in verdicts.items() if found.outcome is Outcome.NOT_OBSERVED and found.level is Level.MUST}
    assert unseen == (set() if scheme.mac.symmetric else CONFIGURED)
