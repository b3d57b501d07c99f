"""A platform that signs correctly under any scheme is never called broken for it."""

from __future__ import annotations

from typing import Any

import pytest

from hookproof.model.verdict import Outcome
from hookproof.signing.columns import Scope
from hookproof.signing.scheme import Scheme
from hookproof.signing.schemes import SCHEMES
from tests.rules.outcomes import broken, kept, unseen
from tests.rules.recording import Recording, secret_text
from tests.rules.test_signature import FRESH, ID, OWN, SECONDS, SIGNED, VALID
from tests.signing.secrets_of import signing_secret

ALL = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)


def delivered(scheme: Scheme, *, spoil: bytes = b"") -> Recording:
    """Two endpoints get one event each, signed under the scheme; ``spoil`` follows the bytes that were signed."""
    recording = Recording("signatures", signing={"profile": scheme.name})
    for endpoint in ("e1", "e2"):
        recording.subscribe(endpoint)
        emission = recording.emit()
        body = recording.body(emission)
        secret = secret_text(f"secret of {endpoint}") if scheme.mac.symmetric else signing_secret(scheme, endpoint.encode() * 16)
        named = f"id of {endpoint}" if scheme.message_id and scheme.message_id.scope is not Scope.EVENT else str(emission.event_id)
        fields: dict[str, Any] = dict(scheme.sign([secret], named, str(int(recording.clock())), body + spoil))
        recording.attempt(endpoint, emission, headers=fields)
    return recording


@ALL
def test_a_correct_platform_is_not_blamed(scheme: Scheme) -> None:
    """Every promise about signatures is kept or not observed; that it is signed and verifies is kept where a secret is shared."""
    recording = delivered(scheme)
    outcomes = {rule: recording.judge(rule).outcome for rule in (SIGNED, VALID, SECONDS, FRESH, ID, OWN)}
    assert Outcome.BROKEN not in outcomes.values(), outcomes
    kept(recording.judge(SIGNED))
    if scheme.mac.symmetric:
        kept(recording.judge(VALID))
    else:
        unseen(recording.judge(VALID))
    assert (outcomes[SECONDS] is Outcome.KEPT) is scheme.timestamped
    assert (outcomes[FRESH] is Outcome.KEPT) is scheme.timestamped
    assert (outcomes[ID] is Outcome.KEPT) is scheme.names_event


@ALL
def test_a_platform_that_signs_other_bytes_is_blamed(scheme: Scheme) -> None:
    """A signature over other bytes than those sent is found under every scheme whose key the suite can know."""
    judgement = delivered(scheme, spoil=b" ").judge(VALID)
    if scheme.mac.symmetric:
        broken(judgement, "does not verify")
    else:
        unseen(judgement)
